"""What was to be JSON and nearly is becomes JSON; what is JSON stays as it is, and nothing is invented."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.formats.json import Json
from torana.plugins.healing import heal

LIST: Json = {"type": "array"}
ANY: Json = {}
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ('{"name": "Alice", "age": 30', {"name": "Alice", "age": 30}),
        ('```json\n{"name": "Bob"}\n```', {"name": "Bob"}),
        ('Here\'s the data:\n{"name": "Charlie", "age": 25}\nAnything else?', {"name": "Charlie", "age": 25}),
        ('{"name": "David", "age": 35,}', {"name": "David", "age": 35}),
        ('{name: "Eve", age: 40}', {"name": "Eve", "age": 40}),
        ("{'a': True, 'b': None, 'c': 'it\\'s', 'd': \"it's\"}", {"a": True, "b": None, "c": "it's", "d": "it's"}),
        ('{"a": [1, 2}', {"a": [1, 2]}),
        ('{"a": 1]', {"a": 1}),
        ('"a": 1, "b": 2}', {"a": 1, "b": 2}),
        ('{"a": "He said "hi" to me"}', {"a": 'He said "hi" to me'}),
        ('{"a": "one"\n "b": "two"}', {"a": "one", "b": "two"}),
        ('{"a": ["x" "y"]}', {"a": ["x", "y"]}),
        ('{"a": 1 // one\n, "b": 2 /* two */, # three\n "c": 3}', {"a": 1, "b": 2, "c": 3}),
        ('{"a": "line\nand\ttab"}', {"a": "line\nand\ttab"}),
        ('{"pattern": "\\d+\\.txt", "path": "C:\\Users"}', {"pattern": "\\d+\\.txt", "path": "C:\\Users"}),
        ('{"a": .5, "b": 5., "c": +1, "d": 1_000, "e": -.5e3}', {"a": 0.5, "b": 5, "c": 1, "d": 1000, "e": -500}),
        ('{"zip": 01234, "url": http://x.test/y}', {"zip": "01234", "url": "http://x.test/y"}),
        ("{“a”: “b”, \u2018c\u2019: \u2018d\u2019}", {"a": "b", "c": "d"}),
        ('{"a": NaN, "b": undefined}', {"a": None, "b": None}),
        ('```json\n{"code": "```py\\nx```"}\n```', {"code": "```py\nx```"}),
        ('```json\n{"a": 1\n```\nHope {this} helps!', {"a": 1}),
        ('With {placeholder} as it is: {"a": 1}', {"a": 1}),
        ('For example {}. The answer: {"a": 1}', {"a": 1}),
        ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}),
        ("{'x': '\\x41\\U0001F600'}", {"x": "A\U0001f600"}),
        ('\ufeff{"a": 1}', {"a": 1}),
    ],
)
def test_what_models_get_wrong_is_repaired(broken: str, meant: object) -> None:
    healed = heal(broken)
    assert healed is not None
    assert json.loads(healed) == meant


@pytest.mark.parametrize(
    "text",
    [
        '{"items": [{"a": 1}, {"a": "tr',  # what it was cut from is not known
        '{"a": 1, "b":',
        '{"a": 1, "b"',
        '{"a": [',
        '{"a": ...}',
        '{"a": 1, ...}',
        '{"a": , "b": 1}',
        "There is none.",
        "A {set} and [another one].",
        "",
        "{",
        '{"a": "\\',
        '{"a": "\\U00FFFFFF"}',
        "{" * 10_000,
        '{"a":' * 10_000,
        '{"a": 1,' + " " * (512 << 10) + "}",  # nobody is to wait for it
    ],
)
def test_what_nobody_can_tell_is_left(text: str) -> None:
    assert heal(text) is None


def test_a_list_is_found_where_one_is_wanted() -> None:
    assert heal('As [1] says: [2, 3, 4,]. {"a": 1}', LIST) == "[2, 3, 4]"
    assert heal("[1, 2, ...]", LIST) is None
    assert heal("```\n3\n```", {"type": "integer"}) == "3"


def test_what_the_schema_requires_tells_which_of_several_is_meant() -> None:
    text = 'Not {"example": "long, but not what was asked for"}, but {"name": "x"}'
    assert heal(text, {"type": "object", "required": ["name"]}) == '{"name": "x"}'
    assert heal(text, {"type": "object"}) == '{"example": "long, but not what was asked for"}'


@given(VALUES, st.sampled_from([None, LIST, ANY]))
def test_json_is_never_changed(value: object, schema: Json | None) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        assert heal(text, schema) == text


@given(OBJECTS, st.sampled_from(["", "Here it is:\n", "Sure! ", "```json\n", "```\n"]))
def test_prose_and_fences_around_it_come_off(value: object, before: str) -> None:
    text = json.dumps(value)
    after = "\n```" if "```" in before else "\nI hope that helps."
    assert heal(before + text + after) == text


@given(OBJECTS)
def test_what_python_prints_is_understood(value: object) -> None:
    healed = heal(repr(value))
    assert healed is not None
    assert json.loads(healed) == json.loads(json.dumps(value))


@given(OBJECTS, st.integers(1, 9))
def test_brackets_that_are_missing_at_the_end_are_added(value: object, count: int) -> None:
    text = json.dumps(value)
    kept = len(text) - min(count, len(text) - len(text.rstrip("}]")))
    if text[kept - 1] in "{[":
        kept += 1  # of what was empty nobody knows that it was
    healed = heal(text[:kept])
    assert healed is not None
    assert json.loads(healed) == value


@given(st.text(alphabet="{}[]\"':,\\ \nab1.-#/*“”`t", max_size=80))
def test_whatever_comes_out_is_json_and_has_no_other_words(text: str) -> None:
    healed = heal(text)
    if healed is not None:
        json.loads(healed)
        known = {*text, *'{}[]":, \\nulnfalsetrue0'}
        assert set(healed) <= known


@pytest.mark.parametrize(
    "unit", ['{"', '"a" ', "[1,", '{"a":"b" ', "/*", "\n\n", '" \n', "```{", "{a:", '{"a": "x"\n\n', "\\", '",', "#"]
)
def test_its_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    """A quadratic reader would take many minutes of the processor for this."""
    for start in ("", '{"a": "', '{"a": [', "```json\n{"):
        began = time.process_time()
        heal(start + unit * 30_000)
        assert time.process_time() - began < 60
