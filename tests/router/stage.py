"""What a client of these tests is given, and what it is made of."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec import Struct

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
    """A key whose limit one question uses up."""

    @property
    def url(self) -> str:
        return f"{self.torana.url}/api/v1"

    def node(self, script: str, **more: str) -> Row:
        """What a script of `tests/js` prints."""
        node = shutil.which("node")
        if node is None or not (JS / "node_modules" / "@openrouter" / "sdk").is_dir():
            pytest.skip("Node or its packages are not here: run `npm ci` in tests/js")
        environ = os.environ | {"ROUTER": self.url, "KEY": self.key, "MANAGER": self.manager, "POOR": self.poor} | more
        done = subprocess.run(
            [node, script], cwd=JS, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        printed: Row = json.loads(done.stdout)
        return printed


def new_key(torana: Torana, *flags: str) -> str:
    from torana.control.operations import open_store
    from torana.control.router.keychain import KeyWish, create_key
    from torana.settings import resolve

    store = open_store(resolve(environ=torana.environ))
    limit = int(float(flags[1]) * 10**9) if "--limit" in flags else None
    wish = KeyWish(name="test", is_management="--management" in flags, limit_nano=limit)
    text = create_key(store, torana.account_id, "default", wish).text
    store.close()
    return text


def grant(torana: Torana) -> None:
    from torana.control.operations import open_store
    from torana.control.router.books import grant as granted
    from torana.settings import resolve

    store = open_store(resolve(environ=torana.environ))
    granted(store, torana.account_id, 100 * 10**9)
    store.close()
