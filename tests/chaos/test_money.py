"""Every cent is in the ledger once, and adds up, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import httpx

import spending
from running import Torana
from scripted import ScriptedUpstream
from torana.periods import TOTAL
from torana.purse import counter_of
from torana.storage.mapped_counters import COUNTERS, MappedCounters

if TYPE_CHECKING:
    from pathlib import Path

_KILLS = 4
_CALLERS = 6
_PATIENCE_S = 120.0
_GRANTS_NANO = 30_000_000_001


class Account:
    """What all callers were told."""

    def __init__(self) -> None:
        self.told: dict[str, int] = {}
        self.streams = 0
        self.unknown = 0
        """Calls that may have cost something, of which the caller knows nothing."""
        self.is_over = False


async def caller(url: str, headers: dict[str, str], number: int, account: Account) -> None:
    body = spending.ask(is_stream=number % 2 == 0)
    while not account.is_over:
        with suppress(httpx.HTTPError):
            account.unknown += 1
            async with httpx.AsyncClient(trust_env=False) as client:
                while not account.is_over:
                    found = await spending.call(client, url, body, headers)
                    if found.status == 200:
                        assert found.id not in account.told
                        account.told[found.id] = found.nano
                        account.streams += bool(body["stream"])
                    else:
                        account.unknown += 1
        await asyncio.sleep(0.02)


def pids(torana: Torana) -> dict[str, object]:
    state = json.loads((torana.data_dir / "run" / "state.json").read_bytes())
    found: dict[str, object] = state["pids"]
    return found


def running(torana: Torana) -> list[int]:
    with suppress(OSError, ValueError):
        found = pids(torana)
        all_ = [found["control"], *found["workers"]]  # type: ignore[misc]  # a list of numbers
        return [int(str(pid)) for pid in all_ if pid]
    return []


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def until(reached: object, what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not reached():  # type: ignore[operator]  # a function without arguments
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


async def kill_often(torana: Torana, account: Account) -> None:
    dice = random.Random(5)  # noqa: S311  # it hides nothing
    for turn in range(_KILLS):
        answered = len(account.told)
        await until(lambda answered=answered: len(account.told) >= answered + 25, f"no answers after {turn} kills")
        await asyncio.sleep(dice.uniform(0, 0.3))
        control, *workers = running(torana)
        victims = [[dice.choice(workers)], [control], [control, *workers]][turn % 3]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        whole = 1 + len(workers)
        await until(
            lambda victims=victims, whole=whole: (
                len(now := running(torana)) == whole and not set(now) & set(victims) and all(map(is_alive, now))
            ),
            "what was killed was not started again",
        )


def rows(torana: Torana, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{torana.data_dir / 'torana.db'}?mode=ro", uri=True, timeout=30)) as store:
        return store.execute(query).fetchall()


def counted(torana: Torana) -> tuple[int, int]:
    """Of the account's credits: used and held."""
    counter = counter_of("credits", TOTAL, torana.account_id)
    with MappedCounters(torana.data_dir / COUNTERS) as counters:
        (standings,) = counters.standings([counter.rule])
    return (standings[0].used, standings[0].held) if standings else (0, 0)


async def test_what_clients_were_told_is_what_the_ledger_says_though_processes_are_killed(tmp_path: Path) -> None:
    account = Account()
    with ScriptedUpstream() as upstream:
        upstream.script("/v1/chat/completions", spending.answering(7))  # type: ignore[arg-type]  # a reaction
        with Torana(tmp_path / "data", {"openai": f"{upstream.url}/v1"}, workers=2) as torana:
            spending.ready(torana)
            torana.run("credits", "add", "30")
            torana.run("credits", "add", "0.000000001", "--note", "one more")
            _, headers = spending.new_key(torana, "--limit", "20", "--reset", "monthly")
            async with asyncio.TaskGroup() as group:
                for number in range(_CALLERS):
                    group.create_task(caller(torana.url, headers, number, account))
                try:
                    await kill_often(torana, account)
                finally:
                    account.is_over = True
            assert account.streams >= 25

            ledger_query = "SELECT id, amount_nano FROM ledger WHERE kind = 'usage'"
            await until(
                lambda: account.told.keys() <= {row[0] for row in rows(torana, ledger_query)}, "some are missing"
            )
            ledger = {str(id_): -int(str(nano)) for id_, nano in rows(torana, ledger_query)}
            assert {id_: ledger[id_] for id_ in account.told} == account.told
            # Beyond what callers know of, no more than what was cut short.
            assert len(ledger) - len(account.told) <= account.unknown

            used = sum(ledger.values())
            assert rows(torana, "SELECT grants_nano, usage_nano FROM ledger_totals") == [(_GRANTS_NANO, used)]
            assert rows(torana, "SELECT sum(amount_nano) FROM ledger") == [(_GRANTS_NANO - used,)]
            assert rows(torana, "SELECT sum(cost_nano), sum(requests) FROM router_key_days") == [(used, len(ledger))]
            assert rows(torana, "SELECT sum(cost_nano), sum(requests) FROM activity_days") == [(used, len(ledger))]
            assert rows(torana, "SELECT count(DISTINCT log_id), count(*) FROM generations")[0][0] == len(ledger)

            async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60) as client:
                own = (await client.get(f"{torana.url}/api/v1/key")).json()["data"]
            assert round(own["usage_monthly"] * 10**9) == used
            shown = json.loads(torana.run("credits", "show", "--json"))
            assert (round(shown["total_credits"] * 10**9), round(shown["total_usage"] * 10**9)) == (_GRANTS_NANO, used)
            # What killed workers held is given back: limits count what the ledger says. After each change of the
            # configuration it is looked whether they do.
            deadline = time.monotonic() + _PATIENCE_S
            while counted(torana) != (used, 0):
                assert time.monotonic() < deadline, f"{counted(torana)} of the credits are counted, not {used}"
                spending.new_key(torana)
                await asyncio.sleep(1)
