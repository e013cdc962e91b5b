"""What is no conversation, told to providers and told back; each operation as pure functions."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import CallerError, Untranslatable, UpstreamBroken
from torana.exchange import Usage
from torana.formats.json import Json
from torana.formats.translation import Brief
from torana.surfaces.router.costs import Cost
from torana.surfaces.router.operations import OPERATIONS, events, multipart, speech
from torana.surfaces.router.operations.operation import Billed, Upload, Wanted, Whom
from torana.surfaces.router.requests import Wishes

OPENAI = Whom("openai", "there", "openai")
VECTORS = Whom("openai", "there", "openai", "embeddings")
OPENROUTER = Whom("openrouter", "acme/there", "openrouter")
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n....").decode()
SOUND = {"input_audio": {"data": base64.b64encode(b"ID3" + bytes(3_200)).decode(), "format": "mp3"}}
names = st.text(st.characters(codec="utf-8", exclude_characters="\0\\%"), min_size=1, max_size=20)


def wanted(kind: str, request: Mapping[str, object], **options: Json) -> Wanted:
    found = OPERATIONS[kind].read({"model": "acme/here", **request}, None)
    found.extras = Wishes(provider={"options": options})
    return found


def told(kind: str, request: Json, whom: Whom = OPENAI, **options: Json) -> tuple[Json, list[str], str]:
    brief = Brief(whom.provider)
    sent = OPERATIONS[kind].tell(wanted(kind, request, **options), whom, brief)
    return json.loads(sent.body), brief.dropped, sent.path


def billed(usage: Usage | None = None, **units: int) -> Billed:
    return Billed("gen-1", "acme/here", "Acme", usage or Usage(), units, Cost(2_000, 500))


@pytest.mark.parametrize("kind", sorted(OPERATIONS))
def test_each_says_what_it_lacks(kind: str) -> None:
    with pytest.raises(CallerError, match="`"):
        OPERATIONS[kind].read({"model": "acme/here"}, None)


@given(st.dictionaries(names, names, max_size=6), names, st.binary(max_size=400))
def test_a_form_is_read_as_it_was_written(fields: dict[str, str], name: str, data: bytes) -> None:
    plain = {key: value for key, value in fields.items() if key != "file"}
    body, content_type = multipart.write(plain.items(), Upload(name, "audio/wav", data))
    boundary = multipart.boundary_of(content_type.decode())
    read, upload = multipart.read(body, boundary)
    assert dict(read) == plain
    assert upload == Upload(name, "audio/wav", data)


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=10))
def test_what_is_no_form_is_a_callers_error(body: bytes, boundary: bytes) -> None:
    try:
        fields, upload = multipart.read(body, boundary)
    except CallerError:
        return
    assert isinstance(fields, list)
    assert upload is None or isinstance(upload.data, bytes)


def test_a_boundary_is_read_quoted_and_bare_and_only_of_forms() -> None:
    assert multipart.boundary_of('multipart/form-data; charset=x; boundary="a b"') == b"a b"
    assert multipart.boundary_of("Multipart/Form-Data;boundary=ab") == b"ab"
    assert multipart.boundary_of("application/json; boundary=ab") == b""
    assert multipart.boundary_of("multipart/form-data") == b""


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("embeddings", {"input": [{"content": [{"type": "text", "text": "a"}]}], "input_type": "query"}),
        ("rerank", {"query": "q", "documents": [{"image": "https://a.example/b.png"}], "top_n": 1}),
        ("images", {"prompt": "p", "resolution": "2K", "seed": 7, "input_references": []}),
        ("speech", {"input": "hi", "response_format": "mp3", "input_references": [{"type": "input_audio"}]}),
        ("transcription", {**SOUND, "response_format": "json", "keyterms": ["a"]}),
    ],
)
def test_openrouter_is_asked_in_the_callers_words(kind: str, request_: Json) -> None:
    whom = Whom("openrouter", "acme/there", "openrouter", "embeddings" if kind == "embeddings" else "")
    body, dropped, _ = told(kind, request_, whom)
    assert body == {"model": "acme/there", **request_}
    assert dropped == []


def test_embeddings_are_told_in_the_words_of_another_api() -> None:
    whom = Whom("google-ai-studio", "gemini-embedding-001", "google-ai-studio", "gemini")
    body, _, _ = told("embeddings", {"input": ["a", "b"], "dimensions": 8}, whom)
    assert [each["outputDimensionality"] for each in body["requests"]] == [8, 8]  # type: ignore[attr-defined]  # JSON
    taken = OPERATIONS["embeddings"].take(
        {"embeddings": [{"values": [1.0]}, {"values": [2.0]}]}, wanted("embeddings", {"input": ["a", "b"]}), whom
    )
    shown = OPERATIONS["embeddings"].dress(taken, billed(Usage(4)), wanted("embeddings", {"input": "a"}))
    assert [each["embedding"] for each in shown["data"]] == [[1.0], [2.0]]  # type: ignore[attr-defined]  # JSON
    assert shown["usage"] == {"prompt_tokens": 4, "total_tokens": 4, **Cost(2_000, 500).told()}


def test_an_answer_that_is_none_is_the_providers_failure() -> None:
    for kind, request in (
        ("embeddings", {"input": "a"}),
        ("rerank", {"query": "q", "documents": ["a"]}),
        ("images", {"prompt": "p"}),
    ):
        with pytest.raises(UpstreamBroken):
            OPERATIONS[kind].take({"object": "list"}, wanted(kind, request), VECTORS)
    with pytest.raises(UpstreamBroken):
        OPERATIONS["transcription"].take({}, wanted("transcription", dict(SOUND)), OPENAI)
    with pytest.raises(UpstreamBroken):
        speech.audio_in({"audio_data": "no base64!"})


def test_long_documents_count_as_several() -> None:
    short = wanted("rerank", {"query": "q", "documents": ["a"] * 100})
    long = wanted("rerank", {"query": "q", "documents": ["a" * 5_000] * 100})
    assert (short.units, long.units) == ({"request": 1}, {"request": 6})


def test_pictures_cannot_be_ranked_by_who_reads_texts() -> None:
    with pytest.raises(Untranslatable, match=r"documents\[1\]"):
        told("rerank", {"query": "q", "documents": ["a", {"image": "https://a.example/b.png"}]})


def test_a_ranking_shows_what_was_ranked_and_leaves_out_what_never_was() -> None:
    request: Json = {"query": "q", "documents": ["a", {"text": "b", "id": 7}]}
    reply: Json = {"results": [{"index": 1, "relevance_score": 0.5}, {"index": 9, "relevance_score": 0.4}]}
    taken = OPERATIONS["rerank"].take(reply, wanted("rerank", request), OPENAI)
    shown = OPERATIONS["rerank"].dress(taken, billed(), wanted("rerank", request))
    assert shown["results"] == [{"index": 1, "relevance_score": 0.5, "document": {"text": "b", "id": 7}}]
    assert shown["usage"] == {"cost": 0.0000025}


@pytest.mark.parametrize(
    ("model", "request_", "body", "dropped", "path"),
    [
        ("gpt-image-1", {"prompt": "p", "quality": "high"}, {"prompt": "p", "quality": "high"}, [], ""),
        ("dall-e-3", {"prompt": "p"}, {"prompt": "p", "response_format": "b64_json"}, [], ""),
        ("gpt-image-1", {"prompt": "p", "aspect_ratio": "9:16"}, {"prompt": "p", "size": "1024x1536"}, [], ""),
        ("gpt-image-1", {"prompt": "p", "aspect_ratio": "1:1"}, {"prompt": "p", "size": "1024x1024"}, [], ""),
        ("gpt-image-1", {"prompt": "p", "seed": 1, "resolution": "1K"}, {"prompt": "p"}, ["seed", "resolution"], ""),
        (
            "gpt-image-1",
            {"prompt": "p", "input_references": [{"image_url": {"url": "https://a.example/b.png"}}]},
            {"prompt": "p", "images": [{"image_url": "https://a.example/b.png"}]},
            [],
            "images/edits",
        ),
    ],
)
def test_pictures_are_asked_of_openai_in_its_words(
    model: str, request_: Json, body: Json, dropped: list[str], path: str
) -> None:
    assert told("images", request_, Whom("openai", model, "openai")) == ({"model": model, **body}, dropped, path)


def test_pictures_are_asked_of_xai_and_google_in_theirs() -> None:
    reference = [{"image_url": {"url": "https://a.example/b.png"}}]
    body, _, path = told(
        "images", {"prompt": "p", "resolution": "2K", "input_references": reference}, Whom("grok", "g", "xai")
    )
    assert body == {
        "model": "g", "prompt": "p", "resolution": "2k", "response_format": "b64_json",
        "image": {"url": "https://a.example/b.png"},
    }  # fmt: skip
    assert path == "images/edits"
    google = Whom("google-ai-studio", "imagen", "google-ai-studio")
    assert told("images", {"prompt": "p", "n": 2}, google)[0]["response_format"] == "b64_json"
    with pytest.raises(Untranslatable, match="input_references"):
        told("images", {"prompt": "p", "input_references": reference}, google)


@pytest.mark.parametrize(
    "more",
    [
        {"size": "2048x2048", "resolution": "4K"},
        {"size": "1024x512", "aspect_ratio": "1:2"},
        {"input_references": [{}]},
    ],
)
def test_pictures_that_contradict_themselves_are_refused(more: Json) -> None:
    with pytest.raises(CallerError):
        wanted("images", {"prompt": "p", **more})


def test_a_size_said_twice_alike_is_fine() -> None:
    asked = {"prompt": "p", "size": "2048x1152", "resolution": "2K", "aspect_ratio": "16:9"}
    assert wanted("images", asked).units == {"image": 1}


def test_a_providers_own_options_go_to_it_alone() -> None:
    own: Json = {"moderation": "low"}
    assert told("images", {"prompt": "p"}, OPENAI, openai=own)[0]["moderation"] == "low"
    assert "moderation" not in told("images", {"prompt": "p"}, OPENAI, xai=own)[0]


def test_pictures_as_data_urls_lose_what_stands_before() -> None:
    reply: Json = {
        "created": 1,
        "data": [{"b64_json": f"data:image/png;base64,{PICTURE}"}, {"url": "https://a.example"}],
    }
    taken = OPERATIONS["images"].take(reply, wanted("images", {"prompt": "p"}), OPENAI)
    assert taken.body["data"] == [{"b64_json": PICTURE, "media_type": "image/png"}]
    assert (taken.units, taken.images) == ({"image": 1}, 1)


def test_mistral_speaks_with_fields_of_its_own() -> None:
    mistral = Whom("mistral", "tts", "mistral")
    reference = [{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}]
    request: Json = {"input": "hi", "voice": "jane", "input_references": reference, "speed": 2}
    body, dropped, _ = told("speech", request, mistral)
    assert body == {"model": "tts", "input": "hi", "response_format": "pcm", "voice_id": "jane", "ref_audio": "UklG"}
    assert dropped == ["speed"]


def test_what_is_heard_is_verbose_where_only_that_says_how_long_it_was() -> None:
    for model, kind in (("whisper-1", "verbose_json"), ("gpt-4o-transcribe", "json")):
        sent = OPERATIONS["transcription"].tell(
            wanted("transcription", dict(SOUND)), Whom("openai", model, "openai"), Brief()
        )
        fields, upload = multipart.read(sent.body, multipart.boundary_of(sent.type.decode()))
        assert dict(fields) == {"model": model, "response_format": kind}
        assert upload is not None
        assert (upload.name, upload.type) == ("audio.mp3", "audio/mp3")
    sent = OPERATIONS["transcription"].tell(
        wanted("transcription", dict(SOUND)), Whom("mistral", "voxtral", "mistral"), Brief()
    )
    assert b"response_format" not in sent.body


def test_seconds_are_those_that_are_stated_or_guessed_by_size() -> None:
    asked = wanted("transcription", dict(SOUND))
    take, dress = OPERATIONS["transcription"].take, OPERATIONS["transcription"].dress
    stated = take({"text": "a", "usage": {"prompt_audio_seconds": 7, "total_tokens": 9}}, asked, OPENAI)
    assert stated.units == {"second": 7}
    assert dress(stated, billed(stated.usage), asked)["usage"] == {
        "cost": 0.0000025, "seconds": 7, "input_tokens": 9, "output_tokens": 0, "total_tokens": 9,
    }  # fmt: skip
    assert take({"text": "a", "duration": 2.1, "words": []}, asked, OPENAI).units == {"second": 3}
    assert take({"text": "a"}, asked, OPENAI).units == {"second": 1}
    assert asked.units == {"second": 4}


PARTIAL = {"type": "image_generation.partial_image", "b64_json": PICTURE}
DONE = {"type": "image_edit.completed", "b64_json": PICTURE, "usage": {"input_tokens": 3, "output_tokens": 4}}


def streamed(*given: Mapping[str, object]) -> bytes:
    return b"".join(b"event: e\ndata: " + json.dumps(each).encode() + b"\n\n" for each in given)


def bill(usage: Usage | None, images: int) -> Billed:
    return billed(usage, image=images)


@given(st.lists(st.integers(0, 400), max_size=8))
def test_a_stream_of_pictures_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    data = streamed(PARTIAL, DONE)
    pictures, out = events.Pictures(bill, "Acme", is_byok=False), []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        out += pictures.feed(data[start:end])
    out += pictures.finish()
    assert [each["type"] for each in out] == ["image_generation.partial_image", "image_generation.completed"]
    assert out[1]["media_type"] == "image/png"
    ending = pictures.ending
    assert (ending.images, ending.usage, ending.finish_reason, ending.is_estimated) == (1, Usage(3, 4), "stop", False)
    assert not pictures.is_broken


@pytest.mark.parametrize("last", [{}, {"type": "error", "error": {"message": "no", "code": "429"}}, {"error": "no"}])
def test_a_stream_without_a_picture_fails_and_costs_nothing(last: Json) -> None:
    pictures = events.Pictures(bill, "Acme", is_byok=False)
    out = pictures.feed(streamed(PARTIAL, last)) + pictures.finish()
    assert [each["type"] for each in out] == ["image_generation.partial_image", "error"]
    assert pictures.is_broken
    assert pictures.ending.cost == Cost()
    assert pictures.ending.finish_reason == "error"


@given(st.binary(max_size=300))
def test_nonsense_in_a_stream_of_pictures_raises_nothing(data: bytes) -> None:
    pictures = events.Pictures(bill, "Acme", is_byok=False)
    out = pictures.feed(data) + pictures.finish()
    assert events.Told().feed(out).endswith(b"\n\n")


def test_the_samples_of_a_wav_are_found_behind_whatever_stands_before_them() -> None:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"ab" * 10)
    wav = data.getvalue()
    assert speech.samples_in(wav) == b"ab" * 10
    assert speech.samples_in(wav[:12] + b"LIST\x03\0\0\0abc\0" + wav[12:]) == b"ab" * 10
    endless = wav[:40] + b"\xff\xff\xff\xff" + wav[44:]
    assert speech.samples_in(endless) == b"ab" * 10
    assert speech.samples_in(b"ID3 no wav") == b"ID3 no wav"


@given(st.binary(max_size=80))
def test_no_recording_breaks_the_look_at_it(data: bytes) -> None:
    assert speech.samples_in(data) in data
    assert speech.samples_in(b"RIFF\0\0\0\0WAVE" + data) in data
