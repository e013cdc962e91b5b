"""What is no conversation, asked of the router over real sockets."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator

import httpx
import msgspec
import openai
import pytest

from running import Row, Torana
from scripted import Answer, Received, ScriptedUpstream

KEY = "sk-proj-0123456789abcdef0123456789"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OWN = {
    "models": [
        {
            "id": "acme/painter",
            "output_modalities": ["image"],
            "endpoints": [
                {"provider": "openai", "model": "gpt-image-9", "price": {"input": 5, "output": 40}},
                {"provider": "grok", "model": "grok-paints", "price": {"image": 0.07}},
            ],
        },
        {
            "id": "acme/ranker",
            "output_modalities": ["rerank"],
            "endpoints": [{"provider": "mistral", "model": "rank-1", "price": {"input": 1}}],
        },
    ]
}
JSON = [(b"content-type", b"application/json")]


@pytest.fixture(scope="module")
def up() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def served(up: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    folder = tmp_path_factory.mktemp("passing")
    (folder / "own.json").write_text(json.dumps(OWN))
    slugs = ("openai", "groq", "grok", "cohere", "mistral", "openrouter", "anthropic", "google-ai-studio")
    providers = {slug: f"{up.url}/{slug}" for slug in slugs}
    with Torana(folder / "data", providers, models=folder / "own.json") as running:
        running.environ["STORED"] = "stored-0123456789abcdef"
        for slug in slugs:
            if slug != "openrouter":
                running.run("provider-keys", "set", slug, "--from-env", "STORED")
        running.follow()
        yield running


@pytest.fixture(scope="module")
def token(served: Torana) -> str:
    made = json.loads(served.run("tokens", "create", "--name", "asks", "--permission", "run", "--json"))
    served.follow()
    return str(made["token"])


@pytest.fixture
def ask(served: Torana, token: str, up: ScriptedUpstream) -> Iterator[httpx.Client]:
    up.requests.clear()
    with httpx.Client(
        base_url=f"{served.url}/api/v1", headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30
    ) as client:
        yield client


def answering(up: ScriptedUpstream, path: str, *bodies: object, status: int = 200) -> None:
    up.script(path, *(Answer(status=status, headers=JSON, body=msgspec.json.encode(body)) for body in bodies))


def sent(got: Received) -> Row:
    return got.json(dict)


def the_row(served: Torana) -> Row:
    return served.log(str(served.logs("--limit", "1")[0]["id"]))


def test_embeddings_have_openrouters_shape_and_their_cost(
    served: Torana, ask: httpx.Client, up: ScriptedUpstream
) -> None:
    body = {"model": "openai/text-embedding-3-small", "input": ["a", "b"], "input_type": "query", "user": "me"}
    answer = ask.post("/embeddings", json=body)
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["id"] == answer.headers["x-generation-id"]
    assert told["id"].startswith("gen-")
    assert (told["object"], told["model"], told["provider"]) == ("list", "openai/text-embedding-3-small", "OpenAI")
    assert told["data"][0]["embedding"] == [0.25, -0.5, 0.75]
    usage = told["usage"]
    assert (usage["prompt_tokens"], usage["total_tokens"], usage["is_byok"]) == (12, 12, False)
    assert usage["cost"] == pytest.approx(12 * 0.02 / 1e6)
    (got,) = up.requests
    assert got.path == "/openai/embeddings"
    assert got.header("authorization") == b"Bearer stored-0123456789abcdef"
    asked = sent(got)
    assert asked["model"] == "text-embedding-3-small"
    assert asked["user"] != "me"
    assert "input_type" not in asked
    assert answer.headers["torana-dropped-params"] == "input_type"
    row = the_row(served)
    assert (row["provider"], row["model"], row["tokens_in"]) == ("openai", "text-embedding-3-small", 12)


def test_embeddings_are_told_to_who_has_no_openai_api_for_them(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answer = ask.post("/embeddings", json={"model": "google/gemini-embedding-001", "input": "a"})
    assert answer.status_code == 200, answer.text
    assert up.requests[0].path == "/google-ai-studio/v1beta/openai/embeddings"


def test_the_official_client_gets_embeddings(served: Torana, token: str) -> None:
    client = openai.OpenAI(api_key=token, base_url=f"{served.url}/api/v1", max_retries=0)
    found = client.embeddings.create(model="openai/text-embedding-3-small", input="a", encoding_format="float")
    assert found.data[0].embedding == [0.25, -0.5, 0.75]
    assert found.usage.prompt_tokens == 12


def test_documents_are_ranked_and_billed_by_search_units(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(
        up,
        "/cohere/v2/rerank",
        {
            "id": "r-1",
            "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
            "meta": {"billed_units": {"search_units": 2}},
        },
    )
    body = {"model": "cohere/rerank-v3.5", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 9}
    told = ask.post("/rerank", json=body).json()
    assert told["results"] == [
        {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}},
        {"index": 0, "relevance_score": 0.1, "document": {"text": "a"}},
    ]
    assert told["usage"] == {"search_units": 2, "cost": 0.004}
    assert (told["model"], told["provider"]) == ("cohere/rerank-v3.5", "Cohere")
    assert sent(up.requests[0]) == {"model": "rerank-v3.5", "query": "q", "documents": ["a", "b"], "top_n": 2}


def test_a_ranking_elsewhere_is_billed_by_its_tokens(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(
        up, "/mistral/v1/rerank", {"results": [{"index": 0, "relevance_score": 1}], "usage": {"total_tokens": 40}}
    )
    told = ask.post("/rerank", json={"model": "acme/ranker", "query": "q", "documents": ["a"]}).json()
    assert told["usage"] == {"total_tokens": 40, "cost": 40 / 1e6}


def test_a_failing_endpoint_is_followed_by_the_next(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "/openai/images/generations", {"error": {"message": "overloaded"}}, status=503)
    picture = {"created": 7, "data": [{"b64_json": PIXEL}]}
    answering(up, "/grok/images/generations", picture)
    body = {"model": "acme/painter", "prompt": "a cat", "aspect_ratio": "16:9", "provider": {"order": ["openai"]}}
    answer = ask.post("/images", json=body, headers={"x-openrouter-metadata": "enabled"})
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["data"] == [{"b64_json": PIXEL, "media_type": "image/png"}]
    assert told["usage"]["cost"] == 0.07
    assert [seat["provider"] for seat in told["openrouter_metadata"]["attempts"]] == ["OpenAI", "xAI"]
    first, second = map(sent, up.requests)
    assert first == {"model": "gpt-image-9", "prompt": "a cat", "size": "1536x1024"}
    assert second == {
        "model": "grok-paints", "prompt": "a cat", "aspect_ratio": "16:9", "response_format": "b64_json",
    }  # fmt: skip


def test_pictures_are_streamed_with_their_cost(ask: httpx.Client, up: ScriptedUpstream) -> None:
    events: list[dict[str, object]] = [
        {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": PIXEL},
        {
            "type": "image_generation.completed",
            "b64_json": PIXEL,
            "usage": {"input_tokens": 10, "output_tokens": 1000, "total_tokens": 1010},
        },
    ]
    chunks = [b"event: x\ndata: " + msgspec.json.encode(event) + b"\n\n" for event in events]
    streamed = Answer(headers=[(b"content-type", b"text/event-stream")], chunks=chunks, framing="chunked")
    up.script("/openai/images/edits", streamed)
    body = {
        "model": "acme/painter",
        "prompt": "a cat",
        "stream": True,
        "provider": {"only": ["openai"]},
        "input_references": [{"type": "image_url", "image_url": {"url": "https://a.example/cat.png"}}],
    }
    answer = ask.post("/images", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert told.pop() == "[DONE]"
    partial, completed = map(json.loads, told)
    assert (partial["type"], partial["b64_json"]) == ("image_generation.partial_image", PIXEL)
    assert completed["media_type"] == "image/png"
    assert completed["usage"]["cost"] == pytest.approx((10 * 5 + 1000 * 40) / 1e6)
    asked = sent(up.requests[0])
    assert asked["images"] == [{"image_url": "https://a.example/cat.png"}]
    assert asked["stream"] is True


def test_who_does_not_stream_pictures_is_told_as_a_stream(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "/grok/images/generations", {"created": 7, "data": [{"b64_json": PIXEL}, {"b64_json": PIXEL}]})
    body = {"model": "acme/painter", "prompt": "a cat", "n": 2, "stream": True, "provider": {"only": ["xai"]}}
    answer = ask.post("/images", json=body)
    told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert [event["type"] for event in told] == ["image_generation.completed"] * 2
    assert "usage" not in told[0]
    assert told[1]["usage"]["cost"] == 0.14
    assert "stream" not in sent(up.requests[0])


def test_a_stream_of_pictures_that_breaks_ends_with_an_error(ask: httpx.Client, up: ScriptedUpstream) -> None:
    partial = {"type": "image_generation.partial_image", "b64_json": PIXEL}
    chunks = [b"data: " + msgspec.json.encode(partial) + b"\n\n"]
    up.script(
        "/openai/images/generations",
        Answer(headers=[(b"content-type", b"text/event-stream")], chunks=chunks, framing="chunked"),
    )
    body = {"model": "acme/painter", "prompt": "a cat", "stream": True, "provider": {"only": ["openai"]}}
    text = ask.post("/images", json=body).text
    told = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert [event["type"] for event in told] == ["image_generation.partial_image", "error"]
    assert told[1]["error"]["code"] == 502


def test_speech_is_raw_audio_and_pcm_unless_asked_otherwise(
    served: Torana, ask: httpx.Client, up: ScriptedUpstream
) -> None:
    up.script("/openai/audio/speech", Answer(headers=[(b"content-type", b"audio/pcm")], body=b"\x00\x01" * 500))
    answer = ask.post("/audio/speech", json={"model": "openai/tts-1", "input": "Hello there"})
    assert (answer.status_code, answer.content) == (200, b"\x00\x01" * 500)
    assert answer.headers["content-type"] == "audio/pcm"
    assert answer.headers["x-generation-id"].startswith("gen-")
    assert sent(up.requests[0]) == {
        "model": "tts-1", "voice": "alloy", "input": "Hello there", "response_format": "pcm",
    }  # fmt: skip


def test_speech_in_json_is_told_as_audio(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "/mistral/v1/audio/speech", {"audio_data": base64.b64encode(b"ID3abc").decode()})
    body = {"model": "mistralai/voxtral-mini-tts-2603", "input": "Hi", "voice": "jane", "response_format": "mp3"}
    answer = ask.post("/audio/speech", json=body)
    assert (answer.content, answer.headers["content-type"]) == (b"ID3abc", "audio/mpeg")
    assert sent(up.requests[0])["voice_id"] == "jane"


def recording(seconds: int) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000 * seconds)
    return data.getvalue()


def test_pcm_of_who_has_only_wav_is_taken_out_of_it(ask: httpx.Client, up: ScriptedUpstream) -> None:
    up.script("/groq/audio/speech", Answer(headers=[(b"content-type", b"audio/wav")], body=recording(1)))
    answer = ask.post("/audio/speech", json={"model": "canopylabs/orpheus-v1-english", "input": "Hi", "voice": "tara"})
    assert (answer.content, answer.headers["content-type"]) == (b"\0\0" * 8000, "audio/pcm")
    assert sent(up.requests[0])["response_format"] == "wav"


def test_a_recording_in_json_is_heard(ask: httpx.Client, up: ScriptedUpstream) -> None:
    heard = {"text": "hello", "usage": {"type": "duration", "seconds": 3}, "language": "english", "duration": 3.0}
    answering(up, "/openai/audio/transcriptions", heard)
    audio = {"data": base64.b64encode(recording(3)).decode(), "format": "wav"}
    told = ask.post("/audio/transcriptions", json={"model": "openai/whisper-1", "input_audio": audio}).json()
    assert told == {"text": "hello", "usage": {"seconds": 3, "cost": 0.0003}}
    (got,) = up.requests
    kind = got.header("content-type") or b""
    assert kind.startswith(b"multipart/form-data")
    assert b'name="model"\r\n\r\nwhisper-1\r\n' in got.body
    assert recording(3) in got.body


def test_the_official_client_has_a_file_heard(served: Torana, token: str, up: ScriptedUpstream) -> None:
    heard = {"text": "hello", "segments": [{"id": 0, "text": "hello"}], "language": "en", "duration": 2.4}
    answering(up, "/groq/audio/transcriptions", heard)
    client = openai.OpenAI(api_key=token, base_url=f"{served.url}/api/v1", max_retries=0)
    with_words = client.audio.transcriptions.create(
        model="openai/whisper-large-v3",
        file=("a.wav", recording(2)),
        response_format="verbose_json",
        temperature=0.0,
        timestamp_granularities=["segment"],
    )
    assert (with_words.text, with_words.language) == ("hello", "en")
    body = up.requests[-1].body
    assert b'name="timestamp_granularities[]"\r\n\r\nsegment' in body
    assert b'filename="a.wav"' in body


def test_a_recording_that_is_streamed_in_is_heard_whole(served: Torana, token: str, up: ScriptedUpstream) -> None:
    answering(up, "/groq/audio/transcriptions", {"text": "long", "duration": 200.0})
    client = openai.OpenAI(api_key=token, base_url=f"{served.url}/api/v1", max_retries=0)
    heard = client.audio.transcriptions.create(model="openai/whisper-large-v3", file=("a.wav", recording(200)))
    assert heard.text == "long"
    assert recording(200) in up.requests[-1].body
    assert heard.usage.cost == pytest.approx(200 * 0.00003083)  # type: ignore[union-attr]  # OpenRouter's own


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/embeddings", {"model": "openai/text-embedding-3-small"}, 400, "`input`"),
        ("/embeddings", {"input": "a"}, 400, "`model`"),
        ("/embeddings", {"model": "openai/gpt-4o", "input": "a"}, 400, "/api/v1/chat/completions"),
        ("/embeddings", {"model": "nobody/nothing", "input": "a"}, 400, "not a valid model"),
        ("/rerank", {"model": "cohere/rerank-v3.5", "query": "q", "documents": []}, 400, "`documents`"),
        ("/images", {"model": "acme/painter", "prompt": "x", "n": 11}, 400, "`n`"),
        (
            "/images",
            {"model": "acme/painter", "prompt": "x", "size": "1024x1024", "aspect_ratio": "16:9"},
            400,
            "`aspect_ratio`",
        ),
        ("/audio/speech", {"model": "openai/tts-1", "input": "x", "response_format": "au"}, 400, "`response_format`"),
        (
            "/audio/transcriptions",
            {"model": "openai/whisper-1", "input_audio": {"data": "!", "format": "x"}},
            400,
            "base64",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_asked(
    ask: httpx.Client, up: ScriptedUpstream, path: str, body: Row, status: int, words: str
) -> None:
    answer = ask.post(path, json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
    assert up.requests == []


def test_a_model_that_does_something_else_does_not_chat(ask: httpx.Client, up: ScriptedUpstream) -> None:
    body = {"model": "cohere/rerank-v3.5", "messages": [{"role": "user", "content": "hi"}]}
    answer = ask.post("/chat/completions", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert "availability" in error, error
    assert error["availability"]["code"] == "wrong_endpoint"
    assert "/api/v1/rerank" in error["message"]
    assert up.requests == []


def test_tokens_are_counted_by_who_can_and_estimated_elsewhere(ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "/anthropic/v1/messages/count_tokens", {"input_tokens": 42})
    question = [{"role": "user", "content": "How many tokens has this question of mine?"}]
    counted = ask.post("/messages/count_tokens", json={"model": "anthropic/claude-sonnet-4.5", "messages": question})
    assert counted.json() == {"input_tokens": 42}
    up.requests.clear()
    guessed = ask.post("/messages/count_tokens", json={"model": "openai/gpt-4o", "messages": question})
    assert guessed.status_code == 200, guessed.text
    assert guessed.headers["torana-estimated"] == "true"
    assert guessed.json()["input_tokens"] > 10
    assert up.requests == []


def new_key(served: Torana, *flags: str) -> dict[str, str]:
    made = json.loads(served.run("keys", "create", "--name", "pays", *flags, "--json"))
    served.follow()
    return {"authorization": f"Bearer {made['key']}"}


def test_what_is_spoken_is_paid_for_by_its_characters(served: Torana, ask: httpx.Client, up: ScriptedUpstream) -> None:
    up.script("/openai/audio/speech", Answer(headers=[(b"content-type", b"audio/mpeg")], body=b"ID3"))
    key = new_key(served, "--limit", "0.0004")
    body = {"model": "openai/tts-1", "input": "Hello there"}
    answer = ask.post("/audio/speech", json=body, headers=key)
    assert answer.status_code == 200
    assert ask.get("/key", headers=key).json()["data"]["usage"] == pytest.approx(11 * 0.000015)
    up.requests.clear()
    refused = ask.post("/audio/speech", json={**body, "input": "Hello there" * 10}, headers=key)
    assert refused.status_code == 402, refused.text
    assert refused.json()["error"]["metadata"]["limit_source"] == "openrouter_key_limit"
    assert up.requests == []
    generation = ask.get("/generation", params={"id": answer.headers["x-generation-id"]}, headers=key).json()["data"]
    assert (generation["api_type"], generation["model"]) == ("tts", "openai/tts-1")
    assert generation["total_cost"] == pytest.approx(11 * 0.000015)


def test_pictures_are_held_for_by_their_number(served: Torana, ask: httpx.Client, up: ScriptedUpstream) -> None:
    up.requests.clear()
    key = new_key(served, "--limit", "0.2")
    body = {"model": "acme/painter", "prompt": "a cat", "n": 3, "provider": {"only": ["xai"]}}
    assert ask.post("/images", json=body, headers=key).status_code == 402
    assert up.requests == []


def test_a_callers_own_key_pays_for_embeddings(ask: httpx.Client, up: ScriptedUpstream) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    told = ask.post("/embeddings", json={"model": "openai/text-embedding-3-small", "input": "a"}, headers=headers)
    usage = told.json()["usage"]
    assert (usage["cost"], usage["is_byok"]) == (0, True)
    assert usage["cost_details"]["upstream_inference_cost"] == pytest.approx(12 * 0.02 / 1e6)
    assert up.requests[0].header("authorization") == f"Bearer {KEY}".encode()


def test_a_count_leaves_no_generation_behind(served: Torana, ask: httpx.Client, up: ScriptedUpstream) -> None:
    answering(up, "/anthropic/v1/messages/count_tokens", {"input_tokens": 42})
    key = new_key(served, "--limit", "0")
    question = {"model": "anthropic/claude-sonnet-4.5", "messages": [{"role": "user", "content": "hi"}]}
    counted = ask.post("/messages/count_tokens", json=question, headers=key)
    assert counted.status_code == 200
    the_row(served)
    found = ask.get("/generation", params={"id": counted.headers["x-generation-id"]}, headers=key)
    assert found.status_code == 404


def test_an_answer_that_was_given_before_is_free(served: Torana, ask: httpx.Client, up: ScriptedUpstream) -> None:
    headers = new_key(served) | {"x-openrouter-cache": "true"}
    body = {"model": "openai/text-embedding-3-small", "input": "again"}
    first, again = (ask.post("/embeddings", json=body, headers=headers) for _ in range(2))
    assert [each.headers["x-openrouter-cache-status"] for each in (first, again)] == ["MISS", "HIT"]
    assert first.json()["data"] == again.json()["data"]
    assert again.json()["id"] == again.headers["x-generation-id"] != first.json()["id"]
    assert len(up.requests) == 1


def test_guardrails_look_at_whatever_is_asked(served: Torana, ask: httpx.Client, up: ScriptedUpstream) -> None:
    manager = new_key(served, "--management")
    rule = {"name": "no mail", "content_filter_builtins": [{"slug": "email", "action": "redact"}]}
    made = ask.post("/guardrails", json=rule, headers=manager)
    assert made.status_code in (200, 201), made.text
    key = json.loads(served.run("keys", "create", "--name", "guarded", "--json"))
    assigned = ask.post(
        f"/guardrails/{made.json()['data']['id']}/assignments/keys", json={"key_hashes": [key["hash"]]}, headers=manager
    )
    assert assigned.status_code == 200, assigned.text
    served.follow()
    body = {"model": "openai/text-embedding-3-small", "input": ["write to me@a.example", "b"]}
    answer = ask.post("/embeddings", json=body, headers={"authorization": f"Bearer {key['key']}"})
    assert answer.status_code == 200, answer.text
    assert sent(up.requests[0])["input"] == ["write to [EMAIL]", "b"]
