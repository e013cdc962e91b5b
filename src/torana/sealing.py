"""Secrets at rest: sealed with a data key, and that one with a master key.

The store never has the master key. AES-256-GCM with a random nonce of 96 bits before the ciphertext, in base64. What a
secret is of (account, gateway, provider, alias and the like) is bound into it as associated data, so none can be put in
the place of another. Master keys come from `TORANA_MASTER_KEY`, else from the output of the setting
`master_key_command`, else from the file `master.key` in the data directory, which is made where there is none. Any of
these may hold several: the first seals, all open, which is how the master key is changed while everything runs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from torana.errors import KeyUnreadable
from torana.snapshot import DataKeyConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torana.settings import Settings

VARIABLE = "TORANA_MASTER_KEY"
FILE = "master.key"
_BYTES = 32
_NONCE = 12
_HEX = 2 * _BYTES
_COMMAND_TIMEOUT_S = 30


class MasterKeyError(Exception):
    """There is no master key that can be used; the message says what to do, and nothing of the key."""


class MasterKeys:
    """The first one seals, all of them open."""

    def __init__(self, keys: Sequence[bytes], where: str) -> None:
        self._keys = {_id_of(key): key for key in keys}
        self.where = where
        """Where they came from, for people."""

    def __repr__(self) -> str:
        return f"MasterKeys({len(self._keys)} from {self.where})"

    @property
    def first_id(self) -> str:
        return next(iter(self._keys))

    def has(self, master_id: str) -> bool:
        return master_id in self._keys

    def wrap(self, data_key_id: str, key: bytes) -> DataKeyConfig:
        master_id = self.first_id
        return DataKeyConfig(data_key_id, master_id, seal(self._keys[master_id], key, _data_key_context(data_key_id)))

    def unwrap(self, wrapped: DataKeyConfig) -> bytes:
        """KeyUnreadable where its master key is not here, or the sealed key was changed."""
        key = self._keys.get(wrapped.master_id)
        if key is None:
            raise KeyUnreadable(f"stored keys cannot be opened: their master key is not the one from {self.where}")
        return unseal(key, wrapped.sealed, _data_key_context(wrapped.id))


class Vault:
    """Opens what one snapshot has sealed; secrets are in memory for as long as they are used, and nowhere else."""

    def __init__(self, masters: MasterKeys | None, wrapped: Sequence[DataKeyConfig]) -> None:
        """`masters` None = there are none that can be used."""
        self._masters = masters
        self._wrapped = {one.id: one for one in wrapped}
        self._opened: dict[str, bytes] = {}

    def reveal(self, data_key_id: str, sealed: str, context: bytes) -> str:
        """KeyUnreadable."""
        return unseal(self.data_key(data_key_id), sealed, context).decode()

    def data_key(self, data_key_id: str) -> bytes:
        """KeyUnreadable."""
        key = self._opened.get(data_key_id)
        if key is None:
            wrapped = self._wrapped.get(data_key_id)
            if self._masters is None or wrapped is None:
                raise KeyUnreadable("stored keys cannot be opened: there is no master key; the server's log says why")
            key = self._opened[data_key_id] = self._masters.unwrap(wrapped)
        return key


def new_key() -> bytes:
    """For data and master keys alike."""
    return os.urandom(_BYTES)


def seal(key: bytes, plain: bytes, context: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # 8 MB that few need

    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, context)).decode()


def unseal(key: bytes, sealed: str, context: bytes) -> bytes:
    """KeyUnreadable where it was sealed otherwise."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # the same

    try:
        data = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], context)
    except (InvalidTag, ValueError, binascii.Error):
        raise KeyUnreadable("a stored key cannot be opened: it was changed, or is not where it was put") from None


def context_of(account_id: str, gateway_id: str, provider: str, alias: str) -> bytes:
    """What a secret is of; none of the parts has a line feed."""
    return f"torana provider key 1\n{account_id}\n{gateway_id}\n{provider}\n{alias}".encode()


def headers_context_of(account_id: str, provider_id: str) -> bytes:
    """The same of a custom provider's headers; its slug may change, its id does not."""
    return f"torana custom provider headers 1\n{account_id}\n{provider_id}".encode()


def byok_context_of(account_id: str, key_id: str) -> bytes:
    """The same of a key that a caller of the router keeps here."""
    return f"torana byok key 1\n{account_id}\n{key_id}".encode()


def prepare() -> None:
    """Loads the library now, as it takes a while, and not when the first secret is opened."""
    import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401, PLC0415  # that is what it is for


def load(settings: Settings, environ: Mapping[str, str] = os.environ) -> MasterKeys:
    """Waits for the command where there is one. MasterKeyError."""
    if environ.get(VARIABLE):
        return MasterKeys(_read(environ[VARIABLE], f"`{VARIABLE}`"), f"`{VARIABLE}`")
    if settings.master_key_command:
        return MasterKeys(_read(_output(settings.master_key_command), "`master_key_command`"), "`master_key_command`")
    path = settings.path(FILE)
    try:
        text = path.read_text("ascii", "replace")
    except FileNotFoundError:
        text = _make(path)
    except OSError as error:
        raise MasterKeyError(f"`{path}` cannot be read: {error.strerror}") from error
    return MasterKeys(_read(text, f"`{path}`"), f"`{path}`")


def is_in_file(settings: Settings, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the master key is ours to change."""
    return not (environ.get(VARIABLE) or settings.master_key_command)


def put_first(settings: Settings, key: bytes, *, keep: bool) -> None:
    """Writes a new key into the file, before those that are there or in their place."""
    path = settings.path(FILE)
    former = path.read_text("ascii").split() if keep else []
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    _write(draft, "\n".join([base64.b64encode(key).decode(), *former]))
    draft.replace(path)


def _make(path: Path) -> str:
    """Whoever comes first makes it; the others read what is there then."""
    text = base64.b64encode(new_key()).decode()
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        _write(draft, text)
        try:
            os.link(draft, path)
        except FileExistsError:
            text = path.read_text("ascii")
        draft.unlink()
    except OSError as error:
        raise MasterKeyError(f"`{path}` cannot be written: {error.strerror}") from error
    return text


def _write(path: Path, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _output(command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own
            shlex.split(command), capture_output=True, check=True, text=True, timeout=_COMMAND_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        raise MasterKeyError(f"`master_key_command` ended with {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise MasterKeyError(f"`master_key_command` did not end within {_COMMAND_TIMEOUT_S} s") from None
    except (OSError, ValueError) as error:
        raise MasterKeyError(f"`master_key_command` cannot be run: {error}") from None
    return done.stdout


def _read(text: str, where: str) -> list[bytes]:
    """32 bytes each, as base64 or hex, between spaces, lines or commas."""
    words = text.replace(",", " ").split()
    keys = [_decoded(word) for word in words]
    if not keys or any(len(key) != _BYTES for key in keys):
        raise MasterKeyError(
            f"{where} has no master key: it is 32 random bytes, as `openssl rand -base64 32` prints them"
        )
    return keys


def _decoded(word: str) -> bytes:
    try:
        return (
            bytes.fromhex(word) if len(word) == _HEX else base64.b64decode(word.encode(), altchars=None, validate=True)
        )
    except ValueError:
        return b""


def _id_of(key: bytes) -> str:
    """Tells master keys apart and nothing of them."""
    return hashlib.sha256(b"torana master key 1\n" + key).hexdigest()[:16]


def _data_key_context(data_key_id: str) -> bytes:
    return b"torana data key 1\n" + data_key_id.encode()
