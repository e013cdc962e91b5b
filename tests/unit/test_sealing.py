"""Secrets at rest: what is sealed is opened with the same keys, for the same place, and by nobody else."""

from __future__ import annotations

import base64
import stat
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana import sealing
from torana.errors import KeyUnreadable
from torana.sealing import MasterKeyError, MasterKeys, Vault, context_of, load, new_key, put_first, seal, unseal
from torana.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

PLACE = context_of("a" * 32, "default", "openai", "default")
ONE, OTHER = b"1" * 32, b"2" * 32


def text(*keys: bytes) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys)


def test_a_secret_is_opened_in_its_place_alone() -> None:
    key = new_key()
    sealed = seal(key, b"sk-secret", PLACE)
    assert unseal(key, sealed, PLACE) == b"sk-secret"
    assert sealed != seal(key, b"sk-secret", PLACE)
    others = (
        context_of("b" * 32, "default", "openai", "default"),
        context_of("a" * 32, "other", "openai", "default"),
        context_of("a" * 32, "default", "groq", "default"),
        context_of("a" * 32, "default", "openai", "second"),
    )
    for other in others:
        with pytest.raises(KeyUnreadable):
            unseal(key, sealed, other)


@pytest.mark.parametrize("damage", ["", "AAAA", "no base64!", "flip"])
def test_what_was_changed_is_not_opened(damage: str) -> None:
    key = new_key()
    sealed = seal(key, b"sk-secret", PLACE)
    data = bytearray(base64.b64decode(sealed))
    data[-1] ^= 1
    with pytest.raises(KeyUnreadable) as refused:
        unseal(key, base64.b64encode(data).decode() if damage == "flip" else damage, PLACE)
    assert "sk-secret" not in str(refused.value)


def test_a_data_key_is_opened_by_any_master_key_that_is_at_hand() -> None:
    wrapped = MasterKeys([ONE], "a test").wrap("d1", b"k" * 32)
    both = MasterKeys([OTHER, ONE], "a test")
    assert both.unwrap(wrapped) == b"k" * 32
    assert both.wrap("d1", b"k" * 32).master_id != wrapped.master_id
    with pytest.raises(KeyUnreadable, match="not the one"):
        MasterKeys([OTHER], "a test").unwrap(wrapped)
    assert base64.b64encode(ONE).decode() not in repr(both) + str(both.__dict__.keys())


def test_without_a_master_key_nothing_is_opened() -> None:
    wrapped = MasterKeys([ONE], "a test").wrap("d1", b"k" * 32)
    sealed = seal(b"k" * 32, b"sk-secret", PLACE)
    assert Vault(MasterKeys([ONE], "a test"), [wrapped]).reveal("d1", sealed, PLACE) == "sk-secret"
    for vault in (Vault(None, [wrapped]), Vault(MasterKeys([ONE], "a test"), [])):
        with pytest.raises(KeyUnreadable):
            vault.reveal("d1", sealed, PLACE)


def test_a_file_is_made_once_for_its_owners_eyes(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / "new"))
    first = load(settings, {})
    path = settings.path(sealing.FILE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(settings, {}).first_id == first.first_id
    assert [file.name for file in path.parent.iterdir()] == [sealing.FILE]
    put_first(settings, ONE, keep=True)
    second = load(settings, {})
    assert second.first_id != first.first_id
    assert second.has(first.first_id)
    put_first(settings, ONE, keep=False)
    assert not load(settings, {}).has(first.first_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_variable_goes_before_the_command_and_that_before_the_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), master_key_command=f"echo {text(OTHER)}")
    wanted = MasterKeys([ONE], "").first_id
    assert load(settings, {sealing.VARIABLE: text(ONE)}).first_id == wanted
    assert load(settings, {sealing.VARIABLE: ONE.hex()}).first_id == wanted
    assert load(settings, {}).first_id == MasterKeys([OTHER], "").first_id
    assert not settings.path(sealing.FILE).exists()
    assert load(settings, {sealing.VARIABLE: text(OTHER, ONE)}).has(wanted)


@pytest.mark.parametrize(
    ("settings", "variable", "words"),
    [
        ({}, "short", "TORANA_MASTER_KEY"),
        ({}, " , ", "TORANA_MASTER_KEY"),
        ({}, text(ONE) + ",x", "TORANA_MASTER_KEY"),
        ({"master_key_command": "false"}, "", "ended with 1"),
        ({"master_key_command": "no-such-program-anywhere"}, "", "cannot be run"),
        ({"master_key_command": "'"}, "", "cannot be run"),
        ({"master_key_command": "echo nothing"}, "", "32 random bytes"),
    ],
)
def test_what_is_no_master_key_is_told_without_showing_it(
    tmp_path: Path, settings: dict[str, str], variable: str, words: str
) -> None:
    with pytest.raises(MasterKeyError, match=words) as refused:
        load(
            msgspec.structs.replace(Settings(data_dir=str(tmp_path)), **settings),
            {sealing.VARIABLE: variable} if variable else {},
        )
    assert text(ONE) not in str(refused.value)
