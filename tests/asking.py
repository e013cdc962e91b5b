"""Requests of several kinds as clients send them, and what the management API then says of their logs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

import httpx

from managing import REQUIRED
from staging import PIXEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from staging import Stage

Body = dict[str, object]

SECRET = "sk-of-the-caller-alone"
NOW: Body = {"name": "now", "description": "The time of a place", "parameters": {"type": "object", "properties": {}}}


def chat(text: str, **others: object) -> Body:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **others}


def chat_with_tools(text: str) -> Body:
    """A tool was called and answered, then comes a question."""
    call = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": '{"place":"Oslo"}'}}
    messages: list[Body] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What time is it in Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"time":"noon"}'},
        {"role": "user", "content": text},
    ]
    tools = [{"type": "function", "function": NOW}]
    return {"model": "gpt-4o-mini", "temperature": 0.5, "max_tokens": 50, "tools": tools, "messages": messages}


def messages_with_tools(text: str) -> Body:
    """Anthropic's, with a tool that failed and a picture."""
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL.partition(",")[2]}
    asked: list[Body] = [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "The sky is covered", "is_error": True},
        {"type": "text", "text": text},
        {"type": "image", "source": source},
    ]
    call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "the sky"}}
    messages = [
        {"role": "user", "content": "How many stars are there?"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": asked},
    ]
    tools = [{"name": "look", "description": "Looks", "input_schema": {"type": "object"}}]
    asking: Body = {"model": "claude-sonnet-4-5", "max_tokens": 64, "system": "Be kind.", "tools": tools}
    return {**asking, "messages": messages}


def gemini(text: str) -> Body:
    content = {"role": "user", "parts": [{"text": text}]}
    return {"contents": [content], "generationConfig": {"temperature": 0.3, "maxOutputTokens": 40}}


class Asking:
    """Sends to one gateway, and reads its logs as an owner. Used by `with`."""

    def __init__(self, stage: Stage, gateway: str = "default") -> None:
        self._stage, self.gateway = stage, gateway
        self._owner = stage.signed_in()
        self._gateways = f"/client/v4/accounts/{stage.torana.account_id}/ai-gateway/gateways"
        self._client = httpx.Client(trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._owner.close()
        self._client.close()

    def make_gateway(self) -> None:
        self._owner.post(self._gateways, json={**REQUIRED, "id": self.gateway, "collect_logs": True}).raise_for_status()
        self._stage.torana.follow()

    def store_key(self, provider: str, secret: str) -> None:
        stored = {"provider_slug": provider, "alias": "default", "default_config": True, "secret": secret}
        self._owner.post(f"{self._gateways}/{self.gateway}/provider_configs", json=stored).raise_for_status()
        self._stage.torana.follow()

    def send(self, path: str, body: object, **headers: str) -> str:
        """Below the gateway; the id of the log, which is stored by then."""
        url = self._stage.torana.at("", self.gateway).rstrip("/") + path
        given = {"authorization": f"Bearer {SECRET}", **{name.replace("_", "-"): one for name, one in headers.items()}}
        with self._client.stream("POST", url, json=body, headers=given) as answer:
            log_id = answer.headers["cf-aig-log-id"]
            with suppress(httpx.RemoteProtocolError):  # broken off, as some tests want
                answer.read()
        self.wait_until(lambda: self._owner.get(f"{self.logs}/{log_id}").status_code == 200)
        return str(log_id)

    def chat(self, text: str, **others: object) -> str:
        return self.send("/openai/chat/completions", chat(text, **others))

    @property
    def logs(self) -> str:
        return f"{self._gateways}/{self.gateway}/logs"

    def listed(self, **query: object) -> list[Body]:
        """Newest first."""
        answer = self._owner.get(self.logs, params={"per_page": 50, **query})  # type: ignore[dict-item]  # as httpx writes it
        found: list[Body] = answer.raise_for_status().json()["result"]
        return found

    def ids(self, **query: object) -> list[str]:
        return [str(one["id"]) for one in self.listed(**query)]

    def log(self, log_id: str) -> Body:
        found: Body = self._owner.get(f"{self.logs}/{log_id}/trace").raise_for_status().json()["result"]
        return found

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        self._stage.upstream.wait_until(is_so, 15)
