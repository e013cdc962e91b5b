from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from functools import partial

import msgspec
import pytest

from torana import __version__
from torana.cli.output import local_time
from torana.cli.serve import BUILD, dashboard_line, find_way_in, print_banner
from torana.control.welcome import Entrance
from torana.settings import Settings
from unit.cli.shell import Shell, ids

FACTS = {
    "url": "http://127.0.0.1:9999",
    "account_id": "a" * 32,
    "gateway_id": "default",
    "data_dir": "/data",
    "pids": {"supervisor": os.getpid(), "control": 2, "workers": [3, 4], "local": None, "embedding": None},
    "versions": {"torana": "9.9.9", "python": "3.99"},
    "started_at": "2026-11-22T12:00:00Z",
}
BROKEN = "import torana.cli.app as a; a.COMMANDS['info'] = 'torana.nothing'; import sys; sys.exit(a.run())"


def test_the_version_is_printed_in_both_ways(shell: Shell) -> None:
    assert shell.run("--version")[0] == shell.run("version")[0] == f"torana {__version__}\n"


def test_help_names_every_command(shell: Shell) -> None:
    out, _ = shell.run("--help")
    for name in ("serve", "logs", "info", "gateways", "settings", "local", "prices", "version"):
        assert f" {name} " in out


def test_the_version_loads_no_command_line() -> None:
    code = "import sys; sys.argv[1:] = ['--version']; from torana.cli import main; main(); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"typer", "rich", "sqlalchemy", "msgspec"} & set(done.stdout.replace("'", "").split(", "))


def test_asking_a_fresh_directory_makes_nothing_in_it(shell: Shell) -> None:
    info = shell.read("info")
    assert isinstance(info, dict)
    assert (info["url"], info["account_id"], info["pids"], info["running"]) == (None, None, None, False)
    assert info["data_dir"] == str(shell.data_dir)
    assert info["versions"]["torana"] == __version__
    assert not shell.data_dir.exists()


@pytest.mark.parametrize("asked", ["logs", "logs --json", f"logs show {'0' * 36}", "gateways list"])
def test_a_directory_that_nothing_was_served_from_is_told_and_left_alone(shell: Shell, asked: str) -> None:
    out, err = shell.run(*asked.split(), code=1)
    start = f"start one with `torana serve --data-dir {shell.data_dir}`"
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"torana: there is no Torana in `{shell.data_dir}`: {start}")
    assert not shell.data_dir.exists()


def test_a_server_that_has_no_database_yet_is_not_taken_for_none(shell: Shell) -> None:
    (shell.data_dir / "run").mkdir(parents=True)
    (shell.data_dir / "run" / "state.json").write_text(json.dumps(FACTS))
    assert f"the server in `{shell.data_dir}` has no database yet" in shell.run("logs", code=1)[1]


def test_a_directory_without_logs_says_so(shell: Shell) -> None:
    shell.run("gateways", "create", "team-a")
    assert shell.run("logs") == ("", "no logs\n")
    assert shell.read("logs") == []


def test_info_tells_of_a_running_server(shell: Shell) -> None:
    (shell.data_dir / "run").mkdir(parents=True)
    (shell.data_dir / "run" / "state.json").write_text(json.dumps(FACTS))
    info = shell.read("info")
    assert isinstance(info, dict)
    assert info["running"] is True
    assert {name: info[name] for name in ("url", "account_id", "gateway_id", "pids", "versions")} == {
        name: FACTS[name] for name in ("url", "account_id", "gateway_id", "pids", "versions")
    }
    out, _ = shell.run("info")
    assert "http://127.0.0.1:9999" in out
    assert f"runs since {local_time(str(FACTS['started_at']))}\n" in out
    assert f"supervisor {os.getpid()}, control 2, worker 3, worker 4" in out


def test_info_tells_of_journal_files_that_could_not_be_read(shell: Shell) -> None:
    shell.log(1)
    assert "corrupt" not in shell.run("info")[0]
    [segment] = (shell.data_dir / "journal").iterdir()
    segment.write_bytes(b"\4\0\0\0junk" + segment.read_bytes())
    size = segment.stat().st_size
    shell.run("logs")
    info = shell.read("info")
    assert isinstance(info, dict)
    assert info["set_aside"] == {"segments": 1, "bytes": size}
    where = shell.data_dir / "journal" / "*.corrupt"
    assert f"1 of the journal's files could not be read whole: {where}, {size:,} bytes\n" in shell.run("info")[0]


