"""The page at `/auth`, where a user agrees to a key for an application (OpenRouter's PKCE flow).

Who agrees is signed in to the dashboard and may change things there, or shows a credential that may make keys: a
management key of the router, or an API token with the permission `edit`. That is typed into the page and goes to this
server alone.

Nothing can be agreed to from elsewhere: a form has to come with the secret that the page set in a cookie, and browsers
send that one from this server's pages alone. The page runs no script, and no other page may frame it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import logging
import secrets
import urllib.parse
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from torana.control.management.face import read_body
from torana.control.operations import find_gateway, reading
from torana.control.router import codes
from torana.control.router.key_rows import find_key
from torana.control.router.money import nano_of, usd
from torana.control.router.refusals import BadRequest
from torana.control.router.times import iso, ms_of
from torana.control.signing_in import sessions
from torana.control.signing_in.guard import COOKIE as SESSION
from torana.control.signing_in.guard import cookie
from torana.control.signing_in.roles import may
from torana.control.tokens import find_token
from torana.errors import Overloaded, ToranaError
from torana.periods import Reset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from torana.control.management.operation import Site
    from torana.control.operations import Store

PATH = "/auth"
_COOKIE = "torana_consent"
_NONCE_BYTES = 24
_LONGEST_LABEL = 100
_PARAMETERS = (
    *("callback_url", "code_challenge", "code_challenge_method", "key_label"),
    *("limit", "usage_limit_type", "expires_at", "workspace_id"),
)
_RESETS: dict[str, Reset] = {"daily": "daily", "weekly": "weekly", "monthly": "monthly"}

log = logging.getLogger("torana.control")


class Wish(Struct, frozen=True, kw_only=True):
    """What the application asks for, checked."""

    given: dict[str, str]
    """As it came."""
    app: str
    """What people know it by: where its callback leads to."""
    label: str
    challenge: codes.Challenge
    limit_nano: int | None
    limit_reset: Reset | None
    expires_ms: int | None
    workspace: str


class Agreeing(Struct, frozen=True):
    """Who agrees."""

    account_id: str
    gateways: list[str] | None
    """In which they may; None = all."""
    by: tuple[str, str]


class Consent:
    """The two endpoints; both are for a browser."""

    def __init__(self, site: Site) -> None:
        self._store = site.store

    async def show(self, request: Request) -> Response:
        def page() -> Response:
            return self._page(read_wish(request.query_params), self._signed_in(request))

        return await run_in_threadpool(self._guarded, page)

    async def decide(self, request: Request) -> Response:
        try:
            body = (await read_body(request)).decode("utf-8", "replace")
        except ToranaError as error:
            return _failure(error)
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True)[:50])
        nonce = cookie(request.headers, _COOKIE)
        return await run_in_threadpool(self._guarded, lambda: self._decided(form, nonce, self._signed_in(request)))

    def _guarded(self, answer: Callable[[], Response]) -> Response:
        try:
            return answer()
        except ToranaError as error:
            return _failure(error)
        except SQLAlchemyError as error:
            log.error("the store cannot be used: %s", getattr(error, "orig", error))  # noqa: TRY400  # no bug
            return _failure(Overloaded("the store cannot be used now; try again"))

    def _signed_in(self, request: Request) -> Agreeing | None:
        """Who came with the dashboard's cookie, if they may make keys. Its secret is no proof here: the form's is."""
        found = sessions.find(self._store, cookie(request.headers, SESSION))
        if found is None or not may(found.who.role, "edit"):
            return None
        return Agreeing(found.account_id, None, (found.who.id, found.who.name))

    def _page(self, wish: Wish, agreeing: Agreeing | None, problem: str = "") -> Response:
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        answer = _answer(
            _form(wish, nonce, agreeing, problem), 403 if problem else 200, wish.given.get("callback_url", "")
        )
        # Sent back from this page's own form alone.
        answer.set_cookie(_COOKIE, nonce, max_age=600, path=PATH, httponly=True, samesite="strict")
        return answer

    def _decided(self, form: Mapping[str, str], nonce: str, signed_in: Agreeing | None) -> Response:
        wish = read_wish(form)
        if not nonce or not hmac.compare_digest(nonce.encode(), form.get("nonce", "").encode("utf-8", "replace")):
            return self._page(wish, signed_in, "This page was open for too long, or cookies are off. Try again.")
        callback = wish.given.get("callback_url", "")
        if form.get("decision") != "allow":
            return _redirect(codes.answer_url(callback, error="access_denied")) if callback else _answer(_REFUSED, 200)
        credential = form.get("credential", "").strip()
        agreeing = who(self._store, credential) if credential or signed_in is None else signed_in
        if agreeing is None:
            return self._page(
                wish, signed_in, "That is no management key, and no API token with the permission `edit`."
            )
        workspace = wish.workspace or "default"
        if agreeing.gateways is not None and workspace not in agreeing.gateways:
            return self._page(wish, signed_in, f"That API token is not for the workspace {workspace}.")
        find_gateway(self._store, agreeing.account_id, workspace)
        agreed = codes.Agreed(
            callback_url=callback,
            key_name=wish.label,
            limit_nano=wish.limit_nano,
            limit_reset=wish.limit_reset,
            expires_ms=wish.expires_ms,
            by=agreeing.by,
        )
        made = codes.make_code(self._store, (agreeing.account_id, workspace), agreed, wish.challenge)
        if callback:
            return _redirect(codes.answer_url(callback, code=made.code))
        return _answer(_SHOWN.format(code=html.escape(made.code)), 200)


def read_wish(given: Mapping[str, str]) -> Wish:
    """BadRequest where no application may ask so."""
    kept = {name: given[name] for name in _PARAMETERS if given.get(name)}
    challenge = codes.challenge_of(kept.get("code_challenge"), kept.get("code_challenge_method"))
    callback = kept.get("callback_url", "")
    if not callback and not challenge.text:
        raise BadRequest("callback_url is missing; without one, a code_challenge is needed")
    app = codes.check_callback(callback) if callback else "an application that has no address"
    label = kept.get("key_label", "") or (app if callback else "application")
    if len(label) > _LONGEST_LABEL or not label.isprintable() or not label.strip():
        raise BadRequest(f"Invalid key_label: it has at most {_LONGEST_LABEL} printable characters")
    reset = kept.get("usage_limit_type")
    if reset is not None and reset not in _RESETS:
        raise BadRequest("Invalid usage_limit_type: use daily, weekly or monthly")
    try:
        limit = None if "limit" not in kept else nano_of(Decimal(kept["limit"]))
        expires_ms = None if "expires_at" not in kept else ms_of(kept["expires_at"])
    except (ValueError, InvalidOperation) as error:
        raise BadRequest("Invalid limit or expires_at") from error
    if limit is not None and limit < 0:
        raise BadRequest("Invalid limit or expires_at")
    return Wish(
        given=kept,
        app=app,
        label=label,
        challenge=challenge,
        limit_nano=limit,
        limit_reset=None if reset is None else _RESETS[reset],
        expires_ms=expires_ms,
        workspace=kept.get("workspace_id", ""),
    )


def who(store: Store, text: str) -> Agreeing | None:
    """Whose credential this is, if it may make keys."""
    with reading(store) as connection:
        key = find_key(connection, text)
    now_ms = store.now_ms()
    if key is not None:
        is_good = key.is_management and not key.disabled and (key.expires_ms is None or key.expires_ms > now_ms)
        return Agreeing(key.account_id, None, (key.hash, key.name)) if is_good else None
    token = find_token(store, text)
    if token is None or token.is_expired(now_ms) or not token.may("edit"):
        return None
    return Agreeing(token.account_id, token.gateways, (token.id, token.name))


def _form(wish: Wish, nonce: str, agreeing: Agreeing | None, problem: str) -> str:
    hidden = {**wish.given, "nonce": nonce}
    fields = "\n".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in hidden.items()
    )
    facts = {"name of the key": wish.label, "workspace": wish.workspace or "default"}
    if wish.limit_nano is not None:
        facts["limit"] = f"{usd(wish.limit_nano):.9f}".rstrip("0").rstrip(".") + f" USD {wish.limit_reset or 'in all'}"
    else:
        facts["limit"] = "none: it may spend all credits"
    if wish.expires_ms is not None:
        facts["ends"] = iso(wish.expires_ms)
    if wish.given.get("callback_url"):
        facts["goes to"] = wish.given["callback_url"]
    rows = "\n".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
    told = f'<p class="problem" role="alert">{html.escape(problem)}</p>' if problem else ""
    proof = _PROOF if agreeing is None else _SIGNED_IN.format(name=html.escape(agreeing.by[1]))
    return _FORM.format(app=html.escape(wish.app), rows=rows, fields=fields, problem=told, proof=proof)


def _failure(error: ToranaError) -> Response:
    return _answer(_FAILED.format(message=html.escape(error.message)), error.status)


def _redirect(url: str) -> Response:
    # 303: what follows is a GET, and nothing of the form goes along.
    return Response(status_code=303, headers={"location": url, **_headers("")})


def _answer(content: str, status: int, callback_url: str = "") -> Response:
    page = _PAGE.format(style=_STYLE, content=content)
    return Response(page, status, _headers(callback_url), "text/html")


def _headers(callback_url: str) -> dict[str, str]:
    # Browsers ask `form-action` of where a form's answer redirects to as well.
    target = ""
    if callback_url:
        parts = urllib.parse.urlsplit(callback_url)
        is_web = parts.scheme in {"http", "https"}
        target = f" {parts.scheme}://{parts.netloc}" if is_web else f" {parts.scheme}:"
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f27;--dim:#667085;--line:#e3e6ec;--card:#fff;--page:#f6f7f9;--mark:#b4531a}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--dim:#98a1b0;--line:#2b303a;--card:#181b21;--page:#101216;
--mark:#f0965a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem 1rem;background:var(--page);
color:var(--ink);font:16px/1.6 system-ui,sans-serif}
main{width:min(34rem,100%);background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2.2rem}
h1{margin:0;font-size:1.5rem;letter-spacing:-.02em}
p{margin:.8rem 0 0;color:var(--dim)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:1.2rem 0 0}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
a{color:var(--mark)}
label{display:block;margin-top:1.4rem;font-weight:600}
input[type=password]{width:100%;margin-top:.4rem;padding:.6rem .8rem;font:inherit;color:inherit;
background:var(--page);border:1px solid var(--line);border-radius:9px}
.buttons{display:flex;gap:.8rem;margin-top:1.2rem}
button{flex:1;padding:.6rem 1rem;font:inherit;font-weight:600;border-radius:9px;border:1px solid var(--line);
background:var(--page);color:inherit;cursor:pointer}
button.allow{background:var(--mark);border-color:var(--mark);color:var(--card)}
.problem{color:var(--mark);font-weight:600}
code{font:.9rem ui-monospace,monospace;overflow-wrap:anywhere}
pre{margin:1rem 0 0;padding:1rem;white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);
border-radius:9px;background:var(--page);font:.9rem/1.5 ui-monospace,monospace}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Torana: a key for an application</title>
<style>{style}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""

_FORM = """<h1>{app} asks for a key</h1>
<p>With it, the application can use the models of this server, and spend its credits. You can remove the key at any
time: <code>torana keys list</code>.</p>
<dl>
{rows}
</dl>
{problem}
<form method="post" action="/auth" autocomplete="off">
{fields}
{proof}
<div class="buttons">
<button class="allow" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Cancel</button>
</div>
</form>"""

_SIGNED_IN = """<p>You are signed in as <b>{name}</b>.</p>"""

_PROOF = """<label for="credential">Your management key, or an API token with the permission <code>edit</code></label>
<input type="password" id="credential" name="credential" autocomplete="off" spellcheck="false">
<p>What you type here goes to this server and not to the application; make one with
<code>torana keys create --management --name me</code>. Or <a href="/dashboard/">sign in</a> as somebody who may make
keys, and load this page again.</p>"""

_SHOWN = """<h1>Your code</h1>
<p>Give it to the application that asked for it, and to nobody else. It is good once, for ten minutes.</p>
<pre>{code}</pre>"""

_REFUSED = """<h1>Nothing was allowed</h1>
<p>You can close this page.</p>"""

_FAILED = """<h1>This cannot be asked for</h1>
<p>{message}</p>"""
