"""Users are made, changed and removed, and what they had ends when they lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from torana.control.refusals import InvalidInput, NameTaken, NoSuchThing
from torana.control.signing_in import sessions, users
from torana.control.signing_in.links import make_first_link, make_link, sign_in_by_link
from torana.control.signing_in.outsiders import Outside, bring_in
from torana.control.signing_in.run_tokens import make_run_token
from torana.control.signing_in.users import Change, NewUser, change_user, create_user, delete_user, list_users
from torana.storage.tables import login_links
from unit.control.signing_in.people import audited, begun, known_to_workers, made

if TYPE_CHECKING:
    from torana.control.operations import Store
    from torana.control.signing_in.roles import Role
    from unit.control.signing_in.people import Clock

GRACE = Outside(issuer="https://id.example", subject="1", name="Grace", display_name="", email=None, role=None)


def test_a_user_is_kept_as_told_and_audited_without_the_hash(store: Store, account: str, clock: Clock) -> None:
    wish = NewUser(
        name=" Ada ", role="owner", display_name="Ada L.", email="ada@example.com", password_hash="$argon2id$x"
    )
    user = create_user(store, account, wish)
    assert (user.name, user.display_name, user.role, user.has_password) == ("ada", "Ada L.", "owner", True)
    assert (user.created_ms, user.used_ms, user.source) == (clock.ms, None, "password")
    assert list_users(store, account) == [user]
    assert list_users(store, "f" * 32) == []
    entry = audited(store, account)[-1]
    assert (entry.action, entry.resource.type, entry.resource.id, entry.actor.name) == (
        "create",
        "user",
        user.id,
        "root",
    )
    assert b"argon2" not in bytes(entry.new or b"")


@pytest.mark.parametrize("name", ["", "a b", "-a", "a" * 65, "operator", "ä", "a/b", "Operator"])
def test_a_name_can_be_typed_and_is_nobody_elses(store: Store, account: str, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a name"):
        made(store, account, name)


def test_a_name_is_there_once(store: Store, account: str) -> None:
    ada, bob = made(store, account, "ada"), made(store, account, "bob", "viewer")
    with pytest.raises(NameTaken):
        made(store, account, "ADA", "viewer")
    with pytest.raises(NameTaken):
        change_user(store, account, bob.id, Change(name="ada"))
    assert change_user(store, account, ada.id, Change(name="Ada")).name == "ada"


@pytest.mark.parametrize(
    "change",
    [Change(email="nobody"), Change(email="a@b\n.com"), Change(display_name="x\x00"), Change(display_name="x" * 121)],
)
def test_what_cannot_be_shown_is_refused(store: Store, account: str, change: Change) -> None:
    ada = made(store, account, "ada")
    with pytest.raises(InvalidInput):
        change_user(store, account, ada.id, change)
    assert list_users(store, account) == [ada]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_the_first_user_is_an_owner(store: Store, account: str, role: Role) -> None:
    with pytest.raises(InvalidInput, match="no owner yet"):
        made(store, account, "ada", role)
    assert list_users(store, account) == []


def test_there_is_always_an_owner_left(store: Store, account: str) -> None:
    ada, bob = made(store, account, "ada"), made(store, account, "bob", "editor")
    for role in ("viewer", "editor"):
        with pytest.raises(InvalidInput, match="last owner"):
            change_user(store, account, ada.id, Change(role=role))
    with pytest.raises(InvalidInput, match="last owner"):
        delete_user(store, account, ada.id)
    change_user(store, account, bob.id, Change(role="owner"))
    assert change_user(store, account, ada.id, Change(role="viewer")).role == "viewer"
    with pytest.raises(InvalidInput, match="last owner"):
        delete_user(store, account, bob.id)


def test_who_is_not_there_or_of_another_account_cannot_be_changed(store: Store, account: str) -> None:
    ada = made(store, account, "ada")
    for where, whom in ((account, "f" * 32), ("f" * 32, ada.id)):
        with pytest.raises(NoSuchThing):
            change_user(store, where, whom, Change(role="viewer"))
        with pytest.raises(NoSuchThing):
            delete_user(store, where, whom)
    with pytest.raises(NoSuchThing):
        made(store, "f" * 32, "bob")


def test_who_is_removed_has_no_session_no_link_and_no_token(store: Store, account: str) -> None:
    made(store, account, "ada")
    bob = made(store, account, "bob", "editor")
    open_ = begun(store, account, bob)
    make_run_token(store, open_.session)
    link = make_link(store, "bob")
    assert known_to_workers(store) == {"dashboard: bob"}
    delete_user(store, account, bob.id)
    assert sessions.find(store, open_.secret) is None
    assert known_to_workers(store) == set()
    with pytest.raises(Exception, match="used already"):
        sign_in_by_link(store, link, "")
    assert audited(store, account)[-1].action == "delete"


def test_who_is_demoted_loses_at_once_what_the_role_does_not_have(store: Store, account: str) -> None:
    made(store, account, "ada")
    bob = made(store, account, "bob", "editor")
    open_ = begun(store, account, bob)
    make_run_token(store, open_.session)
    change_user(store, account, bob.id, Change(display_name="Bob"))
    assert known_to_workers(store) == {"dashboard: bob"}
    change_user(store, account, bob.id, Change(role="viewer"))
    assert known_to_workers(store) == set()
    found = sessions.find(store, open_.secret)
    assert found is not None
    assert (found.who.role, found.as_token().permissions) == ("viewer", ["read"])


def test_a_new_password_ends_the_other_sessions_of_that_user_alone(store: Store, account: str) -> None:
    ada, bob = made(store, account, "ada"), made(store, account, "bob", "editor")
    here, there, bobs = (begun(store, account, user) for user in (ada, ada, bob))
    make_run_token(store, here.session)
    make_run_token(store, there.session)
    change_user(store, account, ada.id, Change(password_hash="new", kept_session=here.session.id))
    assert [sessions.find(store, each.secret) is not None for each in (here, there, bobs)] == [True, False, True]
    assert known_to_workers(store) == {"dashboard: ada"}
    assert b"new" not in bytes(audited(store, account)[-1].new or b"")


def test_the_links_for_who_owns_nothing_yet_are_void_once_there_is_an_owner(store: Store, account: str) -> None:
    assert make_first_link(store)
    made(store, account, "ada")
    with store.database.reader.connect() as connection:
        assert connection.execute(sa.select(login_links)).all() == []
    assert make_first_link(store) is None


def test_an_outsider_is_known_by_issuer_and_subject_alone(store: Store, account: str) -> None:
    made(store, account, "grace")
    first = bring_in(store, account, GRACE, "viewer")
    assert first is not None
    assert (first.name, first.role, first.source, first.has_password) == ("grace-2", "viewer", "oidc", False)
    assert bring_in(store, account, GRACE, "editor") == first
    renamed = Outside(
        issuer=GRACE.issuer, subject="1", name="x", display_name="G. H.", email="g@example.com", role=None
    )
    again = bring_in(store, account, renamed, None)
    assert again is not None
    assert (again.id, again.name, again.display_name, again.role) == (first.id, "grace-2", "G. H.", "viewer")
    for issuer, subject in (("https://other.example", "1"), (GRACE.issuer, "2")):
        stranger = Outside(
            issuer=issuer, subject=subject, name="grace", display_name="G. H.", email="g@example.com", role=None
        )
        found = bring_in(store, account, stranger, "viewer")
        assert found is not None
        assert found.id != first.id
    assert bring_in(store, account, replace(GRACE, subject="9"), None) is None


def test_what_the_provider_says_of_a_role_is_followed_but_never_takes_the_last_owner(
    store: Store, account: str
) -> None:
    def told(role: Role | None) -> Role | None:
        found = bring_in(store, account, replace(GRACE, role=role), None)
        return None if found is None else found.role

    assert told("owner") == "owner"
    before = len(audited(store, account))
    assert told("viewer") == "owner"
    assert len(audited(store, account)) == before
    made(store, account, "ada")
    assert told("viewer") == "viewer"
    [grace] = [user for user in list_users(store, account) if user.name == "grace"]
    open_ = begun(store, account, grace, "oidc")
    assert told("editor") == "editor"
    make_run_token(store, open_.session)
    assert told(None) == "editor"
    assert known_to_workers(store) == {"dashboard: grace"}
    assert told("viewer") == "viewer"
    assert known_to_workers(store) == set()


def test_an_outsider_has_no_password_here(store: Store, account: str) -> None:
    made(store, account, "ada")
    grace = bring_in(store, account, GRACE, "viewer")
    assert grace is not None
    with pytest.raises(InvalidInput, match="signs in elsewhere"):
        change_user(store, account, grace.id, Change(password_hash="h"))


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("Grace Hopper", "grace-hopper"),
        ("...", "user"),
        ("名前", "user"),
        ("operator", "operator-2"),
        ("x" * 99, "x" * 60),
    ],
)
def test_an_outsider_gets_a_name_that_can_be_typed(store: Store, account: str, wish: str, name: str) -> None:
    found = bring_in(store, account, replace(GRACE, name=wish), "viewer")
    assert found is not None
    assert found.name == name


def test_owners_are_counted_over_all(store: Store, account: str) -> None:
    with store.database.reader.connect() as connection:
        assert (users.has_users(connection), users.has_owner(connection)) == (False, False)
    bring_in(store, account, GRACE, "viewer")
    with store.database.reader.connect() as connection:
        assert (users.has_users(connection), users.has_owner(connection)) == (True, False)
    made(store, account, "ada")
    with store.database.reader.connect() as connection:
        assert (users.owners(connection), users.has_owner(connection)) == (1, True)
