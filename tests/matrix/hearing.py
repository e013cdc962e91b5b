"""What a provider was asked, in the same words for all of them, and what one is in these tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from matrix.asking import Json
from scripted_answers import Answer, Received

Scene: TypeAlias = Literal["text", "calls", "thoughts", "verdict"]


class Heard(Struct):
    """A request as its provider understands it: read here, not by what is tested."""

    model: str = ""
    is_stream: bool = False
    system: str = ""
    prompts: list[str] = []
    """The user's texts."""
    images: list[bytes | str] = []
    tools: dict[str, list[str]] = {}
    """Parameters by the tool's name, sorted."""
    calls: list[tuple[str, str, Json]] = []
    """Of the model in turns before: id, name, arguments."""
    results: list[tuple[str, str]] = []
    """Of the tools: id (or name, where calls have none), text."""
    verdict: list[str] = []
    """The properties of the schema that the answer must have, sorted."""
    thinks: bool = False
    thoughts: str = ""
    """The model's own, given back."""
    signatures: list[str] = []
    most: int | None = None
    temperature: float | None = None


class Upstream(Struct, frozen=True, kw_only=True, eq=False):
    """A provider of Torana's table, played by the tests."""

    name: str
    """Of the column in the table of `docs/formats.md`."""
    slug: str
    model: str
    format: str
    paths: tuple[str, str]
    """Whole and streamed, under the provider's base."""
    key_header: str = "authorization"
    key_prefix: str = "Bearer "
    takes_bearers: bool = False
    """A client that speaks its format may put the key into `authorization` too."""
    own_headers: frozenset[str] = frozenset()
    """Of the dialects' headers, those that this provider knows."""
    hear: Callable[[Received], Heard]
    """AssertionError where its SDK's types would not have allowed this request."""
    say: Callable[[Scene, bool], Answer]
    """Of a scene, whole or streamed."""
    fail: Callable[[int, str], Answer]
    """Refuses with a status and a message."""
    breaks: Callable[[str], bytes] | None = None
    """What it says within a stream that goes wrong; None = it has no words for that."""
    signatures: tuple[str, ...] = ()
    """What it signs its thoughts with, as `Heard.signatures` should have them again."""
    has_thoughts: bool = True
    """Its answers show what it thought."""
    wants_thoughts: bool = True
    """It takes them back."""
    has_ids: bool = True
    has_urls: bool = True
    """Images may be URLs."""
    lacks: Mapping[str, str] = {}
    """Features that its format has no words for, and why."""


def properties(schema: Json) -> list[str]:
    return sorted(schema.get("properties", {}))
