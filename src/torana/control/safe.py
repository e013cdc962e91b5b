"""What the store keeps sealed: how it is put there, and opened again."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana import sealing
from torana.control.key_rows import compiled_data_keys
from torana.sealing import MasterKeyError, MasterKeys, Vault
from torana.storage.tables import data_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

_PATIENCE_S = 5.0


class Sealed(Struct, frozen=True):
    """A secret as the store has it."""

    data_key_id: str
    sealed: str


def _no_masters() -> MasterKeys:
    raise MasterKeyError("this store was opened without a master key")


class Masters:
    """The master keys of a store, remembered, as a command may have to be run for them."""

    def __init__(self, load: Callable[[], MasterKeys] = _no_masters) -> None:
        self._load = load
        self._known: MasterKeys | None = None
        self._not_before = 0.0

    def now(self) -> MasterKeys:
        """As they are at this moment. MasterKeyError."""
        self._known = found = self._load()
        return found

    def vault(self, connection: Connection) -> Vault:
        """Opens all that was sealed, and asks for the master keys again where one is needed that is not known.

        MasterKeyError.
        """
        wrapped = compiled_data_keys(connection)
        known = self._known
        # One that was lost must not have the command run at each turn.
        if known is None or (
            not all(known.has(one.master_id) for one in wrapped) and time.monotonic() >= self._not_before
        ):
            self._not_before = time.monotonic() + _PATIENCE_S
            known = self.now()
        return Vault(known, wrapped)

    def seal(self, connection: Connection, now_ms: int, plain: str, context: bytes) -> Sealed:
        """With the newest data key, or a first one that is made in the caller's change. MasterKeyError, KeyUnreadable.

        Only within a change of the configuration: so no master key is taken away in between.
        """
        found = compiled_data_keys(connection)
        if found:
            data_key_id = found[-1].id
            key = self.vault(connection).data_key(data_key_id)
        else:
            data_key_id, key = secrets.token_hex(16), sealing.new_key()
            wrapped = msgspec.structs.asdict(self.now().wrap(data_key_id, key))
            connection.execute(sa.insert(data_keys).values(wrapped | {"created_ms": now_ms}))
        return Sealed(data_key_id, sealing.seal(key, plain.encode(), context))
