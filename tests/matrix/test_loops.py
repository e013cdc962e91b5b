"""SDKs that run a model's tools by themselves: each before every provider, with thoughts that must come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import pytest
from google.genai import types
from openai.lib.responses_tool_runner import RegisteredFunction, ResponsesToolRunner

from matrix.asking import CALLS, MOST, PROMPT, RESULTS, SYSTEM, TEXT, TOOLS, Client
from matrix.clients.anthropic_messages import AnthropicMessages
from matrix.clients.gemini import Gemini
from matrix.clients.openai_responses import OpenAIResponses
from matrix.playing import EXPECTED, Cell, Play, answered
from matrix.upstreams import UPSTREAMS, played


def weather(city: str, units: str = "metric") -> str:
    """Says how the sky is over a city.

    Args:
        city: Its name.
        units: Which.
    """
    assert {"city": city, "units": units} == CALLS[0].arguments
    return RESULTS["weather"]


def clock(zone: str) -> str:
    """Says what time it is.

    Args:
        zone: Where.
    """
    assert {"zone": zone} == CALLS[1].arguments
    return RESULTS["clock"]


def _run_anthropics(sdk: Any, model: str, *, is_stream: bool) -> str:
    asked: Any = {"model": model, "max_tokens": MOST, "system": SYSTEM, "stream": is_stream}
    asked["thinking"] = {"type": "enabled", "budget_tokens": 2000}
    asked["messages"] = [{"role": "user", "content": PROMPT}]
    runner = sdk.beta.messages.tool_runner(**asked, tools=[anthropic.beta_tool(weather), anthropic.beta_tool(clock)])
    last = runner.until_done()
    return "".join(block.text for block in last.content if block.type == "text")


def _run_googles(sdk: Any, model: str, *, is_stream: bool) -> str:
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=2000)
    config = types.GenerateContentConfig(
        system_instruction=SYSTEM, tools=[weather, clock], thinking_config=thinking, max_output_tokens=MOST
    )
    asked: Any = {"model": model, "contents": PROMPT, "config": config}
    if not is_stream:
        return str(sdk.models.generate_content(**asked).text)
    parts = [part for chunk in sdk.models.generate_content_stream(**asked) for part in chunk.parts or ()]
    return "".join(part.text for part in parts if part.text and not part.thought)


def _spread(function: Callable[..., str]) -> Callable[[dict[str, object]], str]:
    return lambda arguments: function(**arguments)


def _run_openais(sdk: Any, model: str, *, is_stream: bool) -> str:
    functions: dict[str, Callable[..., str]] = {"weather": weather, "clock": clock}
    registered = [
        RegisteredFunction(
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": False,
            },
            _spread(functions[tool.name]),
        )
        for tool in TOOLS
    ]
    asked: Any = {"model": model, "instructions": SYSTEM, "input": PROMPT, "store": False}
    asked["reasoning"] = {"effort": "medium", "summary": "auto"}
    asked["include"] = ["reasoning.encrypted_content"]
    runner = ResponsesToolRunner(functions=registered)
    try:
        return str(runner.run(sdk, asked, max_steps=4, stream=is_stream).output_text)
    finally:
        runner.close()


LOOPS: dict[type[Client], Callable[..., str]] = {
    AnthropicMessages: _run_anthropics,
    Gemini: _run_googles,
    OpenAIResponses: _run_openais,
}
CELLS = [
    Cell("loops", client, upstream, is_stream)
    for client in LOOPS
    for upstream in UPSTREAMS
    for is_stream in (False, True)
    # Anthropic itself would hold the conversation, which is not played here.
    if client is not AnthropicMessages or played(upstream, client.format).format != client.format
]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_an_sdk_runs_the_tools_and_gives_back_what_was_thought(play: Play) -> None:
    cell, up = play.cell, play.upstream
    play.stage.set(up, "thoughts", "text")
    with play.watched():
        assert LOOPS[cell.client](play.client.sdk, cell.model, is_stream=cell.is_stream) == TEXT
        first, second = play.stage.heard
        assert first.tools == {"weather": ["city", "units"], "clock": ["zone"]}
        assert [(name, arguments) for _, name, arguments in second.calls] == [call.plain for call in CALLS]
        assert answered(second) == EXPECTED
        assert second.signatures == list(up.signatures)
