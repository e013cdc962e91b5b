"""The way in by name and password: few tries, all of the same length, each audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.control.audit import Actor, Resource, audit
from torana.control.operations import list_accounts
from torana.control.refusals import NotAuthenticated, TooManyTries
from torana.control.signing_in.attempts import Attempts
from torana.control.signing_in.passwords import Passwords
from torana.control.signing_in.sessions import begin
from torana.control.signing_in.users import keep_hash, named, plain_name

if TYPE_CHECKING:
    from torana.control.operations import Store
    from torana.control.signing_in.oidc.provider import Provider
    from torana.control.signing_in.sessions import Begun
    from torana.control.signing_in.users import User


class Door:
    """What those share who sign in; one a process. `outside` None = nobody else vouches for users."""

    def __init__(self, outside: Provider | None = None, public_url: str = "") -> None:
        self.passwords = Passwords()
        self.attempts = Attempts()
        self.outside = outside
        self.public_url = public_url.rstrip("/")
        """Where people reach this server; empty = where it listens."""

    def count(self, peer: str, name: str | None = None) -> None:
        """TooManyTries where this is one too many."""
        wait_s = self.attempts.take(peer, name)
        if wait_s:
            raise TooManyTries(f"too many tries to sign in: try again in {wait_s} seconds", wait_s)

    def sign_in(self, store: Store, name: str, password: str, peer: str) -> Begun:
        """NotAuthenticated or TooManyTries. Waits for the hash, as long for a name that nobody has."""
        self.count(peer, plain_name(name))
        with store.database.reader.connect() as connection:
            found = named(connection, name)
        user, kept = found or (None, None)
        verdict = self.passwords.verify(kept, password)
        if user is None or kept is None or not verdict.is_right:
            refused(store, user, "password", peer)
            raise NotAuthenticated("Authentication error: the name or the password is wrong")
        self.attempts.succeeded(peer, plain_name(name))
        with store.database.writer.begin() as connection:
            # It took a moment, in which they may have been removed.
            if named(connection, name) != found:
                raise NotAuthenticated("Authentication error: the name or the password is wrong")
            begun = begin(connection, store, user.account_id, user, "password", peer)
        if verdict.fresh is not None:
            keep_hash(store, user.id, kept, verdict.fresh)
        return begun


def refused(store: Store, user: User | None, source: str, peer: str) -> None:
    """An entry for whoever reads the audit log. What was typed is in none: people mistake one field for the other."""
    accounts = list_accounts(store)
    if not accounts:
        return
    account_id = user.account_id if user is not None else accounts[0].id
    actor = Actor("UI", user.id, user.name) if user is not None else Actor("UI", "", "unknown")
    with store.database.writer.begin() as connection:
        about = Resource(account_id, "session", "")
        audit(connection, store.acting(actor), "refused_login", about, new={"source": source, "peer": peer})
