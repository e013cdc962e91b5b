"""`…/compat/responses/{id}`: kept responses, shown and deleted; and requests that go on from one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from torana.formats.json import Json, dump
from torana.formats.openai_chat.errors import error_from_chat
from torana.formats.openai_responses.chain import expanded, mentioned, page_of
from torana.formats.translation import Failure
from torana.message import Reply

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.remembering import Responses

_JSON = (b"content-type", b"application/json")
_MOST_SHOWN, _SHOWN = 100, 20
_NOT_FOUND, _BAD = 404, 400


def is_kept(x: Exchange, request: Json) -> bool:
    """Unless its caller wants it not to be, or nothing of it to be written down."""
    options = x.opening.options
    return (
        request.get("store") is not False
        and x.opening.is_logged
        and options.collect_payload
        and options.zdr is not True
    )


async def gone_on(x: Exchange, request: Json, responses: Responses) -> Json | None:
    """The request with all that it goes on from in it; None where that is not there."""
    previous, names = request.get("previous_response_id"), mentioned(request)
    if not (isinstance(previous, str) or names):
        return request
    owner = responses.owner_of(x)
    links = await responses.chain(owner, previous) if isinstance(previous, str) else []
    if links is None:
        return None
    there = {link.id for link in links}
    others = [await responses.one(owner, name) for name in names if name not in there]
    return expanded(request, links, [link for link in others if link is not None])


def not_there(previous: object) -> Reply:
    """As OpenAI says it."""
    message = f"Previous response with id '{previous}' not found."
    failure = Failure(message, "invalid_request_error", "previous_response_not_found", "previous_response_id")
    return _reply(_BAD, error_from_chat(_BAD, failure, ""))


async def recall(x: Exchange, responses: Responses) -> Reply:
    """GET and DELETE of a response, and GET of its input. Overloaded where nobody can say what there is."""
    path, _, query = x.opening.rest.decode("latin-1").partition("?")
    id_, _, what = path.strip("/").removeprefix("v1/").removeprefix("responses/").partition("/")
    owner = responses.owner_of(x)
    if x.opening.method == "DELETE":
        if what or not await responses.forget(owner, id_):
            return _missing(id_)
        return _reply(200, {"id": id_, "object": "response", "deleted": True})
    link = await responses.one(owner, id_)
    if link is None:
        return _missing(id_)
    return _reply(200, _page(link.input, dict(parse_qsl(query))) if what else link.response)


def _page(items: list[object], asked: dict[str, str]) -> Json:
    limit = asked.get("limit", "")
    most = min(max(int(limit), 1), _MOST_SHOWN) if limit.isascii() and limit.isdigit() else _SHOWN
    return page_of(items, limit=most, after=asked.get("after", ""), is_descending=asked.get("order") != "asc")


def _missing(id_: str) -> Reply:
    failure = Failure(f"Response with id '{id_}' not found.", "invalid_request_error")
    return _reply(_NOT_FOUND, error_from_chat(_NOT_FOUND, failure, ""))


def _reply(status: int, value: Json) -> Reply:
    return Reply(status, [_JSON], dump(value) or b"{}")