def test_the_journals_limit_bounds_what_is_set_aside(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORANA_JOURNAL_LIMIT", "800")
    shell.log(1)
    for size in (60, 61):
        (shell.data_dir / "journal" / f"w-{size}.corrupt").write_bytes(bytes(size))
    shell.run("logs")
    info = shell.read("info")
    assert isinstance(info, dict)
    assert info["set_aside"] == {"segments": 1, "bytes": 61}


def test_a_killed_server_is_not_called_running(shell: Shell) -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    account_id = shell.log(1)
    (shell.data_dir / "run").mkdir(parents=True)
    (shell.data_dir / "run" / "state.json").write_text(json.dumps(FACTS | {"pids": {"supervisor": done.pid}}))
    info = shell.read("info")
    assert isinstance(info, dict)
    assert (info["running"], info["url"], info["account_id"], info["gateway_id"]) == (
        False,
        None,
        account_id,
        "default",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["logs", "--status", "9"], 2, "such as 4xx"),
        (["nope"], 2, "No such command"),
        (["logs", "--nope"], 2, "No such option"),
        (["serve", "--port", "x"], 2, "`--port` cannot be `x`: it must be a whole number from 0 to 65535"),
        (["settings", "--config", "nowhere.toml"], 2, "`--config` cannot be `nowhere.toml`"),
        (["gateways", "create", "Bad Id"], 1, "cannot be a gateway id"),
        (["prices", "refresh", "nowhere.json"], 1, "`nowhere.json` cannot be read"),
        (["local", "pull", "nowhere.gguf"], 1, "nowhere.gguf` cannot be read"),
    ],
)
def test_errors_are_told_in_a_line(shell: Shell, arguments: list[str], code: int, message: str) -> None:
    out, err = shell.run(*arguments, code=code)
    assert message in " ".join(err.replace("│", "").split())
    assert out == ""


def test_a_store_that_cannot_be_opened_is_one_line(shell: Shell) -> None:
    shell.data_dir.mkdir()
    (shell.data_dir / "torana.db").write_bytes(b"no database, but long enough to be taken for one" * 30)
    _, err = shell.run("logs", code=1)
    assert err.startswith("torana: ")
    assert err.count("\n") == 1


def test_a_bug_is_one_line_unless_asked_for_more() -> None:
    def meet(level: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BROKEN, "info"]
        environ = os.environ | {"TORANA_LOG_LEVEL": level}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)

    quiet, loud = meet("info"), meet("debug")
    assert (quiet.returncode, loud.returncode) == (1, 1)
    assert quiet.stderr.startswith("torana: a bug: ModuleNotFoundError")
    assert quiet.stderr.count("\n") == 1
    assert "Traceback" in loud.stderr


def test_gateways_are_made_and_listed(shell: Shell) -> None:
    made = shell.read("gateways", "create", "team-a")
    assert isinstance(made, dict)
    assert (made["id"], made["collect_logs"], made["url"]) == ("team-a", True, None)
    assert ids(shell.read("gateways", "list")) == ["default", "team-a"]
    assert "team-a" in shell.run("gateways", "list")[0]
    assert "exists already" in shell.run("gateways", "create", "team-a", code=1)[1]


def test_settings_say_where_they_came_from(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell.folder / "torana.toml").write_text("workers = 3\n[providers]\nopenai = 'http://x/v1'")
    monkeypatch.setenv("TORANA_JOURNAL_LIMIT", "1MiB")
    settings = shell.read("settings")
    assert isinstance(settings, dict)
    found = {name: (row["value"], row["origin"]) for name, row in settings.items()}
    assert found["workers"] == (3, "torana.toml")
    assert found["journal_limit"] == (1 << 20, "TORANA_JOURNAL_LIMIT")
    assert found["providers"] == ({"openai": "http://x/v1"}, "torana.toml")
    assert found["port"] == (8787, "default")
    out, _ = shell.run("settings", "--data-dir", "here")
    assert ["data_dir", str(shell.folder / "here"), "--data-dir"] in [line.split()[:3] for line in out.splitlines()]


