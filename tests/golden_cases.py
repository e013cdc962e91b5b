"""The cases in `tests/golden/<format>_to_chat` and `chat_to_<format>`: what is in them, and what is made of it.

A case is a folder. What is given, of which it has at least one; beside each stands what is expected of it:

    request.json  -> request.expected.json   {"body"} or {"error"}; with "dropped" and "headers" where there are any
    reply.json    -> reply.expected.json
    error.json    -> error.expected.json     given: {"status", "body"}, the body as JSON or as text
    stream.sse, stream.ndjson, stream.json, stream.bin (base64) -> stream.expected.jsonl     towards chat
    stream.jsonl  -> stream.expected.sse, .ndjson, .json or .bin                             from chat

`about.json` may say {"provider", "request", "chat", "model", "is_sse", "generation"}, which the translation is told.
The names of formats are those of `Format.name`. `make golden` writes what is expected anew: read what changed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from torana.errors import CallerError
from torana.formats.json import Json
from torana.formats.translation import Brief, Translator, Turn
from torana.formats.translators import TRANSLATORS

ROOT = Path(__file__).resolve().parent / "golden"
HUB = "openai_chat"
ID = "0123456789abcdef0123456789abcdef"
SUFFIXES = {
    b"text/event-stream": ".sse",
    b"application/x-ndjson": ".ndjson",
    b"application/json": ".json",
    b"application/vnd.amazon.eventstream": ".bin",
}


class Case(Struct, frozen=True):
    folder: Path
    translator: Translator
    is_to_chat: bool

    def __str__(self) -> str:
        return "/".join(self.folder.parts[-2:])

    @property
    def about(self) -> Json:
        path = self.folder / "about.json"
        return json.loads(path.read_text()) if path.exists() else {}

    @property
    def turn(self) -> Turn:
        about = self.about
        request, chat = about.get("request", {}), about.get("chat", {})
        assert isinstance(request, dict)
        assert isinstance(chat, dict)
        return Turn(
            ID,
            1_700_000_000,
            str(about.get("model", "a-model")),
            request,
            chat,
            about.get("is_sse") is not False,
            str(about.get("generation", "")),
        )

    @property
    def stream(self) -> Path | None:
        names = [p for p in self.folder.glob("stream.*") if ".expected" not in p.name]
        return names[0] if names else None

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def read(self, name: str) -> object:
        return json.loads((self.folder / name).read_text())


def all_cases() -> list[Case]:
    found = []
    for name, translator in TRANSLATORS.items():
        for folder, is_to_chat in ((f"{name}_to_chat", True), (f"chat_to_{name}", False)):
            found += [Case(path, translator, is_to_chat) for path in sorted((ROOT / folder).glob("*")) if path.is_dir()]
    return found


def translated_request(case: Case) -> Json:
    brief = Brief(str(case.about.get("provider", "")))
    body = case.read("request.json")
    assert isinstance(body, dict)
    turned = case.translator.request_to_chat if case.is_to_chat else case.translator.request_from_chat
    try:
        made: Json = {"body": plain(turned(body, brief))}
    except CallerError as error:
        return {"error": error.message}
    if brief.dropped:
        made["dropped"] = sorted(brief.dropped)
    if brief.headers:
        made["headers"] = {name.decode(): value.decode() for name, value in brief.headers}
    return made


def translated_reply(case: Case) -> object:
    reply = case.read("reply.json")
    assert isinstance(reply, dict)
    turned = case.translator.reply_to_chat if case.is_to_chat else case.translator.reply_from_chat
    return plain(turned(reply, case.turn))


def translated_error(case: Case) -> object:
    given = case.read("error.json")
    assert isinstance(given, dict)
    status, body = int(given["status"]), given["body"]
    if case.is_to_chat:
        failure = case.translator.error_to_chat(
            status, body.encode() if isinstance(body, str) else json.dumps(body).encode()
        )
        return {name: value for name in failure.__struct_fields__ if (value := getattr(failure, name))}
    failure = TRANSLATORS[HUB].error_to_chat(status, json.dumps(body).encode())
    return plain(case.translator.error_from_chat(status, failure, ID))


def stream_bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return base64.b64decode(data) if path.suffix == ".bin" else data


def chunks_of(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def stream_to_chat(case: Case, pieces: list[bytes]) -> tuple[list[Json], bool]:
    """The chunks of it, and whether it broke."""
    machine = case.translator.stream_to_chat(case.turn)
    chunks = [chunk for piece in pieces for chunk in machine.feed(piece)]
    chunks += machine.finish()
    return [dict(entry) for entry in map(as_json, chunks)], machine.is_broken


def stream_from_chat(case: Case, chunks: list[list[Json]]) -> tuple[bytes, str]:
    """Its bytes, and the suffix of a file that holds them."""
    machine = case.translator.stream_from_chat(case.turn)
    data = b"".join(machine.feed(some) for some in chunks) + machine.finish()
    return data, SUFFIXES[machine.content_type]


def plain(value: object) -> object:
    """As it would be on the wire."""
    return json.loads(json.dumps(value, default=str))


def as_json(chunk: Json) -> Json:
    made = plain(chunk)
    assert isinstance(made, dict)
    return made


def expectations(case: Case) -> dict[str, str]:
    """What stands in the files beside what is given, by their names."""
    made: dict[str, str] = {}
    turned: tuple[tuple[str, Callable[[Case], object]], ...] = (
        ("request", translated_request),
        ("reply", translated_reply),
        ("error", translated_error),
    )
    for name, translate in turned:
        if case.has(f"{name}.json"):
            made[f"{name}.expected.json"] = json.dumps(translate(case), indent=2, ensure_ascii=False) + "\n"
    path = case.stream
    if path is None:
        return made
    if case.is_to_chat:
        chunks, _ = stream_to_chat(case, [stream_bytes(path)])
        made["stream.expected.jsonl"] = "".join(json.dumps(chunk, ensure_ascii=False) + "\n" for chunk in chunks)
    else:
        data, suffix = stream_from_chat(case, [chunks_of(path)])
        shown = base64.encodebytes(data).decode() if suffix == ".bin" else data.decode()
        made[f"stream.expected{suffix}"] = shown
    return made


def rewrite() -> None:
    for case in all_cases():
        made = expectations(case)
        for path in case.folder.glob("*.expected.*"):
            if path.name not in made:
                path.unlink()
        for name, text in made.items():
            (case.folder / name).write_text(text)
