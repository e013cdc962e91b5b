"""What we answer Responses clients with, as OpenAI's own SDK reads it."""

from __future__ import annotations

import json

import httpx2 as httpx
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from golden_cases import Case, all_cases, chunks_of, stream_from_chat

CASES = [case for case in all_cases() if str(case).startswith("chat_to_openai_responses/")]
REPLIES = [case for case in CASES if case.has("reply.json")]
STREAMS = [case for case in CASES if case.stream]
EVENTS: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


class Age(BaseModel):
    age: int


def client(body: bytes, kind: str) -> OpenAI:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, content=body, headers={"content-type": kind}))
    return OpenAI(api_key="k", base_url="http://gateway/v1", http_client=httpx.Client(transport=answer))


def streamed(case: Case) -> bytes:
    assert case.stream is not None
    return stream_from_chat(case, [chunks_of(case.stream)])[0]


def events_of(data: bytes) -> list[dict[str, object]]:
    lines = [line for line in data.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line[6:]) for line in lines if line != "data: [DONE]"]  # which the router's streams end in


@pytest.mark.parametrize("case", REPLIES, ids=str)
def test_a_response_fits_the_sdks_types_strictly(case: Case) -> None:
    Response.model_validate(case.read("reply.expected.json"))


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_every_event_fits_the_sdks_types_strictly(case: Case) -> None:
    events = events_of(streamed(case))
    for event in events:
        assert EVENTS.validate_python(event).type == event["type"]
    assert [event["sequence_number"] for event in events] == [*range(len(events))]


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_the_sdk_puts_a_stream_together_to_what_its_last_event_says(case: Case) -> None:
    data = streamed(case)
    with client(data, "text/event-stream").responses.stream(model="m", input="Hi") as stream:
        seen = [event.type for event in stream]
    last = events_of(data)[-1]
    assert seen[-1] == last["type"]
    if last["type"] == "response.completed":
        with client(data, "text/event-stream").responses.stream(model="m", input="Hi") as stream:
            final = stream.get_final_response()
        whole = Response.model_validate(last["response"])
        assert final.output_text == whole.output_text
        assert [item.type for item in final.output] == [item.type for item in whole.output]


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_pieces_of_a_stream_are_what_its_items_say_at_the_end(case: Case) -> None:
    pieces: dict[object, str] = {}
    for event in events_of(streamed(case)):
        kind = str(event["type"])
        place = (event.get("item_id"), event.get("content_index"), event.get("summary_index"))
        if kind.endswith(".delta"):
            pieces[place] = pieces.get(place, "") + str(event["delta"])
        elif kind.endswith((".done",)) and place in pieces and "part" not in event:
            whole = event.get("text", event.get("arguments", event.get("input", event.get("refusal"))))
            assert pieces[place] == whole, kind


def test_a_schema_is_parsed_by_the_sdk() -> None:
    case = next(case for case in REPLIES if str(case).endswith("/a_text"))
    reply = case.read("reply.expected.json")
    assert isinstance(reply, dict)
    reply["output"][0]["content"][0]["text"] = '{"age": 7}'
    parsed = client(json.dumps(reply).encode(), "application/json").responses.parse(
        model="m", input="Hi", text_format=Age
    )
    assert parsed.output_parsed == Age(age=7)
