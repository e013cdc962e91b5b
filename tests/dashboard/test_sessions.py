"""Signing in, and what a session may do, over real sockets and through a worker."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from browsing import API, OWN_PAGE, PASSWORD, Browser, made, make_link
from managing import REQUIRED, token
from running import Torana
from scripted import ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
GATEWAYS = "/ai-gateway/gateways"
LOCKED = {**REQUIRED, "id": "locked", "collect_logs": True, "authentication": True}


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as up:
        yield up


@pytest.fixture(scope="module")
def torana(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torana]:
    with Torana(tmp_path_factory.mktemp("torana") / "data", {"openai": f"{upstream.url}/openai"}) as running:
        yield running


@pytest.fixture(scope="module")
def browsers(torana: Torana) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def owner(torana: Torana, browsers: ExitStack) -> Browser:
    """Who came by a link and made themselves the first user."""
    browser = browsers.enter_context(Browser(torana))
    assert browser.follow_link(make_link(torana)).status_code == 200
    made(browser, "ada", "owner")
    return browser


@pytest.fixture(scope="module")
def editor(torana: Torana, browsers: ExitStack, owner: Browser) -> Browser:
    return signed_in(torana, browsers, owner, "editor")


@pytest.fixture(scope="module")
def viewer(torana: Torana, browsers: ExitStack, owner: Browser) -> Browser:
    return signed_in(torana, browsers, owner, "viewer")


@pytest.fixture
def nobody(torana: Torana) -> Iterator[Browser]:
    with Browser(torana) as browser:
        yield browser


def signed_in(torana: Torana, browsers: ExitStack, owner: Browser, role: str) -> Browser:
    made(owner, f"the-{role}", role)
    browser = browsers.enter_context(Browser(torana))
    assert browser.sign_in(f"the-{role}").status_code == 200
    return browser


def problem(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert (told["success"], told["result"]) == (False, {})
    return answer.status_code, told["errors"][0]["message"]


def test_who_comes_by_a_link_becomes_the_user_they_make(torana: Torana, owner: Browser, nobody: Browser) -> None:
    me = owner.me()
    assert (me["name"], me["role"], me["source"]) == ("ada", "owner", "link")
    assert nobody.api("GET", "/session/options").json()["result"] == {"has_users": True, "oidc": None}
    shown = owner.api("GET", "/session").json()["result"]
    assert (shown["account_id"], shown["gateway_id"], shown["url"]) == (torana.account_id, "default", torana.url)
    assert shown["needs_user"] is False


def test_a_link_is_good_once_even_where_two_come_at_the_same_time(torana: Torana, owner: Browser) -> None:
    secret = make_link(torana)
    with Browser(torana) as one, Browser(torana) as other, ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda browser: browser.follow_link(secret), (one, other)))
        assert sorted(answer.status_code for answer in answers) == [200, 401]
        assert "set-cookie" not in next(answer for answer in answers if answer.status_code == 401).headers


@pytest.mark.parametrize("secret", ["x", "x" * 43, "\u0000", "é"])
def test_a_link_that_was_made_up_opens_nothing(nobody: Browser, owner: Browser, secret: str) -> None:
    status, message = problem(nobody.follow_link(secret))
    assert status == 401
    assert "torana dashboard" in message


def test_a_link_may_be_a_users(torana: Torana, owner: Browser, nobody: Browser) -> None:
    owner.account("POST", "/users", {"name": "invited", "role": "viewer"})
    assert nobody.follow_link(make_link(torana, "--user", "invited")).status_code == 200
    assert (nobody.me()["name"], nobody.me()["role"]) == ("invited", "viewer")
    assert nobody.api("PUT", "/session/password", {"new": "my own words"}).status_code == 200
    with Browser(torana) as again:
        assert again.sign_in("invited", "my own words").status_code == 200


def test_the_cookie_is_for_http_alone_and_for_this_site(nobody: Browser, owner: Browser) -> None:
    answer = nobody.sign_in("ada")
    assert answer.status_code == 200
    name, *flags = (part.strip() for part in answer.headers["set-cookie"].split(";"))
    assert name.startswith("torana_session=")
    assert set(flags) == {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"}
    assert name.removeprefix("torana_session=") not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    behind_tls = nobody.post(
        f"{API}/session", json={"name": "ada", "password": PASSWORD}, headers={"origin": "https://ai.example.com"}
    )
    assert "; Secure" in behind_tls.headers["set-cookie"]


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong horse"), ("nobody-at-all", PASSWORD), ("ada", "x" * 1024)]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    nobody: Browser, owner: Browser, name: str, password: str
) -> None:
    answer = nobody.sign_in(name, password)
    assert problem(answer) == (401, "Authentication error: the name or the password is wrong")
    assert "set-cookie" not in answer.headers


def test_who_guesses_has_to_wait_and_is_told_how_long(nobody: Browser, owner: Browser) -> None:
    made(owner, "guessed", "viewer")
    answers = [nobody.sign_in("guessed", f"guess {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert "try again in" in problem(answers[-1])[1]
    assert nobody.sign_in("guessed").status_code == 429
    assert nobody.sign_in("ada").status_code == 200
    entries = owner.account("GET", "/audit_logs?action.type=login&per_page=50").json()["result"]
    refused = [entry for entry in entries if not entry["action"]["result"] and entry["actor"]["name"] == "guessed"]
    assert len(refused) == 5
    assert {entry["interface"] for entry in refused} == {"UI"}
    assert {entry["newValueJson"]["peer"] for entry in refused} == {"127.0.0.1"}
    assert "guess 1" not in str(entries)


def test_nobody_says_of_themselves_where_they_are(torana: Torana, owner: Browser) -> None:
    made(owner, "sprayed", "viewer")
    with Browser(torana) as guesser:
        statuses = []
        for number in range(6):
            guesser.headers["torana-peer"] = f"192.0.2.{number}"
            statuses.append(guesser.sign_in("sprayed", f"guess {number}").status_code)
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", GATEWAYS),
        ("GET", f"{GATEWAYS}/default"),
        ("GET", f"{GATEWAYS}/default/logs"),
        ("GET", "/tokens"),
        ("GET", "/audit_logs"),
        ("POST", f"{GATEWAYS}/default/analytics"),
    ],
)
def test_who_views_sees_everything_of_the_management_api(viewer: Browser, method: str, path: str) -> None:
    answer = viewer.account(method, path, {} if method == "POST" else None)
    assert answer.status_code in {200, 400}, answer.text  # 400: seen, and lacks a parameter


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", GATEWAYS, {**REQUIRED, "id": "mine", "collect_logs": True}),
        ("DELETE", f"{GATEWAYS}/default", None),
        ("DELETE", f"{GATEWAYS}/default/logs", None),
        ("POST", "/tokens", {"name": "mine", "permissions": ["read"]}),
    ],
)
def test_who_views_changes_nothing(viewer: Browser, method: str, path: str, body: object) -> None:
    assert problem(viewer.account(method, path, body)) == (
        403,
        "your role `viewer` may not do this: it needs the role `editor`",
    )


def test_who_edits_changes_what_there_is_but_no_users(editor: Browser) -> None:
    assert editor.account("POST", GATEWAYS, {**REQUIRED, "id": "edited", "collect_logs": True}).status_code == 200
    assert editor.account("DELETE", f"{GATEWAYS}/edited").status_code == 200
    for method, path in (("GET", "/users"), ("DELETE", "/users/x")):
        assert problem(editor.account(method, path)) == (
            403,
            "your role `editor` may not do this: it needs the role `owner`",
        )


def test_what_somebody_changes_is_audited_in_their_name(editor: Browser, owner: Browser) -> None:
    me = editor.me()
    name = {"name": "audited", "permissions": ["read"]}
    assert editor.account("POST", "/tokens", name).status_code == 200
    [entry] = owner.account("GET", f"/audit_logs?actor.id={me['id']}&resource.type=token").json()["result"]
    assert (entry["actor"]["name"], entry["actor"]["type"], entry["interface"]) == ("the-editor", "user", "UI")


@pytest.mark.parametrize("path", ["/key", "/keys", "/credits", "/activity", "/workspaces", "/guardrails", "/byok"])
def test_the_routers_api_takes_a_session_for_a_management_key(viewer: Browser, nobody: Browser, path: str) -> None:
    assert viewer.get(f"/api/v1{path}").status_code == 200
    answer = nobody.get(f"/api/v1{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)


def test_roles_count_in_the_routers_api_too(viewer: Browser, editor: Browser) -> None:
    refused = viewer.post("/api/v1/keys", json={"name": "mine"})
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403,
        "your role `viewer` may not do this: it needs the role `editor`",
    )
    question = {"metrics": ["request_count"], "time_range": {"start": "2026-01-01", "end": "2026-01-02"}}
    assert viewer.post("/api/v1/analytics/query", json=question).status_code in {200, 400}
    made_key = editor.post("/api/v1/keys", json={"name": "mine"})
    assert made_key.status_code == 201
    assert editor.delete(f"/api/v1/keys/{made_key.json()['data']['hash']}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"torana-csrf": ""},
        {"torana-csrf": "0"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{API}/accounts/x/tokens"),
        ("PUT", f"{API}/session/password"),
        ("DELETE", f"{API}/session"),
        ("POST", f"{API}/session"),
        ("POST", f"{API}/session/link"),
        ("POST", f"{API}/graphql"),
        ("POST", "/api/v1/keys"),
        ("DELETE", "/api/v1/keys/x"),
    ],
)
def test_another_sites_page_changes_nothing(editor: Browser, method: str, path: str, headers: dict[str, str]) -> None:
    answer = editor.request(method, path, headers={**OWN_PAGE, **headers}, content=b"{}")
    assert answer.status_code == 403, answer.text
    assert "may not ask" in answer.text or "torana-csrf" in answer.text
    assert editor.me()["name"] == "the-editor"


def test_a_page_of_another_origin_is_not_let_in_by_what_it_asks_first(torana: Torana, editor: Browser) -> None:
    asked = {
        "origin": "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "torana-csrf",
    }
    for path in (f"{API}/session", f"{API}/accounts/{torana.account_id}/tokens"):
        assert "access-control-allow-origin" not in editor.options(path, headers=asked).headers
    answer = editor.options("/api/v1/keys", headers=asked)
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_token_wins_over_the_cookie(torana: Torana, viewer: Browser) -> None:
    own = {"authorization": f"Bearer {token(torana, 'edit')}", "torana-csrf": "", "sec-fetch-site": "cross-site"}
    made_one = viewer.post(
        f"{API}/accounts/{torana.account_id}/tokens", json={"name": "t", "permissions": ["read"]}, headers=own
    )
    assert made_one.status_code == 200
    for bad in ("Bearer torana_x", "Basic dTpw"):
        answer = viewer.get(f"{API}/accounts", headers={"authorization": bad})
        assert answer.status_code == 401
        assert viewer.get("/api/v1/keys", headers={"authorization": bad}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/session"), ("POST", "/session/run_token"), ("GET", "/accounts/{}/users")]
)
def test_what_is_for_people_is_for_no_token(torana: Torana, owner: Browser, method: str, path: str) -> None:
    own = {"authorization": f"Bearer {token(torana, 'edit', 'run')}"}
    answer = httpx.request(method, torana.url + API + path.format(torana.account_id), headers=own, trust_env=False)
    assert answer.status_code == 403
    assert "signed in" in problem(answer)[1]


def test_graphql_is_for_who_is_signed_in_too(viewer: Browser, nobody: Browser) -> None:
    question = {"query": "{ __typename }"}
    assert viewer.api("POST", "/graphql", question).status_code == 200
    assert nobody.api("POST", "/graphql", question).status_code == 401


def test_signing_out_ends_the_session_for_good(torana: Torana, nobody: Browser, owner: Browser) -> None:
    secret = nobody.sign_in("ada").cookies["torana_session"]
    answer = nobody.api("DELETE", "/session")
    assert answer.status_code == 200
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert "torana_session" not in nobody.cookies
    stale = {"cookie": f"torana_session={secret}"}
    assert httpx.get(f"{torana.url}{API}/session", headers=stale, trust_env=False).status_code == 401
    assert httpx.get(f"{torana.url}/api/v1/keys", headers=stale, trust_env=False).status_code == 401
    assert nobody.api("DELETE", "/session").status_code == 200


@pytest.mark.parametrize("value", ["", "x", "x" * 5000, '"a b"', "a=b", "\xff"])
def test_a_cookie_that_was_made_up_is_no_session(torana: Torana, owner: Browser, value: str) -> None:
    headers = {b"cookie": b"other=1; torana_session=" + value.encode("latin-1") + b"; more"}
    answer = httpx.get(f"{torana.url}{API}/session", headers=headers, trust_env=False)
    assert answer.status_code == 401


def test_who_is_demoted_or_removed_is_so_at_once(torana: Torana, owner: Browser, nobody: Browser) -> None:
    user_id = made(owner, "short", "editor")
    assert nobody.sign_in("short").status_code == 200
    wish = {"name": "mine", "permissions": ["read"]}
    assert nobody.account("POST", "/tokens", wish).status_code == 200
    assert owner.account("PATCH", f"/users/{user_id}", {"role": "viewer"}).status_code == 200
    assert nobody.account("POST", "/tokens", wish).status_code == 403
    assert nobody.account("GET", "/tokens").status_code == 200
    assert owner.account("DELETE", f"/users/{user_id}").status_code == 200
    assert nobody.account("GET", "/tokens").status_code == 401
    assert nobody.get("/api/v1/keys").status_code == 401
    assert nobody.sign_in("short").status_code == 401


def test_users_are_listed_and_changed_by_owners(owner: Browser) -> None:
    user_id = made(owner, "grace", "viewer")
    changed = owner.account("PATCH", f"/users/{user_id}", {"display_name": "Grace H.", "email": "grace@example.com"})
    found = changed.json()["result"]
    assert (found["display_name"], found["email"], found["role"]) == ("Grace H.", "grace@example.com", "viewer")
    assert found["last_login_at"] is None
    listed = owner.account("GET", "/users?per_page=100").json()
    assert found in listed["result"]
    assert "argon2" not in str(listed)
    again = owner.account("POST", "/users", {"name": "GRACE", "role": "viewer"})
    assert (again.status_code, again.json()["errors"][0]["path"]) == (409, ["body", "name"])


def test_the_last_owner_stays(owner: Browser) -> None:
    own = f"/users/{owner.me()['id']}"
    for answer in (owner.account("PATCH", own, {"role": "editor"}), owner.account("DELETE", own)):
        status, message = problem(answer)
        assert status == 400
        assert "last owner" in message


def test_a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions(torana: Torana, owner: Browser) -> None:
    made(owner, "hopper", "viewer")
    with Browser(torana) as here, Browser(torana) as there:
        assert {here.sign_in("hopper").status_code, there.sign_in("hopper").status_code} == {200}
        wish = {"old": "not it at all", "new": "another password"}
        assert here.api("PUT", "/session/password", wish).status_code == 401
        assert here.api("PUT", "/session/password", {"new": "another password"}).status_code == 401
        assert here.api("PUT", "/session/password", {**wish, "old": PASSWORD}).status_code == 200
        assert here.me()["name"] == "hopper"
        assert there.api("GET", "/session").status_code == 401
        assert there.sign_in("hopper").status_code == 401
        assert there.sign_in("hopper", "another password").status_code == 200


def test_a_run_token_opens_a_locked_gateway_until_the_session_ends(
    torana: Torana, owner: Browser, upstream: ScriptedUpstream
) -> None:
    owner.account("POST", GATEWAYS, LOCKED)
    made(owner, "player", "editor")
    with Browser(torana) as player:
        player.sign_in("player")
        first, text = (player.api("POST", "/session/run_token").json()["result"]["token"] for _ in range(2))
        torana.follow()

        def ask(value: str) -> int:
            own = {"cf-aig-authorization": f"Bearer {value}", "authorization": "Bearer sk-x"}
            return player.post(torana.at("openai", "locked") + "/chat/completions", json=CHAT, headers=own).status_code

        assert (ask(first), ask(text)) == (401, 200)
        assert text not in owner.account("GET", "/tokens?per_page=100").text
        assert "dashboard: player" not in owner.account("GET", "/tokens?per_page=100").text
        assert "dashboard: player" not in torana.run("tokens", "list", "--json")
        own = httpx.get(
            f"{torana.url}{API}/accounts/{torana.account_id}/tokens",
            headers={"authorization": f"Bearer {text}"},
            trust_env=False,
        )
        assert own.status_code == 403
        player.api("DELETE", "/session")
        torana.follow()
        assert ask(text) == 401


def test_who_only_views_runs_nothing(viewer: Browser) -> None:
    assert problem(viewer.api("POST", "/session/run_token"))[0] == 403


@pytest.mark.parametrize(
    "path", ["/v1/{}/locked/openai/chat/completions", "/api/v1/chat/completions", "/client/v4/accounts/{}/ai/run/@cf/x"]
)
def test_a_cookie_opens_no_inference(torana: Torana, owner: Browser, upstream: ScriptedUpstream, path: str) -> None:
    owner.account("POST", GATEWAYS, LOCKED)
    torana.follow()
    upstream.requests.clear()
    answer = owner.post(path.format(torana.account_id), json=CHAT)
    assert answer.status_code == 401, answer.text
    assert not upstream.requests


def test_users_are_managed_from_the_command_line(torana: Torana, owner: Browser, nobody: Browser) -> None:
    torana.run("users", "create", "typed", "--role", "editor", "--email", "t@example.com", stdin="typed password\n")
    assert nobody.sign_in("typed", "typed password").status_code == 200
    torana.run("users", "update", "typed", "--role", "viewer", "--display-name", "T.")
    assert (nobody.me()["role"], nobody.me()["display_name"]) == ("viewer", "T.")
    torana.run("users", "password", "typed", stdin="another password\n")
    assert nobody.api("GET", "/session").status_code == 401
    assert nobody.sign_in("typed", "another password").status_code == 200
    torana.run("users", "delete", "typed")
    assert nobody.api("GET", "/session").status_code == 401
    assert "last owner" in torana.run("users", "delete", "ada", code=1)
    assert "ada" in torana.run("users", "list")
