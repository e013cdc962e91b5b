"""What a request wants of the plugins is taken out of it, done, and told."""

from __future__ import annotations

import pytest

from torana.errors import PluginRefused
from torana.formats.json import Json
from torana.plugins.pipeline import Context, Pipeline
from torana.plugins.wishes import is_on, take_wishes

HEALING: Json = {"id": "response-healing"}
AS_JSON: Json = {"type": "json_object"}


def asking(**more: object) -> Json:
    return {"model": "m", "messages": [{"role": "user", "content": "Hi."}], **more}


def answering(content: object, finish: str = "stop") -> Json:
    return {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": finish}]}


def content_of(reply: Json) -> object:
    return reply["choices"][0]["message"]["content"]  # type: ignore[index]  # as `answering` made it


async def test_an_answer_that_was_to_be_json_is_repaired_and_that_is_told() -> None:
    pipeline = Pipeline()
    prepared = await pipeline.before(asking(plugins=[HEALING], response_format=AS_JSON), Context())
    assert "plugins" not in prepared.chat, "no upstream knows them"
    reply = pipeline.after(answering("```json\n{a: 1,}\n```"), prepared)
    assert content_of(reply) == '{"a": 1}'
    assert prepared.stages == [
        {
            "type": "response_healing",
            "name": "response-healing",
            "data": {"mode": "json_object", "healed": True, "original_length": 19, "healed_length": 8},
        }
    ]


@pytest.mark.parametrize(
    ("more", "content", "finish"),
    [
        ({"plugins": [HEALING], "response_format": AS_JSON}, '{"a":1}', "stop"),
        ({"plugins": [HEALING], "response_format": AS_JSON}, '{"a":1', "length"),
        ({"plugins": [HEALING], "response_format": AS_JSON}, None, "tool_calls"),
        ({"plugins": [HEALING], "response_format": {"type": "text"}}, "{a: 1}", "stop"),
        ({"plugins": [HEALING], "response_format": AS_JSON, "stream": True}, "{a: 1}", "stop"),
        ({"plugins": [{**HEALING, "enabled": False}], "response_format": AS_JSON}, "{a: 1}", "stop"),
        ({"response_format": AS_JSON}, "{a: 1}", "stop"),
        ({"plugins": [{"id": "of-tomorrow"}], "response_format": AS_JSON}, "{a: 1}", "stop"),
    ],
)
async def test_an_answer_that_needs_no_repair_is_left(more: Json, content: object, finish: str) -> None:
    pipeline = Pipeline()
    prepared = await pipeline.before(asking(**more), Context())
    assert content_of(pipeline.after(answering(content, finish), prepared)) == content
    assert prepared.stages == []


async def test_a_schema_tells_what_is_wanted() -> None:
    schema = {"type": "object", "required": ["name"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    pipeline = Pipeline()
    prepared = await pipeline.before(asking(plugins=[HEALING], response_format=wanted), Context())
    reply = pipeline.after(answering('{"example": "is longer"} {name: "x"}'), prepared)
    assert content_of(reply) == '{"name": "x"}'


@pytest.mark.parametrize("plugins", ["web", {"id": "web"}, ["web"], [{}], [{"id": 3}]])
async def test_plugins_that_are_none_are_refused(plugins: object) -> None:
    with pytest.raises(PluginRefused, match="`plugins"):
        await Pipeline().before(asking(plugins=plugins), Context())


def test_a_request_goes_before_the_defaults() -> None:
    context = Context(defaults=({"id": "web", "max_results": 3, "enabled": False}, HEALING))
    wishes = take_wishes(asking(), context)
    assert (is_on(wishes, "web"), is_on(wishes, "response-healing")) == (False, True)
    wishes = take_wishes(asking(plugins=[{"id": "web"}, {**HEALING, "enabled": False}]), context)
    assert (is_on(wishes, "web"), is_on(wishes, "response-healing")) == (True, False)
    assert wishes["web"]["max_results"] == 3


def test_online_is_a_search_and_transforms_a_compression() -> None:
    assert is_on(take_wishes(asking(), Context(is_online=True)), "web")
    assert is_on(take_wishes(asking(transforms=["middle-out"]), Context()), "context-compression")
    assert not is_on(take_wishes(asking(transforms=[]), Context()), "context-compression")
    off = asking(plugins=[{"id": "web", "enabled": False}])
    assert not is_on(take_wishes(off, Context(is_online=True)), "web"), "the request says more than its model's name"


def test_server_tools_never_go_upstream() -> None:
    mine = {"type": "function", "function": {"name": "mine"}}
    search = {"type": "openrouter:web_search", "parameters": {"max_results": 2, "allowed_domains": ["a.test"]}}
    chat = asking(tools=[mine, search, {"type": "openrouter:datetime"}], tool_choice={"type": "openrouter:web_search"})
    wishes = take_wishes(chat, Context())
    assert (chat["tools"], "tool_choice" in chat) == ([mine], False)
    assert (wishes["web"]["max_results"], wishes["web"]["include_domains"]) == (2, ["a.test"])
    chat = asking(tools=[{"type": "web_search_preview", "search_context_size": "low"}], tool_choice="required")
    wishes = take_wishes(chat, Context())
    assert wishes["web"]["search_context_size"] == "low"
    assert not {"tools", "tool_choice"} & set(chat)
    chat = asking(tools=[mine], tool_choice="auto")
    assert not take_wishes(chat, Context())
    assert (chat["tools"], chat["tool_choice"]) == ([mine], "auto")
