"""A browser for tests that need no page: cookies, and what the dashboard's own pages send with each call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from running import Torana

OWN_PAGE = {"torana-csrf": "1", "sec-fetch-site": "same-origin"}
PASSWORD = "correct horse battery"
API = "/client/v4"


class Browser(httpx.Client):
    """`api` is below the management API, `account` below the account there."""

    def __init__(self, torana: Torana) -> None:
        super().__init__(base_url=torana.url, headers=OWN_PAGE, trust_env=False, timeout=60)
        self._account = f"{API}/accounts/{torana.account_id}"

    def api(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.request(method, API + path, json=body) if body is not None else self.request(method, API + path)

    def account(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.api(method, self._account.removeprefix(API) + path, body)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.api("POST", "/session", {"name": name, "password": password})

    def follow_link(self, secret: str) -> httpx.Response:
        return self.api("POST", "/session/link", {"secret": secret})

    def me(self) -> dict[str, object]:
        answer = self.api("GET", "/session")
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()["result"]["user"]
        return found


def secret_of(url: str) -> str:
    """Of a link that was printed."""
    return url.strip().partition("#once=")[2]


def make_link(torana: Torana, *arguments: str) -> str:
    return secret_of(torana.run("dashboard", *arguments))


def made(owner: Browser, name: str, role: str) -> str:
    """A user's id."""
    wish = {"name": name, "role": role, "password": PASSWORD}
    answer = owner.account("POST", "/users", wish)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"]["id"])
