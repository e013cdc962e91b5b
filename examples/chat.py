"""One answer with the OpenAI SDK; nothing but the base URL tells it of the gateway."""

# ruff: noqa: INP001, T201  # a script for people
from __future__ import annotations

import json
import os
import urllib.request

from openai import OpenAI


def base_url() -> str:
    """`$BASE_URL`, else the embedded model of the server at `$TORANA_URL`."""
    if given := os.environ.get("BASE_URL"):
        return given
    server = os.environ.get("TORANA_URL", "http://127.0.0.1:8787")
    with urllib.request.urlopen(server) as answer:  # noqa: S310  # the caller's own server
        return f"{server}/v1/{json.load(answer)['account_id']}/default/local/v1"


def main() -> None:
    client = OpenAI(api_key=os.environ.get("API_KEY", "none"), base_url=base_url())
    answer = client.chat.completions.create(
        model=os.environ.get("MODEL", "smollm2-135m-instruct"),
        messages=[{"role": "user", "content": "What is Cloudflare?"}],
        max_tokens=40,
    )
    print(answer.choices[0].message.content)


if __name__ == "__main__":
    main()
