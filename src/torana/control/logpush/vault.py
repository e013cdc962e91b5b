"""Destinations as the store has them: encrypted, with a key that is not in the store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from torana.control.logpush.targets import Destination
from torana.errors import OwnError
from torana.storage.locks import locked

if TYPE_CHECKING:
    from pathlib import Path

_KEY = "logpush.key"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class Unreadable(OwnError):
    """The key is another one than it was."""

    status = 503


class Vault:
    """Of one data directory; the key is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _KEY

    def seal(self, job_id: str, destination: Destination) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, msgspec.json.encode(destination), job_id.encode())

    def open(self, job_id: str, sealed: bytes) -> Destination:
        """Unreadable where the key does not fit."""
        try:
            plain = self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], job_id.encode())
        except InvalidTag as error:
            raise Unreadable(f"the destination of `{job_id}` cannot be read: `{self._path}` is not its key") from error
        found: Destination = msgspec.json.decode(plain, type=Destination)
        return found

    def _cipher(self) -> AESGCM:
        with locked(self._path.with_suffix(".lock")):
            if not self._path.exists():
                draft = self._path.with_suffix(".part")
                draft.unlink(missing_ok=True)
                with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
                    file.write(os.urandom(_KEY_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(self._path)
            return AESGCM(self._path.read_bytes())
