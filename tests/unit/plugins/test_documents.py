"""Models that read no files get the text of PDFs; what a stranger's file does to its reader harms nobody."""

from __future__ import annotations

import asyncio
import io
import os
from base64 import b64encode
from hashlib import sha256

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import Answers
from papers import pdf
from torana.errors import PluginRefused, Untranslatable
from torana.formats.json import Json
from torana.message import Call, Reply
from torana.plugins.documents import read_files
from torana.plugins.pdf_text import read
from torana.plugins.pipeline import Context, Pipeline
from torana.plugins.prepared import Prepared
from torana.plugins.reading import LARGEST, Reader


def locked() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Secret.")))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


HELLO = pdf("Hello from page one.", "And from page two.")
HELLO_URL = "data:application/pdf;base64," + b64encode(HELLO).decode()
HELLO_TEXT = "Hello from page one.\n\nAnd from page two."
HELLO_FILE: Json = {
    "type": "file",
    "file": {"hash": sha256(HELLO).hexdigest(), "name": "a.pdf", "content": [{"type": "text", "text": HELLO_TEXT}]},
}


def attaching(data: str, name: str = "a.pdf", **more: object) -> Json:
    part = {"type": "file", "file": {"filename": name, "file_data": data}, **more}
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, part]}]}


def part_of(chat: Json) -> Json:
    return chat["messages"][0]["content"][1]  # type: ignore[index, no-any-return]  # as `attaching` made it


@pytest.mark.parametrize("data", [HELLO_URL, b64encode(HELLO).decode(), HELLO_URL.replace("application/pdf", "x/y")])
async def test_a_pdf_is_read_for_models_that_cannot(data: str) -> None:
    pipeline = Pipeline()
    prepared = await pipeline.before(attaching(data, cache_control={"type": "ephemeral"}), Context())
    assert part_of(prepared.chat) == {
        "type": "text",
        "text": f'<file name="a.pdf">\n{HELLO_TEXT}\n</file>',
        "cache_control": {"type": "ephemeral"},
    }
    assert prepared.file_annotations == [HELLO_FILE]
    data_ = {"engine": "pdf-text", "files": 1, "pages": 2}
    assert prepared.stages == [{"type": "plugin", "name": "file-parser", "data": data_}]
    reply = pipeline.after({"choices": [{"message": {"content": "It says hello."}}]}, prepared)
    assert reply["choices"] == [{"message": {"content": "It says hello.", "annotations": [HELLO_FILE]}}]


class NoReader(Reader):
    async def read(self, data: bytes) -> object:  # type: ignore[override]  # it must not be called
        raise AssertionError("the file was read again")


async def test_what_was_read_before_is_not_read_again_and_goes_to_no_upstream() -> None:
    link: Json = {"type": "url_citation", "url_citation": {"url": "https://x.test"}}
    chat = attaching(HELLO_URL)
    messages: list[Json] = chat["messages"]  # type: ignore[assignment]  # as made above
    messages += [
        {"role": "assistant", "content": "Hello.", "annotations": [HELLO_FILE, link]},
        {"role": "assistant", "content": "Hello.", "annotations": [HELLO_FILE, {"type": "file"}]},
        {"role": "user", "content": "And?"},
    ]
    prepared = Prepared(chat)
    await read_files(prepared, {}, Context(), NoReader(), None)
    assert part_of(chat)["text"] == f'<file name="a.pdf">\n{HELLO_TEXT}\n</file>'
    assert [message.get("annotations") for message in messages] == [None, [link], None, None]
    assert prepared.file_annotations == [HELLO_FILE]
    assert prepared.stages[0]["data"] == {"engine": "pdf-text", "files": 1, "pages": 0}


@pytest.mark.parametrize(
    "plugins",
    [[], [{"id": "file-parser"}], [{"id": "file-parser", "pdf": {"engine": "native"}}]],
)
async def test_a_model_that_reads_files_gets_the_file(plugins: list[Json]) -> None:
    for data in (HELLO_URL, b64encode(HELLO).decode()):
        prepared = await Pipeline().before({**attaching(data), "plugins": plugins}, Context(takes_files=True))
        assert part_of(prepared.chat) == {"type": "file", "file": {"filename": "a.pdf", "file_data": HELLO_URL}}
        assert (prepared.annotations, prepared.stages) == ([], [])


