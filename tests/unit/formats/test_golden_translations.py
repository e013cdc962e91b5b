"""Every folder of `tests/golden/<format>_to_chat` and `chat_to_<format>`: see `golden_cases`."""

from __future__ import annotations

from random import Random

import pytest

from golden_cases import (
    HUB,
    ROOT,
    Case,
    all_cases,
    chunks_of,
    expectations,
    stream_bytes,
    stream_from_chat,
    stream_to_chat,
)
from torana.exchange import Usage
from torana.formats import FORMATS
from torana.formats.chat_usage import usage_of
from torana.formats.translators import TRANSLATORS

CASES = all_cases()
STREAMS_IN = [case for case in CASES if case.is_to_chat and case.stream]
STREAMS_OUT = [case for case in CASES if not case.is_to_chat and case.stream]
LEAST_CASES = 15
RANDOM_CUTS = 40
TAIL = 100
"""Bytes at a stream's end, among which it is decided whether it was whole."""


HOSTED = {
    name
    for name, it in TRANSLATORS.items()
    if it.format in TRANSLATORS and it.reply_to_chat is TRANSLATORS[it.format].reply_to_chat
}
"""Translators whose answers are those of the format; they ask otherwise."""


def count_of(folder: str) -> int:
    return len([path for path in (ROOT / folder).glob("*") if path.is_dir()])


@pytest.mark.parametrize("name", sorted(set(TRANSLATORS) - {HUB} - HOSTED))
def test_every_format_has_cases_in_both_directions(name: str) -> None:
    assert count_of(f"{name}_to_chat") >= LEAST_CASES
    assert count_of(f"chat_to_{name}") >= LEAST_CASES


@pytest.mark.parametrize("name", sorted(HOSTED))
def test_a_host_that_asks_otherwise_has_cases_of_requests(name: str) -> None:
    assert count_of(f"chat_to_{name}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_translated_as_expected(case: Case) -> None:
    expected = {path.name: path.read_text() for path in case.folder.glob("*.expected.*")}
    assert expected, "a case expects something: see `make golden`"
    assert expectations(case) == expected


@pytest.mark.parametrize("case", STREAMS_IN, ids=str)
def test_a_stream_gives_the_same_chunks_however_it_is_cut(case: Case) -> None:
    assert case.stream is not None
    data = stream_bytes(case.stream)
    whole = stream_to_chat(case, [data])
    assert stream_to_chat(case, [data[i : i + 1] for i in range(len(data))]) == whole
    dice = Random(str(case))  # noqa: S311  # cuts, not secrets
    for _ in range(RANDOM_CUTS):
        cuts = sorted(dice.sample(range(len(data) + 1), min(len(data), dice.randint(1, 12))))
        pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        assert stream_to_chat(case, pieces) == whole


@pytest.mark.parametrize("case", STREAMS_IN, ids=str)
def test_a_stream_that_breaks_off_ends_in_an_error_or_was_whole(case: Case) -> None:
    assert case.stream is not None
    data = stream_bytes(case.stream)
    dice = Random(str(case))  # noqa: S311  # cuts, not secrets
    last = max(0, len(data) - TAIL)
    for end in [*dice.sample(range(last), min(last, RANDOM_CUTS)), *range(last, len(data))]:
        chunks, is_broken = stream_to_chat(case, [data[:end]])
        assert is_broken == any("error" in chunk for chunk in chunks), end
        if not is_broken:
            assert any(choice.get("finish_reason") for chunk in chunks for choice in chunk.get("choices") or ()), end  # type: ignore[attr-defined]  # JSON


@pytest.mark.parametrize("case", STREAMS_IN, ids=str)
def test_a_stream_tells_the_hub_what_it_tells_the_log(case: Case) -> None:
    assert case.stream is not None
    meter = FORMATS[case.translator.format or case.translator.name].meter()
    meter.feed(stream_bytes(case.stream))
    meter.finish()
    chunks, _ = stream_to_chat(case, [stream_bytes(case.stream)])
    told = [usage for chunk in chunks if (usage := usage_of(chunk.get("usage"))) is not None]
    if meter.usage is None:
        assert not told
    else:
        assert comparable(told[-1]) == comparable(meter.usage)


@pytest.mark.parametrize("case", [c for c in CASES if c.is_to_chat and c.has("reply.json")], ids=str)
def test_a_reply_tells_the_hub_what_it_tells_the_log(case: Case) -> None:
    read = FORMATS[case.translator.format or case.translator.name].read_usage((case.folder / "reply.json").read_bytes())
    expected = case.read("reply.expected.json")
    assert isinstance(expected, dict)
    told = usage_of(expected.get("usage"))
    if read is None:
        assert told is None
    else:
        assert told is not None
        assert comparable(told) == comparable(read)


def comparable(usage: Usage) -> tuple[int, ...]:
    return (
        usage.tokens_in,
        usage.tokens_out,
        usage.cached_tokens_in,
        usage.cache_write_tokens_in,
        usage.reasoning_tokens_out,
    )


@pytest.mark.parametrize("case", STREAMS_OUT, ids=str)
def test_chunks_give_the_same_bytes_together_and_one_by_one(case: Case) -> None:
    assert case.stream is not None
    chunks = chunks_of(case.stream)
    alone = stream_from_chat(case, [[chunk] for chunk in chunks_of(case.stream)])
    assert stream_from_chat(case, [chunks]) == alone


@pytest.mark.parametrize("case", STREAMS_OUT, ids=str)
def test_chunks_that_break_off_anywhere_end_as_a_stream_does(case: Case) -> None:
    """What was cut is told as such by the chunk with `error` that comes last."""
    assert case.stream is not None
    for count in range(len(chunks_of(case.stream)) + 1):
        chunks = chunks_of(case.stream)[:count]
        if not any("error" in chunk for chunk in chunks):
            chunks.append({"error": {"message": "cut", "type": "server_error", "code": "stream_cut"}, "choices": []})
        data, _ = stream_from_chat(case, [chunks])
        assert data
