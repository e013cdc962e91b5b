from __future__ import annotations

import json
import signal
import sqlite3
from typing import TYPE_CHECKING

import pytest

from torana.cli import log_view
from torana.cli.state import NothingHere
from torana.cli.stored import open_stored
from torana.control.operations import open_store
from torana.exchange import Usage
from torana.settings import Settings
from unit.cli.shell import Shell, ids
from unit.control.held import Held
from unit.storage.records import log_id

if TYPE_CHECKING:
    from pathlib import Path


def test_logs_are_newest_first_and_need_no_server(shell: Shell) -> None:
    shell.log(1, 2, 3)
    assert ids(shell.read("logs")) == [log_id(3), log_id(2), log_id(1)]
    assert ids(shell.read("logs", "--limit", "2")) == [log_id(3), log_id(2)]
    assert shell.read("logs", "--limit", "0") == []


def test_logs_are_filtered(shell: Shell) -> None:
    shell.log(1)
    shell.log(2, provider="anthropic", model="claude")
    shell.log(3, status=503)
    shell.log(4, gateway_id="team")
    assert ids(shell.read("logs", "--provider", "anthropic")) == [log_id(2)]
    assert ids(shell.read("logs", "--model", "claude")) == [log_id(2)]
    assert ids(shell.read("logs", "--status", "5xx")) == [log_id(3)]
    assert ids(shell.read("logs", "--status", "200", "--gateway", "default")) == [log_id(2), log_id(1)]
    assert ids(shell.read("logs", "--gateway", "team")) == [log_id(4)]
    assert len(ids(shell.read("logs"))) == 4


def test_more_logs_than_a_page_are_listed_without_gaps(shell: Shell) -> None:
    shell.log(*range(1, 121))
    assert ids(shell.read("logs", "--limit", "110")) == [log_id(n) for n in range(120, 10, -1)]


def test_the_table_shows_what_a_log_cost_and_its_whole_id(shell: Shell) -> None:
    usage = Usage(tokens_in=1234, tokens_out=56, cost_nano=7_890_000)
    shell.log(1, usage=usage, cancelled=True, model="gpt-\x1b[31mred")
    out, _ = shell.run("logs")
    head, row = out.splitlines()
    assert head.split() == ["TIME", "STATUS", "PROVIDER", "MODEL", "IN", "OUT", "USD", "MS", "ID"]
    assert row.split()[2:] == [
        "200",
        "left",
        "openai",
        "gpt-\N{REPLACEMENT CHARACTER}[31mred",
        "1234",
        "56",
        "0.00789",
        "412",
        log_id(1),
    ]


