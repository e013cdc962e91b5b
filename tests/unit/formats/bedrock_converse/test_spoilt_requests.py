"""Requests with one thing wrong in them, anywhere: they are translated, or refused with a reason."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from golden_cases import Case, all_cases
from torana.errors import CallerError
from torana.formats.json import Json, dump
from torana.formats.translation import Brief

CASES = [
    case
    for case in all_cases()
    if case.translator.name in ("bedrock_converse", "bedrock_invoke_nova") and case.has("request.json")
]
ODD: tuple[object, ...] = (None, True, -1, 0.5, "", "x", [], ["x"], [[]], {}, {"type": []}, {"x": {}})

Path = tuple[str | int, ...]


def places(value: object, at: Path = ()) -> list[Path]:
    found = [at] if at else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        found += places(each, (*at, name))
    return found


def spoilt(body: Json, place: Path, odd: object) -> Json:
    made: Json = deepcopy(body)
    holder: object = made
    for name in place[:-1]:
        holder = holder[name]  # type: ignore[index]  # JSON
    holder[place[-1]] = deepcopy(odd)  # type: ignore[index]  # JSON
    return made


def outcome(case: Case, body: Json) -> str:
    """The reason, or what was made of it."""
    turned = case.translator.request_to_chat if case.is_to_chat else case.translator.request_from_chat
    try:
        return (dump(turned(body, Brief())) or b"").decode()
    except CallerError as error:
        return error.message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_spoilt_request_is_translated_or_refused_with_a_reason(case: Case) -> None:
    body = json.loads((case.folder / "request.json").read_text())
    for place in places(body):
        for odd in ODD:
            assert outcome(case, spoilt(body, place, odd)).startswith(("{", "`")), (place, odd)
