"""Keys for applications: codes are made at `/auth/keys/code`, or at the consent page, and exchanged at `/auth/keys`."""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from torana.control.operations import find_gateway
from torana.control.refusals import NoSuchThing
from torana.control.router import codes
from torana.control.router.money import nano_of
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.refusals import BadRequest, Forbidden
from torana.control.router.times import iso, ms_of
from torana.periods import Reset

if TYPE_CHECKING:
    from torana.control.management.operation import Site
    from torana.keys import RouterKey


class Exchange(Struct, kw_only=True):
    code: str
    code_verifier: str | None = None
    code_challenge_method: codes.Method | None = None


class Exchanged(Struct, frozen=True):
    """The only answer with the key's text; this server knows no users."""

    key: str
    user_id: None = None


class NewCode(Struct, kw_only=True):
    callback_url: str
    code_challenge: str | None = None
    code_challenge_method: codes.Method | None = None
    key_label: Annotated[str, Meta(max_length=100)] | None = None
    limit: Decimal | None = None
    usage_limit_type: Reset | None = None
    expires_at: str | None = None
    workspace_id: str | None = None


class Code(Struct, frozen=True):
    id: str
    app_id: int
    created_at: str


def exchange(site: Site, asked: Asked) -> Exchanged:
    wish = of(asked.body, Exchange)
    return Exchanged(codes.redeem(site.store, wish.code, wish.code_verifier, wish.code_challenge_method).text)


def create_code(site: Site, asked: Asked) -> Data:
    wish, key = of(asked.body, NewCode), asked.key
    workspace = wish.workspace_id or key.gateway_id
    _permit(key, workspace)
    app = codes.check_callback(wish.callback_url)
    try:
        find_gateway(site.store, key.account_id, workspace)
        agreed = codes.Agreed(
            callback_url=wish.callback_url,
            key_name=wish.key_label or app,
            limit_nano=None if wish.limit is None else nano_of(wish.limit),
            limit_reset=wish.usage_limit_type,
            expires_ms=None if wish.expires_at is None else ms_of(wish.expires_at),
            by=(key.hash, key.name),
        )
    except (ValueError, NoSuchThing) as error:
        raise BadRequest(f"Invalid request parameters: {error}") from error
    challenge = codes.challenge_of(wish.code_challenge, wish.code_challenge_method)
    made = codes.make_code(site.store, (key.account_id, workspace), agreed, challenge)
    return Data(Code(made.code, zlib.crc32(app.encode()) >> 1, iso(made.created_ms)))


def _permit(key: RouterKey, workspace: str) -> None:
    """A key for inference must not make one that may do more than it may itself."""
    is_bound = key.limit_nano is not None or key.expires_ms is not None or bool(key.guardrails)
    if not key.is_management and (is_bound or workspace != key.gateway_id):
        raise Forbidden("Only management keys can perform this operation: this key has limits of its own")


OPERATIONS = (
    Operation(
        name="exchange_auth_code_for_api_key",
        method="POST",
        path="/auth/keys",
        access="none",
        answer=exchange,
        body=Exchange,
    ),
    Operation(
        name="create_auth_keys_code",
        method="POST",
        path="/auth/keys/code",
        access="key",
        answer=create_code,
        body=NewCode,
    ),
)
