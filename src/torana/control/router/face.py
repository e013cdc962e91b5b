"""One call of the router's API from HTTP to HTTP: whose key, what for, and OpenRouter's envelope.

Browsers may call it from any page, as they may call OpenRouter's, with the key that the page was given. What a browser
adds by itself, the cookie of somebody who is signed in to the dashboard, counts from this server's own pages alone: an
answer that every origin may read (`*`) is shown to no page that asked with cookies.
"""

from __future__ import annotations

import logging
import types
import typing
import urllib.parse
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from torana.control.audit import Actor
from torana.control.management.face import read_body
from torana.control.operations import reading
from torana.control.router.key_rows import find_key
from torana.control.router.keychain import note_use
from torana.control.router.operation import Asked
from torana.control.router.refusals import (
    BadRequest,
    Forbidden,
    NotThere,
    Refusal,
    TooLarge,
    Unauthenticated,
    WrongMethod,
)
from torana.control.signing_in.guard import needs, session_of
from torana.control.signing_in.roles import least_role, may
from torana.errors import Internal, Overloaded, ToranaError
from torana.keys import RouterKey
from torana.sealing import MasterKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msgspec import Struct
    from starlette.requests import Request

    from torana.control.management.operation import Site
    from torana.control.router.operation import Operation
    from torana.control.signing_in.sessions import Session

ANY_PAGE = {"access-control-allow-origin": "*"}
_PREFLIGHT = {
    **ANY_PAGE,
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": "86400",
}
_TOO_LARGE = 413
DEFAULT_WORKSPACE = "default"

log = logging.getLogger("torana.control")


class Face:
    """Runs operations; those wait for the database, so each runs in a thread."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def endpoint(self, by_method: Mapping[str, Operation]) -> Callable[[Request], object]:
        """For one path, whatever the method: a wrong one is told the right ones. GET answers HEAD too."""
        allowed = ", ".join(sorted(by_method))

        async def answer(request: Request) -> Response:
            if request.method == "OPTIONS":
                return preflight()
            operation = by_method.get("GET" if request.method == "HEAD" else request.method)
            if operation is None:
                return refusal(WrongMethod(f"Method Not Allowed: this path takes {allowed}"), {"allow": allowed})
            try:
                body = await read_body(request) if operation.body is not None else b""
            except ToranaError as error:
                return refusal(TooLarge(error.message) if error.status == _TOO_LARGE else error)
            return await run_in_threadpool(self.answer, operation, request, body)

        return answer

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response:
        """Never raises: what a client sees is an envelope, whatever happens."""
        try:
            asked = self._asked(operation, request, body)
            site = self._site
            if asked.sent is not None:
                site = site.acting(Actor("UI" if asked.is_signed_in else "API", asked.sent.hash, asked.sent.name))
            found = operation.answer(site, asked)
        except ToranaError as error:
            return refusal(error)
        except SQLAlchemyError as error:
            log.error("the store cannot be used: %s", getattr(error, "orig", error))  # noqa: TRY400  # no bug
            return refusal(Overloaded("the store cannot be used now; try again"))
        except MasterKeyError as error:
            log.error("a key cannot be kept: %s", error)  # noqa: TRY400  # the operator's, not a bug
            return refusal(Overloaded("there is no master key; see the server's log"))
        except Exception:
            log.exception("a bug in `%s`", operation.name)
            return refusal(Internal("Internal Server Error"))
        return found if isinstance(found, Response) else json(found, status=operation.status)

    def _asked(self, operation: Operation, request: Request, body: bytes) -> Asked:
        sent = session = None
        if operation.access != "none":
            header = request.headers.get("authorization", "")
            session = None if header else session_of(self._site.store, request.method, request.headers)
            sent = self.authenticate(header) if session is None else key_of(session, operation)
            if operation.access == "management" and not sent.is_management:
                raise Forbidden("Only management keys can perform this operation")
        return Asked(
            sent,
            {name: str(value) for name, value in request.path_params.items()},
            read_query(request.url.query, operation.query),
            read_json(body, operation.body) if operation.body is not None else None,
            request.headers,
            is_signed_in=session is not None,
        )

    def authenticate(self, header: str) -> RouterKey:
        """Unauthenticated, in OpenRouter's words where those are known."""
        if not header:
            raise Unauthenticated("Missing Authentication header")
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise Unauthenticated("No auth credentials found")
        store = self._site.store
        with reading(store) as connection:
            key = find_key(connection, text.strip())
        if key is None:
            raise Unauthenticated("User not found.")
        if key.disabled:
            raise Unauthenticated("This API key is disabled")
        if key.expires_ms is not None and key.expires_ms <= store.now_ms():
            raise Unauthenticated("This API key has expired")
        try:
            note_use(store, key.hash)
        except SQLAlchemyError as error:
            log.warning("the use of a key cannot be noted: %s", getattr(error, "orig", error))
        return key


def key_of(session: Session, operation: Operation) -> RouterKey:
    """What somebody may do who is signed in, as a management key. NotPermitted for changes by who only looks."""
    who = session.who
    if not (operation.only_reads or may(who.role, "edit")):
        raise needs(who.role, least_role("edit"))
    return RouterKey(who.id, session.account_id, DEFAULT_WORKSPACE, name=who.name, is_management=True)


def read_query(query: str, kind: type[Struct]) -> Struct:
    """BadRequest where it cannot be read. Of what stands there twice the last counts, unless it is a list."""
    found: dict[str, object] = {}
    lists = _lists_of(kind)
    try:
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True, max_num_fields=1000):
            plain = name.removesuffix("[]")
            if plain in lists:
                typing.cast("list[str]", found.setdefault(plain, [])).append(value)
            else:
                found[name] = value
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(f"Invalid request parameters: {error}") from error
    except ValueError as error:
        raise BadRequest(f"Invalid request parameters: the query cannot be read: {error}") from error


@lru_cache(maxsize=256)
def _lists_of(kind: type[Struct]) -> frozenset[str]:
    """Names of its fields that are lists."""
    hints: dict[str, Any] = typing.get_type_hints(kind)
    found = set()
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        among = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
        if any(typing.get_origin(each) is list for each in among):
            found.add(field.encode_name)
    return frozenset(found)


def read_json(body: bytes, kind: Any) -> object:  # whatever msgspec takes for a type
    """BadRequest, with the field's name, where it cannot be read."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"Invalid request parameters: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"Invalid request parameters: the body is not JSON: {error}") from error
    except RecursionError as error:
        raise BadRequest("Invalid request parameters: the body is nested too deeply") from error


def refusal(error: ToranaError, headers: dict[str, str] | None = None) -> Response:
    """Whatever went wrong, as OpenRouter says it."""
    said: dict[str, object] = {"code": error.status, "message": error.message}
    if isinstance(error, Refusal) and error.metadata:
        said["metadata"] = error.metadata
    return json({"error": said, "user_id": None}, status=error.status, headers=headers)


def preflight() -> Response:
    """What a browser asks before a page's call."""
    return Response(status_code=204, headers=_PREFLIGHT)


def not_there() -> Response:
    return refusal(NotThere("Not Found"))


def json(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # Answers are one caller's own: no cache on the way may keep them.
    fields = {"cache-control": "no-store", **ANY_PAGE, **(headers or {})}
    return Response(msgspec.json.encode(value), status, fields, "application/json")
