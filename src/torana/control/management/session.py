"""Operations of the dashboard's own: signing in and out, and what a session may be asked for."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from torana import __version__
from torana.control.management.operation import Asked, One, Operation, Site, WithCookie, of
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput, NotAuthenticated
from torana.control.signing_in import guard, sessions
from torana.control.signing_in.links import sign_in_by_link
from torana.control.signing_in.passwords import LONGEST, SHORTEST
from torana.control.signing_in.roles import Role
from torana.control.signing_in.run_tokens import make_run_token
from torana.control.signing_in.sessions import HOUR_MS, Begun, Session, Source
from torana.control.signing_in.users import Change, change_user, has_owner, has_users, named

GATEWAY = "default"
Typed = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
Password = Annotated[str, Meta(min_length=SHORTEST, max_length=LONGEST)]


class Outside(Struct, kw_only=True):
    """A provider of OpenID Connect; `/dashboard/oidc` leads there."""

    name: str


class SessionOptions(Struct, kw_only=True):
    """How people can sign in."""

    has_users: bool
    oidc: Outside | None


class Credentials(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Typed


class LoginLink(Struct, kw_only=True, forbid_unknown_fields=True):
    secret: Annotated[str, Meta(min_length=1, max_length=200)]
    """What stands behind `#once=`."""


class NewPassword(Struct, kw_only=True, forbid_unknown_fields=True):
    old: Typed | None = None
    """May be left out within an hour of signing in by a link, and by who has none yet."""
    new: Password


class SignedIn(Struct, kw_only=True):
    id: str
    """`operator` for whoever runs this server, who came by a link."""
    name: str
    display_name: str
    email: str | None
    role: Role
    source: Source
    """How they signed in."""


class SessionObject(Struct, kw_only=True):
    user: SignedIn
    account_id: str
    gateway_id: str
    url: str
    """Where people reach this server."""
    version: str
    expires_at: str
    """However busy it is; a session of which nothing is heard for 24 hours ends before."""
    needs_user: bool
    """Nobody owns this server yet: its first user should be made now."""


class RunToken(Struct, kw_only=True):
    token: str
    """For inference alone; it ends with the session, or when another is asked for."""
    expires_at: str


class SignedOut(Struct, kw_only=True):
    signed_out: bool = True


def show_options(site: Site, asked: Asked) -> One[SessionOptions]:  # noqa: ARG001  # an operation's shape
    with site.store.database.reader.connect() as connection:
        known = has_users(connection)
    outside = site.door.outside
    return One(result=SessionOptions(has_users=known, oidc=None if outside is None else Outside(name=outside.name)))


def sign_in(site: Site, asked: Asked) -> WithCookie:
    given = of(asked.body, Credentials)
    return _begun(site, asked, site.door.sign_in(site.store, given.name, given.password, guard.peer(asked.headers)))


def follow_link(site: Site, asked: Asked) -> WithCookie:
    peer = guard.peer(asked.headers)
    site.door.count(peer)
    begun = sign_in_by_link(site.store, of(asked.body, LoginLink).secret, peer)
    site.door.attempts.succeeded(peer)
    return _begun(site, asked, begun)


def show(site: Site, asked: Asked) -> One[SessionObject]:
    return One(result=_object(site, of(asked.session, Session)))


def sign_out(site: Site, asked: Asked) -> WithCookie:
    """Also who is not signed in any more is rid of the cookie."""
    found = sessions.find(site.store, guard.cookie(asked.headers, guard.COOKIE))
    if found is not None:
        sessions.end(site.store, found)
    return WithCookie(One(result=SignedOut()), guard.set_cookie("", asked.headers, site.url))


def change_password(site: Site, asked: Asked) -> One[SessionObject]:
    session, given = of(asked.session, Session), of(asked.body, NewPassword)
    user = session.user
    if user is None:
        raise InvalidInput("who came by a link of this server has no password: make a user first", "body")
    if not _may_skip_old(site, session):
        peer = guard.peer(asked.headers)
        site.door.count(peer, user.name)
        with site.store.database.reader.connect() as connection:
            found = named(connection, user.name)
        if not site.door.passwords.verify(found[1] if found else None, given.old or "").is_right:
            raise NotAuthenticated("Authentication error: the old password is wrong")
        site.door.attempts.succeeded(peer, user.name)
    change = Change(password_hash=site.door.passwords.hash(given.new), kept_session=session.id)
    change_user(site.store, user.account_id, user.id, change)
    return One(result=_object(site, session))


def _may_skip_old(site: Site, session: Session) -> bool:
    """A link is for who has forgotten it, and not for who finds an open browser days later."""
    is_fresh = session.source == "link" and site.store.now_ms() - session.created_ms < HOUR_MS
    return is_fresh or (session.user is not None and not session.user.has_password)


def create_run_token(site: Site, asked: Asked) -> One[RunToken]:
    made = make_run_token(site.store, of(asked.session, Session))
    return One(result=RunToken(token=made.text, expires_at=to_rfc3339(made.token.expires_ms or 0)))


def _begun(site: Site, asked: Asked, begun: Begun) -> WithCookie:
    cookie = guard.set_cookie(begun.secret, asked.headers, site.url)
    return WithCookie(One(result=_object(site, begun.session)), cookie)


def _object(site: Site, session: Session) -> SessionObject:
    who = session.who
    with site.store.database.reader.connect() as connection:
        is_owned = has_owner(connection)
    return SessionObject(
        user=SignedIn(
            id=who.id,
            name=who.name,
            display_name=who.display_name,
            email=who.email,
            role=who.role,
            source=session.source,
        ),
        account_id=session.account_id,
        gateway_id=GATEWAY,
        url=site.url,
        version=__version__,
        expires_at=to_rfc3339(session.expires_ms),
        needs_user=not is_owned,
    )


_SESSION = "/session"
OPERATIONS = (
    Operation(
        name="show_session_options",
        method="GET",
        path=_SESSION + "/options",
        summary="Tell how people can sign in to the dashboard.",
        tag="Session",
        permission=None,
        access="public",
        answer=show_options,
        result=One[SessionOptions],
    ),
    Operation(
        name="sign_in",
        method="POST",
        path=_SESSION,
        summary="Sign in with a password; the answer sets the session's cookie.",
        tag="Session",
        permission=None,
        access="public",
        answer=sign_in,
        body=Credentials,
        result=One[SessionObject],
        refusals=(413, 429),
    ),
    Operation(
        name="sign_in_by_link",
        method="POST",
        path=_SESSION + "/link",
        summary="Sign in with the secret of a link that this server printed; it is good once.",
        tag="Session",
        permission=None,
        access="public",
        answer=follow_link,
        body=LoginLink,
        result=One[SessionObject],
        refusals=(413, 429),
    ),
    Operation(
        name="show_session",
        method="GET",
        path=_SESSION,
        summary="Tell who is signed in, and where.",
        tag="Session",
        permission=None,
        access="session",
        answer=show,
        result=One[SessionObject],
    ),
    Operation(
        name="sign_out",
        method="DELETE",
        path=_SESSION,
        summary="Sign out: the session ends, and its run token with it.",
        tag="Session",
        permission=None,
        access="public",
        answer=sign_out,
        result=One[SignedOut],
    ),
    Operation(
        name="change_password",
        method="PUT",
        path=_SESSION + "/password",
        summary="Change one's own password; one's other sessions end.",
        tag="Session",
        permission=None,
        access="session",
        answer=change_password,
        body=NewPassword,
        result=One[SessionObject],
        refusals=(404, 413, 429),
    ),
    Operation(
        name="create_run_token",
        method="POST",
        path=_SESSION + "/run_token",
        summary="Make a short-lived API token to call models with, in place of the session's former one.",
        tag="Session",
        permission="run",
        access="session",
        answer=create_run_token,
        result=One[RunToken],
    ),
)
