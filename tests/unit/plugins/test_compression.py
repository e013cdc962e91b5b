"""A conversation that is too long loses its middle, and never what it is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.market import Endpoint, Host
from torana.catalog.prices import ModelPrice
from torana.formats.json import Json
from torana.plugins.compression import compress, tokens_of
from torana.plugins.pipeline import Context, Pipeline

SYSTEM: Json = {"role": "system", "content": "Be brief."}
ON: Json = {"id": "context-compression"}


def said(role: str, text: str) -> Json:
    return {"role": role, "content": text}


def calling(id_: str) -> Json:
    return {"role": "assistant", "content": None, "tool_calls": [{"id": id_, "function": {"name": "f"}}]}


def given_back(id_: str, text: str = "x") -> Json:
    return {"role": "tool", "tool_call_id": id_, "content": text}


def talk(count: int, text: str = "word " * 20) -> list[Json]:
    return [said("user" if number % 2 == 0 else "assistant", f"{number} {text}") for number in range(count)]


def messages_of(chat: Json) -> list[Json]:
    return chat["messages"]  # type: ignore[return-value]  # as it was made here


def at(context_length: int, model: str = "m/m") -> Endpoint:
    host = Host(slug="h", name="H", provider="h")
    price = ModelPrice(id="m", input=0, output=0)
    return Endpoint(id="e", model=model, host=host, tag="h", name="m", price=price, context_length=context_length)


def test_what_fits_is_left() -> None:
    chat: Json = {"messages": [SYSTEM, *talk(3)]}
    assert compress(chat, 10_000) == (chat, None)


def test_messages_go_from_the_middle_outwards() -> None:
    chat: Json = {"messages": [SYSTEM, *talk(9)], "temperature": 1}
    small, summary = compress(chat, tokens_of(chat) * 6 // 10)
    kept = [str(each["content"]).partition(" ")[0] for each in messages_of(small)]
    assert kept[0] == "Be"
    assert (kept[1], kept[-1]) == ("0", "8")
    gone = [number for number in range(9) if str(number) not in kept]
    assert gone == list(range(gone[0], gone[-1] + 1)), "one gap, in the middle"
    assert summary is not None
    assert (summary.original_count, summary.compressed_count) == (10, len(kept))
    assert len(messages_of(chat)) == 10, "what came in stays as it is"
    assert small["temperature"] == 1


def test_a_call_of_a_tool_goes_with_its_answers() -> None:
    middle = [calling("a"), given_back("a", "long " * 400), given_back("b", "long")]
    chat: Json = {"messages": [said("user", "Q"), *middle, said("assistant", "A"), said("user", "R")]}
    small, _ = compress(chat, 300)
    assert [each["role"] for each in messages_of(small)] == ["user", "assistant", "user"]


def test_the_last_call_stays_with_its_question() -> None:
    early = talk(8, "word " * 100)
    chat: Json = {"messages": [*early, said("user", "now"), calling("a"), given_back("a", "result " * 10)]}
    small, _ = compress(chat, 150)
    assert [each["role"] for each in messages_of(small)][-3:] == ["user", "assistant", "tool"]
    assert messages_of(small)[-3]["content"] == "now"


def test_one_long_message_loses_its_middle() -> None:
    text = "begin " + "word " * 5_000 + "end"
    chat: Json = {"messages": [SYSTEM, {"role": "user", "content": [{"type": "text", "text": text}, {"type": "x"}]}]}
    small, summary = compress(chat, 500)
    (part, other) = messages_of(small)[1]["content"]  # type: ignore[misc]  # as made above
    assert part["text"].startswith("begin word")  # type: ignore[has-type]
    assert part["text"].endswith("word end")  # type: ignore[has-type]
    assert other == {"type": "x"}  # type: ignore[has-type]
    assert summary is not None
    assert summary.is_cut
    assert tokens_of(messages_of(small)) <= 500
    assert messages_of(small)[0] == SYSTEM


def test_a_bare_prompt_loses_its_middle() -> None:
    small, summary = compress({"prompt": "a" * 4_000 + "b" * 4_000}, 500)
    prompt = str(small["prompt"])
    assert prompt.startswith("aaa")
    assert prompt.endswith("bbb")
    assert tokens_of(prompt) <= 500
    assert summary is not None
    assert summary.stage["data"] == {
        "engine": "middle-out",
        "input_type": "prompt",
        "original_count": 8_000,
        "compressed_count": len(prompt),
    }


def test_of_too_many_messages_half_is_kept_from_each_end() -> None:
    small, _ = compress({"messages": talk(1_300)}, 10_000_000, most_messages=1_000)
    kept = [int(str(each["content"]).partition(" ")[0]) for each in messages_of(small)]
    assert kept == [*range(500), *range(800, 1_300)]


@given(
    st.lists(st.sampled_from(["user", "assistant", "system", "call", "huge"]), min_size=1, max_size=30),
    st.integers(1, 3_000),
)
def test_whatever_it_is_it_fits_or_nothing_more_can_go(kinds: list[str], limit: int) -> None:
    messages: list[Json] = []
    for number, kind in enumerate(kinds):
        if kind == "call":
            messages += [calling(str(number)), given_back(str(number), "x" * 200)]
        else:
            text = "y " * (20_000 if kind == "huge" else 50)
            messages.append(said(kind if kind != "huge" else "user", text))
    small, summary = compress({"messages": messages}, limit)
    kept = messages_of(small)
    assert kept[-1]["role"] == messages[-1]["role"]
    instructions = [each for each in messages if each["role"] == "system"]
    assert len([each for each in kept if each["role"] == "system"]) == len(instructions)
    called = {call["id"] for each in kept for call in each.get("tool_calls", [])}  # type: ignore[attr-defined]
    assert called == {each["tool_call_id"] for each in kept if each["role"] == "tool"}
    total = sum(tokens_of(each) + 4 for each in kept)
    if summary is not None and total > limit:
        assert total <= 120 * (len(instructions) + 4), "only what has to stay is left, and that is short"


@pytest.mark.parametrize(
    ("plugins", "context_length", "is_shorter"),
    [
        ([], 8_192, True),
        ([], 16_000, False),
        ([ON], 16_000, True),
        ([{**ON, "enabled": False}], 8_192, False),
        ([], 0, False),
        ([ON], 0, False),
    ],
)
async def test_it_is_on_for_small_windows_and_where_it_is_asked_for(
    plugins: list[Json],
    context_length: int,
    is_shorter: bool,  # noqa: FBT001
) -> None:
    pipeline = Pipeline()
    chat: Json = {"messages": talk(200, "word " * 80), "plugins": plugins, "max_tokens": 1_000}
    prepared = await pipeline.before(chat, Context())
    fitting = pipeline.fit(prepared.chat, prepared, at(context_length))
    assert (len(messages_of(fitting)) < 200) is is_shorter
    assert [stage["name"] for stage in prepared.stages] == ["context-compression"] * is_shorter
    if is_shorter:
        assert tokens_of(messages_of(fitting)) <= context_length - 1_000
    assert pipeline.fit(prepared.chat, prepared, at(1_000_000)) is prepared.chat
    assert prepared.stages == [], "what the next endpoint gets is whole"


async def test_what_only_makes_pictures_gets_all_of_it() -> None:
    pipeline = Pipeline()
    prepared = await pipeline.before({"messages": talk(200), "plugins": [ON]}, Context(writes=False))
    assert pipeline.fit(prepared.chat, prepared, at(1_000)) is prepared.chat


async def test_anthropic_takes_so_many_messages_and_no_more() -> None:
    pipeline = Pipeline()
    prepared = await pipeline.before({"messages": talk(1_001, "x"), "plugins": [ON]}, Context())
    assert len(messages_of(pipeline.fit(prepared.chat, prepared, at(200_000, "anthropic/claude")))) == 1_000
    assert len(messages_of(pipeline.fit(prepared.chat, prepared, at(200_000, "openai/gpt")))) == 1_001
