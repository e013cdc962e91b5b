"""Writes dashboard/openapi.json, which the dashboard's client is made from; `--check` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from torana.control.management.openapi import document
from torana.control.management.routes import BASE, OPERATIONS

TARGET = Path(__file__).resolve().parent.parent / "dashboard" / "openapi.json"


def text() -> str:
    """The management API as `/client/v4/openapi.json` has it, for people's eyes too."""
    return json.dumps(json.loads(document(OPERATIONS, BASE)), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    written = text()
    if "--check" in sys.argv[1:]:
        is_stale = not TARGET.exists() or TARGET.read_text("utf-8") != written
        if is_stale:
            print(f"{TARGET} is stale: run scripts/build_openapi.py")
        return int(is_stale)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(written, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
