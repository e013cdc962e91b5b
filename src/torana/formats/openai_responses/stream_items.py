"""The items of a streamed response, each with the events that tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import Text, as_object, as_text, dump
from torana.formats.openai_responses.response import call_item, image_item, message_item, text_part
from torana.formats.openai_responses.thoughts import add_detail, is_summary, reasoning_item, shown

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.openai_responses.tools_to_chat import Names


class Writer:
    """Events, numbered."""

    def __init__(self) -> None:
        self._number = 0
        self._pieces: list[bytes] = []

    def tell(self, kind: str, fields: Json) -> None:
        data = dump(
            {"type": f"response.{kind}" if kind != "error" else kind, "sequence_number": self._number, **fields}
        )
        self._number += 1
        name = kind if kind == "error" else f"response.{kind}"
        self._pieces.append(b"event: %b\ndata: %b\n\n" % (name.encode(), data or b"{}"))

    def tell_piece(self, stem: tuple[bytes, bytes], piece: str) -> None:
        """One of very many: only its number and its text are new. `stem` is what `stem_of` made."""
        told = dump(piece)
        self._pieces.append(b"%b%d,%b%b}\n\n" % (stem[0], self._number, stem[1], told or b'""'))
        self._number += 1

    def take(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def stem_of(kind: str, fields: Json) -> tuple[bytes, bytes]:
    """What events of one kind and place have in common, before their number and behind it."""
    name = f"response.{kind}"
    head = f'event: {name}\ndata: {{"type":"{name}","sequence_number":'.encode()
    return head, (dump(fields) or b"{}")[1:-1] + b',"delta":'


class Message:
    """What the assistant says: texts and refusals, one part after the other."""

    def __init__(self, writer: Writer, id_: str, at: int) -> None:
        self._writer, self._id, self._at = writer, id_, at
        self._content: list[Json] = []
        self._kind = ""
        """Of the part under way: `output_text` or `refusal`."""
        self._stem = (b"", b"")
        self._pieces: list[str] = []
        self._logprobs: list[object] = []
        self._annotations: list[object] = []
        writer.tell("output_item.added", {"output_index": at, "item": message_item(id_, [], "in_progress")})

    def say(self, piece: str, logprobs: list[object]) -> None:
        if self._kind != "output_text":
            self._turn_to("output_text")
        self._pieces.append(piece)
        if not logprobs:
            self._writer.tell_piece(self._stem, piece)
            return
        self._logprobs += logprobs
        told = text_part("", [], logprobs)["logprobs"]
        self._writer.tell("output_text.delta", {**self._place(), "logprobs": told, "delta": piece})

    def refuse(self, piece: str) -> None:
        self._turn_to("refusal")
        self._pieces.append(piece)
        self._writer.tell("refusal.delta", {**self._place(), "delta": piece})

    def annotate(self, annotation: Json) -> None:
        self._turn_to("output_text")
        made = text_part("", [annotation], [])["annotations"]
        number = len(self._annotations)
        self._annotations.append(annotation)
        told = made[0] if isinstance(made, list) else None
        self._writer.tell(
            "output_text.annotation.added", {**self._place(), "annotation_index": number, "annotation": told}
        )

    def close(self, status: str) -> Json:
        self._end_part()
        item = message_item(self._id, self._content, status)
        self._writer.tell("output_item.done", {"output_index": self._at, "item": item})
        return item

    def _place(self) -> Json:
        return {"item_id": self._id, "output_index": self._at, "content_index": len(self._content)}

    def _turn_to(self, kind: str) -> None:
        if self._kind == kind:
            return
        self._end_part()
        self._kind = kind
        place = self._place()
        self._stem = stem_of("output_text.delta", {**place, "logprobs": []})
        self._writer.tell("content_part.added", {**place, "part": self._part("")})

    def _part(self, whole: str) -> Json:
        if self._kind == "refusal":
            return {"type": "refusal", "refusal": whole}
        return text_part(whole, self._annotations, self._logprobs)

    def _end_part(self) -> None:
        if not self._kind:
            return
        whole, place = "".join(self._pieces), self._place()
        part = self._part(whole)
        if self._kind == "refusal":
            self._writer.tell("refusal.done", {**place, "refusal": whole})
        else:
            self._writer.tell("output_text.done", {**place, "text": whole, "logprobs": part["logprobs"]})
        self._writer.tell("content_part.done", {**place, "part": part})
        self._content.append(part)
        self._kind, self._pieces, self._logprobs, self._annotations = "", [], [], []


class Thoughts:
    """Reasoning: parts that are shown, and at the end all of it sealed."""

    def __init__(self, writer: Writer, id_: str, at: int, *, wants_summary: bool) -> None:
        self._writer, self._id, self._at, self._wants_summary = writer, id_, at, wants_summary
        self._details: list[Json] = []
        self._shown: Json | None = None
        """The detail whose text is the part under way."""
        self._counts = {"content": 0, "summary": 0}
        item = {"id": id_, "type": "reasoning", "status": "in_progress", "summary": []}
        writer.tell("output_item.added", {"output_index": at, "item": item})

    def add(self, piece: Json) -> None:
        detail = add_detail(self._details, piece)
        if not (text := shown(piece)):
            return
        if detail is not self._shown:
            self._end_part()
            self._shown = detail
            self._tell_part("added", "")
        stem = "reasoning_summary_text" if self._name() == "summary" else "reasoning_text"
        self._writer.tell(f"{stem}.delta", {**self._place(), "delta": text})

    def close(self, status: str) -> Json:
        self._end_part()
        for detail in self._details:
            detail.update({name: str(value) for name, value in detail.items() if isinstance(value, Text)})
        item = reasoning_item(self._id, self._details, wants_summary=self._wants_summary, status=status)
        self._writer.tell("output_item.done", {"output_index": self._at, "item": item})
        return item

    def _name(self) -> str:
        return "summary" if is_summary(self._shown or {}, wants_summary=self._wants_summary) else "content"

    def _place(self) -> Json:
        name = self._name()
        return {"item_id": self._id, "output_index": self._at, f"{name}_index": self._counts[name]}

    def _tell_part(self, what: str, whole: str) -> None:
        is_summary_ = self._name() == "summary"
        part = {"type": "summary_text" if is_summary_ else "reasoning_text", "text": whole}
        self._writer.tell(
            f"{'reasoning_summary_part' if is_summary_ else 'content_part'}.{what}", {**self._place(), "part": part}
        )

    def _end_part(self) -> None:
        if self._shown is None:
            return
        whole = shown(self._shown)
        stem = "reasoning_summary_text" if self._name() == "summary" else "reasoning_text"
        self._writer.tell(f"{stem}.done", {**self._place(), "text": whole})
        self._tell_part("done", whole)
        self._counts[self._name()] += 1
        self._shown = None


class Call:
    """A call of a tool. Where the client's tool takes free text and the provider's a JSON, it is told at its end."""

    def __init__(self, writer: Writer, at: int, turn_id: str, names: Names) -> None:
        self._writer, self.at, self._names = writer, at, names
        self._item_at = f"{turn_id}_{at}"
        self.id = ""
        self._default_id = f"call_{turn_id[:24]}_{at}"
        self._name = ""
        self._is_custom = False
        self._pieces: list[str] = []
        self._is_told = False

    def add(self, piece: Json) -> None:
        self._is_custom = self._is_custom or piece.get("type") == "custom" or "custom" in piece
        inner = as_object(piece.get("custom" if self._is_custom else "function"))
        self.id = self.id or as_text(piece.get("id"))
        self._name = self._name or as_text(inner.get("name"))
        given = as_text(inner.get("input" if self._is_custom else "arguments"))
        if not self._is_told and self._name:
            self._begin()
            given = "".join(self._pieces) + given
            self._pieces.clear()
        if given:
            self._pieces.append(given)
            if self._is_told and not self._is_turned():
                self._tell_piece(given)

    def close(self, status: str) -> Json:
        if not self._is_told:
            self._begin()
        item = self._item("".join(self._pieces))
        is_free = item["type"] == "custom_tool_call"
        told = item["input" if is_free else "arguments"]
        if self._is_turned() or not self._pieces:
            self._tell_piece(str(told))
        item["status"] = status
        if is_free:
            self._writer.tell("custom_tool_call_input.done", {**self._place(), "input": told})
        else:
            self._writer.tell(
                "function_call_arguments.done", {**self._place(), "name": item["name"], "arguments": told}
            )
        self._writer.tell("output_item.done", {"output_index": self.at, "item": item})
        return item

    def _is_turned(self) -> bool:
        return not self._is_custom and self._name in self._names.custom

    def _begin(self) -> None:
        self._is_told = True
        item = {**self._item(""), "status": "in_progress"}
        item["input" if item["type"] == "custom_tool_call" else "arguments"] = ""
        self._writer.tell("output_item.added", {"output_index": self.at, "item": item})

    def _item(self, given: str) -> Json:
        id_ = self.id or self._default_id
        return call_item(self._item_at, id_, self._name, given, self._names, is_custom=self._is_custom)

    def _place(self) -> Json:
        return {"item_id": self._item("")["id"], "output_index": self.at}

    def _tell_piece(self, piece: str) -> None:
        is_free = self._is_custom or self._is_turned()
        kind = "custom_tool_call_input.delta" if is_free else "function_call_arguments.delta"
        self._writer.tell(kind, {**self._place(), "delta": piece})


def tell_image(writer: Writer, id_: str, at: int, url: str) -> Json:
    item = image_item(id_, url)
    begun = {**item, "status": "in_progress", "result": None}
    writer.tell("output_item.added", {"output_index": at, "item": begun})
    writer.tell("image_generation_call.completed", {"item_id": id_, "output_index": at})
    writer.tell("output_item.done", {"output_index": at, "item": item})
    return item
