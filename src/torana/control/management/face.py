"""One call from HTTP to HTTP: who asks, what for, and the answer in Cloudflare's envelope."""

from __future__ import annotations

import logging
import urllib.parse
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from torana.control.audit import Actor
from torana.control.envelope import UNAVAILABLE, Failure, Problem
from torana.control.management.operation import NOBODY, Asked, Raw, Streamed, WithCookie
from torana.control.management.query import nest
from torana.control.refusals import (
    BadBaseUrl,
    InputTooLarge,
    InvalidInput,
    NameTaken,
    NoSuchThing,
    NotAuthenticated,
    NotPermitted,
    SlugTaken,
    TooManyTries,
    WrongMethod,
)
from torana.control.signing_in.guard import check_page, needs, session_of
from torana.control.signing_in.roles import least_role
from torana.control.tokens import find_token, note_use
from torana.errors import ToranaError
from torana.sealing import MasterKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msgspec import Struct
    from starlette.requests import Request

    from torana.control.management.operation import Operation, Site
    from torana.control.signing_in.sessions import Session
    from torana.control.tokens import Token

MOST_BYTES = 1 << 20

log = logging.getLogger("torana.control")


class Face:
    """Runs operations; those wait for the database, so each runs in a thread."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def endpoint(self, by_method: Mapping[str, Operation]) -> Callable[[Request], object]:
        """For one path; GET answers HEAD too."""

        async def answer(request: Request) -> Response:
            operation = by_method["GET" if request.method == "HEAD" else request.method]
            try:
                body = await read_body(request) if operation.body is not None else b""
                return await run_in_threadpool(self.answer, operation, request, body)
            except ToranaError as error:
                return refusal(error)

        return answer

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response:
        """Never raises: what a client sees is an envelope, whatever happens."""
        try:
            asked = self._asked(operation, request, body)
            found = operation.answer(self._site.acting(_actor(asked)), asked)
        except ToranaError as error:
            return refusal(error)
        except SQLAlchemyError as error:
            log.error("the store cannot be used: %s", getattr(error, "orig", error))  # noqa: TRY400  # no bug
            return json(Failure(errors=[Problem(UNAVAILABLE, "the store cannot be used now; try again")]), status=503)
        except MasterKeyError as error:
            log.error("a provider's key cannot be kept: %s", error)  # noqa: TRY400  # the operator's, not a bug
            return json(
                Failure(errors=[Problem(UNAVAILABLE, "there is no master key; see the server's log")]), status=503
            )
        except Exception:
            log.exception("a bug in `%s`", operation.name)
            return json(Failure(errors=[Problem(UNAVAILABLE, "a bug; the server's log has the details")]), status=500)
        if isinstance(found, Streamed):
            return streamed(found, with_body=request.method != "HEAD")
        if isinstance(found, WithCookie):
            return json(found.answer, headers={"set-cookie": found.cookie})
        return recorded(found) if isinstance(found, Raw) else json(found)

    def _asked(self, operation: Operation, request: Request, body: bytes) -> Asked:
        token, session = NOBODY, None
        if operation.access != "public":
            token, session = self.caller(request)
        elif not request.headers.get("authorization"):
            check_page(request.method, request.headers)
        path = {name: str(value) for name, value in request.path_params.items()}
        permit(operation, token, path, session)
        return Asked(
            token=token,
            path=path,
            query=read_query(request.url.query, operation.query),
            body=read_json(body, operation.body) if operation.body is not None else None,
            session=session,
            headers=request.headers,
        )

    def caller(self, request: Request) -> tuple[Token, Session | None]:
        """By the token, else by the session. NotAuthenticated, or NotPermitted where a strange page asks."""
        header = request.headers.get("authorization", "")
        session = None if header else session_of(self._site.store, request.method, request.headers)
        return (self.authenticate(header), None) if session is None else (session.as_token(), session)

    def authenticate(self, header: str) -> Token:
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise NotAuthenticated(
                "Authentication error: send `Authorization: Bearer <token>`; `torana tokens create` makes one"
            )
        token = find_token(self._site.store, text.strip())
        if token is None:
            raise NotAuthenticated("Authentication error: this is no token of this server, or it was revoked")
        if token.is_expired(self._site.store.now_ms()):
            raise NotAuthenticated("Authentication error: this token has expired")
        try:
            note_use(self._site.store, token)
        except SQLAlchemyError as error:
            log.warning("the use of a token cannot be noted: %s", getattr(error, "orig", error))
        return token


def permit(operation: Operation, token: Token, path: dict[str, str], session: Session | None = None) -> None:
    """NotPermitted where the caller may not do this, or not there."""
    if operation.access == "public":
        return
    if operation.access != "token" and session is None:
        raise NotPermitted("Authentication error: this is for who is signed in to the dashboard, and for no token")
    if operation.access == "owner" and session is not None and session.who.role != "owner":
        raise needs(session.who.role, "owner")
    if operation.permission is not None and not token.may(operation.permission):
        if session is not None:
            raise needs(session.who.role, least_role(operation.permission))
        raise NotPermitted(f"Authentication error: this token lacks the permission `{operation.permission}`")
    if path.get("account_id", token.account_id) != token.account_id:
        raise NotPermitted("Authentication error: this token is of another account")
    if operation.is_account_wide and token.gateways is not None:
        raise NotPermitted("Authentication error: this token is for some gateways alone")
    if "gateway_id" in path and not token.reaches(path["gateway_id"]):
        raise NotPermitted(f"Authentication error: this token is not for the gateway `{path['gateway_id']}`")


def _actor(asked: Asked) -> Actor:
    return Actor("API", asked.token.id, asked.token.name) if asked.session is None else asked.session.actor


async def read_body(request: Request) -> bytes:
    """InputTooLarge before more than `MOST_BYTES` are in memory."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise InputTooLarge(f"a body has at most {MOST_BYTES} bytes", "body")
        pieces.append(piece)
    return b"".join(pieces)


