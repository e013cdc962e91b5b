"""What was answered is in the log once, whatever dies meanwhile; the bench does the same a hundred times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import gateway
from bench.kill import experiment

from scripted import ScriptedUpstream

if TYPE_CHECKING:
    from pathlib import Path

_KILLS = 6


async def test_every_answered_exchange_is_logged_once_though_processes_are_killed(tmp_path: Path) -> None:
    with (
        ScriptedUpstream() as upstream,
        gateway.serving(tmp_path, f"{upstream.url}/v1", core=None) as served,
    ):
        outcome = await experiment(served, _KILLS, callers=6)
    assert outcome.kills == _KILLS
    assert len(outcome.answered) >= 20 * _KILLS
    assert outcome.streams > 0
    assert outcome.missing == []
    assert outcome.doubled == []