@pytest.mark.parametrize("engine", ["cloudflare-ai", "pdf-text"])
async def test_the_text_may_be_asked_for_all_the_same(engine: str) -> None:
    plugins = [{"id": "file-parser", "pdf": {"engine": engine}}]
    prepared = await Pipeline().before({**attaching(HELLO_URL), "plugins": plugins}, Context(takes_files=True))
    assert part_of(prepared.chat)["type"] == "text"


async def test_it_may_be_turned_off() -> None:
    plugins = [{"id": "file-parser", "enabled": False}]
    prepared = await Pipeline().before({**attaching(HELLO_URL), "plugins": plugins}, Context())
    assert part_of(prepared.chat)["type"] == "file"


@pytest.mark.parametrize(
    ("engine", "words"),
    [("native", "reads no files"), ("mistral-ocr", "not available on this server"), ("tesseract", "cannot be")],
)
async def test_an_engine_that_is_not_there_is_refused(engine: str, words: str) -> None:
    plugins = [{"id": "file-parser", "pdf": {"engine": engine}}]
    with pytest.raises(PluginRefused, match=words):
        await Pipeline().before({**attaching(HELLO_URL), "plugins": plugins}, Context())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.4\nnothing", "damaged"),
        (locked(), "needs a password"),
        (pdf(""), "no text"),
        (b"%PDF-" + b"x" * LARGEST, "more than 32 MiB"),
    ],
    ids=["damaged", "locked", "empty", "large"],
)
async def test_a_pdf_that_cannot_be_read_is_named(data: bytes, words: str) -> None:
    url = "data:application/pdf;base64," + b64encode(data).decode()
    with pytest.raises(PluginRefused, match=words) as refused:
        await Pipeline().before(attaching(url), Context())
    assert refused.value.message.startswith("`messages[0].content[1].file`: the PDF cannot be read: ")
    assert refused.value.status == 400


async def test_what_was_read_until_then_is_given_back() -> None:
    chat = attaching(HELLO_URL)
    parts: list[Json] = chat["messages"][0]["content"]  # type: ignore[index]  # as made above
    parts.append({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0xLjQ="}})
    with pytest.raises(PluginRefused) as refused:
        await Pipeline().before(chat, Context())
    assert refused.value.metadata == {"file_annotations": [HELLO_FILE]}


async def test_base64_that_is_none_is_refused() -> None:
    with pytest.raises(PluginRefused, match="not valid base64"):
        await Pipeline().before(attaching("data:application/pdf;base64,JVBERi*"), Context())


async def test_a_file_is_brought_from_where_it_is() -> None:
    def give(call: Call) -> Reply:
        return Reply(200, [(b"content-type", b"application/pdf")], HELLO)

    upstream = Answers(give)
    prepared = await Pipeline(upstream).before(attaching("https://files.test/a.pdf"), Context())
    assert HELLO_TEXT in str(part_of(prepared.chat)["text"])
    assert upstream.calls[0].origin.is_untrusted, "a stranger's URL must not lead into the operator's network"
    with pytest.raises(Untranslatable, match="answers 404"):
        await Pipeline(Answers(lambda _: Reply(404, [], b""))).before(attaching("https://files.test/a"), Context())


async def test_text_is_text_and_all_else_is_left() -> None:
    text = "data:text/plain;base64," + b64encode(b"Plain.").decode()
    prepared = await Pipeline().before(attaching(text, 'a"b.txt'), Context())
    assert part_of(prepared.chat)["text"] == '<file name="a\'b.txt">\nPlain.\n</file>'
    other = "data:application/zip;base64,UEsDBA=="
    prepared = await Pipeline().before(attaching(other), Context())
    assert part_of(prepared.chat)["type"] == "file"


async def test_a_reader_that_takes_too_long_is_ended() -> None:
    told = await Reader(seconds=0).read(HELLO)
    assert told.error == "it takes more than 0 s to read"
    reading = asyncio.ensure_future(Reader().read(HELLO))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_the_reader_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is empty: a variable that would change how Python starts does nothing."""
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert os.environ["PYTHONHOME"] == "/nowhere"
    assert (await Reader().read(HELLO)).text == HELLO_TEXT


def test_no_more_is_read_than_is_wanted() -> None:
    assert read(HELLO, 1, 1_000) == {"pages": 2, "text": "Hello from page one."}
    assert read(HELLO, 10, 5) == {"pages": 2, "text": "Hello"}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, len(HELLO) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(HELLO))
)
def test_a_damaged_file_is_read_or_named(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(HELLO)
    for place, value in changes:
        data[place] = value
    told = read(bytes(data[:length]), 10, 1_000)
    assert set(told) in ({"pages", "text"}, {"error"})
