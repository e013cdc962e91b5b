"""The compiled snapshot: found by look-up, swapped whole."""

from __future__ import annotations

from fakes import ACCOUNT, PREFIX, Answers, Records, directory, flow, gateway, request
from torana.directory import compile_directory
from torana.message import Call, Reply
from torana.snapshot import AccountConfig, GatewayConfig, Snapshot

OTHER = "f" * 32


def test_a_gateway_is_found_by_account_and_id_together() -> None:
    snapshot = Snapshot(
        7,
        [AccountConfig(ACCOUNT, "one", 0), AccountConfig(OTHER, "two", 0)],
        [GatewayConfig(ACCOUNT, "default"), GatewayConfig(OTHER, "default", collect_logs=False)],
    )
    found = compile_directory(snapshot, Records())
    assert found.version == 7
    assert found.accounts == {ACCOUNT.encode(), OTHER.encode()}
    one, two = found.gateway(ACCOUNT.encode(), b"default"), found.gateway(OTHER.encode(), b"default")
    assert one is not None
    assert two is not None
    assert (one.collect_logs, two.collect_logs) == (True, False)
    assert found.gateway(ACCOUNT.encode(), b"other") is None
    assert found.gateway(ACCOUNT.encode(), b"default") is one


def test_an_empty_snapshot_knows_nobody() -> None:
    found = compile_directory(Snapshot(0, [], []), Records())
    assert (found.version, found.accounts) == (0, frozenset())
    assert found.gateway(ACCOUNT.encode(), b"default") is None
    assert found.caller(b"torana_x") is None


def test_only_policies_with_something_to_do_are_called() -> None:
    compiled = gateway()
    assert (compiled.admit, compiled.review) == ((), ())
    assert len(compiled.settle) == 1


def test_a_stray_gateway_is_logged_under_the_name_that_was_asked_for() -> None:
    stray = directory(Records()).stray(ACCOUNT.encode(), b"no-such\xff" + b"x" * 100)
    assert (stray.account_id, stray.collect_logs) == (ACCOUNT, True)
    assert stray.id.startswith("no-such\xff")
    assert len(stray.id) == 64
    assert len(stray.settle) == 1


async def test_an_exchange_under_way_keeps_the_gateway_that_it_began_with() -> None:
    records = Records()

    def answer(call: Call) -> Reply:
        running.directory = directory(records, GatewayConfig(ACCOUNT, "another"))
        return Reply(200, [], b"{}")

    running = flow(records, Answers(answer))
    first = await running.handle(request(PREFIX + "openai/x", b"{}"))
    assert (first.status, records.rows[0].gateway_id) == (200, "default")
    second = await running.handle(request(PREFIX + "openai/x", b"{}"))
    assert second.status == 400
    third = await running.handle(request(f"/v1/{ACCOUNT}/another/openai/x", b"{}"))
    assert third.status == 200
