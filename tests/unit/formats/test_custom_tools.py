"""Tools of free text, where a provider has functions alone."""

from __future__ import annotations

import pytest

from torana.formats.custom_tools import as_functions, input_of
from torana.formats.json import Json

CUSTOM: Json = {
    "type": "custom",
    "custom": {
        "name": "apply_patch",
        "description": "Edits.",
        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /.+/"}},
    },
}


def test_a_tool_becomes_a_function_of_one_text_and_keeps_its_grammar_in_words() -> None:
    chat: Json = {"tools": [CUSTOM, {"type": "function", "function": {"name": "f"}}], "messages": []}
    as_functions(chat)
    assert chat["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "apply_patch",
                "description": "Edits.\n\nThe input follows this lark grammar:\nstart: /.+/",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "input": {"type": "string", "description": "The whole input of the tool, as it is."},
                    },
                    "required": ["input"],
                    "additionalProperties": False,
                },
            },
        },
        {"type": "function", "function": {"name": "f"}},
    ]


def test_calls_and_choices_of_it_become_those_of_the_function() -> None:
    call: Json = {"id": "c", "type": "custom", "custom": {"name": "apply_patch", "input": 'a "b"\n'}}
    chat: Json = {
        "tools": [CUSTOM],
        "tool_choice": {"type": "custom", "custom": {"name": "apply_patch"}},
        "messages": [{"role": "assistant", "tool_calls": [call]}],
    }
    as_functions(chat)
    function = {"name": "apply_patch", "arguments": '{"input":"a \\"b\\"\\n"}'}
    assert chat["tool_choice"] == {"type": "function", "function": {"name": "apply_patch"}}
    assert chat["messages"] == [
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": function}]}
    ]
    assert input_of(function["arguments"]) == 'a "b"\n'


def test_a_request_without_any_stays_as_it_is() -> None:
    chat: Json = {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"}
    as_functions(chat)
    assert chat == {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"input":"x"}', "x"),
        ('{"patch":"x"}', "x"),
        ('{"a":"x","b":1}', '{"a":"x","b":1}'),
        ("*** Begin", "*** Begin"),
    ],
)
def test_what_a_model_made_of_the_function_is_the_tools_input(arguments: str, told: str) -> None:
    assert input_of(arguments) == told
