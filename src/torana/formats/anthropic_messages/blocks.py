"""The blocks of a message as a stream tells them, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages.citations import to_citation
from torana.formats.anthropic_messages.reply import tool_id
from torana.formats.anthropic_messages.thoughts import merged, own_block, sealed_block, shown, signature_of
from torana.formats.json import as_object, as_text
from torana.formats.reasoning import ANTHROPIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.json import Json
    from torana.formats.translation import Turn


class Blocks:
    def __init__(self, turn: Turn, write: Callable[[Json], None], *, is_hidden: bool) -> None:
        self._turn = turn
        self._write = write
        self._is_hidden = is_hidden
        """Thoughts are not to be shown."""
        self._index = -1
        self._open = ""
        """The type of the block that is open."""
        self._details: list[Json] = []
        """Of others than Anthropic: sealed where the block ends."""
        self._thought: object = None
        """The index of the detail that the open block of Anthropic's tells."""
        self._calls: dict[int, _Call] = {}
        self._citations: list[Json] = []
        """That came with no text open."""

    @property
    def has_calls(self) -> bool:
        return bool(self._calls)

    def say(self, text: str) -> None:
        if self._open != "text":
            self._begin("text", {"type": "text", "text": ""})
            self._cite_held()
        self._delta({"type": "text_delta", "text": text})

    def cite(self, annotation: Json) -> None:
        citation = to_citation(annotation)
        if citation is None:
            return
        self._citations.append(citation)
        if self._open == "text":
            self._cite_held()

    def think(self, details: list[Json]) -> None:
        for detail in details:
            if detail.get("format") != ANTHROPIC:
                self._think_foreign(detail)
            elif detail.get("type") == "reasoning.text":
                self._think_own(detail)
            else:
                block = own_block(detail)
                if block is not None:
                    self._begin(as_text(block.get("type")), block)
                    self._close()

    def call(self, told: Json) -> None:
        """A call is told as it comes, while it is the first that is not told whole; the others wait for it."""
        index = told.get("index")
        number = index if isinstance(index, int) else len(self._calls)
        known = self._calls.get(number)
        id_ = as_text(told.get("id"))
        if known is not None and id_ and known.id and id_ != known.id:
            self._calls[-1 - len(self._calls)] = known  # another call under the same index: some count all as the first
            known = None
        if known is None:
            known = self._calls[number] = _Call(len(self._calls))
        function = as_object(told.get("function"))
        known.id = known.id or id_
        known.name = known.name or as_text(function.get("name"))
        piece = as_text(function.get("arguments"))
        if piece:
            known.pieces.append(piece)
        if known.name or known.index >= 0:
            self._tell(known)

    def finish(self) -> None:
        self._close()
        self._tell_calls()
        if self._citations:
            self._begin("text", {"type": "text", "text": ""})
            self._cite_held()
            self._close()

    def _think_own(self, detail: Json) -> None:
        index = detail.get("index")
        if self._open != "thinking" or self._details or self._thought != index:
            self._begin("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            self._thought = index
        text = as_text(detail.get("text"))
        if text and not self._is_hidden:
            self._delta({"type": "thinking_delta", "thinking": text})
        signature = as_text(detail.get("signature"))
        if signature:
            self._delta({"type": "signature_delta", "signature": signature})
            self._close()

    def _think_foreign(self, detail: Json) -> None:
        """What has no text waits for the end of the block that is open."""
        text = "" if self._is_hidden else shown(detail)
        if self._open == "thinking" and not self._details:
            self._close()
        if text and self._open != "thinking":
            held, self._details = self._details, []
            self._begin("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            self._details = held
        elif text and self._details[-1].get("index") != detail.get("index"):
            text = "\n" + text
        self._details.append(detail)
        if text:
            self._delta({"type": "thinking_delta", "thinking": text})

    def _tell(self, call: _Call) -> None:
        if call.index < 0:
            if self._open == "tool_use":
                return
            id_ = call.id or tool_id(self._turn, call.number)
            self._begin("tool_use", {"type": "tool_use", "id": id_, "name": call.name, "input": {}})
            call.index = self._index
        if call.pieces:
            delta: Json = {"type": "input_json_delta", "partial_json": "".join(call.pieces)}
            self._write({"type": "content_block_delta", "index": call.index, "delta": delta})
            call.pieces.clear()

    def _tell_calls(self) -> None:
        """Those that waited."""
        for call in sorted(self._calls.values(), key=lambda each: each.number):
            if call.index < 0:
                self._tell(call)
                self._close()

    def _begin(self, kind: str, block: Json) -> None:
        was_call = self._open == "tool_use"
        self._close()
        if was_call and kind != "tool_use":
            self._tell_calls()
        self._index += 1
        self._open = kind
        self._write({"type": "content_block_start", "index": self._index, "content_block": block})

    def _delta(self, delta: Json) -> None:
        self._write({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _close(self) -> None:
        opened, self._open = self._open, ""
        details, self._details = merged(self._details), []
        if opened == "thinking" and details:
            signature = signature_of(details)
            if signature:
                self._delta({"type": "signature_delta", "signature": signature})
        if opened:
            self._write({"type": "content_block_stop", "index": self._index})
        if opened != "thinking":
            for block in sealed_block(details, is_hidden=True):
                self._begin("redacted_thinking", block)
                self._close()

    def _cite_held(self) -> None:
        for citation in self._citations:
            self._delta({"type": "citations_delta", "citation": citation})
        self._citations.clear()


class _Call:
    """A call of a tool, told or yet to be told."""

    __slots__ = ("id", "index", "name", "number", "pieces")

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = self.name = ""
        self.pieces: list[str] = []
        self.index = -1
        """Of its block; -1 = not begun."""
