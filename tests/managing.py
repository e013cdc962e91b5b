"""The management API for tests: tokens, Cloudflare's SDK, and plain calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
from cloudflare import Cloudflare

if TYPE_CHECKING:
    from running import Torana

REQUIRED: dict[str, object] = {
    "cache_invalidate_on_update": True,
    "cache_ttl": 0,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
}
"""What Cloudflare requires of a new gateway, besides `collect_logs`."""


def token(torana: Torana, *permissions: str, gateway: str = "") -> str:
    asked = [part for name in permissions for part in ("--permission", name)]
    limited = ["--gateway", gateway] if gateway else []
    return str(json.loads(torana.run("tokens", "create", "--name", "test", *asked, *limited, "--json"))["token"])


def sdk(torana: Torana, api_token: str) -> Cloudflare:
    return Cloudflare(
        api_token=api_token,
        base_url=f"{torana.url}/client/v4",
        max_retries=0,
        http_client=httpx.Client(trust_env=False),
    )


class Api:
    """Calls under `/accounts/{account}/ai-gateway`, with a token that may change everything."""

    def __init__(self, torana: Torana) -> None:
        self._base = f"{torana.url}/client/v4/accounts/{torana.account_id}/ai-gateway"
        self._headers = {"authorization": f"Bearer {token(torana, 'edit')}"}

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        with httpx.Client(trust_env=False, headers=self._headers, timeout=30) as client:
            return (
                client.request(method, self._base + path, json=body)
                if body is not None
                else client.request(method, self._base + path)
            )
