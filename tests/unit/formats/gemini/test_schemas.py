"""Schemas of functions and answers: JSON Schema as Gemini reads it, and OpenAPI's as all others do."""

from __future__ import annotations

import copy
import json
import time
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings

from odd import odd_objects
from torana.errors import BadChatFormat
from torana.formats.gemini.schemas_from_chat import schema_from_chat
from torana.formats.gemini.schemas_to_chat import schema_to_chat
from torana.formats.json import Json

TEXT: Json = {"type": "string"}


def test_a_plain_schema_stays_the_same_object() -> None:
    schema: Json = {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False}
    assert schema_from_chat(schema) is schema


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a", {"type": "string", "enum": ["a"]}),
        (2, {"type": "integer", "enum": [2]}),
        (2.5, {"type": "number", "enum": [2.5]}),
        (None, {"type": "null"}),
        (True, {"const": True}),
        ([1], {"const": [1]}),
    ],
)
def test_a_constant_becomes_an_enum_where_gemini_has_one(value: object, told: Json) -> None:
    assert schema_from_chat({"const": value}) == told


@pytest.mark.parametrize("home", ["$defs", "definitions"])
def test_references_are_told_in_place(home: str) -> None:
    schema: Json = {home: {"A": TEXT}, "properties": {"a": {"$ref": f"#/{home}/A", "description": "x"}}}
    assert schema_from_chat(schema) == {"properties": {"a": {"type": "string", "description": "x"}}}


def test_a_reference_into_a_list_and_with_escapes_is_found() -> None:
    schema: Json = {
        "properties": {"a/b~c": {"anyOf": [{"type": "null"}, TEXT]}, "d": {"$ref": "#/properties/a~1b~0c/anyOf/1"}}
    }
    told = schema_from_chat(schema)["properties"]
    assert isinstance(told, dict)
    assert told["d"] == TEXT


def test_a_reference_to_the_whole_stays_a_reference() -> None:
    schema: Json = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    whole: Json = {"type": "object", "properties": {"next": {"$ref": "#/$defs/root"}}}
    inner: Json = {"type": "object", "properties": {"next": whole}}
    told = schema_from_chat(schema)
    assert told["$defs"] == {"root": whole}
    assert {name: told[name] for name in ("type", "properties")} == inner


def test_a_reference_to_nothing_is_left_out() -> None:
    assert schema_from_chat({"properties": {"a": {"$ref": "https://example.com/x", "title": "A"}}}) == {
        "properties": {"a": {"title": "A"}}
    }


def test_two_that_are_called_the_same_stay_two() -> None:
    one: Json = {"properties": {"next": {"$ref": "#/$defs/N"}}}
    two: Json = {"properties": {"after": {"$ref": "#/definitions/N"}}}
    schema: Json = {
        "$defs": {"N": one},
        "definitions": {"N": two},
        "properties": {"a": {"$ref": "#/$defs/N"}, "b": {"$ref": "#/definitions/N"}},
    }
    told = schema_from_chat(schema)
    assert told["$defs"] == {
        "N": {"properties": {"next": {"$ref": "#/$defs/N"}}},
        "N_1": {"properties": {"after": {"$ref": "#/$defs/N_1"}}},
    }


def test_references_that_double_do_not_blow_up() -> None:
    names = [f"d{number}" for number in range(60)]
    definitions: Json = {
        name: {"properties": {"a": {"$ref": f"#/$defs/{after}"}, "b": {"$ref": f"#/$defs/{after}"}}}
        for name, after in pairwise(names)
    }
    schema: Json = {"$defs": {**definitions, names[-1]: TEXT}, "$ref": "#/$defs/d0"}
    started = time.process_time()
    told = json.dumps(schema_from_chat(schema))
    assert time.process_time() - started < 2
    assert len(told) < 2_000_000


def test_all_of_several_holds_all_of_them() -> None:
    parts: list[object] = [
        {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
        {"properties": {"b": TEXT}, "required": ["a", "b"]},
    ]
    assert schema_from_chat({"title": "T", "allOf": parts}) == {
        "title": "T",
        "type": "object",
        "properties": {"a": TEXT, "b": TEXT},
        "required": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["string"], "nullable": True}, {"type": ["string", "null"]}),
        ({"anyOf": [TEXT], "nullable": True}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"properties": {"a": True}}, {"properties": {"a": {}}}),
        ({"$schema": "x", "type": "string", "pattern": "a+"}, {"type": "string", "pattern": "a+"}),
    ],
)
def test_words_that_gemini_has_not_are_told_in_its_own(schema: Json, told: Json) -> None:
    assert schema_from_chat(schema) == told


def test_googles_schema_becomes_json_schema() -> None:
    schema: Json = {
        "type": "OBJECT",
        "nullable": True,
        "properties": {
            "any_of": {"any_of": [{"type": "STRING"}], "nullable": True},
            "list": {"type": "ARRAY", "min_items": "2", "items": {"type": "NUMBER", "example": 1.5}},
        },
        "property_ordering": ["list", "gone"],
        "defs": {"A": {"type": "STRING"}},
        "additional_properties": {"ref": "#/defs/A"},
    }
    told = schema_to_chat(schema, "x")
    assert told == {
        "type": ["object", "null"],
        "properties": {
            "list": {"type": "array", "minItems": 2, "items": {"type": "number", "examples": [1.5]}},
            "any_of": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "$defs": {"A": {"type": "string"}},
        "additionalProperties": {"$ref": "#/$defs/A"},
    }
    assert list(told["properties"]) == ["list", "any_of"]  # type: ignore[call-overload]  # JSON


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"properties": []}, "x.properties"),
        ({"items": "a"}, "x.items"),
        ({"properties": {"a": {"anyOf": [5]}}}, "x.properties.a.anyOf[0]"),
    ],
)
def test_a_schema_of_the_wrong_type_is_named(schema: Json, where: str) -> None:
    with pytest.raises(BadChatFormat, match=rf"^`{where.replace('[', '.').replace(']', '.')}` must be"):
        schema_to_chat(schema, "x")


NAMES = ["type", "properties", "$ref", "$defs", "allOf", "anyOf", "any_of", "const", "items", "nullable", "A"]
SCHEMAS = odd_objects(NAMES, ["#", "#/$defs/A", "#/properties/A", "#/defs/A", "object", "STRING"], depth=5)


@settings(max_examples=300)
@given(SCHEMAS)
def test_no_schema_is_too_odd(schema: Json) -> None:
    json.dumps(schema_from_chat(copy.deepcopy(schema)))
    with suppress(BadChatFormat):
        json.dumps(schema_to_chat(schema, "x"))


@pytest.mark.parametrize("pointer", ["#/anyOf/²", "#/anyOf/" + "9" * 5000, "#/anyOf/x", "#/anyOf/0/type", "no"])
def test_a_pointer_that_leads_nowhere_is_left_out(pointer: str) -> None:
    schema: Json = {"anyOf": [TEXT], "items": {"$ref": pointer}}
    assert schema_from_chat(schema) == {"anyOf": [TEXT], "items": {}}


def test_many_definitions_that_need_each_other_take_time_in_proportion() -> None:
    chain: Json = {f"d{n}": {"items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(20_000)}
    schema: Json = {"$defs": chain, "$ref": "#/$defs/d0", "allOf": [{"required": [f"r{n}" for n in range(50_000)]}] * 2}
    started = time.process_time()
    schema_from_chat(schema)
    assert time.process_time() - started < 5
