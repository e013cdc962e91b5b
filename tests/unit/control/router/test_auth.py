"""The PKCE flow: a user agrees on a page, an application exchanges the code for a key."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from torana.control.audit import Search, find_entries
from torana.control.operations import Store, create_gateway
from torana.control.router import consent
from torana.control.router.codes import LASTS_MS, Agreed, Challenge, answer_url, check_callback, make_code, redeem
from torana.control.router.keychain import change_key, list_keys
from torana.control.router.refusals import BadRequest, Forbidden
from torana.control.tokens import Wish, create_token
from unit.control.signing_in.people import begun, made

if TYPE_CHECKING:
    import httpx

    from torana.control.signing_in.roles import Role

Bearer = Callable[..., dict[str, str]]
AUTH = "http://torana/auth"
CALLBACK = "https://app.example/cb?state=x"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
AGREED = Agreed(key_name="app", by=("t", "test"))


def plain(header: dict[str, str]) -> str:
    return header["authorization"].removeprefix("Bearer ")


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


async def decide(client: httpx.AsyncClient, query: dict[str, str], **form: str) -> httpx.Response:
    """As a browser does: the page, then its form."""
    page = await client.get(AUTH, params=query)
    assert page.status_code == 200, page.text
    return await client.post(AUTH, data={**hidden(page.text), **form})


def message(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


async def test_a_user_agrees_and_the_application_gets_a_key(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    manager = bearer(name="me", is_management=True)
    query = {
        "callback_url": CALLBACK,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "key_label": "My <App>",
        "limit": "2.5",
        "usage_limit_type": "weekly",
        "expires_at": "2099-12-31T23:59:59Z",
    }
    page = (await client.get(AUTH, params=query)).text
    assert "app.example" in page
    assert "My &lt;App&gt;" in page
    assert "2.5 USD weekly" in page
    answer = await decide(client, query, credential=plain(manager), decision="allow")
    assert answer.status_code == 303
    target = urllib.parse.urlsplit(answer.headers["location"])
    fields = dict(urllib.parse.parse_qsl(target.query))
    assert (target.netloc, target.path, fields["state"]) == ("app.example", "/cb", "x")
    asked = {"code": fields["code"], "code_verifier": VERIFIER, "code_challenge_method": "S256"}
    told = (await client.post("auth/keys", json=asked)).json()
    assert told.keys() == {"key", "user_id"}
    own = (await client.get("key", headers={"authorization": f"Bearer {told['key']}"})).json()["data"]
    assert (own["limit"], own["limit_reset"], own["is_management_key"]) == (2.5, "weekly", False)
    made = next(key for key in list_keys(store, account) if not key.is_management)
    assert made.name == "My <App>"
    with store.database.reader.connect() as connection:
        (entry, *_) = find_entries(connection, account, Search(resource_id=made.hash)).entries
    assert entry.actor.name == "me"
    assert message(await client.post("auth/keys", json=asked)) == (403, "Invalid code or code_verifier")


@pytest.mark.parametrize("method", ["plain", None])
async def test_a_plain_challenge_is_the_verifier(client: httpx.AsyncClient, bearer: Bearer, method: str | None) -> None:
    body = {"callback_url": CALLBACK, "code_challenge": VERIFIER}
    body |= {"code_challenge_method": method} if method else {}
    made = (await client.post("auth/keys/code", json=body, headers=bearer(is_management=True))).json()["data"]
    assert made.keys() == {"id", "app_id", "created_at"}
    told = (await client.post("auth/keys", json={"code": made["id"], "code_verifier": VERIFIER})).json()
    assert told["key"].startswith("sk-or-v1-")


async def test_without_a_challenge_the_code_is_enough(client: httpx.AsyncClient, bearer: Bearer) -> None:
    made = await client.post("auth/keys/code", json={"callback_url": CALLBACK}, headers=bearer())
    told = await client.post("auth/keys", json={"code": made.json()["data"]["id"]})
    assert told.status_code == 200


def test_a_wrong_verifier_uses_up_the_code(store: Store, account: str) -> None:
    code = make_code(store, (account, "default"), AGREED, Challenge(CHALLENGE, "S256")).code
    with pytest.raises(Forbidden, match="Invalid code or code_verifier"):
        redeem(store, code, "x" * 43, None)
    with pytest.raises(Forbidden, match="Invalid code or code_verifier"):
        redeem(store, code, VERIFIER, None)
    assert list_keys(store, account) == []


@pytest.mark.parametrize("verifier", [None, "", CHALLENGE, VERIFIER + "=", "\ud800"])
def test_nothing_but_the_verifier_opens(store: Store, account: str, verifier: str | None) -> None:
    code = make_code(store, (account, "default"), AGREED, Challenge(CHALLENGE, "S256")).code
    with pytest.raises(Forbidden):
        redeem(store, code, verifier, "S256")


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=43, max_size=128), st.booleans())
def test_base64_of_either_alphabet_is_a_challenge(verifier: str, is_padded: bool) -> None:  # noqa: FBT001  # hypothesis calls it
    from torana.control.router.codes import _is_verified  # noqa: PLC0415  # the core of `redeem`

    hashed = hashlib.sha256(verifier.encode()).digest()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        challenge = encode(hashed).decode() if is_padded else encode(hashed).decode().rstrip("=")
        assert _is_verified(challenge, "S256", verifier)
        assert not _is_verified(challenge, "S256", verifier + "x")


def test_another_method_than_was_agreed_is_a_bad_request(store: Store, account: str) -> None:
    code = make_code(store, (account, "default"), AGREED, Challenge(CHALLENGE, "S256")).code
    with pytest.raises(BadRequest, match="Invalid code_challenge_method"):
        redeem(store, code, CHALLENGE, "plain")


def test_a_code_lasts_ten_minutes(store: Store, account: str) -> None:
    now = store.now_ms()
    assert LASTS_MS == 600_000
    for waited_ms, is_good in ((LASTS_MS - 1, True), (LASTS_MS, False)):
        code = make_code(replace(store, now_ms=lambda: now), (account, "default"), AGREED, Challenge()).code
        later = replace(store, now_ms=lambda waited_ms=waited_ms: now + waited_ms)
        if is_good:
            redeem(later, code, None, None)
        else:
            with pytest.raises(Forbidden, match="Authorization code expired"):
                redeem(later, code, None, None)


@pytest.mark.parametrize("code", ["", "nothing", "x" * 5000, "\x07"])
async def test_a_code_that_was_never_made_is_403(client: httpx.AsyncClient, code: str) -> None:
    answer = await client.post("auth/keys", json={"code": code})
    assert message(answer) == (403, "Invalid code or code_verifier")


async def test_a_key_with_limits_makes_no_key_without(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    create_gateway(store, account, "other")
    body = {"callback_url": CALLBACK}
    for wish in ({"limit_nano": 5}, {"expires_ms": store.now_ms() + 10**9}):
        answer = await client.post("auth/keys/code", json=body, headers=bearer(**wish))
        assert answer.status_code == 403
    elsewhere = body | {"workspace_id": "other"}
    assert (await client.post("auth/keys/code", json=elsewhere, headers=bearer())).status_code == 403
    manager = bearer(is_management=True)
    assert (await client.post("auth/keys/code", json=elsewhere, headers=manager)).status_code == 200
    for bad in (
        {"workspace_id": "nowhere"},
        {"limit": "x"},
        {"expires_at": "soon"},
        {"callback_url": "ftp\n"},
        {"code_challenge_method": "S256"},
        {"key_label": "x" * 101},
    ):
        assert (await client.post("auth/keys/code", json=body | bad, headers=manager)).status_code == 400


async def test_an_api_token_that_may_edit_agrees_in_its_gateways(
    client: httpx.AsyncClient, store: Store, account: str
) -> None:
    create_gateway(store, account, "other")
    text = create_token(store, account, Wish(name="t", permissions=["edit"], gateways=["other"])).text
    query = {"callback_url": CALLBACK}
    answer = await decide(client, query, credential=text, decision="allow")
    assert answer.status_code == 403
    assert "not for the workspace default" in answer.text
    answer = await decide(client, query | {"workspace_id": "other"}, credential=text, decision="allow")
    assert answer.status_code == 303


@pytest.mark.parametrize("kind", ["nothing", "inference", "disabled", "reader", "garbage"])
async def test_who_may_not_make_keys_agrees_to_nothing(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer, kind: str
) -> None:
    credential = {
        "nothing": "",
        "garbage": "sk-or-v1-\xe9",
        "inference": plain(bearer()),
        "disabled": plain(bearer(is_management=True)),
        "reader": create_token(store, account, Wish(name="t", permissions=["read", "run"])).text,
    }[kind]
    for key in list_keys(store, account):
        if key.is_management:
            change_key(store, account, key.hash, {"disabled": True})
    answer = await decide(client, {"callback_url": CALLBACK}, credential=credential, decision="allow")
    assert answer.status_code == 403
    assert "location" not in answer.headers
    assert credential not in answer.text or not credential


@pytest.mark.parametrize("role", ["editor", "viewer"])
async def test_who_is_signed_in_and_may_make_keys_need_not_show_one(
    client: httpx.AsyncClient, store: Store, account: str, role: Role
) -> None:
    made(store, account, "ada")
    user = made(store, account, "bob", role)
    client.cookies.set("torana_session", begun(store, account, user).secret)
    page = await client.get(AUTH, params={"callback_url": CALLBACK})
    assert ("signed in as <b>bob</b>" in page.text, 'type="password"' in page.text) == (
        role == "editor",
        role == "viewer",
    )
    answer = await client.post(AUTH, data={**hidden(page.text), "decision": "allow"})
    if role == "viewer":
        assert (answer.status_code, "location" in answer.headers) == (403, False)
        return
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["location"]).query)["code"][0]
    assert (await client.post("auth/keys", json={"code": code})).status_code == 200
    with store.database.reader.connect() as connection:
        entries = find_entries(connection, account, Search(resource_type="router.key", actor=user.id)).entries
    assert [entry.actor.name for entry in entries] == ["bob"]


async def test_a_session_alone_agrees_to_nothing(client: httpx.AsyncClient, store: Store, account: str) -> None:
    """A page of another site has the browser send the cookie, at most; it does not have the secret of our page."""
    client.cookies.set("torana_session", begun(store, account, made(store, account, "ada")).secret)
    for nonce in ({}, {"nonce": "x"}):
        answer = await client.post(AUTH, data={"callback_url": CALLBACK, "decision": "allow", **nonce})
        assert (answer.status_code, "location" in answer.headers) == (403, False)


async def test_a_form_from_elsewhere_does_nothing(client: httpx.AsyncClient, bearer: Bearer) -> None:
    """Without the cookie, with another's, or without the page's secret."""
    manager = plain(bearer(is_management=True))
    form = {"callback_url": CALLBACK, "credential": manager, "decision": "allow"}
    for nonce in ({}, {"nonce": "x"}, {"nonce": ""}):
        client.cookies.clear()
        answer = await client.post(AUTH, data=form | nonce)
        assert (answer.status_code, "location" in answer.headers) == (403, False)
    page = await client.get(AUTH, params={"callback_url": CALLBACK})
    client.cookies.clear()
    answer = await client.post(AUTH, data=form | hidden(page.text))
    assert (answer.status_code, "location" in answer.headers) == (403, False)


async def test_who_cancels_is_sent_back_without_a_code(client: httpx.AsyncClient) -> None:
    answer = await decide(client, {"callback_url": CALLBACK}, decision="deny")
    assert answer.headers["location"] == CALLBACK + "&error=access_denied"


async def test_an_application_without_an_address_is_shown_a_code(client: httpx.AsyncClient, bearer: Bearer) -> None:
    query = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "key_label": "cli"}
    manager = plain(bearer(is_management=True))
    answer = await decide(client, query, credential=manager, decision="allow")
    assert answer.status_code == 200
    (code,) = re.findall(r"<pre>([^<]+)</pre>", answer.text)
    told = await client.post("auth/keys", json={"code": code, "code_verifier": VERIFIER})
    assert told.status_code == 200
    assert (await client.get(AUTH, params={"key_label": "cli"})).status_code == 400
    assert "Nothing was allowed" in (await decide(client, query, decision="deny")).text


async def test_the_page_runs_no_script_and_is_in_no_frame(client: httpx.AsyncClient) -> None:
    page = await client.get(AUTH, params={"callback_url": "https://app.example:8443/cb"})
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example:8443;" in policy
    assert "unsafe" not in policy
    assert "script" not in policy + page.text
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    cookie = page.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/auth"))


@pytest.mark.parametrize(
    ("url", "known_as"),
    [
        ("https://app.example/cb", "app.example"),
        ("https://app.example:8443", "app.example:8443"),
        ("http://localhost:51423/callback", "localhost:51423"),
        ("http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("http://[::1]:3000/", "::1:3000"),
        ("vscode://some.extension/openrouter", "vscode://some.extension"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
def test_callbacks_may_go_to_applications(url: str, known_as: str) -> None:
    assert check_callback(url) == known_as


@pytest.mark.parametrize(
    "url",
    [
        *("", "app.example/cb", "http://app.example/cb", "https://", "https:///cb", "//app.example", "http://[::2]/"),
        *("javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "blob:https://a/b"),
        *(
            "https://good.example@bad.example/",
            "https://bad.example\\@good.example/",
            "https://a b/",
            "https://a\r\nx: y",
        ),
        *(
            "https://a;script-src/",
            "https://a'/",
            "https://a,b/",
            "https://é.example/",
            "https://a:99999/",
            "https://[x/",
        ),
        "https://a/" + "x" * 2_000,
    ],
)
async def test_callbacks_to_elsewhere_are_refused(client: httpx.AsyncClient, url: str) -> None:
    with pytest.raises(BadRequest):
        check_callback(url)
    if url:
        answer = await client.get(AUTH, params={"callback_url": url})
        assert (answer.status_code, "set-cookie" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"callback_url": CALLBACK, "limit": "much"},
        {"callback_url": CALLBACK, "limit": "-1"},
        {"callback_url": CALLBACK, "usage_limit_type": "yearly"},
        {"callback_url": CALLBACK, "expires_at": "soon"},
        {"callback_url": CALLBACK, "code_challenge_method": "S256"},
        {"callback_url": CALLBACK, "code_challenge": "x", "code_challenge_method": "md5"},
        {"callback_url": CALLBACK, "code_challenge": "x" * 300},
        {"callback_url": CALLBACK, "key_label": "x" * 101},
        {"callback_url": CALLBACK, "key_label": "\x07"},
    ],
)
async def test_what_nobody_may_ask_for_is_told_on_a_page(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await client.get(AUTH, params=query)
    assert answer.status_code == 400
    assert "cannot be asked for" in answer.text
    assert "<form" not in answer.text


_HTML = st.text(st.sampled_from("<>\"'&=/ aé;{}"), max_size=40)


@given(_HTML, _HTML)
def test_what_an_application_says_is_never_markup(label: str, state: str) -> None:
    """However it is written, the page has the same elements."""
    given_ = {
        "callback_url": f"https://app.example/?{urllib.parse.urlencode({'s': state})}",
        "key_label": label.strip(),
    }
    wish = consent.read_wish(given_)
    page = consent._form(wish, "nonce", None, state)  # the page itself
    told = 1 if state else 0
    fields = 3 if label.strip() else 2
    assert page.count("<") == page.count(">")
    assert page.count("<input") == fields + 1
    assert page.count("<dt>") == 4
    assert page.count("<p") == 2 + told + page.count("<pre")
    assert hidden(page) == {**{name: value for name, value in given_.items() if value}, "nonce": "nonce"}


def test_an_answer_is_added_to_the_callbacks_query() -> None:
    assert answer_url("https://a/b", code="x y") == "https://a/b?code=x+y"
    assert answer_url("https://a/b?c=d#e", code="x") == "https://a/b?c=d&code=x#e"
    assert answer_url("vscode://x.y/z", code="1") == "vscode://x.y/z?code=1"
