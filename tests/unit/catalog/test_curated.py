"""The project's own table of models: what its reader refuses, and that what comes with the package holds together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from torana.catalog.curated import CuratedError, parse, read_builtin
from torana.catalog.hosts import HOSTS, host_of
from torana.providers import PROVIDERS

ROOT = Path(__file__).resolve().parents[3]


def table(*models: dict[str, object]) -> bytes:
    return json.dumps({"version": "v", "parameters": {"base": ["max_tokens"]}, "models": models}).encode()


def test_the_table_that_comes_with_the_package_holds_together() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_models.py"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_there_are_models_of_every_kind() -> None:
    rows = [row for row in read_builtin().models if not row.alias_of]
    assert len(rows) >= 200
    made = {kind for row in rows for kind in row.outputs.split("+")}
    assert made >= {"text", "image", "embeddings", "rerank", "speech", "transcription"}
    hosts = {provider for row in rows for provider in row.hosts}
    assert hosts >= set(HOSTS) - {"openrouter", "ollama", "parallel"}


def test_a_host_is_a_provider_of_the_gateway_and_known_by_one_slug() -> None:
    assert set(HOSTS) <= set(PROVIDERS)
    assert len({host.slug for host in HOSTS.values()}) == len(HOSTS)


def test_a_provider_of_ones_own_is_a_host_of_its_own() -> None:
    host = host_of("custom-acme")
    assert host is not None
    assert (host.slug, host.provider, host.retains) == ("custom-acme", "custom-acme", True)
    assert host_of("deepgram") is None


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([{"id": "a/b"}, {"id": "a/b"}], "twice"),
        ([{"id": "a/b", "created": "2026-13-01"}], "is no day"),
        ([{"id": "a/b", "hosts": {"nobody": "b"}}], "no host `nobody`"),
        ([{"id": "a/b", "parameters": "base more"}], "no list of parameters `more`"),
        ([{"id": "~a/b-latest", "alias_of": "a/b"}], "which is no model"),
        ([{"id": "a/b", "colour": "red"}], "not a table of models"),
    ],
)
def test_what_does_not_fit_is_refused(models: list[dict[str, object]], said: str) -> None:
    with pytest.raises(CuratedError, match=said):
        parse(table(*models))


def test_an_alias_of_an_alias_is_refused() -> None:
    with pytest.raises(CuratedError, match="which is no model"):
        parse(table({"id": "a/b"}, {"id": "~a/x", "alias_of": "a/b"}, {"id": "~a/y", "alias_of": "~a/x"}))
