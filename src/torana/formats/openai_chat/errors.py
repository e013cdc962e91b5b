"""Errors as OpenAI states them, and all who follow it, more or less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_object, load
from torana.formats.translation import Failure, type_of

if TYPE_CHECKING:
    from torana.formats.json import Json

_MOST_SHOWN = 2000


def error_to_chat(status: int, body: bytes) -> Failure:
    found = load(body)
    if isinstance(found, list) and found:
        found = found[0]  # Google's compatible endpoint
    if isinstance(found, dict):
        return error_in(found)
    shown = body[:_MOST_SHOWN].decode("utf-8", "replace").strip()
    return Failure(shown or f"the provider answered {status} without a word")


def error_in(said: Json) -> Failure:
    """`{"error": {...}}`, or what is in it, or a text for either."""
    error = said.get("error") or said.get("errors") or said
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, str):
        return Failure(error, code=_text(said.get("code")))
    inner = as_object(error)
    message = inner.get("message") or inner.get("detail") or said.get("message") or said.get("detail")
    return Failure(
        message if isinstance(message, str) else "the provider gave no reason",
        _text(inner.get("type")),
        _text(inner.get("code")),
        _text(inner.get("param")),
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def error_from_chat(status: int, failure: Failure, id_: str) -> Json:  # noqa: ARG001  # a Translator's shape
    return {
        "error": {
            "message": failure.message,
            "type": failure.type or type_of(status),
            "param": failure.param or None,
            "code": failure.code or None,
        }
    }
