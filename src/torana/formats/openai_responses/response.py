"""The response object, as a whole and before it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.chat_usage import usage_of
from torana.formats.custom_tools import input_of
from torana.formats.json import as_object, as_text
from torana.formats.openai_responses.content_from_chat import annotation_from_chat
from torana.formats.openai_responses.dressed import dressed_envelope

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.openai_responses.tools_to_chat import Names
    from torana.formats.translation import Turn

_ECHOED: Json = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and says where that is silent."""
_CODES = {"rate_limit_error": "rate_limit_exceeded", "invalid_request_error": "invalid_prompt"}
_OWN_CODES = frozenset(
    {
        *_CODES.values(),
        "context_length_exceeded",
        "image_content_policy_violation",
        "image_parse_error",
        "image_too_large",
        "insufficient_quota",
        "invalid_image",
        "invalid_image_url",
    }
)
"""Clients know OpenAI's codes, and some fail to read others."""


def envelope(turn: Turn) -> Json:
    """A response in progress."""
    asked = turn.request
    made: Json = {
        "id": f"resp_{turn.id}",
        "object": "response",
        "created_at": turn.created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": turn.model,
        "output": [],
        "usage": None,
    }
    made |= _ECHOED
    for name in _ECHOED.keys() & asked:
        if (said := asked[name]) is not None:
            made[name] = said
    made["reasoning"] = {"effort": None, "summary": None, **as_object(asked.get("reasoning"))}
    made["text"] = {"format": {"type": "text"}, "verbosity": "medium", **as_object(asked.get("text"))}
    return dressed_envelope(made, turn) if turn.generation else made


def outcome(finish: str, error: Json | None = None) -> Json:
    """The fields that say how it ended, of a choice's `finish_reason`."""
    if error is not None or finish == "error":
        said = error or {}
        code = as_text(said.get("code"))
        if code not in _OWN_CODES:
            code = _CODES.get(as_text(said.get("type")), "server_error")
        message = as_text(said.get("message")) or "the provider failed"
        return {"status": "failed", "error": {"code": code, "message": message}}
    if finish in ("length", "content_filter"):
        reason = "max_output_tokens" if finish == "length" else finish
        return {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return {"status": "completed"}


def usage_from_chat(stated: object) -> Json | None:
    usage = usage_of(stated)
    if usage is None:
        return None
    return {
        "input_tokens": usage.tokens_in,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens_in,
            "cache_write_tokens": usage.cache_write_tokens_in,
        },
        "output_tokens": usage.tokens_out,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens_out},
        "total_tokens": usage.tokens_in + usage.tokens_out,
    }


def message_item(id_: str, content: list[Json], status: str) -> Json:
    return {"id": id_, "type": "message", "status": status, "role": "assistant", "content": content}


def text_part(text: str, annotations: list[object], logprobs: list[object]) -> Json:
    return {
        "type": "output_text",
        "text": text,
        "annotations": [annotation_from_chat(as_object(each)) for each in annotations] if annotations else [],
        "logprobs": [_logprob(as_object(each)) for each in logprobs] if logprobs else [],
    }


def _logprob(token: Json) -> Json:
    made: Json = {"token": "", "bytes": [], "logprob": 0.0, "top_logprobs": []}
    made.update({name: value for name, value in token.items() if value is not None})
    return made


def call_item(at: str, id_: str, name: str, given: str, names: Names, *, is_custom: bool) -> Json:
    """`at` is what item ids end in; `is_custom`: the hub has the call as one that takes free text."""
    if is_custom or name in names.custom:
        told = given if is_custom else input_of(given)
        made: Json = {"id": f"ctc_{at}", "type": "custom_tool_call", "call_id": id_, "input": told}
        made["status"] = "completed"
    else:
        made = {"id": f"fc_{at}", "type": "function_call", "call_id": id_, "arguments": given or "{}"}
        made["status"] = "completed"
    return {**made, **names.of(name)}


def image_item(id_: str, url: str) -> Json:
    """`url` is a data URL; what stands behind another URL is not known here."""
    return {"id": id_, "type": "image_generation_call", "status": "completed", "result": url.partition(";base64,")[2]}