def read_query(query: str, kind: type[Struct]) -> Struct:
    """InvalidInput, with the parameter's name, where it cannot be read."""
    try:
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, max_num_fields=1000)
        return msgspec.convert(nest(pairs), kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid("query", error) from error
    except ValueError as error:
        raise InvalidInput(f"the query cannot be read: {error}", "query") from error


def read_json(body: bytes, kind: type[Struct]) -> Struct:
    """InvalidInput, with the field's name, where it cannot be read."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise invalid("body", error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the body is not JSON: {error}", "body") from error
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply", "body") from error


def invalid(where: str, error: msgspec.ValidationError) -> InvalidInput:
    message, _, place = str(error).partition(" - at `$")
    path = [part for part in place.rstrip("`").replace("[", ".").replace("]", "").split(".") if part]
    return InvalidInput(message, where, *path)


def refusal(error: ToranaError) -> Response:
    """The envelope of an error; 7001 has Cloudflare's own words before ours."""
    if isinstance(error, InvalidInput):
        problem = Problem(error.code, f"Input Validation Error: {error.message}", list(error.path))
    elif isinstance(error, NoSuchThing):
        problem = Problem(error.code, f"Not Found: {error.message}" if error.message else "Not Found")
    elif isinstance(error, BadBaseUrl | SlugTaken | NameTaken):
        problem = Problem(error.code, error.message, list(error.path))
    else:
        problem = Problem(error.code, error.message)
    return json(Failure(errors=[problem]), status=error.status, headers=_beside(error))


def _beside(error: ToranaError) -> dict[str, str] | None:
    if isinstance(error, NotAuthenticated):
        return {"www-authenticate": "Bearer"}
    return {"retry-after": str(error.retry_after_s)} if isinstance(error, TooManyTries) else None


def not_there() -> Response:
    return refusal(NoSuchThing(""))


def wrong_method(allowed: str) -> Response:
    answer = refusal(WrongMethod(f"this path takes {allowed}"))
    answer.headers["allow"] = allowed
    return answer


def json(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # Management answers are one caller's own: no cache on the way may keep them.
    return Response(
        msgspec.json.encode(value), status, {"cache-control": "no-store", **(headers or {})}, "application/json"
    )


def recorded(found: Raw) -> Response:
    """A recorded answer may be a stranger's HTML: it must never run as ours."""
    headers = {
        "content-type": found.content_type or "application/octet-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return Response(found.body, headers=headers)


def streamed(found: Streamed, *, with_body: bool) -> Response:
    """What fails on the way breaks the connection off, so that nobody takes a part for the whole."""
    headers = {
        "content-type": found.content_type,
        "content-disposition": f'attachment; filename="{found.name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(found.pieces, headers=headers) if with_body else Response(headers=headers)
