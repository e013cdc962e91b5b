"""Users and sessions for tests, without the time that a real hash takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana import snapshot
from torana.control import audit
from torana.control.signing_in.sessions import Begun, Source, begin
from torana.control.signing_in.users import NewUser, User, create_user

if TYPE_CHECKING:
    from torana.control.operations import Store
    from torana.control.signing_in.roles import Role


class Clock:
    def __init__(self) -> None:
        self.ms = 1_795_000_000_000

    def __call__(self) -> int:
        return self.ms


def made(store: Store, account: str, name: str, role: Role = "owner", password_hash: str | None = "h") -> User:  # noqa: S107  # no password's
    return create_user(store, account, NewUser(name=name, role=role, password_hash=password_hash))


def begun(store: Store, account: str, user: User | None, source: Source = "password") -> Begun:
    with store.database.writer.begin() as connection:
        return begin(connection, store, account, user, source, "192.0.2.1")


def audited(store: Store, account: str) -> list[audit.Entry]:
    """Oldest first."""
    with store.database.reader.connect() as connection:
        return audit.find_entries(connection, account, audit.Search(is_ascending=True)).entries


def known_to_workers(store: Store) -> set[str]:
    """Names of the tokens that workers accept."""
    return {token.name for token in snapshot.read(store.snapshot_path).tokens}
