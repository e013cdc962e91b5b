"""`POST /client/v4/graphql`: who may call the management API, and GraphQL's own shape of errors."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from torana.control.envelope import UNAVAILABLE
from torana.control.graphql.shapes import Answered, Asked
from torana.control.management.face import Face, json, read_body, read_json
from torana.control.refusals import InvalidInput, NotAuthenticated, NotPermitted
from torana.errors import ToranaError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from torana.control.graphql.questions import Questions
    from torana.control.management.operation import Site

PATH = "/client/v4/graphql"

log = logging.getLogger("torana.control")


def graphql_route(site: Site) -> Route:
    face = Face(site)
    asking: list[Questions] = []

    def answer(request: Request, body: bytes) -> Response:
        try:
            token, _ = face.caller(request)
            if not token.may("read_metadata"):
                raise NotPermitted("Authentication error: this token lacks the permission `read_metadata`")  # noqa: TRY301  # told as the others are
            asked = read_json(body, Asked)
            assert isinstance(asked, Asked)  # noqa: S101  # it was read as one
            if not asking:
                asking.append(_questions(site))
            return json(asking[0].answer(token, asked))
        except ToranaError as error:
            return _refusal(error)
        except SQLAlchemyError as error:
            log.error("the store cannot be used: %s", getattr(error, "orig", error))  # noqa: TRY400  # no bug
            return _failure("the store cannot be used now; try again", UNAVAILABLE, 503)
        except Exception:
            log.exception("a bug in GraphQL")
            return _failure("a bug; the server's log has the details", UNAVAILABLE, 500)

    async def endpoint(request: Request) -> Response:
        try:
            body = await read_body(request)
        except ToranaError as error:
            return _refusal(error)
        return await run_in_threadpool(answer, request, body)

    return Route(PATH, endpoint, methods=["POST"])


def _questions(site: Site) -> Questions:
    """Loaded at the first question: the library takes a third of a second, and most servers are never asked."""
    from torana.control.graphql.questions import Questions  # noqa: PLC0415  # heavy

    return Questions(site)


def _refusal(error: ToranaError) -> Response:
    words = f"Input Validation Error: {error.message}" if isinstance(error, InvalidInput) else error.message
    headers = {"www-authenticate": "Bearer"} if isinstance(error, NotAuthenticated) else None
    return _failure(words, error.code, error.status, headers)


def _failure(message: str, code: int, status: int, headers: dict[str, str] | None = None) -> Response:
    told: dict[str, object] = {"message": message, "path": None, "extensions": {"code": code}}
    return json(Answered(errors=[told]), status=status, headers=headers)
