"""What workers are told of API tokens: whose they are, and what they open."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from torana.snapshot import TokenConfig
from torana.storage.tables import tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

_names = msgspec.json.Decoder(list[str]).decode


def compiled_tokens(connection: Connection) -> list[TokenConfig]:
    """All of them, oldest first; expired ones too, as who sends one is told so."""
    row = tokens.c
    columns = (row.hash, row.id, row.account_id, row.name, row.permissions, row.gateways, row.expires_ms)
    found = connection.execute(sa.select(*columns).order_by(row.created_ms, row.id))
    return [_token((*row,)) for row in found]


@lru_cache(maxsize=1 << 16)
def _token(row: tuple[str, str, str, str, str, str | None, int | None]) -> TokenConfig:
    """Remembered, as tokens never change."""
    digest, token_id, account_id, name, permissions, on, expires_ms = row
    return TokenConfig(
        digest, token_id, account_id, name, _names(permissions), None if on is None else _names(on), expires_ms
    )
