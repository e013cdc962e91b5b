"""Images and files by URL are brought into a request, from public places and as far as is sensible."""

from __future__ import annotations

import pytest

from fakes import Answers
from torana.errors import Untranslatable, UpstreamForbidden
from torana.fetching import inline
from torana.formats.json import Json
from torana.message import Call, Reply

PNG = b"\x89PNG"
PNG_URL = "data:image/png;base64,iVBORw=="


def picture(url: str) -> Json:
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def asking(*parts: Json) -> Json:
    return {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": list(parts)}]}


def given(call: Call) -> Reply:
    return Reply(200, [(b"content-type", b"image/png; x=y")], PNG)


def parts_of(chat: Json) -> list[Json]:
    return chat["messages"][1]["content"]  # type: ignore[index, no-any-return]  # as `asking` made it


async def test_a_url_becomes_a_data_url_and_keeps_its_place() -> None:
    upstream = Answers(given)
    chat = asking({"type": "text", "text": "What?"}, picture("https://pictures.test/a%20b.png?x=1"), picture(PNG_URL))
    await inline(chat, ("image_url",), upstream)
    assert parts_of(chat) == [{"type": "text", "text": "What?"}, picture(PNG_URL), picture(PNG_URL)]
    (call,) = upstream.calls
    assert (call.method, call.target, call.origin.host, call.origin.is_tls) == (
        b"GET",
        b"/a%20b.png?x=1",
        "pictures.test",
        True,
    )
    assert call.origin.is_untrusted, "a stranger's URL must not lead into the operator's network"


async def test_files_are_brought_where_they_are_wanted_and_nothing_else() -> None:
    upstream = Answers(given)
    chat = asking({"type": "file", "file": {"file_data": "http://files.test/a.pdf"}}, picture("https://x.test/y.png"))
    await inline(chat, ("file",), upstream)
    assert [call.origin.host for call in upstream.calls] == ["files.test"]
    assert parts_of(chat)[1] == picture("https://x.test/y.png")


def refusing(call: Call) -> Reply:
    raise UpstreamForbidden("10.0.0.1 is not a public address")


@pytest.mark.parametrize(
    ("url", "answer", "words"),
    [
        ("https://x.test/y.png", lambda _: Reply(404, [], b"no"), "answers 404"),
        ("https://x.test/y.png", lambda _: Reply(302, [(b"location", b"http://10.0.0.1/")], b""), "answers 302"),
        ("http://10.0.0.1/y.png", refusing, "not a public address"),
        ("https://user:secret@x.test/y.png", given, "a user in it"),
        ("https:///y.png", given, "no host"),
        ("https://x.test/y z", given, "character"),
        ("https://x.test:99999/y", given, "cannot be fetched"),
    ],
)
async def test_what_cannot_be_had_is_named_by_its_field(url: str, answer: object, words: str) -> None:
    with pytest.raises(Untranslatable, match=words) as refused:
        await inline(asking(picture(url)), ("image_url",), Answers(answer))  # type: ignore[arg-type]  # an answer
    assert "`messages[1].content[0].image_url.url`" in refused.value.message
    assert "secret" not in refused.value.message


async def test_there_is_a_bound_to_how_many_are_fetched() -> None:
    upstream = Answers(given)
    with pytest.raises(Untranslatable, match="33 URLs"):
        await inline(asking(*[picture("https://x.test/y.png")] * 33), ("image_url",), upstream)
    assert not upstream.calls


async def test_what_is_too_large_is_refused() -> None:
    class Endless:
        def start(self, sink: object) -> None:
            self.is_over = False
            while not self.is_over:
                sink.write(b"x" * (1 << 20))  # type: ignore[attr-defined]  # a Sink

        def abort(self) -> None:
            self.is_over = True

        def pause(self) -> None: ...
        def resume(self) -> None: ...

    with pytest.raises(Untranslatable, match="too long"):
        await inline(asking(picture("https://x.test/y")), ("image_url",), Answers(lambda _: Reply(200, [], Endless())))
