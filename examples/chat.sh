#!/usr/bin/env bash
# One answer, and the id under which `torana logs show` has it.
set -euo pipefail
server=${TORANA_URL:-http://127.0.0.1:8787}
account=$(curl -fsS "$server/" | sed -E 's/.*"account_id":"([0-9a-f]+)".*/\1/')
base=${BASE_URL:-$server/v1/$account/default/local/v1}
curl -sS -D - -X POST "$base/chat/completions" \
  --header 'Content-Type: application/json' \
  --header "Authorization: Bearer ${API_KEY:-none}" \
  --data "{\"model\": \"${MODEL:-smollm2-135m-instruct}\", \"max_tokens\": 40,
           \"messages\": [{\"role\": \"user\", \"content\": \"What is Cloudflare?\"}]}"
echo
