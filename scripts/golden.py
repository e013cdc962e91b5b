"""Writes what the golden files expect anew, from what the code makes of them now."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from golden_cases import rewrite
from golden_embeddings import rewrite_embeddings

rewrite()
rewrite_embeddings()
