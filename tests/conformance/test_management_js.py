"""The management API as Cloudflare's TypeScript SDK uses it, with nothing but the base URL changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from managing import token
from running import Torana

JS = Path(__file__).parents[1] / "js"
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.node
def test_the_typescript_sdk_of_cloudflare_works(torana: Torana) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here")
    if not (JS / "node_modules" / "cloudflare").is_dir():
        pytest.skip("its package is not here: run `npm ci` in tests/js")
    log_id = torana.post(f"/v1/{torana.account_id}/default/openai/chat/completions", CHAT).headers["cf-aig-log-id"]
    environ = os.environ | {
        "BASE_URL": f"{torana.url}/client/v4",
        "TOKEN": token(torana, "edit"),
        "ACCOUNT": torana.account_id,
        "LOG_ID": log_id,
        "SLUG": "from-js",
    }
    done = subprocess.run(
        [node, "management.mjs"], cwd=JS, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["gateways"] == {
        "made": ["from-js", True],
        "changed": False,
        "got": True,
        "listed": ["from-js"],
        "deleted": "from-js",
        "gone": [404, 7002],
    }
    assert said["logs"] == {
        "row": [log_id, "openai", {"team": "js"}],
        "listed": [log_id],
        "request": "gpt-4o-mini",
        "response": True,
    }
    filters = [{"key": "model", "operator": "eq", "value": ["gpt-4o-mini"]}]
    assert said["datasets"] == {"made": ["js", filters], "got": True, "listed": 1}
    assert said["evaluations"] == {
        "types": ["cost", "human_feedback", "speed"],
        "results": {"cost": 1, "human_feedback": 1, "speed": 1},
        "listed": 1,
        "deleted": True,
        "dataset": True,
    }
    assert said["customProviders"] == {
        "made": ["from-js", "https://api.acme.example", True],
        "got": "Acme",
        "listed": [True],
        "url": torana.at("custom-from-js"),
        "twice": [409, 1003],
        "deleted": "from-js",
        "gone": [404, 1004],
    }
    assert said["providerConfigs"] == {
        "made": ["openai", "js", False, "…6789"],
        "limit": [5, 60],
        "listed": ["js"],
        "told": False,
        "twice": [409, 7001],
        "elsewhere": [400, 7001],
    }
    assert said["billing"] == [[404, 7002]] * 4
    assert said["after"] == [404, 7002]
