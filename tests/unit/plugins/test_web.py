"""What a search found stands before the model and beside the answer; the search is a real call to a scripted server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from scripted import Answer, ScriptedUpstream
from torana.errors import PluginRefused, UpstreamBroken, UpstreamTimedOut
from torana.formats.json import Json
from torana.plugins.pipeline import Context, Owed, Pipeline
from torana.plugins.search import ENGINES, Query, Search, asked, is_wanted
from torana.wire.deadlines import Deadlines
from torana.wire.upstream import Upstream, UpstreamLimits

WEB: Json = {"id": "web"}
KEY = "search-key-1"
PAGES = [
    {"url": "https://a.test/1", "title": "One", "content": "First text"},
    {"url": "https://b.test/2", "title": "Two", "content": "Second text"},
    {"url": "ftp://c.test/3", "title": "No page"},
    {"title": "Nowhere"},
]
ANSWERS: dict[str, object] = {
    "brave": {
        "web": {"results": [{"url": "https://a.test/1", "title": "One", "description": "A", "extra_snippets": ["B"]}]}
    },
    "exa": {"results": [{"url": "https://a.test/1", "title": "One", "highlights": ["A", "B"]}]},
    "firecrawl": {"success": True, "data": {"web": [{"url": "https://a.test/1", "title": "One", "description": "A"}]}},
    "perplexity": {"results": [{"url": "https://a.test/1", "title": "One", "snippet": "A"}]},
    "searxng": {"results": PAGES},
    "serper": {"organic": [{"link": "https://a.test/1", "title": "One", "snippet": "A"}]},
    "tavily": {"results": [{"url": "https://a.test/1", "title": "One", "content": "A"}]},
}


@contextmanager
def searching(
    tmp_path: Path, name: str, answer: Answer, timeout_s: float = 60
) -> Iterator[tuple[ScriptedUpstream, Search]]:
    """The search provider `name`, which gives that answer to whatever it is asked."""
    key_file = tmp_path / "key"
    key_file.write_text(KEY + "\n")
    deadlines = Deadlines(asyncio.get_running_loop())
    upstream = Upstream(UpstreamLimits(), deadlines)
    with ScriptedUpstream() as up:
        up.script("/search", answer)
        yield up, Search(upstream, name, f"{up.url}/search", str(key_file), timeout_s)
        upstream.close()


def found(body: object, **more: object) -> Answer:
    return Answer(body=json.dumps(body).encode(), **more)  # type: ignore[arg-type]  # fields of it


def asking(content: object = "Who won?", **more: object) -> Json:
    earlier = {"role": "user", "content": "Earlier."}
    messages = [earlier, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": content}]
    return {"model": "m", "messages": messages, **more}


def last_of(chat: Json) -> Json:
    return chat["messages"][-1]  # type: ignore[index, no-any-return]  # as `asking` made it


@pytest.mark.parametrize("name", sorted(ENGINES))
async def test_every_provider_is_asked_in_its_own_words(tmp_path: Path, name: str) -> None:
    with searching(tmp_path, name, found(ANSWERS[name])) as (up, search):
        pages = await search.ask(Query("who won", 3, ("a.test",), ("x.test",), 500))
    assert pages[0].url == "https://a.test/1"
    assert pages[0].title == "One"
    assert pages[0].content in ("A", "A\n[…]\nB", "First text")
    (request,) = up.requests
    engine = ENGINES[name]
    assert request.header(engine.key_header.decode()) == engine.key_prefix + KEY.encode()
    assert request.method == engine.method.encode()
    if engine.method == "GET":
        fields: Json = {key: value[0] for key, value in parse_qs(request.target.decode().partition("?")[2]).items()}
    else:
        fields = json.loads(request.body)
    assert str(fields[engine.query]).startswith("who won")
    assert KEY not in str(fields)
    if engine.count:
        assert str(fields[engine.count]) == "3"
    if engine.include:
        assert fields[engine.include] == ["a.test"]
    else:
        assert "(site:a.test) -site:x.test" in str(fields[engine.query])


async def test_results_stand_before_the_model_and_beside_the_answer(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", found({"results": PAGES})) as (up, search):
        pipeline = Pipeline(None, search, lambda: "2026-11-23")
        prepared = await pipeline.before(asking(plugins=[WEB]), Context())
        reply = pipeline.after(
            {
                "choices": [{"message": {"role": "assistant", "content": "It was [b.test](https://b.test/2)."}}],
                "usage": {"cost": 0},
            },
            prepared,
        )
    assert up.requests[0].target.startswith(b"/search?format=json&q=Who+won")
    own, told = last_of(prepared.chat)["content"]  # type: ignore[misc]  # two parts
    assert own == {"type": "text", "text": "Who won?"}  # type: ignore[has-type]
    for part in ("2026-11-23", "[1] One\nhttps://a.test/1\nFirst text", "[2] Two\nhttps://b.test/2"):
        assert part in told["text"]  # type: ignore[has-type]
    assert "ftp:" not in told["text"]  # type: ignore[has-type]
    first, second = reply["choices"][0]["message"]["annotations"]  # type: ignore[index]  # as made above
    assert first == {
        "type": "url_citation",
        "url_citation": {
            "url": "https://a.test/1",
            "title": "One",
            "content": "First text",
            "start_index": 0,
            "end_index": 0,
        },
    }
    place = second["url_citation"]
    assert (
        "It was [b.test](https://b.test/2)."[place["start_index"] : place["end_index"]] == "[b.test](https://b.test/2)"
    )
    assert reply["usage"] == {"cost": 0, "server_tool_use_details": {"web_search_requests": 1}}
    assert (prepared.searches, prepared.search_engine) == (1, "searxng")
    assert prepared.stages == [{"type": "plugin", "name": "web-search", "data": {"engine": "searxng", "results": 2}}]


class Passing:
    """A dressing that changes nothing, and ends with usage."""

    def feed(self, chunks: list[Json]) -> list[Json]:
        return chunks

    def finish(self) -> list[Json]:
        return [{"choices": [], "usage": {"cost": 0}}]


async def test_a_stream_begins_with_its_sources(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", found({"results": PAGES[:1]})) as (_, search):
        prepared = await Pipeline(None, search).before(asking(stream=True, plugins=[WEB]), Context())
    stream = Owed(Passing(), prepared)
    chunks: list[Json] = [{"choices": [{"delta": {"content": word}}]} for word in ("a", "b")]
    told = stream.feed(chunks[:1]) + stream.feed(chunks[1:]) + stream.finish()
    assert [len(str(chunk).split("url_citation'")) > 1 for chunk in told] == [True, False, False]
    assert told[2]["usage"] == {"cost": 0, "server_tool_use_details": {"web_search_requests": 1}}


@pytest.mark.parametrize(
    ("more", "context"),
    [
        ({"tools": [{"type": "openrouter:web_search", "parameters": {"max_results": 1}}]}, Context()),
        ({"plugins": [{"id": "web", "max_results": 1}]}, Context()),
        ({"plugins": [{"id": "web", "max_results": 1, "enabled": True}]}, Context(is_online=True)),
        ({"plugins": [{"id": "web", "max_results": 1, "engine": "exa"}]}, Context(searches=True)),
        ({"plugins": [{"id": "web", "max_results": 1, "include_domains": ["a.test"]}]}, Context(searches=True)),
    ],
)
async def test_a_search_is_asked_for_in_several_ways(tmp_path: Path, more: Json, context: Context) -> None:
    with searching(tmp_path, "searxng", found({"results": PAGES})) as (up, search):
        prepared = await Pipeline(None, search).before(asking(**more), context)
    assert len(up.requests) == 1
    assert [each["url_citation"]["url"] for each in prepared.annotations] == ["https://a.test/1"]  # type: ignore[index]
    assert not {"plugins", "tools"} & set(prepared.chat)


async def test_a_model_that_searches_by_itself_is_asked_to() -> None:
    wish: Json = {"type": "openrouter:web_search", "parameters": {"search_context_size": "low"}}
    prepared = await Pipeline().before(asking(tools=[wish]), Context(searches=True))
    assert prepared.chat["web_search_options"] == {"search_context_size": "low"}
    chat = asking(plugins=[WEB], web_search_options={"search_context_size": "high"})
    prepared = await Pipeline().before(chat, Context(searches=True))
    assert prepared.chat["web_search_options"] == {"search_context_size": "high"}
    assert prepared.stages[0]["data"] == {"engine": "native"}
    assert (last_of(prepared.chat)["content"], prepared.searches) == ("Who won?", 0)


@pytest.mark.parametrize("wish", [WEB, {"id": "web", "engine": "native"}, {"id": "web", "engine": "exa"}])
async def test_without_a_provider_the_refusal_says_what_to_set(wish: Json) -> None:
    with pytest.raises(PluginRefused, match="`web_search_provider`") as refused:
        await Pipeline().before(asking(plugins=[wish]), Context())
    assert refused.value.status == 400


async def test_domains_that_are_none_are_refused() -> None:
    with pytest.raises(PluginRefused, match="`include_domains`"):
        await Pipeline().before(asking(plugins=[{"id": "web", "include_domains": "a.test"}]), Context())


async def test_settings_of_a_search_are_kept_to(tmp_path: Path) -> None:
    wish: Json = {
        "id": "web",
        "max_results": 99,
        "max_total_results": 1,
        "search_prompt": "Here:",
        "max_characters": 5,
        "exclude_domains": ["a.test"],
    }
    with searching(tmp_path, "searxng", found({"results": PAGES})) as (_, search):
        prepared = await Pipeline(None, search).before(
            asking([{"type": "text", "text": "Q"}], plugins=[wish]), Context()
        )
    told = last_of(prepared.chat)["content"][1]["text"]  # type: ignore[index]  # as asked
    assert told == "Here:\n\n<web_search_results>\n[1] Two\nhttps://b.test/2\nSecon\n</web_search_results>"


async def test_what_is_said_without_words_is_not_searched_for(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", found({"results": PAGES})) as (up, search):
        for content in ([{"type": "image_url", "image_url": {"url": "data:"}}], "", None):
            prepared = await Pipeline(None, search).before(asking(content, plugins=[WEB]), Context())
            assert prepared.searches == 0
    assert up.requests == []


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(status=401, body=b"search-key-1 is wrong"), UpstreamBroken, "answered 401"),
        (Answer(status=302, headers=[(b"location", b"http://127.0.0.1/")]), UpstreamBroken, "answered 302"),
        (Answer(never=True), UpstreamTimedOut, "took more than"),
        (Answer(raw=b"nonsense\r\n\r\n"), UpstreamBroken, "failed"),
    ],
)
async def test_a_search_that_fails_fails_the_request_and_gives_nothing_away(
    tmp_path: Path, answer: Answer, error: type[Exception], words: str
) -> None:
    timeout_s = 0.2 if answer.never else 60
    with searching(tmp_path, "searxng", answer, timeout_s) as (_, search), pytest.raises(error, match=words) as raised:
        await Pipeline(None, search).before(asking(plugins=[WEB]), Context())
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"results": {}}', b'{"results": [1, null, {"url": 5}]}'])
async def test_an_answer_without_results_changes_nothing(tmp_path: Path, body: bytes) -> None:
    with searching(tmp_path, "searxng", Answer(body=body)) as (_, search):
        prepared = await Pipeline(None, search).before(asking(plugins=[WEB]), Context())
    assert last_of(prepared.chat)["content"] == "Who won?"
    assert (prepared.annotations, prepared.searches) == ([], 1)


async def test_a_key_that_is_not_there_is_told_without_its_name(tmp_path: Path) -> None:
    with searching(tmp_path, "brave", found({})) as (up, search):
        (tmp_path / "key").unlink()
        with pytest.raises(UpstreamBroken, match="key of the web search") as raised:
            await search.ask(Query("x"))
    assert str(tmp_path) not in str(raised.value)
    assert up.requests == []


def test_a_provider_needs_what_it_needs() -> None:
    with pytest.raises(ValueError, match="web_search_url"):
        Search(None, "searxng", "", "", 1)  # type: ignore[arg-type]  # nothing is sent
    with pytest.raises(ValueError, match="web_search_key_file"):
        Search(None, "brave", "", "", 1)  # type: ignore[arg-type]  # nothing is sent


def test_a_question_is_as_long_as_providers_take() -> None:
    text = str(asked(ENGINES["brave"], Query("word\n" * 500))["q"])
    assert len(text.split()) <= 50
    assert len(text) <= 400


@pytest.mark.parametrize(
    ("url", "include", "exclude", "expected"),
    [
        ("https://a.test/x", (), (), True),
        ("https://www.a.test/x", ("a.test",), (), True),
        ("https://b.a.test/x", ("a.test",), (), True),
        ("https://b.a.test/x", ("*.a.test",), (), True),
        ("https://a.test/x", ("*.a.test",), (), False),
        ("https://nota.test/x", ("a.test",), (), False),
        ("https://a.test/blog/1", ("a.test/blog",), (), True),
        ("https://a.test/blogger", ("a.test/blog",), (), False),
        ("https://a.test/x", ("a.test",), ("a.test/x",), False),
        ("https://A.TEST/x", (), ("a.test",), False),
    ],
)
def test_domains_let_pages_in_and_keep_them_out(
    url: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    expected: bool,  # noqa: FBT001
) -> None:
    assert is_wanted(url, Query("x", include=include, exclude=exclude)) is expected


OFFER: Json = {"type": "web_search"}


async def test_a_search_that_is_only_offered_is_left_out_where_nobody_can_search() -> None:
    prepared = await Pipeline().before(asking(tools=[OFFER]), Context())
    assert prepared.chat == asking()
    with pytest.raises(PluginRefused, match="web_search_provider"):
        await Pipeline().before(asking(tools=[OFFER], tool_choice={"type": "web_search"}), Context())


async def test_an_agent_does_not_search_anew_at_each_of_its_steps(tmp_path: Path) -> None:
    with searching(tmp_path, "searxng", found(ANSWERS["searxng"])) as (up, search):
        chat = asking(tools=[OFFER])
        messages = chat["messages"]
        assert isinstance(messages, list)
        messages.append({"role": "tool", "tool_call_id": "1", "content": "done"})
        prepared = await Pipeline(None, search).before(chat, Context())
        assert (prepared.searches, up.requests) == (0, [])
        prepared = await Pipeline(None, search).before(asking(tools=[OFFER]), Context())
        assert (prepared.searches, len(up.requests)) == (1, 1)
