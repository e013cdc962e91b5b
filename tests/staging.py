"""A server with a past, keys, limits and traffic, as somebody meets it who opens the dashboard of a busy team."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import httpx

import history
from managing import REQUIRED, Api
from running import Torana
from scripted import Answer, ScriptedUpstream
from torana.providers import PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

CSRF = {"torana-csrf": "1"}
GATEWAYS = ("default", "team-search")
_STORED = ("openai", "anthropic", "groq")
_TRAFFIC = 24
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


class Stage:
    """Started by `with`. `past` = how many logs there are from the last `days`; `is_new` = nothing at all."""

    def __init__(self, folder: Path, *, past: int = 0, days: int = 14, is_new: bool = False, port: int = 0) -> None:
        self._folder = folder
        self._past, self._days, self._is_new, self._port = past, days, is_new, port
        self._open = ExitStack()
        self.upstream = ScriptedUpstream()
        self.torana: Torana

    def __enter__(self) -> Self:
        self._open.enter_context(self.upstream)
        urls = {slug: f"{self.upstream.url}/{slug}" for slug in PROVIDERS if slug != "local"}
        settings = {"allow_private_upstreams": "127.0.0.0/8"}
        self.torana = Torana(self._folder / "data", urls, **settings)
        if self._port:
            self.torana.environ["TORANA_PORT"] = str(self._port)
        if self._past:
            self._write_past()
        self._open.enter_context(self.torana)
        if not self._is_new:
            self._configure()
            self._talk()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def link(self) -> str:
        """One that signs in once, as an owner."""
        return self.torana.run("dashboard").split()[-1]

    def signed_in(self) -> httpx.Client:
        """A client with an owner's session."""
        client = httpx.Client(base_url=self.torana.url, headers=CSRF, trust_env=False, timeout=30)
        secret = self.link().partition("#once=")[2]
        client.post("/client/v4/session/link", json={"secret": secret}).raise_for_status()
        return client

    def user(self, owner: httpx.Client, name: str, role: str, password: str) -> None:
        wish = {"name": name, "role": role, "password": password}
        owner.post(f"/client/v4/accounts/{self.torana.account_id}/users", json=wish).raise_for_status()

    def _write_past(self) -> None:
        made = json.loads(self.torana.run("tokens", "create", "--name", "x", "--permission", "run", "--json"))
        rows = json.loads(self.torana.run("tokens", "list", "--json"))
        self.torana.run("tokens", "revoke", made["id"])
        now_ms = int(time.time() * 1000) - 60_000
        records = history.past(now_ms, days=self._days, count=self._past, gateways=GATEWAYS)
        history.write(self.torana.data_dir / "journal", rows[0]["account_id"], records)

    def _configure(self) -> None:
        api = Api(self.torana)
        limits: dict[str, object] = {"rate_limiting_limit": 600, "rate_limiting_interval": 60}
        for wish in ({}, {"id": "team-search", "collect_logs": True} | limits):
            if wish:
                api("POST", "/gateways", {**REQUIRED, **wish}).raise_for_status()
        for gateway in GATEWAYS:
            for slug in _STORED:
                stored = {"provider_slug": slug, "alias": "default", "default_config": True}
                secret = {"secret": f"sk-{slug}-not-a-real-key-{gateway}"}
                api("POST", f"/gateways/{gateway}/provider_configs", {**stored, **secret}).raise_for_status()
        self.torana.run("keys", "create", "--name", "web-app")
        self.torana.run("keys", "create", "--name", "batch-jobs")
        self.torana.follow()

    def _talk(self) -> None:
        """A little traffic of now: whole and streamed, a cached answer, a tool, an image, failures and a retry."""
        later = Answer(status=429, body=b'{"error": {"message": "Rate limit reached", "type": "requests"}}')
        self.upstream.script(lambda asked: b"fail please" in asked.body, later)
        with httpx.Client(trust_env=False, timeout=30) as client:
            for number in range(_TRAFFIC):
                self.ask(client, f"Question {number}: what is a torana?", stream=number % 2 == 0)
            self.ask(client, "fail please")
            self.ask(client, "What is in the picture?", picture=True)

    def ask(self, client: httpx.Client, text: str, *, stream: bool = False, picture: bool = False) -> httpx.Response:
        """A chat with `gpt-4o-mini` through the default gateway."""
        content: object = text
        if picture:
            content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": PIXEL}}]
        body = {"model": "gpt-4o-mini", "stream": stream, "messages": [{"role": "user", "content": content}]}
        metadata = {"cf-aig-metadata": '{"team": "search", "user": "user-7"}'}
        headers = {"authorization": "Bearer sk-not-a-real-key", **metadata}
        return client.post(self.torana.at("openai") + "/chat/completions", json=body, headers=headers)
