"""The way of a request through the plugins, and of its answer back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from torana.formats.json import as_list, as_object, as_text
from torana.plugins.compression import MOST_MESSAGES, SMALL_WINDOW, compress
from torana.plugins.documents import read_files
from torana.plugins.filters import apply, rules_of, weight_of
from torana.plugins.healing import heal
from torana.plugins.prepared import Context, Guardrail, Prepared
from torana.plugins.reading import Reader
from torana.plugins.web import cite, look_up
from torana.plugins.wishes import is_on, take_wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.catalog.market import Endpoint
    from torana.fetching import Sender
    from torana.formats.json import Json
    from torana.plugins.search import Search

__all__ = ["Context", "Guardrail", "Pipeline", "Prepared"]

_COMPRESSION = "context-compression"
_CUT = "length"
_UNBOUNDED = 1 << 62
_LONG_BYTES = 64 << 10


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


class Pipeline:
    """What one worker has of it. `before` once a request, `fit` once an attempt, `after` once an answer."""

    def __init__(
        self, upstream: Sender | None = None, search: Search | None = None, today: Callable[[], str] = _today
    ) -> None:
        """`upstream` brings files by their URLs, `search` searches the web, `today` is the date as models are told it.

        None = files that have to be brought are refused by the provider's format; searches by the plugin.
        """
        self._upstream = upstream
        self._search = search
        self._today = today
        self._reader = Reader()

    async def before(self, chat: Json, context: Context) -> Prepared:
        """Takes `chat`, a request of the hub, over. Explained where a plugin or a filter refuses it."""
        wishes = take_wishes(chat, context)
        prepared = Prepared(chat)
        await read_files(prepared, wishes.get("file-parser", {}), context, self._reader, self._upstream)
        prepared.stages += await self.screen(prepared.chat, context)
        if is_on(wishes, "web"):
            await look_up(prepared, wishes["web"], context, self._search, self._today())
        if _COMPRESSION in wishes or not context.writes:
            prepared.is_compressed = is_on(wishes, _COMPRESSION) and context.writes
        if is_on(wishes, "response-healing") and not chat.get("stream"):
            _plan_healing(prepared)
        return prepared

    async def screen(self, request: Json, context: Context) -> list[Json]:
        """Lets the guardrails' filters at a request of any kind, in place; what they did. ContentBlocked.

        Rather in a thread where it takes long: all else of the worker would wait.
        """
        rules = rules_of(context.guardrails)
        if rules and weight_of(request) > _LONG_BYTES:
            return await asyncio.to_thread(apply, request, rules)
        return apply(request, rules) if rules else []

    def fit(self, chat: Json, prepared: Prepared, endpoint: Endpoint) -> Json:
        """What of `chat`, a copy of `prepared.chat`, goes to this endpoint: no more than its window takes.

        What was left out for another one is not told any more.
        """
        prepared.stages = [stage for stage in prepared.stages if stage.get("name") != _COMPRESSION]
        is_small = 0 < endpoint.context_length <= SMALL_WINDOW
        is_wanted = is_small if prepared.is_compressed is None else prepared.is_compressed
        if not is_wanted:
            return chat
        limit = endpoint.context_length - _tokens_out(chat) if endpoint.context_length else _UNBOUNDED
        author = endpoint.model.removeprefix("~").partition("/")[0]
        fitting, summary = compress(chat, max(limit, 1), most_messages=MOST_MESSAGES.get(author, 0))
        if summary is not None:
            prepared.stages.append(summary.stage)
        return fitting

    def after(self, reply: Json, prepared: Prepared) -> Json:
        """Completes a whole answer, in place: annotations, repairs, the number of searches."""
        if prepared.is_healed:
            _heal(reply, prepared)
            if prepared.stages and isinstance(told := reply.get("openrouter_metadata"), dict):
                told["pipeline"] = prepared.stages
        for choice in map(as_object, as_list(reply.get("choices"))):
            if isinstance(message := choice.get("message"), dict):
                _annotate(message, prepared)
        if isinstance(usage := reply.get("usage"), dict):
            _count(usage, prepared)
        return reply


class Owed:
    """A stream with what is owed to its answer: annotations in its first chunk, the number of searches in its last."""

    def __init__(self, dressing: Dressing, prepared: Prepared) -> None:
        self._dressing = dressing
        self._prepared = prepared
        self._is_annotated = not prepared.annotations

    def feed(self, chunks: list[Json]) -> list[Json]:
        told = self._dressing.feed(chunks)
        for chunk in told:
            choice = as_object(next(iter(as_list(chunk.get("choices"))), None))
            if not self._is_annotated and isinstance(delta := choice.get("delta"), dict):
                self._is_annotated = True
                delta["annotations"] = [*as_list(delta.get("annotations")), *self._prepared.annotations]
        return told

    def finish(self) -> list[Json]:
        told = self._dressing.finish()
        for chunk in told:
            if isinstance(usage := chunk.get("usage"), dict):
                _count(usage, self._prepared)
        return told


class Dressing(Protocol):
    """Chunks of the hub in, those of the router out."""

    def feed(self, chunks: list[Json]) -> list[Json]: ...
    def finish(self) -> list[Json]: ...


def _annotate(message: Json, prepared: Prepared) -> None:
    if prepared.annotations:
        content = as_text(message.get("content"))
        own = [cite(content, each) if "url_citation" in each else each for each in prepared.annotations]
        message["annotations"] = [*as_list(message.get("annotations")), *own]


def _count(usage: Json, prepared: Prepared) -> None:
    if prepared.searches:
        details = as_object(usage.get("server_tool_use_details"))
        usage["server_tool_use_details"] = {**details, "web_search_requests": prepared.searches}


def _tokens_out(chat: Json) -> int:
    asked = chat.get("max_completion_tokens") or chat.get("max_tokens")
    return asked if isinstance(asked, int) else 0


def _plan_healing(prepared: Prepared) -> None:
    """Only for JSON that was asked for as such (openrouter.md 2.4)."""
    wanted = as_object(prepared.chat.get("response_format"))
    prepared.is_healed = wanted.get("type") in ("json_object", "json_schema")
    schema = as_object(wanted.get("json_schema")).get("schema")
    prepared.schema = schema if isinstance(schema, dict) else None


def _heal(reply: Json, prepared: Prepared) -> None:
    """An answer that was cut short is left: what it was to say is not known."""
    for choice in map(as_object, as_list(reply.get("choices"))):
        message = as_object(choice.get("message"))
        content = message.get("content")
        if not isinstance(content, str) or choice.get("finish_reason") == _CUT:
            continue
        healed = heal(content, prepared.schema)
        if healed is None or healed == content:
            continue
        message["content"] = healed
        mode = "json_object" if prepared.schema is None else "json_schema"
        data: Json = {
            "mode": mode,
            "healed": True,
            "original_length": len(content),
            "healed_length": len(healed),
        }
        prepared.stages.append({"type": "response_healing", "name": "response-healing", "data": data})
