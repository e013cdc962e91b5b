"""Requests, answers and streams of the hub as a good client and a good provider would write them, from one dice.

Every text is one of a kind and stands in ⟦brackets⟧, so that it is known again whatever was put around it.
"""

from __future__ import annotations

import json
import re
from random import Random

from torana.formats.json import Json
from torana.formats.reasoning import ANTHROPIC, GEMINI, RESPONSES

PIECE = re.compile(r"⟦\d+:[^⟧]*⟧")
URL = "https://example.com/a.png"
PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="
NAMES = ("look_up", "send", "f")
SCHEMA: Json = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
KNOBS: dict[str, tuple[object, ...]] = {
    "frequency_penalty": (0.5,),
    "logit_bias": ({"5": 1},),
    "logprobs": (True,),
    "max_completion_tokens": (3000, 8000),
    "max_tokens": (3000,),
    "metadata": ({"a": "b"},),
    "min_p": (0.1,),
    "n": (2,),
    "presence_penalty": (0.5,),
    "prompt_cache_key": ("k",),
    "repetition_penalty": (1.1,),
    "seed": (7,),
    "service_tier": ("flex", "priority"),
    "stop": ("END", ["a", "b"]),
    "temperature": (0.5, 0),
    "top_a": (0.1,),
    "top_k": (5,),
    "top_p": (0.5,),
    "user": ("u",),
    "verbosity": ("low",),
}
WISHES: tuple[Json, ...] = (
    {"reasoning": {"effort": "high"}},
    {"reasoning": {"effort": "low", "exclude": True}},
    {"reasoning": {"max_tokens": 2000}},
    {"reasoning": {"enabled": True}},
    {"reasoning": {"enabled": False}},
    {"reasoning_effort": "medium"},
    {"reasoning_effort": "none"},
)
FORMS: tuple[Json, ...] = (
    {"type": "text"},
    {"type": "json_object"},
    {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
)
CHOICES: tuple[object, ...] = ("auto", "none", "required", {"type": "function", "function": {"name": "f"}})


class Writer:
    """Of one conversation. `media` are the URLs that it may have; `maker` signs the thoughts."""

    def __init__(self, dice: Random, maker: str = "", media: tuple[str, ...] = (PNG,)) -> None:
        self.dice = dice
        self._maker = maker
        self._media = media
        self._count = 0

    def text(self) -> str:
        self._count += 1
        tail = "".join(self.dice.choices('aé😀 "\\\n\t{}<&>/', k=self.dice.randrange(7)))
        return f"⟦{self._count}:{tail}⟧"

    def likely(self, chance: float) -> bool:
        return self.dice.random() < chance

    def id(self) -> str:
        self._count += 1
        is_odd = self._maker != GEMINI and self.likely(0.2)  # of a maker that has ids of other forms
        return f"call.é:{self._count}" if is_odd else f"call_{self._count}"

    def request(self, model: str, *, is_plain: bool = False) -> Json:
        """A plain one is a text of a user; it has knobs like others."""
        messages = [{"role": "user", "content": self.text()}] if is_plain else self.messages()
        chat: Json = {"model": model, "messages": messages}
        names = sorted(self.dice.sample(sorted(KNOBS), self.dice.randrange(5)))
        chat |= {name: self.dice.choice(KNOBS[name]) for name in names}
        if "max_tokens" in chat:
            chat.pop("max_completion_tokens", None)
        if self.likely(0.3):
            chat |= self.dice.choice(WISHES)
        if self.likely(0.3) and not is_plain:
            chat["response_format"] = self.dice.choice(FORMS)
        if self.likely(0.3):
            chat["stream"] = self.likely(0.5)
        if any("tool_calls" in message for message in as_objects(messages)) or (self.likely(0.3) and not is_plain):
            chat["tools"] = [self.tool(name) for name in NAMES]
            if self.likely(0.5):
                chat["tool_choice"] = self.dice.choice(CHOICES)
            if self.likely(0.2) and chat.get("tool_choice") != "none":
                chat["parallel_tool_calls"] = False
        copied: Json = json.loads(json.dumps(chat))
        return copied

    def tool(self, name: str) -> Json:
        function: Json = {"name": name, "parameters": SCHEMA}
        if self.likely(0.5):
            function["description"] = self.text()
        if self.likely(0.2):
            function["strict"] = True
        return {"type": "function", "function": function}

    def messages(self) -> list[object]:
        told: list[object] = [self.system()] if self.likely(0.5) else []
        told.append(self.user())
        for _ in range(self.dice.randrange(4)):
            told += self.answered()
            if self.likely(0.1):
                told.append(self.system())
            if not self.likely(0.3) or "tool_calls" not in told[-1]:  # type: ignore[operator]  # a message
                told.append(self.user())
        return told

    def system(self) -> Json:
        content: object = self.text() if self.likely(0.6) else [self.part(), self.part()]
        return {"role": "system", "content": content}

    def part(self) -> Json:
        part: Json = {"type": "text", "text": self.text()}
        if self.likely(0.2):
            part["cache_control"] = {"type": "ephemeral"}
        return part

    def image(self) -> Json:
        images = [url for url in self._media if url != PDF]
        return {"type": "image_url", "image_url": {"url": self.dice.choice(images)}}

    def medium(self) -> Json:
        if self.dice.choice(self._media) != PDF:
            return self.image()
        return {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}}

    def user(self) -> Json:
        if self.likely(0.5):
            return {"role": "user", "content": self.text()}
        parts = [self.part()] + [
            self.part() if self.likely(0.5) else self.medium() for _ in range(self.dice.randrange(3))
        ]
        self.dice.shuffle(parts)
        return {"role": "user", "content": parts}

    def answered(self) -> list[Json]:
        """A turn of the assistant, and the results of its calls in any order."""
        message = {"role": "assistant", **self.message()}
        calls = as_objects(message.get("tool_calls") or [])
        results = [self.result(str(call["id"])) for call in calls]
        self.dice.shuffle(results)
        return [message, *results]

    def message(self) -> Json:
        """Of the assistant: a text or calls or both, and what it thought."""
        calls = [self.call() for _ in range(self.dice.choice((0, 0, 1, 2)))]
        message: Json = {"content": self.text() if not calls or self.likely(0.5) else None}
        if calls:
            message["tool_calls"] = calls
        if self._maker and self.likely(0.6):
            message["reasoning_details"] = self.details(calls)
        return message

    def call(self) -> Json:
        arguments = json.dumps(self.dice.choice(({}, {"a": self.text()}, {"a": [1, None, {"b": 0.5}], "é": True})))
        return {
            "id": self.id(),
            "type": "function",
            "function": {"name": self.dice.choice(NAMES), "arguments": arguments},
        }

    def result(self, id_: str) -> Json:
        content: object = self.dice.choice((self.text(), json.dumps({"a": self.text()}), [self.part(), self.part()]))
        if isinstance(content, list) and self.likely(0.3):
            content.append(self.image())
        result: Json = {"role": "tool", "tool_call_id": id_, "content": content}
        return result | ({"is_error": True} if self.likely(0.2) else {})

    def details(self, calls: list[Json]) -> list[Json]:
        """As their maker gives them, so that it takes them back."""
        self._count += 1
        signature = f"c2ln{self._count:04}"
        if self._maker == GEMINI:
            at = {"id": str(calls[0]["id"])} if calls else {}
            told: list[Json] = [{"type": "reasoning.encrypted", "data": signature, "format": GEMINI, **at}]
            told[:0] = [{"type": "reasoning.text", "text": self.text(), "format": GEMINI}] if self.likely(0.5) else []
        elif self._maker == RESPONSES:
            item = {"format": RESPONSES, "id": f"rs_{self._count}"}
            told = [{"type": "reasoning.encrypted", "data": signature, **item}]
            told[:0] = [{"type": "reasoning.summary", "summary": self.text(), **item}] if self.likely(0.7) else []
        elif self._maker == ANTHROPIC:
            told = [{"type": "reasoning.text", "text": self.text(), "signature": signature, "format": ANTHROPIC}]
            if self.likely(0.3):
                told.append({"type": "reasoning.encrypted", "data": "ZW5j" + signature, "format": ANTHROPIC})
        else:
            told = [{"type": "reasoning.text", "text": self.text(), "format": self._maker}]
        return [{**each, "index": number} for number, each in enumerate(told)]

    def completion(self) -> Json:
        message = {"role": "assistant", **self.message()}
        reason = "tool_calls" if "tool_calls" in message else self.dice.choice(("stop", "length"))
        read, written = self.dice.randrange(1, 99), self.dice.randrange(1, 99)
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        completion: Json = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": usage,
        }
        copied: Json = json.loads(json.dumps(completion))
        return copied

    def chunks(self, completion: Json) -> list[Json]:
        """The same answer in pieces."""
        (choice,) = as_objects(completion["choices"])
        message = choice["message"]
        assert isinstance(message, dict)
        deltas: list[Json] = [{"role": "assistant", "content": ""}]
        for detail in as_objects(message.get("reasoning_details") or []):
            deltas += [{"reasoning_details": [piece]} for piece in self._pieces_of_detail(detail)]
        deltas += [{"content": piece} for piece in self.cut(str(message.get("content") or ""))]
        for number, call in enumerate(as_objects(message.get("tool_calls") or [])):
            deltas += [{"tool_calls": [piece]} for piece in self._pieces_of_call(call, number)]
        told: list[Json] = [{"choices": [{"index": 0, "delta": each, "finish_reason": None}]} for each in deltas]
        told.append({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
        return [*told, {"choices": [], "usage": completion["usage"]}]

    def cut(self, text: str) -> list[str]:
        cuts = sorted(self.dice.randrange(len(text) + 1) for _ in range(self.dice.randrange(4)))
        pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        return [piece for piece in pieces if piece]

    def _pieces_of_detail(self, detail: Json) -> list[Json]:
        name = "summary" if "summary" in detail else "text"
        if name not in detail:
            return [detail]
        rest = {key: value for key, value in detail.items() if key not in (name, "signature")}
        pieces: list[Json] = [{**rest, name: piece} for piece in self.cut(str(detail[name]))]
        return [*pieces, {**rest, "signature": detail["signature"]}] if "signature" in detail else pieces

    def _pieces_of_call(self, call: Json, number: int) -> list[Json]:
        function = call["function"]
        assert isinstance(function, dict)
        start: Json = {**call, "index": number, "function": {**function, "arguments": ""}}
        rest = self.cut(str(function["arguments"]))
        return [start, *({"index": number, "function": {"arguments": piece}} for piece in rest)]


def as_objects(value: object) -> list[Json]:
    assert isinstance(value, list)
    return value
