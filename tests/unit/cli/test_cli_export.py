"""`torana logs export`: files, whole or not at all."""

from __future__ import annotations

import json

import pyarrow.parquet as pq

from unit.cli.shell import Shell
from unit.storage.records import log_id


def test_logs_go_to_a_file_or_to_the_next_command(shell: Shell) -> None:
    shell.log(1, 2, 3, request_body=b"hello", response_body=b"{}")
    shell.log(4, provider="anthropic", status=500, has_bodies=False)
    shell.run("logs", "export", "-o", "all.jsonl", "--bodies")
    lines = [json.loads(line) for line in (shell.folder / "all.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [log_id(number) for number in (1, 2, 3, 4)]
    assert [line["request"] for line in lines] == ["hello"] * 3 + [None]
    with shell.start("logs", "export", "--provider", "anthropic") as process:
        out, err = process.communicate(timeout=30)
    assert (json.loads(out)["id"], err) == (log_id(4), "")
    shell.run("logs", "export", "--format", "parquet", "--status", "2xx", "--output", "some.parquet")
    assert pq.read_table(shell.folder / "some.parquet").column("id").to_pylist() == [log_id(n) for n in (1, 2, 3)]
    shell.run("logs", "export", "-o", "none.jsonl", "--until", "2020-01-01", "--gateway", "default")
    assert (shell.folder / "none.jsonl").read_bytes() == b""
    assert {path.name for path in shell.folder.iterdir()} == {"all.jsonl", "some.parquet", "none.jsonl", "data"}


def test_what_cannot_be_is_told_in_a_line(shell: Shell) -> None:
    assert "there is no Torana" in shell.run("logs", "export", code=1)[1]
    shell.log(1)
    assert "is not a date" in shell.run("logs", "export", "--since", "soon", code=1)[1]
    assert "no-such-folder" in shell.run("logs", "export", "-o", "no-such-folder/file", code=1)[1]
    assert "Invalid value" in shell.run("logs", "export", "--format", "csv", code=2)[1]
