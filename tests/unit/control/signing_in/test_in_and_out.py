"""Sessions begin, are found by their secret alone, and end: by themselves, or when somebody ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from torana.control.refusals import NoSuchThing, NotAuthenticated, TooManyTries
from torana.control.signing_in import sessions
from torana.control.signing_in.attempts import A_NAME
from torana.control.signing_in.door import Door
from torana.control.signing_in.links import FIRST_LASTS_MS, LASTS_MS, make_first_link, make_link, sign_in_by_link
from torana.control.signing_in.passwords import Passwords
from torana.control.signing_in.run_tokens import make_run_token
from torana.control.signing_in.users import find_user, named
from torana.control.tokens import find_token, list_tokens, revoke_token
from torana.storage.tables import login_links, tokens
from torana.storage.tables import sessions as table
from unit.control.signing_in.people import audited, begun, known_to_workers, made

if TYPE_CHECKING:
    from torana.control.operations import Store
    from unit.control.signing_in.people import Clock

HOUR_MS = 3_600_000
PEER = "192.0.2.1"
FORMER = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)


@pytest.fixture
def door() -> Door:
    found = Door()
    found.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return found


def test_a_session_is_found_by_its_secret_and_by_nothing_that_is_kept(store: Store, account: str) -> None:
    ada = made(store, account, "ada")
    open_ = begun(store, account, ada)
    found = sessions.find(store, open_.secret)
    assert found is not None
    assert (found.id, found.who.id, found.who.role) == (open_.session.id, ada.id, "owner")
    with store.database.reader.connect() as connection:
        row = connection.execute(sa.select(table)).one()
    assert open_.secret not in {str(value) for value in row}
    for other in (row.hash, row.id, open_.secret[:-1], "", "\udcff"):
        assert sessions.find(store, other) is None
    assert open_.secret not in repr(open_)


def test_a_session_ends_by_itself_when_nothing_is_heard_of_it(store: Store, account: str, clock: Clock) -> None:
    open_ = begun(store, account, made(store, account, "ada"))
    clock.ms += 24 * HOUR_MS - 1
    found = sessions.find(store, open_.secret)
    assert found is not None
    sessions.note_use(store, found)
    clock.ms += 24 * HOUR_MS - 1
    assert sessions.find(store, open_.secret) is not None
    clock.ms += 1
    assert sessions.find(store, open_.secret) is None


def test_a_busy_session_ends_after_two_weeks(store: Store, account: str, clock: Clock) -> None:
    open_ = begun(store, account, made(store, account, "ada"))
    for _ in range(27):
        clock.ms += 12 * HOUR_MS
        found = sessions.find(store, open_.secret)
        assert found is not None
        sessions.note_use(store, found)
    clock.ms += 12 * HOUR_MS
    assert sessions.find(store, open_.secret) is None


def test_reading_does_not_become_writing(store: Store, account: str, clock: Clock) -> None:
    open_ = begun(store, account, made(store, account, "ada"))
    clock.ms += 60_000
    sessions.note_use(store, open_.session)
    found = sessions.find(store, open_.secret)
    assert found is not None
    assert found.seen_ms == open_.session.seen_ms


def test_signing_out_ends_it_with_its_token_and_says_so_in_the_audit_log(store: Store, account: str) -> None:
    ada = made(store, account, "ada")
    here, there = begun(store, account, ada), begun(store, account, ada)
    text = make_run_token(store, here.session).text
    sessions.end(store, here.session)
    assert (sessions.find(store, here.secret), find_token(store, text)) == (None, None)
    assert sessions.find(store, there.secret) is not None
    assert known_to_workers(store) == set()
    actions = [(entry.action, entry.actor.interface, entry.actor.id) for entry in audited(store, account)[-3:]]
    assert actions == [("login", "UI", ada.id), ("login", "UI", ada.id), ("logout", "UI", ada.id)]
    assert here.secret not in str([bytes(entry.new or b"") for entry in audited(store, account)])


def test_a_run_token_is_in_no_list_and_replaces_the_former_one(store: Store, account: str, clock: Clock) -> None:
    open_ = begun(store, account, made(store, account, "ada"))
    first = make_run_token(store, open_.session)
    second = make_run_token(store, open_.session)
    assert find_token(store, first.text) is None
    found = find_token(store, second.text)
    assert found is not None
    assert (found.permissions, found.expires_ms) == (["run"], clock.ms + 12 * HOUR_MS)
    assert list_tokens(store, account) == []
    with pytest.raises(NoSuchThing):
        revoke_token(store, account, found.id)
    assert known_to_workers(store) == {"dashboard: ada"}


def test_a_run_token_does_not_outlive_the_session(store: Store, account: str, clock: Clock) -> None:
    open_ = begun(store, account, made(store, account, "ada"))
    clock.ms += 14 * 24 * HOUR_MS - HOUR_MS
    assert make_run_token(store, open_.session).token.expires_ms == open_.session.expires_ms


def test_what_has_ended_is_removed(store: Store, account: str, clock: Clock) -> None:
    ada = made(store, account, "ada")
    make_run_token(store, begun(store, account, ada).session)
    make_link(store)
    sessions.prune(store)
    assert known_to_workers(store) == {"dashboard: ada"}
    clock.ms += 13 * HOUR_MS
    sessions.prune(store)
    assert known_to_workers(store) == set()
    clock.ms += 12 * HOUR_MS
    fresh = begun(store, account, ada)
    make_run_token(store, fresh.session)
    sessions.prune(store)
    with store.database.reader.connect() as connection:
        assert connection.execute(sa.select(table.c.id)).scalars().all() == [fresh.session.id]
        assert connection.execute(sa.select(login_links)).all() == []
        assert connection.execute(sa.select(tokens.c.session_id)).scalars().all() == [fresh.session.id]


def test_a_link_signs_in_once(store: Store, account: str) -> None:
    secret = make_link(store)
    open_ = sign_in_by_link(store, secret, PEER)
    assert (open_.session.who.id, open_.session.who.role, open_.session.source) == ("operator", "owner", "link")
    with pytest.raises(NotAuthenticated, match="used already"):
        sign_in_by_link(store, secret, PEER)
    assert [entry.action for entry in audited(store, account)[-2:]] == ["create", "login"]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_link_is_good_for_ten_minutes(store: Store, account: str, clock: Clock, *, is_late: bool) -> None:
    secret = make_link(store)
    clock.ms += LASTS_MS if is_late else LASTS_MS - 1
    if is_late:
        with pytest.raises(NotAuthenticated):
            sign_in_by_link(store, secret, PEER)
    else:
        assert sign_in_by_link(store, secret, PEER).session.account_id == account


def test_the_link_of_the_start_is_good_for_a_day(store: Store, account: str, clock: Clock) -> None:
    secret = make_first_link(store)
    assert secret is not None
    clock.ms += FIRST_LASTS_MS - 1
    assert sign_in_by_link(store, secret, PEER).session.user is None
    late = make_first_link(store)
    assert late is not None
    clock.ms += FIRST_LASTS_MS
    with pytest.raises(NotAuthenticated):
        sign_in_by_link(store, late, PEER)


def test_a_link_may_be_a_users(store: Store, account: str) -> None:
    made(store, account, "ada")
    bob = made(store, account, "bob", "viewer", None)
    open_ = sign_in_by_link(store, make_link(store, "Bob"), PEER)
    assert (open_.session.who.id, open_.session.who.role) == (bob.id, "viewer")
    with pytest.raises(NoSuchThing):
        make_link(store, "nobody")


def test_no_link_is_kept_as_it_is(store: Store, account: str) -> None:
    secret = make_link(store)
    with store.database.reader.connect() as connection:
        row = connection.execute(sa.select(login_links)).one()
    assert secret not in {str(value) for value in row}
    assert secret not in str(
        [bytes(entry.new or b"") + entry.resource.id.encode() for entry in audited(store, account)]
    )


def test_who_knows_the_password_is_in(store: Store, account: str, clock: Clock, door: Door) -> None:
    ada = made(store, account, "ada", password_hash=door.passwords.hash("correct horse"))
    open_ = door.sign_in(store, " Ada", "correct horse", PEER)
    assert (open_.session.who.id, open_.session.source) == (ada.id, "password")
    with store.database.reader.connect() as connection:
        assert find_user(connection, account, ada.id).used_ms == clock.ms


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong horse"), ("nobody", "correct horse"), ("bob", "h")])
def test_who_does_not_is_told_the_same_whatever_is_wrong(
    store: Store, account: str, door: Door, name: str, password: str
) -> None:
    made(store, account, "ada", password_hash=door.passwords.hash("correct horse"))
    made(store, account, "bob", "viewer", None)
    with pytest.raises(NotAuthenticated, match="the name or the password is wrong"):
        door.sign_in(store, name, password, PEER)
    entry = audited(store, account)[-1]
    assert (entry.action, entry.actor.name) == ("refused_login", "unknown" if name == "nobody" else name)
    told = bytes(entry.new or b"") + entry.resource.id.encode()
    assert PEER.encode() in told
    assert b"horse" not in told
    assert b"nobody" not in told


def test_a_name_cannot_be_tried_for_ever(store: Store, account: str, door: Door) -> None:
    made(store, account, "ada", password_hash=door.passwords.hash("correct horse"))
    for _ in range(A_NAME.count):
        with pytest.raises(NotAuthenticated):
            door.sign_in(store, "ada", "wrong horse", PEER)
    with pytest.raises(TooManyTries):
        door.sign_in(store, "ADA ", "correct horse", PEER)
    assert door.sign_in(store, "ada", "correct horse", "192.0.2.77").session.who.name == "ada"
    assert sum(entry.action == "refused_login" for entry in audited(store, account)) == A_NAME.count


def test_a_hash_of_former_days_is_made_anew_at_the_next_sign_in(store: Store, account: str, door: Door) -> None:
    former = Passwords(FORMER).hash("correct horse")
    made(store, account, "ada", password_hash=former)
    door.sign_in(store, "ada", "correct horse", PEER)
    with store.database.reader.connect() as connection:
        found = named(connection, "ada")
    assert found is not None
    assert found[1] not in {None, former}
    assert door.sign_in(store, "ada", "correct horse", PEER).session.who.name == "ada"