def test_times_are_the_readers_own_with_their_offset_and_utc_in_json(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    shell.log(1, created_ms=1_784_116_800_123)
    shell.log(2, created_ms=1_795_000_000_000)
    with shell.start("logs") as process:
        _, winter, summer = process.communicate(timeout=60)[0].splitlines()
    assert winter.split()[:2] == ["11-18", "12:06:40+01"]
    assert summer.split()[:2] == ["07-15", "14:00:00+02"]
    with shell.start("logs", "show", log_id(1, 1_784_116_800_123)) as process:
        assert "2026-07-15 14:00:00.123+02\n" in process.communicate(timeout=60)[0]
    rows = shell.read("logs")
    whole = shell.read("logs", "show", log_id(1, 1_784_116_800_123))
    assert isinstance(rows, list)
    assert isinstance(whole, dict)
    assert rows[1]["created_at"] == whole["created_at"] == "2026-07-15T12:00:00.123Z"


def test_one_log_is_shown_with_its_bodies(shell: Shell) -> None:
    shell.log(1, request_body=b'{"model":"gpt-4o","n":1}', response_body=b'{"ok":true}')
    out, _ = shell.run("logs", "show", log_id(1))
    assert "POST chat/completions" in out
    assert '  "model": "gpt-4o",\n' in out
    assert '  "ok": true\n' in out
    assert '{"model":"gpt-4o","n":1}\n' in shell.run("logs", "show", log_id(1), "--raw")[0]
    whole = shell.read("logs", "show", log_id(1))
    assert isinstance(whole, dict)
    assert (whole["request"], whole["response"]) == ('{"model":"gpt-4o","n":1}', '{"ok":true}')
    assert str(whole["request_headers"]).startswith("POST /v1/")


def test_a_stream_is_shown_assembled_and_raw_as_it_went(shell: Shell) -> None:
    chunk = {"id": "1", "object": "chat.completion.chunk", "model": "m", "created": 1}
    events = [
        {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": None}]},
        {**chunk, "choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}]},
    ]
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    shell.log(1, is_stream=True, response_body=body, response_content_type=b"text/event-stream")
    out, _ = shell.run("logs", "show", log_id(1))
    assert '"content": "Hello"' in out
    assert "data: [DONE]" not in out
    assert body.decode() in shell.run("logs", "show", log_id(1), "--raw")[0]
    whole = shell.read("logs", "show", log_id(1))
    assert isinstance(whole, dict)
    assert whole["response"] == body.decode()
    assert json.loads(whole["assembled"])["choices"][0]["message"]["content"] == "Hello"


def test_a_log_without_bodies_says_so(shell: Shell) -> None:
    shell.log(1, has_bodies=False)
    assert "were not kept" in shell.run("logs", "show", log_id(1))[0]


def test_what_strangers_sent_cannot_drive_the_terminal(shell: Shell) -> None:
    shell.log(1, response_body=b"\x1b]0;title\x07 plain", user_agent="\x9b31m")
    out, _ = shell.run("logs", "show", log_id(1))
    assert not {"\x1b", "\x07", "\x9b"} & set(out)


def test_an_unknown_log_is_one_line_and_1(shell: Shell) -> None:
    shell.log(1)
    _, err = shell.run("logs", "show", log_id(9), code=1)
    assert err == f"torana: there is no log `{log_id(9)}`; `torana logs` lists them\n"


def test_a_reader_that_leaves_early_is_not_an_error_to_shout_about(shell: Shell) -> None:
    shell.log(*range(1, 301))
    with shell.start("logs", "--limit", "300", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) in (0, 1)


def test_a_running_control_plane_is_asked_and_sees_the_newest(shell: Shell) -> None:
    with Held(shell.data_dir) as held:
        account_id = str(held.ready()["account_id"])
        assert shell.log(1, 2) == account_id
        assert ids(shell.read("logs")) == [log_id(2), log_id(1)]
        whole = shell.read("logs", "show", log_id(1))
        assert isinstance(whole, dict)
        assert whole["request"] == "request 1"
        assert shell.run("logs", "show", log_id(9), code=1)[1].startswith("torana: there is no log")


def test_following_shows_the_last_ones_then_each_new_one_once(shell: Shell) -> None:
    shell.log(1, 2, 3)
    with shell.start("logs", "--follow", "--json", "--limit", "2") as process:
        assert process.stdout is not None
        assert [json.loads(process.stdout.readline())["id"] for _ in range(2)] == [log_id(2), log_id(3)]
        for number in (5, 4):
            shell.log(number)
            assert json.loads(process.stdout.readline())["id"] == log_id(number)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_following_begins_before_there_is_a_server_and_outlives_it(shell: Shell) -> None:
    with shell.start("logs", "--follow") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        waiting = process.stderr.readline()
        assert waiting.startswith(f"torana: there is no Torana in `{shell.data_dir}`")
        assert waiting.endswith("; waiting for it\n")
        for number in (1, 2):
            with Held(shell.data_dir) as held:
                held.ready()
                shell.log(number)
                if number == 1:
                    assert process.stdout.readline().split()[0] == "TIME"
                assert process.stdout.readline().split()[-1] == log_id(number)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")


def test_a_store_without_an_account_is_nothing_yet(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path))
    open_store(settings).close()
    with pytest.raises(NothingHere, match="no account yet"), open_stored(settings):
        pass


def test_money_is_shown_without_noise() -> None:
    shown = [log_view.usd(cost) for cost in (None, 0.0, 1.0, 0.00789, 0.0000004, 12.5)]
    assert shown == ["", "0", "1", "0.00789", "0.0000004", "12.5"]


def test_what_is_stored_is_shown_while_the_rest_cannot_be_stored(shell: Shell) -> None:
    shell.log(1)
    shell.read("logs")
    shell.log(2)
    database = sqlite3.connect(shell.data_dir / "torana.db")
    database.execute("DROP TABLE journal_positions")
    database.close()
    out, err = shell.run("logs", "--json")
    assert ids(json.loads(out)) == [log_id(1)]
    assert err.startswith("torana: the newest logs wait in the journal: ")


def test_a_database_that_cannot_be_read_is_told_in_a_line(shell: Shell) -> None:
    shell.log(1)
    database = sqlite3.connect(shell.data_dir / "torana.db")
    database.execute("DROP TABLE accounts")
    database.close()
    _, err = shell.run("logs", code=1)
    assert err.startswith("torana: the database cannot be used: ")
    assert err.count("\n") == 1
