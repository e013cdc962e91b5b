"""OpenAI Responses: a stream of events, the last of which carries the whole response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Format
from torana.formats.joining import grow, in_order, objects, overlay, slot
from torana.formats.json import Json, Reader, as_object, as_text, dump, read_request
from torana.formats.meter import EventMeter
from torana.formats.openai_usage import Stated, spent

if TYPE_CHECKING:
    from torana.exchange import Meter, Usage

_MARKER = b'input_tokens"'


class _Response(Struct):
    usage: Stated | None = None


class _Event(Struct):
    """An event of a stream, or a response on its own."""

    response: _Response | None = None
    usage: Stated | None = None


_events = Reader(_Event)


def read_usage(body: bytes) -> Usage | None:
    event = _events.read(body)
    if event is None:
        return None
    return spent(event.response.usage if event.response is not None else event.usage)


def meter() -> Meter:
    return EventMeter(_MARKER, read_usage)


def assemble(stream: bytes) -> bytes | None:
    """The last `response`; where it says nothing of the output (the stream broke off), that from its pieces."""
    events = objects(stream)
    if not events:
        return None
    whole: Json = {}
    output: dict[int, Json] = {}
    for event in events:
        if isinstance(response := event.get("response"), dict):
            overlay(whole, response)
        elif as_text(event.get("type")) in ("error", "response.error"):
            whole["error"] = event.get("error", {n: v for n, v in event.items() if n != "type"})
        elif "output_index" in event:
            _join_item(slot(output, event["output_index"]), event)
        elif "type" not in event:
            overlay(whole, event)
    if output and not whole.get("output"):
        whole["output"] = [_finish(item) for item in in_order(output)]
    return dump(whole) if whole else None


def _join_item(item: Json, event: Json) -> None:
    kind = as_text(event.get("type"))
    if kind in ("response.output_item.added", "response.output_item.done"):
        if kind.endswith(".done"):
            item.clear()  # it is whole, and the pieces of it are no longer needed
        overlay(item, as_object(event.get("item")))
    elif kind.endswith("_part.added"):
        _part(item, event).update(as_object(event.get("part")))
    elif kind.endswith(".delta"):
        _join_piece(item, event, kind)


def _join_piece(item: Json, event: Json, kind: str) -> None:
    piece = event.get("delta")
    match kind.removeprefix("response.").removesuffix(".delta"):
        case "output_text" | "text" | "reasoning_text" | "reasoning_summary_text":
            grow(_part(item, event), "text", piece)
        case "refusal":
            grow(_part(item, event), "refusal", piece)
        case "function_call_arguments" | "mcp_call_arguments":
            grow(item, "arguments", piece)
        case "custom_tool_call_input":
            grow(item, "input", piece)
        case "code_interpreter_call_code" | "code_interpreter_call.code":
            grow(item, "code", piece)
        case _:
            pass  # audio and images in pieces are whole in the item


def _part(item: Json, event: Json) -> Json:
    """Parts are kept by index until the end, beside the item's own lists."""
    name = "summary" if "summary_index" in event else "content"
    parts = item.setdefault(f"_{name}", {})
    return slot(parts, event.get(f"{name}_index")) if isinstance(parts, dict) else {}


def _finish(item: object) -> Json:
    whole = as_object(item)
    for name in ("summary", "content"):
        parts = whole.pop(f"_{name}", None)
        if isinstance(parts, dict) and not whole.get(name):
            whole[name] = in_order(parts)
    return whole


FORMAT = Format("openai_responses", read_request, read_usage, meter, assemble)
