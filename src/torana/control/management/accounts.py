"""Operations on accounts and their API tokens: Torana's own, in the manner of Cloudflare's API."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from torana.control import tokens
from torana.control.log_filters import to_ms
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.operations import list_accounts
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.control.tokens import Permission, Token


class Account(Struct, kw_only=True):
    id: str
    name: str
    type: Literal["standard"] = "standard"
    created_on: str


class TokenObject(Struct, kw_only=True):
    """A token without its secret."""

    id: str
    name: str
    status: Literal["active", "expired"]
    permissions: list[Permission]
    gateways: list[str] | None
    """null = all."""
    preview: str
    """The last characters of the token."""
    issued_on: str
    modified_on: str
    expires_on: str | None
    last_used_on: str | None
    """To the hour."""


class NewTokenObject(TokenObject, kw_only=True):
    value: str
    """The token itself. It is shown here and never again."""


class NewToken(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    permissions: Annotated[list[Permission], Meta(min_length=1, max_length=20)]
    gateways: Annotated[list[str], Meta(min_length=1, max_length=1000)] | None = None
    """null = all, those to come included."""
    expires_on: Annotated[str, Meta(max_length=64)] | None = None
    """RFC 3339; null = never."""


class PageQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1, le=10_000_000)] = 1
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20


class Verified(Struct, kw_only=True):
    id: str
    status: Literal["active"] = "active"
    expires_on: str | None


class Gone(Struct, kw_only=True):
    id: str


def list_own_accounts(site: Site, asked: Asked) -> Many[Account]:
    """The one that the token is of."""
    found = [_account(site, asked.token.account_id)]
    query = of(asked.query, PageQuery)
    first = (query.page - 1) * query.per_page
    page = found[first : first + query.per_page]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def get_account(site: Site, asked: Asked) -> One[Account]:
    return One(result=_account(site, asked.path["account_id"]))


def list_tokens(site: Site, asked: Asked) -> Many[TokenObject]:
    query = of(asked.query, PageQuery)
    found = tokens.list_tokens(site.store, asked.path["account_id"])
    first = (query.page - 1) * query.per_page
    page = [to_object(token, site.store.now_ms()) for token in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create_token(site: Site, asked: Asked) -> One[NewTokenObject]:
    wish = of(asked.body, NewToken)
    made = tokens.create_token(
        site.store,
        asked.path["account_id"],
        tokens.Wish(
            name=wish.name,
            permissions=wish.permissions,
            gateways=wish.gateways,
            expires_ms=None if wish.expires_on is None else _expiry(wish.expires_on),
        ),
    )
    shown = to_object(made.token, site.store.now_ms())
    fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return One(result=NewTokenObject(**fields, value=made.text))


def get_token(site: Site, asked: Asked) -> One[TokenObject]:
    for token in tokens.list_tokens(site.store, asked.path["account_id"]):
        if token.id == asked.path["token_id"]:
            return One(result=to_object(token, site.store.now_ms()))
    raise NoSuchThing(f"there is no token `{asked.path['token_id']}`")


def revoke_token(site: Site, asked: Asked) -> One[Gone]:
    tokens.revoke_token(site.store, asked.path["account_id"], asked.path["token_id"])
    return One(result=Gone(id=asked.path["token_id"]))


def verify_token(site: Site, asked: Asked) -> One[Verified]:  # noqa: ARG001  # an operation's shape
    return One(result=Verified(id=asked.token.id, expires_on=_moment(asked.token.expires_ms)))


def to_object(token: Token, now_ms: int) -> TokenObject:
    return TokenObject(
        id=token.id,
        name=token.name,
        status="expired" if token.is_expired(now_ms) else "active",
        permissions=token.permissions,
        gateways=token.gateways,
        preview=token.preview,
        issued_on=to_rfc3339(token.created_ms),
        modified_on=to_rfc3339(token.modified_ms),
        expires_on=_moment(token.expires_ms),
        last_used_on=_moment(token.used_ms),
    )


def _account(site: Site, account_id: str) -> Account:
    for account in list_accounts(site.store):
        if account.id == account_id:
            return Account(id=account.id, name=account.name, created_on=to_rfc3339(account.created_ms))
    raise NoSuchThing(f"there is no account `{account_id}`")


def _moment(ms: int | None) -> str | None:
    return None if ms is None else to_rfc3339(ms)


def _expiry(text: str) -> int:
    try:
        return to_ms(text)
    except ValueError as error:
        raise InvalidInput(str(error), "body", "expires_on") from error


_ACCOUNT = "/accounts/{account_id}"
_TOKENS = _ACCOUNT + "/tokens"
OPERATIONS = (
    Operation(
        name="list_accounts",
        method="GET",
        path="/accounts",
        summary="List the accounts that the token is of: one.",
        tag="Accounts",
        permission=None,
        answer=list_own_accounts,
        query=PageQuery,
        result=Many[Account],
    ),
    Operation(
        name="get_account",
        method="GET",
        path=_ACCOUNT,
        summary="Get an account.",
        tag="Accounts",
        permission=None,
        answer=get_account,
        result=One[Account],
    ),
    Operation(
        name="list_tokens",
        method="GET",
        path=_TOKENS,
        summary="List API tokens, oldest first, without their secrets.",
        tag="Tokens",
        permission="read",
        is_account_wide=True,
        answer=list_tokens,
        query=PageQuery,
        result=Many[TokenObject],
    ),
    Operation(
        name="create_token",
        method="POST",
        path=_TOKENS,
        summary="Make an API token; its value is shown this once.",
        tag="Tokens",
        permission="edit",
        is_account_wide=True,
        answer=create_token,
        body=NewToken,
        result=One[NewTokenObject],
        refusals=(413,),
    ),
    Operation(
        name="verify_token",
        method="GET",
        path=_TOKENS + "/verify",
        summary="Tell whether the token sent is good.",
        tag="Tokens",
        permission=None,
        answer=verify_token,
        result=One[Verified],
    ),
    Operation(
        name="get_token",
        method="GET",
        path=_TOKENS + "/{token_id}",
        summary="Get an API token without its secret.",
        tag="Tokens",
        permission="read",
        is_account_wide=True,
        answer=get_token,
        result=One[TokenObject],
        refusals=(404,),
    ),
    Operation(
        name="revoke_token",
        method="DELETE",
        path=_TOKENS + "/{token_id}",
        summary="Revoke an API token, from the next request on.",
        tag="Tokens",
        permission="edit",
        is_account_wide=True,
        answer=revoke_token,
        result=One[Gone],
        refusals=(404,),
    ),
)
