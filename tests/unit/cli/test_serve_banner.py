"""The line of the banner that shows how to read the logs can be typed as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from torana.cli.serve import logs_command


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TORANA_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/var")
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_checkouts_command_is_shown_by_its_path() -> None:
    assert logs_command(".venv/bin/torana", "/var/torana") == ".venv/bin/torana logs --follow"


def test_a_command_on_the_path_is_shown_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "torana").touch(mode=0o755)
    assert logs_command(".venv/bin/torana", "/var/torana") == "torana logs --follow"


def test_a_module_that_was_run_is_not_taken_for_a_command() -> None:
    assert logs_command("/src/torana/cli/__main__.py", "/var/torana") == "torana logs --follow"


def test_a_data_directory_that_would_not_be_found_is_named() -> None:
    assert logs_command("torana", "/tmp/my data") == "torana logs --follow --data-dir '/tmp/my data'"


@pytest.mark.parametrize("at", ["/var/mine", "/var/torana"])
def test_a_data_directory_is_named_where_only_this_terminals_variable_leads_to_it_or_astray(
    monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setenv("TORANA_DATA_DIR", "/var/mine")
    assert logs_command("torana", at) == f"torana logs --follow --data-dir {at}"


def test_a_settings_file_that_cannot_be_read_does_not_stop_the_banner(tmp_path: Path) -> None:
    (tmp_path / "torana.toml").write_text("nonsense")
    assert logs_command("torana", "/var/torana") == "torana logs --follow --data-dir /var/torana"
