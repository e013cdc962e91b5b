"""Errors as Cohere states them: a `message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.cohere.reply import id_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Failure


def error_from_chat(status: int, failure: Failure, id_: str) -> Json:  # noqa: ARG001  # a Translator's shape
    return {"id": id_of(id_), "message": failure.message}
