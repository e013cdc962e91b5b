"""Anthropic's JavaScript SDK through the gateway, with nothing but the base URL changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from running import Torana
from scripted import ScriptedUpstream

JS = Path(__file__).parents[1] / "js"
KEY = "sk-ant-api03-0123456789abcdef"


@pytest.mark.node
def test_the_javascript_sdk_of_anthropic_works(torana: Torana, requests: ScriptedUpstream) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here")
    if not (JS / "node_modules" / "@anthropic-ai" / "sdk").is_dir():
        pytest.skip("its package is not here: run `npm ci` in tests/js")
    environ = os.environ | {"BASE_URL": torana.at("anthropic"), "ANTHROPIC_KEY": KEY}
    done = subprocess.run(
        [node, "anthropic.mjs"], cwd=JS, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["whole"] == printed["streamed"] == "Cloudflare is a network."
    assert printed["usage"]["output_tokens"] == 5
    assert [got.path for got in requests.requests] == ["/anthropic/v1/messages"] * 2
    assert {got.header("authorization") for got in requests.requests} == {f"Bearer {KEY}".encode()}
    streamed, whole = torana.logs("--limit", "2", "--provider", "anthropic")
    assert (whole["streamed"], streamed["streamed"]) == (False, True)
    for row in (whole, streamed):
        assert (row["model"], row["path"], row["status_code"]) == ("claude-haiku-4-5", "v1/messages", 200)
        assert (row["tokens_in"], row["tokens_out"], row["cost_source"]) == (12, 5, "table")
        assert row["cost"]
