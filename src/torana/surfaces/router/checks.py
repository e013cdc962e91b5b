"""Is a request one that may be sent? Only what OpenRouter checks is checked (openrouter.md 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import CallerError
from torana.formats.json import as_object

if TYPE_CHECKING:
    from torana.formats.json import Json

_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "top_a": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "repetition_penalty": (0, 2),
}
_COUNTS: dict[str, tuple[int, int]] = {
    "top_logprobs": (0, 20),
    "top_k": (0, 1 << 53),
    "max_tokens": (1, 1 << 53),
    "max_completion_tokens": (1, 1 << 53),
    "max_output_tokens": (1, 1 << 53),
    "max_tool_calls": (1, 1 << 53),
}
_TEXTS = {"model": 512, "session_id": 256, "user": 1 << 16, "preset": 512}
"""The most characters of each."""
_OBJECTS = ("provider", "trace", "debug", "reasoning")
_EFFORTS = frozenset({"max", "xhigh", "high", "medium", "low", "minimal", "none"})
_MOST_STOPS = 4
_MOST_PAIRS, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512
_LONGEST_NAME = 64
_MOST_FALLBACKS = 3
_STOPS = frozenset({"step_count_is", "has_tool_call", "max_tokens_used", "max_cost", "finish_reason_is"})


def check(body: Json, format_: str) -> None:
    """CallerError for the first thing that is wrong; null counts as absent."""
    for name, most in _TEXTS.items():
        _text(body.get(name), name, most)
    for name in _OBJECTS:
        _object(body.get(name), name)
    for name, span in _RANGES.items():
        _number(body.get(name), name, *span)
    for name, whole in _COUNTS.items():
        _count(body.get(name), name, *whole)
    if not isinstance(body.get("stream"), bool | None):
        raise CallerError("`stream`: a boolean was expected")
    _input(body, format_)
    _stops(body)
    _efforts(body)
    _extras(body)
    if format_ == "anthropic_messages":
        _fallbacks(body)
    else:
        _pairs(body.get("metadata"))
    _schema_name(body)


def objects(value: object, name: str) -> list[Json]:
    """An array of objects; empty where it is not there."""
    given = _array(value, name)
    if not all(isinstance(each, dict) for each in given):
        raise CallerError(f"`{name}`: an array of objects was expected")
    return [as_object(each) for each in given]


def texts(value: object, name: str) -> list[str]:
    given = _array(value, name)
    if not all(isinstance(each, str) for each in given):
        raise CallerError(f"`{name}`: an array of strings was expected")
    return [each for each in given if isinstance(each, str)]


def _array(value: object, name: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise CallerError(f"`{name}`: an array was expected")
    return value


def _text(value: object, name: str, most: int) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise CallerError(f"`{name}`: a string was expected")
    if len(value) > most:
        raise CallerError(f"`{name}`: at most {most} characters, and there are {len(value)}")


def _object(value: object, name: str) -> None:
    if value is not None and not isinstance(value, dict):
        raise CallerError(f"`{name}`: an object was expected")


def _number(value: object, name: str, least: float, most: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CallerError(f"`{name}`: a number was expected")
    if not least <= value <= most:
        raise CallerError(f"`{name}`: a number from {least} to {most} was expected")


def _count(value: object, name: str, least: int, most: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise CallerError(f"`{name}`: a whole number was expected")
    if value < least:
        raise CallerError(f"`{name}`: at least {least}")
    if value > most:
        raise CallerError(f"`{name}`: at most {most}")


def _input(body: Json, format_: str) -> None:
    if format_ in ("openai_chat", "anthropic_messages"):
        given = _array(body.get("messages"), "messages")
        if not given and (format_ == "anthropic_messages" or not body.get("prompt")):
            raise CallerError('Input required: specify "prompt" or "messages"')
        for number, message in enumerate(given):
            if not isinstance(message, dict) or not isinstance(message.get("role"), str):
                raise CallerError(f"`messages[{number}]`: an object with a `role` was expected")
    elif format_ == "completions" and not body.get("prompt"):
        raise CallerError('Input required: specify "prompt" or "messages"')
    elif format_ == "openai_responses" and not isinstance(body.get("input"), str) and not body.get("input"):
        raise CallerError("Invalid Responses API request: `input` is missing")


def _extras(body: Json) -> None:
    for plugin in objects(body.get("plugins"), "plugins"):
        if not isinstance(plugin.get("id"), str):
            raise CallerError("`plugins`: each needs an `id`")
    for stop in objects(body.get("stop_server_tools_when"), "stop_server_tools_when"):
        if stop.get("type") not in _STOPS:
            raise CallerError(f"`stop_server_tools_when`: `{stop.get('type')}` is none of {', '.join(sorted(_STOPS))}")


def _stops(body: Json) -> None:
    given = body.get("stop")
    if given is None or isinstance(given, str):
        return
    if len(texts(given, "stop")) > _MOST_STOPS:
        raise CallerError(f"`stop`: at most {_MOST_STOPS} sequences")


def _efforts(body: Json) -> None:
    for name, value in (
        ("reasoning_effort", body.get("reasoning_effort")),
        ("reasoning.effort", as_object(body.get("reasoning")).get("effort")),
    ):
        if value is not None and value not in _EFFORTS:
            raise CallerError(f"`{name}`: `{value}` is none of {', '.join(sorted(_EFFORTS))}")


def _fallbacks(body: Json) -> None:
    given = objects(body.get("fallbacks"), "fallbacks")
    if not given:
        return
    if body.get("models"):
        raise CallerError("`fallbacks` and `models` exclude each other: send one of them")
    if len(given) > _MOST_FALLBACKS:
        raise CallerError(f"`fallbacks`: at most {_MOST_FALLBACKS}")
    if any(set(each) != {"model"} or not isinstance(each["model"], str) for each in given):
        raise CallerError("`fallbacks`: each has a `model` and nothing else")


def _pairs(value: object) -> None:
    if value is None:
        return
    _object(value, "metadata")
    given = as_object(value)
    if len(given) > _MOST_PAIRS:
        raise CallerError(f"`metadata`: at most {_MOST_PAIRS} pairs")
    for key, each in given.items():
        if len(key) > _LONGEST_KEY:
            raise CallerError(f"`metadata`: a key has at most {_LONGEST_KEY} characters")
        if not isinstance(each, str) or len(each) > _LONGEST_VALUE:
            raise CallerError(f"`metadata.{key}`: a string of at most {_LONGEST_VALUE} characters was expected")


def _schema_name(body: Json) -> None:
    schema = as_object(as_object(body.get("response_format")).get("json_schema"))
    name = schema.get("name")
    if name is not None and (not isinstance(name, str) or len(name) > _LONGEST_NAME):
        raise CallerError(f"`response_format.json_schema.name`: a string of at most {_LONGEST_NAME} characters")