def test_prices_are_shown_and_refreshed(shell: Shell) -> None:
    price = shell.read("prices", "show", "openai", "gpt-4o")
    assert isinstance(price, dict)
    assert price["rates"]["input"] > 0
    assert "1M tokens" in shell.run("prices", "show", "openai", "gpt-4o")[0]
    model = {"id": "m", "input": 5_000_000_000, "tiers": [{"above": 1000, "input": 1_000_000_000}], "request": 1000}
    table = {"version": "mine-1", "providers": {"openai": {"models": [model]}}}
    (shell.folder / "table.json").write_text(json.dumps(table))
    assert "prices are now mine-1" in shell.run("prices", "refresh", "table.json")[0]
    assert shell.run("prices", "version")[0] == "mine-1\n"
    price = shell.read("prices", "show", "openai", "m")
    assert isinstance(price, dict)
    assert (price["rates"], price["request"]) == ({"input": 5.0}, 1e-06)
    assert price["tiers"] == [{"above": 1000, "rates": {"input": 1.0}}]


@pytest.mark.parametrize(
    ("provider", "model", "message"),
    [
        ("openai", "gpt4o", "no price is known for model `gpt4o` of `openai`: did you mean `gpt-4o` or `"),
        ("openai", "GPT4O-mini", "of `openai`: did you mean `gpt-4o-mini` or `"),
        ("anthropic", "sonnet", "of `anthropic`: did you mean `claude-3-5-sonnet` or `"),
        ("google-vertex-ai", "gemini-2.5-prro", "of `google-vertex-ai`: did you mean `gemini-2.5-pro` or `"),
        ("openai", "nothing-of-the-kind", "of `openai`: its logs have no cost but what it states itself"),
        ("replicate", "gpt-4o", "no prices are known for `replicate`: its logs have no cost but what it states itself"),
        ("OpenAi", "gpt-4o", "there is no provider `OpenAi`: did you mean `openai`"),
        ("gork", "grok-4", "there is no provider `gork`: did you mean `grok`?"),
        ("zzz", "gpt-4o", "there is no provider `zzz`: there are anthropic, aws-bedrock, "),
    ],
)
def test_an_unknown_price_is_told_with_what_is_near(shell: Shell, provider: str, model: str, message: str) -> None:
    out, err = shell.run("prices", "show", provider, model, code=1)
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


def test_a_local_model_is_named_and_shown(shell: Shell) -> None:
    (shell.folder / "Tiny.gguf").write_bytes(b"GGUF and more")
    pulled = shell.read("local", "pull", "Tiny.gguf")
    assert isinstance(pulled, dict)
    assert (pulled["kind"], pulled["model"]) == ("file", "tiny")
    with shell.start("local", "status", "--json") as process:
        out, _ = process.communicate(timeout=60)
    assert json.loads(out)["where"] == str(shell.folder / "Tiny.gguf")


def test_the_banner_has_lines_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    print_banner(FACTS)
    out = capsys.readouterr().out
    base = f"http://127.0.0.1:9999/v1/{'a' * 32}/default"
    assert f"curl -X POST {base}/local/v1/chat/completions \\\n" in out
    assert f"curl -X POST {base}/openrouter/v1/chat/completions \\\n" in out
    assert f"base_url={base}/openrouter\n" in out
    assert "--header 'Authorization: Bearer OPENROUTER_TOKEN'" in out
    assert "http://127.0.0.1:9999/metrics" in out
    assert "  dashboard   http://127.0.0.1:9999/dashboard/\n" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("entrance", "line"),
    [
        (None, "http://a/dashboard/"),
        (Entrance(is_built=True), "http://a/dashboard/"),
        (Entrance(is_built=True, secret="s3"), "http://a/dashboard/login#once=s3"),
        (Entrance(is_built=False, secret="s3"), f"not built: {BUILD} makes it"),
    ],
)
def test_the_banner_leads_into_the_dashboard(entrance: Entrance | None, line: str) -> None:
    assert dashboard_line("http://a", entrance) == line


def test_the_banner_does_not_wait_for_a_control_plane_that_is_away(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=str(shell.data_dir), public_url="https://ai.example.com/")
    print_banner(FACTS, partial(find_way_in, settings))
    assert "  dashboard   https://ai.example.com/dashboard/\n" in capsys.readouterr().out


def test_serve_says_when_its_port_is_taken(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with shell.start("serve", "--port", str(port)) as serving:
            _, err = serving.communicate(timeout=60)
    assert serving.returncode == 1
    assert f"port {port}" in err
    assert "Traceback" not in err


def test_a_shape_of_a_newer_server_is_still_read() -> None:
    facts = FACTS | {"more": 1, "pids": {"supervisor": 1, "cache": 2}}
    print_banner(msgspec.to_builtins(facts))
