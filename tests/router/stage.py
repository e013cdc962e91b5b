"""What a client of these tests is given, and what it is made of."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from openrouter import OpenRouter

from running import Row, Torana

JS = Path(__file__).parents[1] / "js"


class Router(Struct):
    """What a client is given."""

    torana: Torana
    key: str
    """For inference."""
    manager: str
    """For the rest."""
    poor: str
    """A key whose limit is used up."""
    stranger: str
    """A key that is none of this server's."""

    @property
    def url(self) -> str:
        return f"{self.torana.url}/api/v1"

    def environ(self) -> dict[str, str]:
        """For a client in a process of its own."""
        keys = {"KEY": self.key, "MANAGER": self.manager, "POOR": self.poor, "STRANGER": self.stranger}
        return keys | {"ROUTER": self.url}

    def node(self, script: str) -> Row:
        """What a script of `tests/js` prints."""
        node = shutil.which("node")
        if node is None or not (JS / "node_modules" / "@openrouter" / "sdk").is_dir():
            pytest.skip("Node or its packages are not here: run `npm ci` in tests/js")
        environ = os.environ | self.environ() | {"NODE_NO_WARNINGS": "1"}
        done = subprocess.run(
            [node, script], cwd=JS, env=environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        printed: Row = json.loads(done.stdout)
        return printed


def new_key(torana: Torana, *flags: str) -> str:
    """Workers know it after `follow`."""
    return str(json.loads(torana.run("keys", "create", "--name", "test", *flags, "--json"))["key"])


def opened(router: Router, key: str) -> Any:
    """OpenRouter's SDK, without its retries: it would try a 5xx again for an hour.

    Its types are unions of dozens, so that none of them is promised here: what comes back is asserted.
    """
    return OpenRouter(api_key=key, server_url=router.url, retry_config=None, timeout_ms=30_000)


def is_a(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


def asking(router: Router, client: str) -> Row:
    """What a client of the other environment prints."""
    python = Path(sys.prefix) / "clients" / "bin" / "python"
    if not python.exists():
        pytest.skip("LangChain and LiteLLM are not here: run `make test`, which gets them")
    script = Path(__file__).with_name("asking.py")
    environ = os.environ | router.environ() | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false"}
    done = subprocess.run(
        [python, script, client], env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    printed: Row = json.loads(done.stdout.splitlines()[-1])
    return printed
