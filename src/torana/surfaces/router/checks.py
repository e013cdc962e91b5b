"""Is a request one that may be sent? Only what OpenRouter checks is checked (openrouter.md 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import CallerError
from torana.formats.json import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.json import Json

MESSAGES = "anthropic_messages"

_EFFORTS = frozenset({"max", "xhigh", "high", "medium", "low", "minimal", "none"})
_MOST_STOPS = 4
_MOST_PAIRS, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512
_LONGEST_NAME = 64
_MOST_FALLBACKS = 3
_ENDINGS = frozenset({"step_count_is", "has_tool_call", "max_tokens_used", "max_cost", "finish_reason_is"})


def check(body: Json, format_: str) -> None:
    """CallerError for the first thing that is wrong; null counts as absent."""
    for name, value in body.items():
        if value is not None and (checked := _CHECKS.get(name)) is not None:
            checked(value, name)
    _input(body, format_)
    if format_ == MESSAGES:
        _fallbacks(body)
    elif body.get("metadata") is not None:
        _pairs(as_object(body["metadata"]))


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


def _text(most: int) -> Callable[[object, str], None]:
    def check_text(value: object, name: str) -> None:
        if not isinstance(value, str):
            raise CallerError(f"`{name}`: a string was expected")
        if len(value) > most:
            raise CallerError(f"`{name}`: at most {most} characters, and there are {len(value)}")

    return check_text


def _number(least: float, most: float) -> Callable[[object, str], None]:
    def check_number(value: object, name: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CallerError(f"`{name}`: a number was expected")
        if not least <= value <= most:
            raise CallerError(f"`{name}`: a number from {least} to {most} was expected")

    return check_number


def _count(least: int, most: int = 1 << 53) -> Callable[[object, str], None]:
    def check_count(value: object, name: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise CallerError(f"`{name}`: a whole number was expected")
        if not least <= value <= most:
            raise CallerError(f"`{name}`: at least {least}" if value < least else f"`{name}`: at most {most}")

    return check_count


def _object(value: object, name: str) -> None:
    if not isinstance(value, dict):
        raise CallerError(f"`{name}`: an object was expected")


def _flag(value: object, name: str) -> None:
    if not isinstance(value, bool):
        raise CallerError(f"`{name}`: a boolean was expected")


def _input(body: Json, format_: str) -> None:
    if format_ in ("openai_chat", MESSAGES):
        given = _array(body.get("messages"), "messages")
        if not given and (format_ == MESSAGES or not body.get("prompt")):
            raise CallerError('Input required: specify "prompt" or "messages"')
        for number, message in enumerate(given):
            if not isinstance(message, dict) or not isinstance(message.get("role"), str):
                raise CallerError(f"`messages[{number}]`: an object with a `role` was expected")
    elif format_ == "completions" and not body.get("prompt"):
        raise CallerError('Input required: specify "prompt" or "messages"')
    elif format_ == "openai_responses" and not isinstance(body.get("input"), str) and not body.get("input"):
        raise CallerError("Invalid Responses API request: `input` is missing")


def _plugins(value: object, name: str) -> None:
    if not all(isinstance(plugin.get("id"), str) for plugin in objects(value, name)):
        raise CallerError(f"`{name}`: each needs an `id`")


def _endings(value: object, name: str) -> None:
    for each in objects(value, name):
        if as_text(each.get("type")) not in _ENDINGS:
            raise CallerError(f"`{name}`: `{each.get('type')}` is none of {', '.join(sorted(_ENDINGS))}")


def _stops(value: object, name: str) -> None:
    if not isinstance(value, str) and len(texts(value, name)) > _MOST_STOPS:
        raise CallerError(f"`{name}`: at most {_MOST_STOPS} sequences")


def _reasoning(value: object, name: str) -> None:
    _object(value, name)
    if (effort := as_object(value).get("effort")) is not None:
        _effort(effort, f"{name}.effort")


def _effort(value: object, name: str) -> None:
    if as_text(value) not in _EFFORTS:
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


def _pairs(given: Json) -> None:
    if len(given) > _MOST_PAIRS:
        raise CallerError(f"`metadata`: at most {_MOST_PAIRS} pairs")
    for key, each in given.items():
        if len(key) > _LONGEST_KEY:
            raise CallerError(f"`metadata`: a key has at most {_LONGEST_KEY} characters")
        if not isinstance(each, str) or len(each) > _LONGEST_VALUE:
            raise CallerError(f"`metadata.{key}`: a string of at most {_LONGEST_VALUE} characters was expected")


def _form(value: object, name: str) -> None:
    schema = as_object(as_object(value).get("json_schema"))
    named = schema.get("name")
    if named is not None and (not isinstance(named, str) or len(named) > _LONGEST_NAME):
        raise CallerError(f"`{name}.json_schema.name`: a string of at most {_LONGEST_NAME} characters")


_CHECKS: dict[str, Callable[[object, str], object]] = {
    "model": _text(512),
    "session_id": _text(256),
    "user": _text(1 << 16),
    "preset": _text(512),
    "provider": _object,
    "trace": _object,
    "debug": _object,
    "metadata": _object,
    "stream": _flag,
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "min_p": _number(0, 1),
    "top_a": _number(0, 1),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "repetition_penalty": _number(0, 2),
    "top_logprobs": _count(0, 20),
    "top_k": _count(0),
    "max_tokens": _count(1),
    "max_completion_tokens": _count(1),
    "max_output_tokens": _count(1),
    "max_tool_calls": _count(1),
    "models": texts,
    "plugins": _plugins,
    "stop": _stops,
    "stop_server_tools_when": _endings,
    "reasoning": _reasoning,
    "reasoning_effort": _effort,
    "response_format": _form,
}
"""By field: none of them means another thing in another format. What is not here goes upstream as it is."""
