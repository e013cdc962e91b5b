"""A stored exchange as spans: one for the request, and one below it for each attempt.

Names are those of OpenTelemetry's GenAI conventions, and those of Cloudflare beside them (cloudflare.md 8.6). All ids
follow from the log's id, so an exchange that is read twice is the same spans twice.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

from torana.control.otel.messages import input_messages, output_messages

if TYPE_CHECKING:
    from torana.control.logs import Bodies
    from torana.exchange import Attempt
    from torana.journal import Record

Value: TypeAlias = str | int | float | bool
Attributes: TypeAlias = dict[str, Value]

SERVER, CLIENT = 2, 3
OK, ERROR = 0, 2
MOST_CONTENT = 128 << 10
"""Bytes of a prompt or an answer; a longer one is left out, as half of its JSON would be of no use."""
_FIRST_FAILURE = 400
# A caller's key that has such digits is masked in them.
_TRACE_ID, _SPAN_ID = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{16}")
_OPERATIONS = {
    "completions": "text_completion",
    "embeddings": "embeddings",
    "gemini": "generate_content",
    "raw": "request",
}
_PROVIDERS = {
    "aws-bedrock": "aws.bedrock",
    "azure-openai": "azure.ai.openai",
    "google-ai-studio": "gcp.gemini",
    "google-vertex-ai": "gcp.vertex_ai",
    "grok": "x_ai",
    "mistral": "mistral_ai",
    "perplexity-ai": "perplexity",
}
"""The conventions' own names; other providers have the ones of their paths."""


class Span(Struct, frozen=True):
    """Ids are lower-case hex, times Unix nanoseconds. `name` follows from `operation` and `model` where it is empty."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: Attributes
    status: int = OK
    message: str = ""


def spans_of(record: Record, bodies: Bodies | None, cost_nano: int | None) -> list[Span]:
    """The request's first."""
    trace_id = record.trace_id if _TRACE_ID.fullmatch(record.trace_id) else record.id.replace("-", "")
    parent_id = record.parent_span_id if _SPAN_ID.fullmatch(record.parent_span_id) else ""
    root_id = _span_id(record.id, 0)
    start_ns = record.created_ms * 1_000_000
    operation = _OPERATIONS.get(record.format, "chat")
    is_error = record.status >= _FIRST_FAILURE or record.is_broken
    root = Span(
        trace_id,
        root_id,
        parent_id if trace_id == record.trace_id else "",
        _name(operation, record.model),
        SERVER,
        start_ns,
        start_ns + record.duration_us * 1_000,
        _of_request(record, operation) | _of_usage(record, cost_nano) | _of_content(record, bodies),
        ERROR if is_error else OK,
        record.error if is_error else "",
    )
    attempts = [_attempt(record, number, one, trace_id, root_id) for number, one in enumerate(record.attempts, 1)]
    return [root, *attempts]


def _attempt(record: Record, number: int, one: Attempt, trace_id: str, root_id: str) -> Span:
    start_ns = record.created_ms * 1_000_000
    ended_s = record.duration_s if one.ended_s is None else one.ended_s
    operation = _OPERATIONS.get(record.format, "chat")
    attributes: Attributes = {"gen_ai.operation.name": operation, **_of_provider(one.provider)}
    if one.model:
        attributes["gen_ai.request.model"] = one.model
    if one.status:
        attributes["http.response.status_code"] = one.status
    if number > 1:
        attributes["http.request.resend_count"] = number - 1
    is_error = bool(one.error) or one.status >= _FIRST_FAILURE
    if is_error:
        attributes["error.type"] = str(one.status or "no_answer")
    return Span(
        trace_id,
        _span_id(record.id, number),
        root_id,
        _name(operation, one.model),
        CLIENT,
        start_ns + round(one.started_s * 1e9),
        start_ns + round(max(one.started_s, ended_s) * 1e9),
        attributes,
        ERROR if is_error else OK,
        one.error,
    )


def _of_request(record: Record, operation: str) -> Attributes:
    found: Attributes = {
        "gen_ai.operation.name": operation,
        **_of_provider(record.provider),
        "http.request.method": record.method,
        "http.response.status_code": record.status,
        "url.path": f"/v1/{record.account_id}/{record.gateway_id}/{record.provider}/{record.path.partition('?')[0]}",
        "torana.log.id": record.id,
        "torana.account.id": record.account_id,
        "torana.gateway.id": record.gateway_id,
        "torana.cached": record.cached,
        "torana.streamed": record.is_stream,
    }
    if record.model:
        found["gen_ai.request.model"] = record.model
    if record.user_agent:
        found["user_agent.original"] = record.user_agent
    if record.event_id:
        found["torana.event.id"] = record.event_id
    if record.is_stream and record.first_byte_s:
        found["gen_ai.response.time_to_first_chunk"] = round(record.first_byte_s, 6)
    if record.status >= _FIRST_FAILURE or record.is_broken:
        found["error.type"] = "broken" if record.status < _FIRST_FAILURE else str(record.status)
    return found | _of_metadata(record.metadata)


def _of_provider(slug: str) -> Attributes:
    return {"gen_ai.provider.name": _PROVIDERS.get(slug, slug), "gen_ai.model.provider": slug}


def _of_usage(record: Record, cost_nano: int | None) -> Attributes:
    usage, found = record.usage, Attributes()
    if usage is not None:
        found["gen_ai.usage.input_tokens"] = usage.tokens_in
        found["gen_ai.usage.output_tokens"] = usage.tokens_out
        for name, tokens in (
            ("gen_ai.usage.cache_read.input_tokens", usage.cached_tokens_in),
            ("gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens_in),
            ("gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens_out),
        ):
            if tokens:
                found[name] = tokens
    if cost_nano is not None:
        found["gen_ai.usage.cost"] = cost_nano / 1e9
    return found


def _of_metadata(metadata: str) -> Attributes:
    """Each entry as it is; what would pass for one of the conventions' own is left out."""
    if not metadata:
        return {}
    try:
        given = msgspec.json.decode(metadata, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return {}
    return {
        key: value
        for key, value in given.items()
        if key and not key.startswith("gen_ai.") and isinstance(value, str | int | float | bool) and _fits(value)
    }


def _fits(value: Value) -> bool:
    return not isinstance(value, int) or -(1 << 63) <= value < 1 << 63


def _of_content(record: Record, bodies: Bodies | None) -> Attributes:
    if bodies is None:
        return {}
    asked, answered = bodies.request_body, bodies.assembled or bodies.response_body
    found: Attributes = {}
    for name, json in (
        ("gen_ai.prompt_json", asked),
        ("gen_ai.completion_json", answered),
        ("gen_ai.input.messages", input_messages(asked) if record.format != "raw" else b""),
        ("gen_ai.output.messages", output_messages(answered) if record.format != "raw" else b""),
    ):
        if json and len(json) <= MOST_CONTENT and json.lstrip()[:1] in {b"{", b"["}:
            found[name] = json.decode("utf-8", "replace")
    return found


def _name(operation: str, model: str) -> str:
    return f"{operation} {model}" if model else operation


def _span_id(log_id: str, number: int) -> str:
    return hashlib.blake2b(f"{log_id}/{number}".encode(), digest_size=8).hexdigest()
