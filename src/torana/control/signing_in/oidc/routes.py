"""`/dashboard/oidc`: off to the provider, and back with a session."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from torana.control.operations import list_accounts
from torana.control.refusals import TooManyTries
from torana.control.signing_in import guard
from torana.control.signing_in.door import refused
from torana.control.signing_in.oidc.fetching import OidcFailed
from torana.control.signing_in.oidc.provider import Attempt, NotAllowed, Provider
from torana.control.signing_in.outsiders import bring_in
from torana.control.signing_in.sessions import begin
from torana.errors import ToranaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from torana.control.management.operation import Site
    from torana.control.signing_in.sessions import Begun

PATH = "/dashboard/oidc"
CALLBACK = PATH + "/callback"
COOKIE = "torana_oidc"
_HOME = "/dashboard/"
_LOGIN = "/dashboard/login#error="
_LASTS_S = 600
_SECRET_BYTES = 32

log = logging.getLogger("torana.control")


class _Stopped(Exception):
    """`code` is what the page of signing in is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Outside:
    """The two endpoints; what goes wrong is told by the page of signing in, and in the log."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def start(self, request: Request) -> Response:
        return await run_in_threadpool(self._guarded, self._start, request)

    async def finish(self, request: Request) -> Response:
        return await run_in_threadpool(self._guarded, self._finish, request)

    def _guarded(self, answer: Callable[[Request, Provider], Response], request: Request) -> Response:
        provider = self._site.door.outside
        try:
            if provider is None:
                return self._redirect(_LOGIN + "oidc_off")
            return answer(request, provider)
        except _Stopped as stop:
            return self._redirect(_LOGIN + stop.code)
        except TooManyTries:
            return self._redirect(_LOGIN + "too_many_tries")
        except (OidcFailed, ToranaError) as error:
            log.error("nobody can sign in through OpenID Connect: %s", error)  # noqa: TRY400  # the operator's
            return self._redirect(_LOGIN + "oidc_failed")
        except SQLAlchemyError as error:
            log.error("the store cannot be used: %s", getattr(error, "orig", error))  # noqa: TRY400  # no bug
            return self._redirect(_LOGIN + "unavailable")

    def _start(self, _request: Request, provider: Provider) -> Response:
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        answer = self._redirect(provider.address(self._attempt(secret)))
        answer.headers.append("set-cookie", self._cookie(secret, _LASTS_S))
        return answer

    def _finish(self, request: Request, provider: Provider) -> Response:
        given, secret = request.query_params, guard.cookie(request.headers, COOKIE)
        attempt = self._attempt(secret)
        if not secret or not attempt.is_answer(given.get("state", "")):
            raise _Stopped("oidc_expired")
        if "code" not in given:
            raise _Stopped("oidc_refused")
        peer = guard.peer(request.headers)
        self._site.door.count(peer)
        begun = self._begun(provider, attempt, given["code"], peer)
        self._site.door.attempts.succeeded(peer)
        answer = self._redirect(_HOME)
        answer.headers.append("set-cookie", guard.set_cookie(begun.secret, request.headers, self._site.url))
        answer.headers.append("set-cookie", self._cookie("", 0))
        return answer

    def _begun(self, provider: Provider, attempt: Attempt, code: str, peer: str) -> Begun:
        store = self._site.store
        try:
            outside = provider.identify(attempt, code)
            accounts = list_accounts(store)
            user = bring_in(store, accounts[0].id, outside, provider.default_role) if accounts else None
            if user is None:
                raise NotAllowed("nobody gave them a role: see `oidc_default_role` and `oidc_role_claim`")  # noqa: TRY301  # told as the other is
        except NotAllowed as error:
            log.warning("somebody was not let in: %s", error)
            refused(store, None, "oidc", peer)
            raise _Stopped("oidc_not_allowed") from error
        with store.database.writer.begin() as connection:
            return begin(connection, store, user.account_id, user, "oidc", peer)

    def _attempt(self, secret: str) -> Attempt:
        return Attempt(secret, self._site.url + CALLBACK)

    def _cookie(self, secret: str, lasts_s: int) -> str:
        # Lax: the provider's page leads back here, and the browser has to bring it along.
        return guard.write_cookie(COOKIE, secret, PATH, lasts_s, is_secure=self._site.url.startswith("https://"))

    def _redirect(self, url: str) -> Response:
        return RedirectResponse(url, 302, {"cache-control": "no-store", "referrer-policy": "no-referrer"})


def oidc_routes(site: Site) -> list[Route]:
    outside = Outside(site)
    return [Route(PATH, outside.start, methods=["GET"]), Route(CALLBACK, outside.finish, methods=["GET"])]
