"""Which application a request comes from (openrouter.md 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from torana.message import Headers

_REFERER = b"http-referer"
_TITLES = (b"x-openrouter-title", b"x-title")
_CATEGORIES = b"x-openrouter-categories"
_KNOWN = frozenset(
    {
        *("cli-agent", "ide-extension", "cloud-agent", "programming-app", "native-app-builder"),
        *("creative-writing", "video-gen", "image-gen", "audio-gen"),
        *("writing-assistant", "general-chat", "personal-agent", "legal", "roleplay", "game"),
    }
)
_MOST_CATEGORIES = 2
_LONGEST = 512


class Attribution(Struct, frozen=True):
    """Empty = it does not say."""

    url: str = ""
    title: str = ""
    categories: tuple[str, ...] = ()


def read(headers: Headers) -> Attribution:
    """Of the head of a request; what is unknown or too much of it is left out, as there."""
    given = dict(reversed(headers))
    title = next((told for name in _TITLES if (told := _text(given.get(name)))), "")
    named = [each.strip() for each in _text(given.get(_CATEGORIES)).split(",")]
    known = dict.fromkeys(each for each in named if each in _KNOWN)
    return Attribution(_text(given.get(_REFERER)), title, tuple(known)[:_MOST_CATEGORIES])


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode("utf-8", "replace").strip()[:_LONGEST]
