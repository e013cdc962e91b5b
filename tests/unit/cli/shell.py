"""The command line in a folder of its own, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torana.cli.app import run
from torana.control.operations import ensure_default, open_store
from torana.journal import Journal
from torana.settings import Settings
from unit.storage.records import make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


class Shell:
    """`torana` in a folder and with an environment of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self._capsys = capsys
        monkeypatch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("TORANA_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("TORANA_DATA_DIR", str(self.data_dir))
        monkeypatch.setenv("NO_COLOR", "1")

    @contextmanager
    def start(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """As a process of its own, which does not outlive the block."""
        command = [sys.executable, "-m", "torana.cli", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """In this process: what it prints, and what it complains about."""
        self._capsys.readouterr()
        done = run(list(arguments))
        out, err = self._capsys.readouterr()
        assert done == code, f"{out}\n{err}"
        assert "Traceback" not in err
        return out, err

    def read(self, *arguments: str) -> object:
        return json.loads(self.run(*arguments, "--json")[0])

    def log(self, *numbers: int, **changed: object) -> str:
        """Puts records into the journal, as a worker does; the account they are in."""
        store = open_store(Settings(data_dir=str(self.data_dir)))
        account_id = ensure_default(store).id
        store.close()
        journal = Journal(self.data_dir / "journal", f"w-{numbers[0]}", 1 << 30)
        journal.open()
        for number in numbers:
            assert journal.append(make_record(number, account_id=account_id, **changed))
        journal.close()
        return account_id


def ids(rows: object) -> list[str]:
    assert isinstance(rows, list)
    return [row["id"] for row in rows]
