"""Where the embedded model's weights are looked for, and what is said when they are not there."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.errors import LocalModelMissing
from torana.local.weights import (
    ALIAS,
    SMOLLM2,
    Package,
    Recorded,
    Server,
    Weights,
    alias_of,
    find,
    read_recorded,
    without_v1,
    write_recorded,
)
from torana.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = b"GGUF and then some"
PACKAGE = Package("tiny==1", "", "tiny_weights_for_a_test", "tiny.gguf", hashlib.sha256(WEIGHTS).hexdigest())
ABSENT = msgspec.structs.replace(PACKAGE, module="no_such_module_anywhere")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(data_dir=str(tmp_path / "data"))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that says so when somebody imports it."""
    folder = tmp_path / "site" / PACKAGE.module
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('its dependencies are not here')")
    (folder / PACKAGE.file).write_bytes(WEIGHTS)
    monkeypatch.syspath_prepend(folder.parent)
    return folder / PACKAGE.file


def gguf(path: Path) -> str:
    path.write_bytes(WEIGHTS)
    return str(path)


def test_the_setting_comes_first_then_what_was_pulled_then_the_package(
    settings: Settings, installed: Path, tmp_path: Path
) -> None:
    assert find(settings, PACKAGE) == Weights(str(installed), ALIAS)
    pulled, named = gguf(tmp_path / "Pulled-Q4.gguf"), gguf(tmp_path / "Named.gguf")
    write_recorded(settings, Recorded(path=pulled))
    assert find(settings, PACKAGE) == Weights(pulled, "pulled-q4")
    write_recorded(settings, Recorded(url="http://127.0.0.1:11434"))
    assert find(settings, PACKAGE) == Server("http://127.0.0.1:11434")
    set_ = msgspec.structs.replace(settings, local_model=named)
    assert find(set_, PACKAGE) == Weights(named, "named")
    overridden = msgspec.structs.replace(set_, providers={"local": "http://other:1/v1"})
    assert find(overridden, PACKAGE) == Server("http://other:1")


def test_the_package_is_never_imported(settings: Settings, installed: Path) -> None:
    assert find(settings, PACKAGE) == Weights(str(installed), ALIAS)
    assert PACKAGE.module not in sys.modules


def test_without_weights_the_way_to_get_them_is_named(settings: Settings) -> None:
    with pytest.raises(LocalModelMissing, match="run `torana local pull`"):
        find(settings, ABSENT)


def test_damaged_weights_are_refused(settings: Settings, installed: Path) -> None:
    installed.write_bytes(WEIGHTS + b"!")
    with pytest.raises(LocalModelMissing, match="damaged"):
        find(settings, PACKAGE)
    assert read_recorded(settings).checked is None


def test_the_digest_is_computed_once_and_again_when_the_file_has_changed(settings: Settings, installed: Path) -> None:
    find(settings, PACKAGE)
    stat = installed.stat()
    installed.write_bytes(WEIGHTS[::-1])
    os.utime(installed, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert find(settings, PACKAGE).__class__ is Weights  # same size and time: taken on trust
    os.utime(installed, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    with pytest.raises(LocalModelMissing, match="damaged"):
        find(settings, PACKAGE)


def test_looking_creates_no_data_directory(installed: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "not yet"))
    assert find(settings, PACKAGE) == Weights(str(installed), ALIAS)
    assert not (tmp_path / "not yet").exists()


@pytest.mark.parametrize("content", [b"", b"GGU", b"ggml and more", b"PK\x03\x04"])
def test_what_is_no_gguf_is_refused_by_name(settings: Settings, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(LocalModelMissing, match="is not a GGUF file; it was named by the setting `local_model`"):
        find(msgspec.structs.replace(settings, local_model=str(path)))


def test_a_pulled_file_that_has_gone_is_named(settings: Settings, tmp_path: Path) -> None:
    write_recorded(settings, Recorded(path=str(tmp_path / "gone.gguf")))
    with pytest.raises(LocalModelMissing, match=r"gone\.gguf` cannot be read.*`torana local pull`"):
        find(settings)


def test_a_record_that_cannot_be_read_says_how_to_renew_it(settings: Settings) -> None:
    settings.path("local.json").write_text("{")
    with pytest.raises(LocalModelMissing, match="run `torana local pull` again"):
        find(settings)


def test_the_pinned_file_keeps_its_well_known_name_wherever_it_lies(tmp_path: Path) -> None:
    assert alias_of(tmp_path / SMOLLM2.file) == "smollm2-135m-instruct"
    assert alias_of(tmp_path / "Qwen3-0.6B-Q8_0.gguf") == "qwen3-0.6b-q8_0"


@pytest.mark.parametrize("url", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"])
def test_a_servers_url_is_kept_without_its_version(url: str) -> None:
    assert without_v1(url) == "http://h:1"
