"""Streams in OpenRouter's dress."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dresses import answer, choice_of, dress
from torana.exchange import Usage
from torana.formats.json import Json
from torana.formats.openai_chat.passing import joined
from torana.formats.openai_chat.stream import StreamFromChat
from torana.formats.translation import CUT, Failure, Turn, failed
from torana.formats.translators import TRANSLATORS
from torana.formats.whole import to_chunks
from torana.surfaces.router import dressing
from torana.surfaces.router.dressing import Dress
from torana.surfaces.router.streams import DressedStream
from torana.surfaces.router.told import Told

ENVELOPE = {
    "id": "gen-1791383961-a",
    "object": "chat.completion.chunk",
    "created": 1791383961,
    "model": "deepseek/deepseek-v4.1-flash",
    "provider": "CoreWeave",
}
USAGE = {"prompt_tokens": 37, "completion_tokens": 8, "completion_tokens_details": {"reasoning_tokens": 8}}


def chunk(delta: Json, finish: str | None = None, **more: object) -> Json:
    return {"id": "up-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}]}


def dressed(chunks: list[Json], worn: Dress | None = None) -> tuple[list[Json], DressedStream]:
    stream = DressedStream(worn or dress())
    told = stream.feed(chunks)
    return told + stream.finish(), stream


def test_a_stream_has_the_recorded_chunks() -> None:
    told, stream = dressed(
        [
            chunk({"role": "assistant", "content": ""}),
            chunk({"reasoning": "The"}),
            chunk({"content": "Four"}),
            chunk({}, "length"),
            {"choices": [], "usage": USAGE},
        ]
    )
    end = {"index": 0, "delta": {"content": "", "role": "assistant"}} | {
        "finish_reason": "length",
        "native_finish_reason": "length",
    }
    details = [{"type": "reasoning.text", "text": "The", "format": "unknown", "index": 0}]
    thought = {"content": "", "role": "assistant", "reasoning": "The", "reasoning_details": details}
    open_ = {"finish_reason": None, "native_finish_reason": None}
    usage = dressing.reply(answer({"content": None}, "length"), dress())["usage"]
    expected: list[Json] = [
        {**ENVELOPE, "choices": [{"index": 0, "delta": thought, **open_}]},
        {**ENVELOPE, "choices": [{"index": 0, "delta": {"content": "Four", "role": "assistant"}, **open_}]},
        {**ENVELOPE, "choices": [end]},
        {**ENVELOPE, "service_tier": None, "choices": [end], "usage": usage},
    ]
    assert json.dumps(told) == json.dumps(expected)
    assert stream.has_begun
    ending = stream.ending
    assert (ending.finish_reason, ending.upstream_id, ending.characters) == ("length", "up-1", 7)
    assert ending.cost.charged_nano == 12_600


def test_a_piece_of_a_call_has_no_text() -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
    [told, *_], _ = dressed([chunk({"role": "assistant", "content": None, "tool_calls": [call]})])
    delta = choice_of(told)["delta"]
    assert delta == {"content": None, "role": "assistant", "tool_calls": [call]}


def test_until_something_is_said_nothing_has_begun() -> None:
    stream = DressedStream(dress())
    assert stream.feed([chunk({"role": "assistant", "content": ""}), {"choices": []}, chunk({"tool_calls": []})]) == []
    assert not stream.has_begun
    stream.feed([chunk({"content": "x"})])
    assert stream.has_begun


def test_metadata_comes_with_the_last_chunk_and_may_be_known_late() -> None:
    worn = dress()
    stream = DressedStream(worn)
    first = stream.feed([chunk({"content": "x"}, "stop")])
    worn.metadata = {"requested": "x"}
    [last] = stream.finish()
    assert "openrouter_metadata" not in first[0]
    assert last["openrouter_metadata"] == {"requested": "x"}
    assert stream.finish() == stream.feed([chunk({"content": "y"})]) == []


def test_several_choices_each_end_in_the_last_chunk() -> None:
    chunks: list[Json] = [
        {"choices": [{"index": n, "delta": {"content": str(n)}, "finish_reason": "stop"}]} for n in (1, 0)
    ]
    told, stream = dressed(chunks)
    assert [each["index"] for each in told[-1]["choices"]] == [1, 0]  # type: ignore[attr-defined]  # JSON
    assert stream.ending.finish_reason == "stop"


def test_a_stop_that_is_said_twice_is_told_once() -> None:
    told, _ = dressed([chunk({"content": "x"}), chunk({}, "stop"), chunk({}, "stop")])
    assert len(told) == 3


def test_hidden_thoughts_are_weighed_and_not_shown() -> None:
    told, stream = dressed([chunk({"reasoning": "2+2"}), chunk({"content": "4"}, "stop")], dress(hides_reasoning=True))
    assert len(told) == 2
    assert "reasoning" not in json.dumps([each["choices"] for each in told])
    assert stream.ending.characters == 4


@pytest.mark.parametrize(
    ("failure", "status", "code", "kind"),
    [
        (Failure("slow down", "rate_limit_error"), 429, 429, "rate_limit_exceeded"),
        (Failure("full", "overloaded_error"), 529, 529, "provider_overloaded"),
        (Failure("gone", "server_error", "500"), 502, 502, "provider_unavailable"),
        (Failure("bad key", "authentication_error"), 401, 502, "provider_unavailable"),
        (Failure("too long", "", "context_length_exceeded"), 400, 400, "context_length_exceeded"),
        (CUT, 502, 502, "provider_unavailable"),
    ],
)
def test_an_error_on_the_way_is_the_last_chunk(failure: Failure, status: int, code: int, kind: str) -> None:
    told, stream = dressed([chunk({"content": "x"}), failed(failure, status), chunk({"content": "never"})])
    last = told[-1]
    assert len(told) == 2
    error = last["error"]
    assert isinstance(error, dict)
    assert (error["code"], error["metadata"]["error_type"]) == (code, kind)
    assert error["metadata"]["provider_name"] == "CoreWeave"
    choice = choice_of(last)
    assert (choice["finish_reason"], choice["delta"]) == ("error", {"content": "", "role": "assistant"})
    assert stream.ending.error == error
    assert stream.ending.cost.charged_nano == 0
    assert "usage" not in last


def test_an_error_that_was_met_elsewhere_ends_it_once() -> None:
    stream = DressedStream(dress(metadata={"requested": "x"}))
    stream.feed([chunk({"content": "x"})])
    [last] = stream.fail(504, Told("it took too long", "timeout"))
    assert last["error"] == {"code": 504, "message": "it took too long", "metadata": {"error_type": "timeout"}}
    assert last["openrouter_metadata"] == {"requested": "x"}
    assert stream.fail(500, Told("again")) == stream.finish() == []


def test_a_stream_without_counts_is_estimated() -> None:
    told, stream = dressed([chunk({"content": "four"}, "stop")], dress(estimate=lambda said: Usage(10, said)))
    assert told[-1]["usage"]["total_tokens"] == 14  # type: ignore[index]  # JSON
    assert stream.ending.is_estimated


def test_a_client_of_chat_gets_the_chunks_as_they_are() -> None:
    told, _ = dressed([chunk({"content": "x"}, "stop"), {"choices": [], "usage": USAGE}])
    turn = Turn("0" * 32, 1, "m", {}, {}, generation="gen-1")
    out = StreamFromChat(turn)
    events = (out.feed(told) + out.finish()).decode().split("\n\n")
    assert [json.loads(each.removeprefix("data: ")) for each in events[:-2]] == told
    assert events[-2:] == ["data: [DONE]", ""]
    whole = dressing.reply(answer({"content": "x"}), dress())
    assert TRANSLATORS["openai_chat"].reply_from_chat(whole, turn) == whole


def test_a_whole_answer_told_as_a_stream_adds_up_to_it_again() -> None:
    worn = dress()
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chat = answer({"content": "x", "reasoning": "hm", "tool_calls": [call]}, "tool_calls")
    whole = dressing.reply(chat, worn)
    told, _ = dressed(to_chunks(chat), worn)
    again = json.loads(json.dumps(joined(told), default=str))
    assert again["usage"] == whole["usage"]
    message, before = choice_of(again)["message"], choice_of(whole)["message"]
    assert {name: message[name] for name in ("content", "reasoning", "reasoning_details", "tool_calls")} == {
        name: before[name] for name in ("content", "reasoning", "reasoning_details", "tool_calls")
    }


NAMES = [
    *("choices", "delta", "content", "reasoning", "reasoning_details", "tool_calls", "finish_reason", "index", "usage"),
    *("error", "code", "message", "type", "text", "function", "prompt_tokens", "images"),
]
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
CHUNKS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "choices": JSONS
            | st.lists(
                st.fixed_dictionaries(
                    {"delta": JSONS},
                    optional={"index": JSONS, "finish_reason": st.sampled_from([None, "stop", "odd"])},
                ),
                max_size=2,
            ),
            "usage": JSONS,
            "error": JSONS,
        },
    ),
    max_size=5,
)


@given(CHUNKS)
def test_chunks_of_any_shape_make_a_stream_that_ends_once(chunks: list[Json]) -> None:
    told, stream = dressed(json.loads(json.dumps(chunks)))
    ends = [each for each in told if "usage" in each or "error" in each]
    assert ends == told[-1:]
    assert stream.ending.cost.charged_nano >= 0
    for each in told:
        assert {name: each[name] for name in ENVELOPE} == ENVELOPE
        for choice in each["choices"]:  # type: ignore[attr-defined]  # JSON
            assert choice["delta"]["role"] == "assistant"
            assert "content" in choice["delta"]


PLAIN: list[Json] = [
    chunk({"content": "x"}),
    chunk({"content": "x"}, None, logprobs=None),
    chunk({"content": "x"}, None, logprobs={"content": [{"token": "x"}]}),
    chunk({"content": "x"}, None, native_finish_reason=None),
    chunk({"content": "x"}, None, odd=1),
    chunk({"content": "x"}, "stop"),
    chunk({"content": "x", "role": "assistant"}),
    chunk({"content": ""}),
    chunk({"content": ["x"]}),
    {**chunk({"content": "x"}), "usage": None, "service_tier": "default"},
    {**chunk({"content": "x"}), "usage": USAGE},
    {"choices": [{"delta": {"content": "x"}}]},
    {"choices": [{"index": True, "delta": {"content": "x"}}]},
]


@pytest.mark.parametrize("given_", PLAIN)
def test_a_plain_text_is_told_the_same_by_the_short_way(given_: Json) -> None:
    """Which is taken from the second chunk on."""
    long, _ = dressed(json.loads(json.dumps([given_])))
    short, stream = dressed(json.loads(json.dumps([chunk({"content": "first"}), given_])))
    assert short[1:-1] == long[:-1]
    assert stream.ending.characters == len("first") + (1 if len(long) > 1 else 0)


@given(CHUNKS, st.integers(0, 5))
def test_any_cut_gives_the_same_chunks(chunks: list[Json], at: int) -> None:
    whole, _ = dressed(json.loads(json.dumps(chunks)))
    copy = json.loads(json.dumps(chunks))
    stream = DressedStream(dress())
    told = stream.feed(copy[:at]) + stream.feed(copy[at:]) + stream.finish()
    assert told == whole
