"""`torana audit`: who changed what, at a glance."""

from __future__ import annotations

import getpass

from torana.control.gateway_settings import GatewaySettings
from torana.control.operations import ensure_default, open_store, update_gateway
from torana.settings import Settings
from unit.cli.shell import Shell


def test_changes_made_here_are_in_the_users_own_name(shell: Shell) -> None:
    shell.run("gateways", "create", "one")
    shell.run("tokens", "create", "--name", "ci", "--permission", "read")
    rows = shell.read("audit")
    assert isinstance(rows, list)
    assert [row["resource"]["type"] for row in rows] == ["token", "ai_gateway.gateway", "ai_gateway.gateway", "account"]
    assert {row["actor"]["id"] for row in rows} == {getpass.getuser()}
    assert {row["interface"] for row in rows} == {"CLI"}
    assert rows[1]["action"] == {"type": "create", "info": "gateway created", "result": True}
    assert shell.read("audit", "--resource", "one") == [rows[1]]
    assert shell.read("audit", "--type", "token", "--since", "2020-01-01", "--action", "create") == [rows[0]]
    assert shell.read("audit", "--before", "2020-01-01") == []
    assert shell.read("audit", "-n", "2") == rows[:2]


def test_for_people_an_update_says_what_it_changed(shell: Shell) -> None:
    store = open_store(Settings(data_dir=str(shell.data_dir)))
    update_gateway(store, ensure_default(store).id, "default", GatewaySettings(collect_logs=False))
    store.close()
    lines = shell.run("audit")[0].splitlines()
    assert "collect_logs: true → false" in lines[1]
    assert "Torana" in lines[1]


def test_a_date_that_is_none_and_a_place_without_a_store_are_told(shell: Shell) -> None:
    assert "`soon` is not a date" in shell.run("audit", "--since", "soon", code=2)[1]
    assert "there is no Torana" in shell.run("audit", code=1)[1]
    assert not shell.data_dir.exists()
