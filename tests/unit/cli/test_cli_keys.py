"""`torana keys` and `torana credits`: keys of the router, and the account's money, from a terminal."""

from __future__ import annotations

import re

import pytest

from unit.cli.shell import Shell


def rows(shell: Shell, *arguments: str) -> list[dict[str, object]]:
    found = shell.read(*arguments)
    assert isinstance(found, list)
    return found


def make(shell: Shell, *arguments: str) -> dict[str, str]:
    made = shell.read("keys", "create", *arguments)
    assert isinstance(made, dict)
    return made


def test_keys_are_made_listed_switched_and_removed(shell: Shell) -> None:
    made = make(shell, "--name", "app", "--limit", "2.50", "--reset", "daily", "--include-byok")
    assert made.keys() == {"hash", "key"}
    assert re.fullmatch(r"sk-or-v1-[0-9a-f]{64}", made["key"])
    (row,) = rows(shell, "keys", "list")
    assert row | {"created_at": ""} == {
        "hash": made["hash"],
        "label": f"sk-or-v1-{made['key'][9:12]}...{made['key'][-3:]}",
        "name": "app",
        "gateway_id": "default",
        "is_management": False,
        "disabled": False,
        "usage": 0.0,
        "byok_usage": 0.0,
        "limit": 2.5,
        "limit_remaining": 2.5,
        "limit_reset": "daily",
        "include_byok_in_limit": True,
        "created_at": "",
        "expires_at": None,
        "last_used_at": None,
    }
    shown = shell.run("keys", "list")[0]
    assert "2.5 daily" in shown
    assert made["key"] not in shown
    shell.run("keys", "disable", made["hash"][:8])
    assert rows(shell, "keys", "list")[0]["disabled"] is True
    shell.run("keys", "enable", made["hash"])
    assert rows(shell, "keys", "list")[0]["disabled"] is False
    assert "removed" in shell.run("keys", "remove", made["hash"][:8])[1]
    assert rows(shell, "keys", "list") == []
    assert "not found" in shell.run("keys", "remove", made["hash"], code=1)[1]


def test_a_key_may_manage_and_may_end(shell: Shell) -> None:
    make(shell, "--name", "boss", "--management", "--expires", "2099-01-31")
    (row,) = rows(shell, "keys", "list")
    assert (row["is_management"], row["expires_at"]) == (True, "2099-01-31T00:00:00.000Z")
    assert "manages" in shell.run("keys", "list")[0]


def test_for_people_the_key_stands_alone_on_its_line(shell: Shell) -> None:
    out, err = shell.run("keys", "create", "--name", "me")
    assert re.fullmatch(r"sk-or-v1-[0-9a-f]{64}\n", out)
    assert "cannot be shown again" in err


def test_a_beginning_that_two_hashes_have_is_not_enough(shell: Shell) -> None:
    hashes = [make(shell, "--name", str(number))["hash"] for number in range(17)]
    doubled = next(one[0] for one in hashes if sum(other[0] == one[0] for other in hashes) > 1)
    err = shell.run("keys", "disable", doubled, code=2)[1]
    assert "give more of it" in " ".join(err.replace("│", "").split())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--limit", "much"], 2, "`much` is no amount of USD"),
        (["--limit", "nan"], 2, "`nan` is no amount of USD"),
        (["--limit", "-1"], 1, "a limit is an amount of USD, 0 or more"),
        (["--reset", "yearly"], 2, "`yearly` is none of daily, weekly, monthly"),
        (["--expires", "2001-01-01"], 1, "expired already"),
        (["--gateway", "nowhere"], 1, "there is no gateway `nowhere`"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_told_in_a_line(
    shell: Shell, arguments: list[str], code: int, message: str
) -> None:
    out, err = shell.run("keys", "create", "--name", "x", *arguments, code=code)
    assert message in " ".join(err.replace("│", "").split())
    assert out == ""


def test_credits_are_added_and_shown(shell: Shell) -> None:
    shown = shell.read("credits", "show")
    assert shown == {"total_credits": 0.0, "total_usage": 0.0, "balance": 0.0, "is_limited": False}
    assert "none were ever added" in shell.run("credits", "show")[0]
    assert "25 in all" in shell.run("credits", "add", "25", "--note", "for May")[1]
    shell.run("credits", "add", "0.000000001")
    shown = shell.read("credits", "show")
    assert shown == {"total_credits": 25.000000001, "total_usage": 0.0, "balance": 25.000000001, "is_limited": True}
    last, first = rows(shell, "credits", "ledger")
    assert (first["kind"], first["amount"], first["note"], first["key_hash"]) == ("grant", 25.0, "for May", None)
    assert last["amount"] == 1e-9
    assert len(rows(shell, "credits", "ledger", "--limit", "1")) == 1
    assert "for May" in shell.run("credits", "ledger")[0]


@pytest.mark.parametrize(("amount", "code"), [("0", 1), ("much", 2), ("1e10", 2)])
def test_what_is_no_grant_adds_nothing(shell: Shell, amount: str, code: int) -> None:
    shell.run("credits", "add", amount, code=code)
    assert rows(shell, "credits", "ledger") == []
