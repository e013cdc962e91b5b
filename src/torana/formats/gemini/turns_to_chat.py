"""A model's parts as an assistant's message, whole or piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.gemini.media import inline_to_chat
from torana.formats.gemini.signatures import unwrap
from torana.formats.joining import grow
from torana.formats.json import as_list, as_object, as_text, dump
from torana.formats.reasoning import GEMINI

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.formats.json import Json


class TurnToChat:
    """Reads the parts of one turn in order; each `read` gives what is new, as a delta of the hub.

    `calls`: how many there were before it.
    """

    __slots__ = ("_block", "_images", "_is_stream", "_is_thinking", "_prefix", "called", "calls", "sealed", "texts")

    def __init__(self, prefix: str, calls: int = 0, *, is_stream: bool = False) -> None:
        self.calls = calls
        self.called: list[tuple[str, str]] = []
        """The names of this turn's calls, and their ids."""
        self.texts: list[str] = []
        """What it said, for those who point into it."""
        self.sealed: list[Json] = []
        """Details of other providers that were found in signatures."""
        self._prefix = prefix
        self._is_stream = is_stream
        self._images = 0
        self._block = 0
        """The index of the next detail."""
        self._is_thinking = False
        """The last detail is a thought that may go on."""

    def read(self, parts: Iterable[object]) -> Json:
        delta: Json = {}
        said: list[str] = []
        thought: list[str] = []
        for each in parts:
            part = each if isinstance(each, dict) else {}
            text = part.get("text")
            if isinstance(text, str) and part.get("thought") is not True:
                if text:
                    said.append(text)
                if "thoughtSignature" in part:
                    self._sign(delta, part, "")
            elif isinstance(text, str):
                thought.append(text)
                self._think(delta, text, part)
            elif isinstance(part.get("functionCall"), dict):
                self._call(delta, part)
            else:
                self._other(delta, part, said)
        if thought:
            delta["reasoning"] = "".join(thought)
        if said:
            delta["content"] = "".join(said)
            self.texts += said
        return delta

    def _think(self, delta: Json, text: str, part: Json) -> None:
        signature = part.get("thoughtSignature")
        if not self._is_thinking:
            self._block += 1
        detail: Json = {"type": "reasoning.text", "text": text, "format": GEMINI, "index": self._block - 1}
        self._is_thinking = not isinstance(signature, str)
        if isinstance(signature, str):
            if (opened := unwrap(signature)) is not None:
                self.sealed += opened
            else:
                detail["signature"] = signature
        as_list(delta.setdefault("reasoning_details", [])).append(detail)

    def _sign(self, delta: Json, part: Json, id_: str) -> None:
        signature = part.get("thoughtSignature")
        if not isinstance(signature, str) or not signature:
            return
        if (opened := unwrap(signature)) is not None:
            self.sealed += opened
            return
        detail: Json = {"type": "reasoning.encrypted", "data": signature, "format": GEMINI, "index": self._block}
        if id_:
            detail["id"] = id_
        self._block += 1
        self._is_thinking = False
        as_list(delta.setdefault("reasoning_details", [])).append(detail)

    def _call(self, delta: Json, part: Json) -> None:
        call = as_object(part["functionCall"])
        name, id_ = as_text(call.get("name")), as_text(call.get("id")) or f"{self._prefix}{self.calls}"
        arguments = dump(as_object(call.get("args"))) or b"{}"
        told: Json = {"index": self.calls} if self._is_stream else {}
        told["id"], told["type"] = id_, "function"
        told["function"] = {"name": name, "arguments": arguments.decode()}
        self.calls += 1
        self.called.append((name, id_))
        if "thoughtSignature" in part:
            self._sign(delta, part, id_)
        as_list(delta.setdefault("tool_calls", [])).append(told)

    def _other(self, delta: Json, part: Json, said: list[str]) -> None:
        """Images, sound, and code that Google ran: the hub has it as text."""
        name = ""
        blob = as_object(part.get("inlineData"))
        if blob.get("data"):
            name = self._media(delta, inline_to_chat(blob))
        elif "executableCode" in part:
            code = as_object(part["executableCode"])
            language = as_text(code.get("language")).lower().replace("language_unspecified", "")
            said.append(fenced(language, as_text(code.get("code"))))
        elif "codeExecutionResult" in part:
            said.append(fenced("output", as_text(as_object(part["codeExecutionResult"]).get("output"))))
        self._sign(delta, part, name)

    def _media(self, delta: Json, told: Json) -> str:
        """Its name, for its signature."""
        if told["type"] == "input_audio":
            sound = as_object(told["input_audio"])
            audio = as_object(delta.setdefault("audio", {"id": self._audio_id(), "transcript": ""}))
            audio["format"] = sound["format"]
            grow(audio, "data", sound["data"])
            return ""
        if told["type"] != "image_url":
            as_list(delta.setdefault("annotations", [])).append(told)
            return ""
        as_list(delta.setdefault("images", [])).append(told)
        self._images += 1
        return f"image_{self._images - 1}"

    def _audio_id(self) -> str:
        return f"audio_{self._prefix.removeprefix('call_')}0"


def fenced(language: str, code: str) -> str:
    """As Markdown has it."""
    end = "" if code.endswith("\n") else "\n"
    return f"\n```{language}\n{code}{end}```\n"
