"""A worker's turn on a shared core."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from torana.priority import be_prompt


@pytest.mark.parametrize("wish", ["be_prompt", "be_patient"])
def test_it_is_asked_for_without_a_privilege_and_changes_no_other_rule(wish: str) -> None:
    code = f"import os; from torana.priority import {wish}; print({wish}(), os.sched_getscheduler(0), os.nice(0))"
    given = subprocess.run(["nice", "-n", "3", sys.executable, "-c", code], capture_output=True, text=True, check=True)
    is_known = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
    assert given.stdout.split() == [str(is_known), str(os.SCHED_OTHER), str(min(19, os.nice(0) + 3))]


def test_elsewhere_it_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert be_prompt() is False
