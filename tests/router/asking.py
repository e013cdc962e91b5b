"""Asks models through the router with clients that have an environment of their own; prints what came as JSON.

`python asking.py langchain|litellm`, with the router's address and keys in variables. It imports nothing of Torana's.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

ROUTER, KEY, POOR, STRANGER = (os.environ[name] for name in ("ROUTER", "KEY", "POOR", "STRANGER"))
QUESTION = "What is Cloudflare?"
CITY = {
    "title": "city",
    "description": "A city.",
    "type": "object",
    "properties": {"city": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["city", "population"],
    "additionalProperties": False,
}
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "How it is.", "parameters": WEATHER}}


def failure(call: Callable[[], object]) -> dict[str, object]:
    try:
        call()
    except Exception as error:  # noqa: BLE001  # which one is what is asked
        return {"name": type(error).__name__, "status": getattr(error, "status_code", None), "message": str(error)}
    return {}


def langchain() -> dict[str, Any]:
    from langchain_openrouter import ChatOpenRouter  # noqa: PLC0415  # one of two environments' worth

    def model(name: str, key: str = KEY, **more: Any) -> Any:
        return ChatOpenRouter(model=name, api_key=key, base_url=ROUTER, max_retries=0, **more)

    def said(message: Any) -> dict[str, object]:
        return {
            "text": str(message.text),
            "more": message.additional_kwargs,
            "usage": message.usage_metadata,
            "told": message.response_metadata,
            "calls": message.tool_calls,
        }

    def streamed(name: str) -> dict[str, object]:
        whole = None
        for chunk in model(name).stream(QUESTION):
            whole = chunk if whole is None else whole + chunk
        return said(whole)

    oracle = model("acme/oracle")
    return {
        "whole": said(model("acme/oracle", openrouter_provider={"only": ["openai"]}).invoke(QUESTION)),
        "streamed": streamed("acme/oracle"),
        "tools": said(oracle.bind_tools([TOOL]).invoke(QUESTION)),
        "object": oracle.with_structured_output(CITY, method="json_schema").invoke(QUESTION),
        "thought": said(model("acme/thinker", reasoning={"effort": "high"}).invoke(QUESTION)),
        "broken": streamed("acme/fickle"),
        "failures": {
            "stranger": failure(lambda: model("acme/oracle", STRANGER).invoke(QUESTION)),
            "dear": failure(lambda: model("acme/dear", max_tokens=9000).invoke(QUESTION)),
            "poor": failure(lambda: model("acme/oracle", POOR).invoke(QUESTION)),
            "nobody": failure(
                lambda: model("acme/oracle", openrouter_provider={"only": ["anthropic"]}).invoke(QUESTION)
            ),
            "busy": failure(lambda: model("acme/busy").invoke(QUESTION)),
            # Not what is down: without retries of its own, the SDK below it retries for an hour.
        },
    }


def litellm() -> dict[str, Any]:
    import litellm  # noqa: PLC0415  # one of two environments' worth

    messages = [{"role": "user", "content": QUESTION}]

    def ask(name: str, key: str = KEY, **more: Any) -> Any:
        return litellm.completion(
            model=f"openrouter/{name}", messages=messages, api_key=key, api_base=ROUTER, num_retries=0, **more
        )

    def streamed(name: str) -> dict[str, object]:
        text, usage = "", None
        for chunk in ask(name, stream=True, stream_options={"include_usage": True}):
            text += chunk.choices[0].delta.content or "" if chunk.choices else ""
            usage = getattr(chunk, "usage", None) or usage
        return {"text": text, "usage": usage and usage.model_dump()}

    schema = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": CITY}}
    return {
        "whole": ask("acme/oracle", provider={"only": ["openai"]}).model_dump(),
        "streamed": streamed("acme/oracle"),
        "tools": ask("acme/oracle", tools=[TOOL]).model_dump(),
        "object": json.loads(ask("acme/oracle", response_format=schema).choices[0].message.content),
        "thought": ask("acme/thinker", reasoning_effort="high").model_dump(),
        "broken": failure(lambda: streamed("acme/fickle")),
        "failures": {
            "stranger": failure(lambda: ask("acme/oracle", STRANGER)),
            "dear": failure(lambda: ask("acme/dear", max_tokens=9000)),
            "poor": failure(lambda: ask("acme/oracle", POOR)),
            "nobody": failure(lambda: ask("acme/oracle", provider={"only": ["anthropic"]})),
            "busy": failure(lambda: ask("acme/busy")),
            "down": failure(lambda: ask("acme/fickle")),
        },
    }


if __name__ == "__main__":
    print(json.dumps({"langchain": langchain, "litellm": litellm}[sys.argv[1]](), default=str))
