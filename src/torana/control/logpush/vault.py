"""Destinations as the store has them: sealed, by former versions with a key of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from torana.control.logpush.targets import Destination
from torana.errors import KeyUnreadable

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from torana.control.operations import Store
    from torana.sealing import Vault

_FORMER_KEY = "logpush.key"
_NONCE_BYTES = 12


def sealed_columns(connection: Connection, store: Store, job_id: str, destination: Destination) -> dict[str, object]:
    """How the store keeps it. MasterKeyError, KeyUnreadable."""
    plain = msgspec.json.encode(destination).decode()
    found = store.masters.seal(connection, store.now_ms(), plain, _context_of(job_id))
    return {"destination": found.sealed.encode(), "data_key_id": found.data_key_id}


def reveal(vault: Vault, folder: Path, row: Row[tuple[object, ...]]) -> Destination:
    """Of a row of `logpush_jobs`. KeyUnreadable."""
    if row.data_key_id is None:
        return reveal_former(folder, row)
    return _decode(vault.reveal(row.data_key_id, row.destination.decode(), _context_of(row.id)).encode())


def reveal_former(folder: Path, row: Row[tuple[object, ...]]) -> Destination:
    """The same where a former version sealed it. KeyUnreadable."""
    path, sealed = folder / _FORMER_KEY, row.destination
    try:
        plain = AESGCM(path.read_bytes()).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row.id.encode())
    except (InvalidTag, ValueError, OSError):
        raise KeyUnreadable(f"the destination of `{row.id}` cannot be read: `{path}` is not its key") from None
    return _decode(plain)


def _decode(plain: bytes) -> Destination:
    found: Destination = msgspec.json.decode(plain, type=Destination)
    return found


def _context_of(job_id: str) -> bytes:
    """Ids of jobs are random: no two accounts have the same."""
    return b"torana logpush destination 1\n" + job_id.encode()
