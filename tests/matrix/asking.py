"""What a client is to ask, and what it made of the answer: the same words for every SDK."""

from __future__ import annotations

import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from msgspec import Struct
from pydantic import BaseModel

Json: TypeAlias = dict[str, Any]

KEY = "sk-matrix-7f3a9c51d2"
SYSTEM = "You are brief."
PROMPT = "How is the weather in Lisbon, and what time is it there?"
MOST = 4000
TEMPERATURE = 0.5
PIECES = ("It is sunny in ", "Lisboa — 21 °C", " — at ten past ", "three. ☀")
TEXT = "".join(PIECES)
THOUGHT_PIECES = ("Two things are wanted: ", "the weather, ", "and a clock.")
THOUGHT = "".join(THOUGHT_PIECES)
VERDICT_PIECES = ('{"city": "Lis', 'boa", "degr', 'ees": 21}')
TOKENS_IN, CACHED, TOKENS_OUT, THOUGHT_TOKENS = 12, 4, 9, 3


def _png(red: int, green: int, blue: int) -> bytes:
    """One dot."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes([0, red, green, blue]))), (b"IEND", b""))
    chunks = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in pieces]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


RED, BLUE = _png(255, 0, 0), _png(0, 0, 255)
PICTURE_PATH = "/pictures/blue.png"


class Verdict(BaseModel):
    """What is wanted as JSON."""

    city: str
    degrees: int


VERDICT = Verdict(city="Lisboa", degrees=21)


class Tool(Struct, frozen=True):
    name: str
    description: str
    parameters: Json


WEATHER = Tool(
    "weather",
    "Says how the sky is over a city.",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Its name."},
            "units": {"type": "string", "enum": ["metric", "imperial"]},
        },
        "required": ["city"],
    },
)
CLOCK = Tool(
    "clock",
    "Says what time it is.",
    {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]},
)
TOOLS = (WEATHER, CLOCK)


class Call(Struct, frozen=True):
    name: str
    arguments: Json
    id: str = ""

    @property
    def plain(self) -> tuple[str, Json]:
        return self.name, self.arguments


CALLS = (Call("weather", {"city": "Lisboa", "units": "metric"}), Call("clock", {"zone": "Europe/Lisbon"}))
RESULTS = {"weather": '{"sky": "clear", "degrees": 21}', "clock": "15:10"}
"""What the tools say, by name."""


class Said(Struct):
    """An answer, as an SDK's user reads it."""

    text: str = ""
    calls: list[Call] = []
    thoughts: str = ""
    verdict: object = None
    tokens_in: int = 0
    tokens_out: int = 0
    finish: str = ""
    """In the hub's words."""
    native: Any = None
    """What the SDK's user hands back in the next turn."""


class Ask(Struct, frozen=True):
    model: str
    is_stream: bool = False
    images: tuple[bytes | str, ...] = ()
    """Bytes, or a URL."""
    tools: tuple[Tool, ...] = ()
    wants_verdict: bool = False
    thinks: bool = False
    turns: tuple[Said, ...] = ()
    """The model's answers before, each with all the calls that it made, which were answered as RESULTS say."""
    most: int | None = MOST
    temperature: float | None = None


class Failure(Struct, frozen=True):
    """What an SDK's exception says."""

    status: int
    message: str


class Client(ABC):
    """An SDK in the hands of its user."""

    name: ClassVar[str]
    format: ClassVar[str]
    lacks: ClassVar[Mapping[str, str]] = {}
    """Features that its format has no words for, and why."""
    has_urls: ClassVar[bool] = True
    """Images may be URLs."""
    has_ids: ClassVar[bool] = True
    """Calls of tools have ids."""
    gives_back: ClassVar[bool] = True
    """What a provider signed comes back to it."""
    sdk: Any
    exceptions: Mapping[int, type[Exception]]
    """By the status of the answer; 0 is for what breaks a stream."""

    @abstractmethod
    def __init__(self, base: str) -> None: ...

    @abstractmethod
    def ask(self, ask: Ask) -> Said: ...

    @abstractmethod
    def failure(self, error: Exception) -> Failure: ...

    def close(self) -> None:
        self.sdk.close()
