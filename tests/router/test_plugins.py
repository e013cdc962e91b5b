"""Plugins, filters and the response cache, as a caller of the router meets them: a whole server, real sockets."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from papers import pdf
from running import Row, Torana
from scripted import Answer, Received, ScriptedUpstream

OWN: Row = {
    "models": [
        {
            "id": "acme/talker",
            "input_modalities": ["text"],
            "context_length": 200_000,
            "endpoints": [{"provider": "mistral", "model": "talk-1", "price": {"input": 1, "output": 2}}],
        },
        {
            "id": "acme/vectors",
            "output_modalities": ["embeddings"],
            "endpoints": [{"provider": "mistral", "model": "vectors-1", "price": {"input": 1}}],
        },
        {
            "id": "acme/small",
            "input_modalities": ["text"],
            "context_length": 4_096,
            "endpoints": [{"provider": "mistral", "model": "small-1", "context_length": 4_096, "price": {"input": 1}}],
        },
    ]
}
PATH = "/mistral/v1/chat/completions"
PAGES = {"results": [{"url": "https://news.test/1", "title": "News", "content": "Blue won."}]}
HELLO = "data:application/pdf;base64," + b64encode(pdf("Hello from the paper.")).decode()
SEARCH_KEY = "search-key-0123456789"


@pytest.fixture(scope="module")
def up() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def served(up: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "own.json").write_text(json.dumps(OWN))
    (folder / "search.key").write_text(SEARCH_KEY)
    search = {
        "web_search_provider": "searxng",
        "web_search_url": f"{up.url}/search",
        "web_search_key_file": folder / "search.key",
    }
    up.script("/search", Answer(body=json.dumps(PAGES).encode()))
    with Torana(folder / "data", {"mistral": f"{up.url}/mistral"}, models=folder / "own.json", **search) as running:
        running.environ["STORED"] = "stored-0123456789abcdef"
        running.run("provider-keys", "set", "mistral", "--from-env", "STORED")
        running.follow()
        yield running


def key_of(served: Torana, *options: str) -> str:
    made = json.loads(served.run("keys", "create", "--name", "me", "--json", *options))
    served.follow()
    return str(made["key"])


@pytest.fixture(scope="module")
def key(served: Torana) -> str:
    return key_of(served)


@pytest.fixture
def ask(served: Torana, key: str, up: ScriptedUpstream) -> Iterator[httpx.Client]:
    up.requests.clear()
    headers = {"authorization": f"Bearer {key}", "x-openrouter-metadata": "enabled"}
    with httpx.Client(base_url=f"{served.url}/api/v1", headers=headers, trust_env=False, timeout=90) as client:
        yield client


def answering(up: ScriptedUpstream, content: str) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "talk-1",
        "choices": [choice],
        "usage": usage,
    }
    up.script(PATH, Answer(headers=[(b"content-type", b"application/json")], body=json.dumps(body).encode()))


def streaming(up: ScriptedUpstream, *words: str) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    deltas: list[Row] = [{"index": 0, "delta": {"role": "assistant", "content": word}} for word in words]
    choices = [*([each] for each in deltas), [{"index": 0, "delta": {}, "finish_reason": "stop"}], []]
    chunks = [{"id": "x", "object": "chat.completion.chunk", "created": 1, "choices": each} for each in choices]
    chunks[-1]["usage"] = usage
    data = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"]
    up.script(PATH, Answer(headers=[(b"content-type", b"text/event-stream")], chunks=data, framing="chunked"))


def chat(content: object, model: str = "acme/talker", **more: object) -> Row:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def sent(up: ScriptedUpstream) -> Row:
    """What the provider was sent."""
    (got,) = [request for request in up.requests if request.path == PATH]
    return got.json(dict)


def chunks_of(answer: httpx.Response) -> list[Any]:
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def test_a_pdf_is_read_for_a_model_that_reads_text_alone(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "It says hello.")
    parts = [{"type": "text", "text": "What?"}, {"type": "file", "file": {"filename": "a.pdf", "file_data": HELLO}}]
    answer = ask.post("/chat/completions", json=chat(parts))
    told = answer.json()
    assert answer.status_code == 200, told
    assert '<file name=\\"a.pdf\\">\\nHello from the paper.' in json.dumps(sent(up))
    (annotation,) = told["choices"][0]["message"]["annotations"]
    assert annotation["file"]["content"] == [{"type": "text", "text": "Hello from the paper."}]
    (stage,) = told["openrouter_metadata"]["pipeline"]
    assert (stage["type"], stage["name"]) == ("plugin", "file-parser")


def test_a_search_is_made_and_told(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "Blue did: [news.test](https://news.test/1).")
    told = ask.post("/chat/completions", json=chat("Who won?", "acme/talker:online")).json()
    (search,) = [request for request in up.requests if request.path == "/search"]
    assert search.target == b"/search?format=json&q=Who+won%3F"
    assert search.header("authorization") == b"Bearer " + SEARCH_KEY.encode()
    assert "Blue won." in json.dumps(sent(up))
    (annotation,) = told["choices"][0]["message"]["annotations"]
    assert annotation["url_citation"]["url"] == "https://news.test/1"
    assert annotation["url_citation"]["start_index"] == len("Blue did: ")
    assert told["usage"]["server_tool_use_details"] == {"web_search_requests": 1}


def test_a_stream_has_its_sources_too(ask: httpx.Client, up: ScriptedUpstream) -> None:
    streaming(up, "Blue ", "did.")
    body = chat("Who won?", stream=True, tools=[{"type": "openrouter:web_search"}, {"type": "openrouter:datetime"}])
    told = chunks_of(ask.post("/chat/completions", json=body))
    assert "tools" not in sent(up), "no provider has such functions"
    sources = [
        delta["annotations"]
        for chunk in told
        for choice in chunk["choices"]
        if (delta := choice.get("delta")) and "annotations" in delta
    ]
    assert [each["url_citation"]["url"] for (each,) in sources] == ["https://news.test/1"]
    assert told[-1]["usage"]["server_tool_use_details"] == {"web_search_requests": 1}


def test_the_responses_api_has_them_as_its_clients_know_them(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "Blue did.")
    body = {"model": "acme/talker", "input": "Who won?", "tools": [{"type": "web_search_preview"}]}
    answer = ask.post("/responses", json=body)
    assert answer.status_code == 200, answer.text
    (content,) = next(each for each in answer.json()["output"] if each["type"] == "message")["content"]
    assert content["annotations"][0]["type"] == "url_citation"
    assert content["annotations"][0]["url"] == "https://news.test/1"


@pytest.mark.parametrize("is_stream", [False, True])
def test_clients_of_other_formats_get_their_answers(ask: httpx.Client, up: ScriptedUpstream, is_stream: bool) -> None:  # noqa: FBT001
    streaming(up, "Blue ", "did.") if is_stream else answering(up, "Blue did.")
    turn = [{"role": "user", "content": "Who won?"}]
    asked = {"model": "acme/talker:online", "messages": turn, "max_tokens": 99, "stream": is_stream}
    messages = ask.post("/messages", json=asked)
    assert messages.status_code == 200, messages.text
    assert "Blue won." in json.dumps(sent(up))
    responses = ask.post("/responses", json={"model": "acme/talker:online", "input": "Who won?", "stream": is_stream})
    assert responses.status_code == 200, responses.text
    assert "https://news.test/1" in responses.text
    for answer in (messages, responses):
        if is_stream:
            deltas = [chunk.get("delta", "") for chunk in chunks_of(answer)]
            told = "".join(delta if isinstance(delta, str) else delta.get("text", "") for delta in deltas)
            assert told == "Blue did."
        else:
            assert "Blue did." in answer.text


def test_json_is_repaired(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "Here:\n```json\n{name: 'x',}\n```")
    body = chat("JSON!", plugins=[{"id": "response-healing"}], response_format={"type": "json_object"})
    told = ask.post("/chat/completions", json=body).json()
    assert told["choices"][0]["message"]["content"] == '{"name": "x"}'
    assert told["openrouter_metadata"]["pipeline"][0]["type"] == "response_healing"


def test_what_is_too_long_for_a_small_window_is_compressed(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "Yes.")
    turns = [{"role": "user", "content": f"{number} " + "word " * 200} for number in range(40)]
    told = ask.post("/chat/completions", json={"model": "acme/small", "messages": turns, "max_tokens": 500}).json()
    kept = sent(up)["messages"]
    assert isinstance(kept, list)
    assert (kept[0], kept[-1]) == (turns[0], turns[-1])
    (stage,) = told["openrouter_metadata"]["pipeline"]
    assert stage["data"] == {
        "engine": "middle-out",
        "input_type": "messages",
        "original_count": 40,
        "compressed_count": len(kept),
    }


def test_a_plugin_that_cannot_do_it_says_so(ask: httpx.Client, up: ScriptedUpstream) -> None:
    parts = [{"type": "file", "file": {"filename": "a.pdf", "file_data": HELLO}}]
    answer = ask.post(
        "/chat/completions", json=chat(parts, plugins=[{"id": "file-parser", "pdf": {"engine": "mistral-ocr"}}])
    )
    assert answer.status_code == 400
    assert "`pdf.engine: mistral-ocr` is not available" in answer.json()["error"]["message"]
    assert up.requests == []


@pytest.mark.parametrize("is_stream", [False, True])
def test_the_same_request_is_answered_again_for_nothing(
    ask: httpx.Client,
    up: ScriptedUpstream,
    served: Torana,
    is_stream: bool,  # noqa: FBT001
) -> None:
    streaming(up, "Hi ", "there.") if is_stream else answering(up, "Hi there.")
    body = chat(f"Say hi ({is_stream}).", stream=is_stream)
    on = {"x-openrouter-cache": "true", "x-openrouter-cache-ttl": "600"}
    missed = ask.post("/chat/completions", json=body, headers=on)
    hit = ask.post("/chat/completions", json=body, headers=on)
    heads = [
        {name[19:]: value for name, value in each.headers.items() if name.startswith("x-openrouter-cache")}
        for each in (missed, hit)
    ]
    assert heads[0] == {"status": "MISS", "ttl": "600"}
    assert heads[1]["status"] == "HIT"
    assert heads[1]["source-id"] == missed.headers["x-generation-id"] != hit.headers["x-generation-id"]
    assert len(up.requests) == 1
    first, second = (chunks_of(each) if is_stream else [each.json()] for each in (missed, hit))
    assert {chunk["id"] for chunk in second} == {hit.headers["x-generation-id"]}
    assert [chunk["choices"] for chunk in first] == [chunk["choices"] for chunk in second]
    assert first[-1]["usage"]["total_tokens"] == 15
    assert (second[-1]["usage"]["total_tokens"], second[-1]["usage"]["cost"]) == (0, 0)
    assert "openrouter_metadata" in first[-1]
    assert "openrouter_metadata" not in second[-1]
    other = {"authorization": f"Bearer {key_of(served)}"}
    assert ask.post("/chat/completions", json=body, headers=on | other).headers["x-openrouter-cache-status"] == "MISS"
    cleared = ask.post("/chat/completions", json=body, headers=on | {"x-openrouter-cache-clear": "true"})
    assert cleared.headers["x-openrouter-cache-status"] == "MISS"
    again = ask.post("/chat/completions", json=body, headers=on)
    assert again.headers["x-openrouter-cache-source-id"] == cleared.headers["x-generation-id"]


def test_a_guardrail_redacts_and_blocks(served: Torana, up: ScriptedUpstream, ask: httpx.Client) -> None:
    answering(up, "Done.")
    manager = {"authorization": f"Bearer {key_of(served, '--management')}"}
    guarded = key_of(served)
    filters = {
        "name": "PII",
        "content_filter_builtins": [{"slug": "email", "action": "redact"}, {"slug": "ssn", "action": "block"}],
        "content_filters": [{"pattern": "PROJ-\\d{4}", "action": "redact", "label": "[PROJECT]"}],
    }
    made = ask.post("/guardrails", json=filters, headers=manager)
    assert made.status_code in (200, 201), made.text
    hashes = [
        each["hash"]
        for each in ask.get("/keys", headers=manager).json()["data"]
        if guarded.endswith(each["label"][-3:])
    ]
    assigned = ask.post(
        f"/guardrails/{made.json()['data']['id']}/assignments/keys", json={"key_hashes": hashes}, headers=manager
    )
    assert assigned.status_code == 200, assigned.text
    served.follow()
    mine = {"authorization": f"Bearer {guarded}"}
    told = ask.post("/chat/completions", json=chat("I am a@b.test, on PROJ-1234."), headers=mine).json()
    assert sent(up)["messages"] == [{"role": "user", "content": "I am [EMAIL], on [PROJECT]."}]
    assert [stage["name"] for stage in told["openrouter_metadata"]["pipeline"]] == ["content-filter"] * 2
    blocked = ask.post("/chat/completions", json=chat("It is 123-45-6789."), headers=mine)
    assert blocked.status_code == 403
    error = blocked.json()["error"]
    assert error["message"] == "Request blocked by content filter: Social Security number"
    assert error["metadata"]["patterns"] == ["Social Security number"]
    assert "123-45-6789" not in blocked.text
    way = blocked.json()["openrouter_metadata"]
    assert (way["attempt"], [stage["summary"] for stage in way["pipeline"]]) == (
        0,
        ["Blocked: Social Security number (1 match)"],
    )
    assert len([request for request in up.requests if request.path == PATH]) == 1
    assert ask.post("/chat/completions", json=chat("It is 123-45-6789.")).status_code == 200, "another key's"
    vectors = {"model": "acme/vectors", "input": ["I am a@b.test."]}
    assert ask.post("/embeddings", json=vectors, headers=mine).status_code == 200
    (asked,) = [request for request in up.requests if request.path == "/mistral/v1/embeddings"]
    assert asked.json(dict)["input"] == ["I am [EMAIL]."]


def test_no_secret_is_told_where_a_search_fails(served: Torana, ask: httpx.Client, up: ScriptedUpstream) -> None:
    def refuse(_: Received) -> Answer:
        return Answer(status=401, body=SEARCH_KEY.encode())

    up.script("/search", refuse)
    answer = ask.post("/chat/completions", json=chat("Who won?", plugins=[{"id": "web"}]))
    up.script("/search", Answer(body=json.dumps(PAGES).encode()))
    assert answer.status_code == 502
    assert "web search" in answer.json()["error"]["message"]
    for text in (answer.text, served.output.read_text()):
        assert SEARCH_KEY not in text
