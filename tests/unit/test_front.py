"""Each family of URLs is answered in its own shape, whoever is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from fakes import ACCOUNT, JSON_TYPE, PREFIX, Answers, Records, flow, request
from torana.errors import HeadersTooLarge, UpstreamUnreachable
from torana.front import RELAYED, Front
from torana.message import Call, Origin, Reply

if TYPE_CHECKING:
    from torana.exchange import Request
    from torana.router.flow import Flow as Router
    from torana.router.shelf import Shelf

CONTROL = "/run/torana/control.sock"


class Health:
    def __init__(self, *, is_ready: bool = True) -> None:
        self._is_ready = is_ready

    def ready(self) -> tuple[bool, dict[str, object]]:
        return self._is_ready, {"status": "ready" if self._is_ready else "draining", "workers": 2}


def answered(call: Call) -> Reply:
    return Reply(200, [JSON_TYPE], b'{"answered": true}')


def away(call: Call) -> Reply:
    raise UpstreamUnreachable("no such socket")


class Bare:
    """A shelf with nothing on it."""

    async def answer(self, _request: Request) -> None:
        return None


def front(upstream: Answers, records: Records | None = None, *, is_ready: bool = True) -> Front:
    known = flow(records or Records(), upstream)
    return Front(known, cast("Router", None), cast("Shelf", Bare()), upstream, Health(is_ready=is_ready), CONTROL)


def told(reply: Reply) -> dict[str, object]:
    assert isinstance(reply.body, bytes)
    assert JSON_TYPE in reply.headers
    return msgspec.json.decode(reply.body, type=dict[str, object])


async def test_inference_goes_to_its_provider_and_not_to_the_control_plane() -> None:
    upstream = Answers(answered)
    reply = await front(upstream).handle(request(PREFIX + "openai/models", method=b"GET"))
    assert (reply.status, reply.body) == (200, b'{"answered": true}')
    assert [call.origin.host for call in upstream.calls] == ["api.openai.com"]


@pytest.mark.parametrize("query", ["", "?verbose=1"])
async def test_health_is_the_workers_own_and_asks_nobody(query: str) -> None:
    upstream = Answers(away)
    reply = await front(upstream).handle(request("/healthz" + query, method=b"GET"))
    assert (reply.status, told(reply)) == (200, {"status": "ok"})
    assert upstream.calls == []


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
async def test_readiness_is_a_status_and_the_facts_and_never_cached(status: int, *, is_ready: bool) -> None:
    reply = await front(Answers(away), is_ready=is_ready).handle(request("/readyz", method=b"GET"))
    assert reply.status == status
    assert told(reply)["workers"] == 2
    assert (b"cache-control", b"no-store") in reply.headers


@pytest.mark.parametrize("path", sorted(path.decode() for path in RELAYED))
async def test_a_relayed_path_takes_no_credential_to_the_control_plane(path: str) -> None:
    upstream = Answers(answered)
    sent = [(b"accept", b"text/html"), (b"authorization", b"Bearer sk-0123456789"), (b"cookie", b"a=b")]
    reply = await front(upstream).handle(request(path + "?q=1", headers=sent, method=b"GET"))
    assert reply.body == b'{"answered": true}'
    [call] = upstream.calls
    assert (call.origin, call.method, call.target) == (Origin(CONTROL, 0, is_tls=False), b"GET", f"{path}?q=1".encode())
    assert call.headers == [(b"accept", b"text/html"), (b"host", b"torana")]


async def test_the_management_api_is_relayed_whole_with_its_token_and_without_anything_else() -> None:
    upstream = Answers(answered)
    token = [
        *[(b"authorization", b"Bearer t"), (b"content-type", b"application/json")],
        *[(b"cookie", b"torana_session=s"), (b"torana-csrf", b"1"), (b"sec-fetch-site", b"same-origin")],
    ]
    sent = [*token, (b"x-auth-key", b"k"), (b"cf-aig-authorization", b"Bearer u")]
    path = "/client/v4/accounts/x/ai-gateway/gateways?page=1"
    reply = await front(upstream).handle(request(path, b'{"id": "a"}', sent, b"PUT"))
    assert reply.body == b'{"answered": true}'
    [call] = upstream.calls
    assert (call.origin.host, call.method, call.target) == (CONTROL, b"PUT", path.encode())
    assert (call.headers, call.body) == ([*token, (b"host", b"torana")], b'{"id": "a"}')


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/", "/dashboard/assets/index-1.js?x=1", "/dashboard/oidc"])
async def test_the_dashboard_is_relayed_with_what_a_browser_says_of_itself(path: str) -> None:
    upstream = Answers(answered)
    kept = [
        *[(b"cookie", b"torana_session=s"), (b"sec-fetch-site", b"same-origin"), (b"origin", b"http://a")],
        *[(b"torana-csrf", b"1"), (b"if-none-match", b"e"), (b"accept-encoding", b"br")],
    ]
    sent = [*kept, (b"authorization", b"Bearer t"), (b"torana-peer", b"192.0.2.9"), (b"x-forwarded-for", b"192.0.2.9")]
    await front(upstream).handle(request(path, headers=sent, method=b"GET"))
    [call] = upstream.calls
    assert (call.origin.host, call.target) == (CONTROL, path.encode())
    assert call.headers == [*kept, (b"host", b"torana")]


@pytest.mark.parametrize("path", ["/client/v4/accounts", "/api/v1/keys", "/dashboard/oidc", "/auth"])
async def test_the_control_plane_is_told_who_asks_by_the_worker_alone(path: str) -> None:
    upstream = Answers(answered)
    asked = request(path, headers=[(b"torana-peer", b"192.0.2.9")], method=b"GET")
    asked.remote = "203.0.113.5"
    await front(upstream).handle(asked)
    [call] = upstream.calls
    assert [value for name, value in call.headers if name == b"torana-peer"] == [b"203.0.113.5"]


@pytest.mark.parametrize(
    "path",
    ["/client/v4", "/dashboards", "/dashboard.html", "/client/v5/x", "/internal/accounts/x/logs", "/clientele/v4/x"],
)
async def test_nothing_beside_the_management_api_is_relayed(path: str) -> None:
    upstream = Answers(answered)
    assert (await front(upstream).handle(request(path, method=b"GET"))).status == 404
    assert upstream.calls == []


async def test_while_the_control_plane_is_away_the_management_api_says_so_in_its_own_shape() -> None:
    reply = await front(Answers(away)).handle(request("/client/v4/accounts", method=b"GET"))
    assert reply.status == 503
    body = told(reply)
    assert (body["success"], body["result"], body["messages"]) == (False, {}, [])
    assert "control plane" in str(body["errors"])


@pytest.mark.parametrize("path", sorted(path.decode() for path in RELAYED))
async def test_while_the_control_plane_is_away_its_paths_are_503_and_say_so(path: str) -> None:
    reply = await front(Answers(away)).handle(request(path, method=b"GET"))
    assert reply.status == 503
    body = told(reply)
    assert (body["name"], body["httpCode"]) == ("AiGatewayError", 503)
    assert "control plane" in str(body["message"])
    assert "no such socket" not in str(body)


async def test_the_rest_of_the_routers_api_is_relayed_with_its_key() -> None:
    upstream = Answers(answered)
    key = [
        *[(b"authorization", b"Bearer sk-or-v1-x"), (b"content-type", b"application/json")],
        *[(b"cookie", b"torana_session=s"), (b"torana-csrf", b"1"), (b"sec-fetch-site", b"same-origin")],
    ]
    sent = [*key, (b"x-provider-api-keys", b"{}")]
    reply = await front(upstream).handle(request("/api/v1/keys?offset=1", b"{}", sent, b"POST"))
    assert reply.body == b'{"answered": true}'
    [call] = upstream.calls
    assert (call.origin.host, call.target, call.headers) == (
        CONTROL,
        b"/api/v1/keys?offset=1",
        [*key, (b"host", b"torana")],
    )


async def test_while_the_control_plane_is_away_the_routers_api_says_so_in_its_own_shape() -> None:
    reply = await front(Answers(away)).handle(request("/api/v1/key", method=b"GET"))
    assert reply.status == 503
    error = told(reply)["error"]
    assert isinstance(error, dict)
    assert error["code"] == 503
    assert "control plane" in str(error["message"])


async def test_the_page_of_consent_gets_its_cookie_and_no_key() -> None:
    upstream = Answers(answered)
    sent = [(b"cookie", b"a=b"), (b"authorization", b"Bearer t"), (b"origin", b"http://x")]
    await front(upstream).handle(request("/auth?callback_url=x", headers=sent, method=b"GET"))
    [call] = upstream.calls
    assert call.headers == [(b"cookie", b"a=b"), (b"origin", b"http://x"), (b"host", b"torana")]


@pytest.mark.parametrize("path", ["/logs", "/metrics/", "/v2/x", "/v1", "//", "/client", "/%00"])
async def test_any_other_path_is_the_gateways_404_and_reaches_nobody(path: str) -> None:
    upstream = Answers(answered)
    reply = await front(upstream).handle(request(path, method=b"GET"))
    body = told(reply)
    assert (reply.status, body["name"], body["internalCode"]) == (404, "AiGatewayError", 7002)
    assert upstream.calls == []


@pytest.mark.parametrize(
    ("path", "key", "logged"),
    [(PREFIX + "openai/x", "error", 1), ("/v1/nobody/x/openai/x", "error", 0), ("/client/v4/x", "errors", 0)],
)
def test_what_the_wire_refuses_has_the_shape_of_its_family(path: str, key: str, logged: int) -> None:
    records = Records()
    reply = front(Answers(away), records).refuse(HeadersTooLarge("too many"), request(path))
    assert reply.status == 431
    assert key in told(reply)
    assert len(records.rows) == logged


def test_what_the_wire_could_not_even_read_has_the_gateways_shape() -> None:
    reply = front(Answers(away)).refuse(HeadersTooLarge("too many"), None)
    assert (reply.status, told(reply)["name"]) == (431, "AiGatewayError")
    assert ACCOUNT not in str(told(reply))
