"""Every folder of `tests/golden/usage`: a provider's answer, what it used, and the message its stream adds up to."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from random import Random

import pytest

from torana.exchange import Usage
from torana.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2] / "golden" / "usage"
CASES = sorted(path for path in ROOT.glob("*/*") if path.is_dir())
WHOLE = [case for case in CASES if (case / "reply.json").exists()]
STREAMS = [case for case in CASES if not (case / "reply.json").exists()]
RANDOM_CUTS = 50
NOT_JSON = ("bedrock_converse", "bedrock_invoke", "embeddings", "raw")
"""Formats whose streams are binary, or which have none."""


def name_of(case: Path) -> str:
    return "/".join(case.parts[-2:])


def expected_usage(case: Path) -> Usage | None:
    fields = json.loads((case / "usage.json").read_text())
    return None if fields is None else Usage(**fields)


def stream_of(case: Path) -> bytes:
    (path,) = case.glob("stream.*")
    data = path.read_bytes()
    return base64.b64decode(data) if path.suffix == ".bin" else data


def metered(case: Path, pieces: list[bytes]) -> Usage | None:
    meter = FORMATS[case.parent.name].meter()
    for piece in pieces:
        meter.feed(piece)
    meter.finish()
    return meter.usage


def cut_at_random(data: bytes, dice: Random) -> list[bytes]:
    cuts = sorted(dice.sample(range(len(data) + 1), min(len(data), dice.randint(0, 12))))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def test_every_format_has_cases() -> None:
    assert {case.parent.name for case in CASES} == set(FORMATS)


@pytest.mark.parametrize("case", WHOLE, ids=name_of)
def test_a_whole_reply_tells_its_usage(case: Path) -> None:
    assert FORMATS[case.parent.name].read_usage((case / "reply.json").read_bytes()) == expected_usage(case)


@pytest.mark.parametrize("case", WHOLE, ids=name_of)
def test_a_reply_cut_anywhere_is_read_without_an_error(case: Path) -> None:
    body = json.dumps(json.loads((case / "reply.json").read_bytes())).encode()
    for end in range(0, len(body), 7):
        FORMATS[case.parent.name].read_usage(body[:end])


@pytest.mark.parametrize("case", STREAMS, ids=name_of)
def test_a_stream_tells_its_usage_however_it_is_cut(case: Path) -> None:
    data, expected = stream_of(case), expected_usage(case)
    assert metered(case, [data]) == expected
    assert metered(case, [data[i : i + 1] for i in range(len(data))]) == expected
    dice = Random(name_of(case))  # noqa: S311  # cuts, not secrets
    for _ in range(RANDOM_CUTS):
        pieces = cut_at_random(data, dice)
        assert metered(case, pieces) == expected, pieces


def events_of(case: Path) -> list[bytes]:
    """One piece for each event or frame, as providers send them."""
    data = stream_of(case)
    if case.parent.name not in ("bedrock_converse", "bedrock_invoke"):
        return re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", data)
    pieces = []
    while data:
        size = int.from_bytes(data[:4], "big")
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@pytest.mark.parametrize("case", STREAMS, ids=name_of)
def test_a_stream_tells_its_usage_when_each_event_comes_alone(case: Path) -> None:
    pieces = events_of(case)
    assert len(pieces) > 1 or stream_of(case)[:1] in b"[{"
    assert metered(case, pieces) == expected_usage(case)


@pytest.mark.parametrize("case", STREAMS, ids=name_of)
def test_a_stream_adds_up_to_the_message_it_would_have_been(case: Path) -> None:
    assembled = FORMATS[case.parent.name].assemble(stream_of(case))
    assert json.loads(assembled or b"null") == json.loads((case / "assembled.json").read_text())


@pytest.mark.parametrize("case", STREAMS, ids=name_of)
def test_a_stream_that_breaks_off_anywhere_is_assembled_and_metered_without_an_error(case: Path) -> None:
    format_, data = FORMATS[case.parent.name], stream_of(case)
    dice = Random(name_of(case))  # noqa: S311  # cuts, not secrets
    for end in dice.sample(range(len(data)), min(len(data), RANDOM_CUTS)):
        assembled = format_.assemble(data[:end])
        assert assembled is None or isinstance(json.loads(assembled), dict)
        metered(case, [data[:end]])


@pytest.mark.parametrize("case", STREAMS, ids=name_of)
def test_a_stream_with_a_flipped_byte_is_read_without_an_error(case: Path) -> None:
    format_, data = FORMATS[case.parent.name], stream_of(case)
    dice = Random(name_of(case))  # noqa: S311  # cuts, not secrets
    for _ in range(RANDOM_CUTS):
        at = dice.randrange(len(data))
        broken = data[:at] + dice.randbytes(1) + data[at + 1 :]
        assembled = format_.assemble(broken)
        assert assembled is None or json.loads(assembled) is not None
        metered(case, [broken])


@pytest.mark.parametrize("case", [case for case in WHOLE if case.parent.name not in NOT_JSON], ids=name_of)
def test_a_meter_reads_a_whole_reply_that_came_where_a_stream_was_asked_for(case: Path) -> None:
    assert metered(case, [(case / "reply.json").read_bytes()]) == expected_usage(case)
