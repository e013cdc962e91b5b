from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from torana.cli.flags import Reload, entries, size_text, with_settings
from torana.settings import Settings, SettingsError, resolve

SEEN: list[Settings] = []


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner()


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer(add_completion=False)
    made.command()(with_settings(keep))
    return made


def keep(settings: Settings, reload: Reload) -> None:
    """Remembers what it was given, twice."""
    SEEN[:] = [settings, reload()]


def test_every_setting_is_a_flag_of_serve(runner: CliRunner, app: typer.Typer) -> None:
    help_ = runner.invoke(app, ["--help"], env={"TERMINAL_WIDTH": "200", "NO_COLOR": "1"}).output
    for entry in entries():
        assert entry.flag in help_
        assert entry.variable in help_


def test_every_setting_has_a_meaning_a_group_and_a_readable_default() -> None:
    for entry in entries():
        assert entry.meaning, entry.name
        assert entry.group != "Other", f"give {entry.name} a group in torana.cli.flags"
        if entry.default and entry.name != "data_dir":
            default = getattr(resolve({entry.name: entry.default}, {}), entry.name)
            assert default == getattr(Settings(), entry.name)


def test_the_entries_are_the_table_in_its_order() -> None:
    assert [entry.name for entry in entries()] == [field.name for field in msgspec.structs.fields(Settings)]


def test_flags_reach_the_command_as_settings(runner: CliRunner, app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["--port", "0", "--journal-limit", "1 GiB", "--data-dir", "d", "--idle-timeout", "2.5"]
    providers = ["--providers", "openai=http://a/v1", "--providers", "local=http://b/v1?x=1"]
    result = runner.invoke(app, [*arguments, *providers], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    settings = SEEN[0]
    assert (settings.port, settings.journal_limit, settings.idle_timeout) == (0, 1 << 30, 2.5)
    assert settings.data_dir == str(tmp_path / "d")
    assert settings.providers == {"openai": "http://a/v1", "local": "http://b/v1?x=1"}


def test_a_default_that_is_shown_does_not_beat_the_file_or_a_variable(runner: CliRunner, app: typer.Typer) -> None:
    Path("torana.toml").write_text("port = 1\nworkers = 3")
    runner.invoke(app, [], env={"TORANA_WORKERS": "2"}, catch_exceptions=False)
    assert (SEEN[0].port, SEEN[0].workers) == (1, 2)


def test_a_flag_beats_them_even_with_the_default_value(runner: CliRunner, app: typer.Typer) -> None:
    Path("torana.toml").write_text("port = 1")
    runner.invoke(app, ["--port", "8787"], env={"TORANA_PORT": "2"}, catch_exceptions=False)
    assert SEEN[0].port == 8787


def test_a_named_file_is_read(runner: CliRunner, app: typer.Typer) -> None:
    Path("other.toml").write_text("port = 5")
    runner.invoke(app, ["--config", "other.toml"], catch_exceptions=False)
    assert [settings.port for settings in SEEN] == [5, 5]


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--providers", "openai"], ["--workers", "0"]])
def test_a_bad_value_is_named_by_its_flag(runner: CliRunner, app: typer.Typer, arguments: list[str]) -> None:
    with pytest.raises(SettingsError, match=f"`{arguments[0]}` cannot be"):
        runner.invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (1000, "1000"), (1024, "1 KiB"), (3 << 20, "3 MiB"), (2 << 30, "2 GiB"), (1025, "1025")],
)
def test_sizes_are_shown_in_their_largest_whole_unit(size: int, text: str) -> None:
    assert size_text(size) == text
