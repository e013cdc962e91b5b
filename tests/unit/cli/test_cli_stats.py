"""`torana stats` where no server runs: the sums are read from the store."""

from __future__ import annotations

import pytest

from torana.exchange import Usage
from unit.cli.shell import Shell

WIDE = ("--since", "2026-11-18T00:00:00Z", "--until", "2026-11-19T00:00:00Z")


@pytest.fixture
def served(shell: Shell) -> Shell:
    shell.log(1, 2, usage=Usage(tokens_in=10, tokens_out=4, cost_nano=500_000_000), metadata='{"user": "ann"}')
    shell.log(3, model="other", status=500, cached=True)
    return shell


def test_a_table_has_a_row_for_each_and_one_for_all(served: Shell) -> None:
    out, err = served.run("stats", *WIDE, "--by", "model")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["MODEL", "REQUESTS", "ERRORS", "CACHED", "IN", "OUT", "USD", "AVG", "MS", "P95", "MS"]
    assert rows[1][:7] == ["gpt-4o", "2", "0", "0", "20", "8", "1"]
    assert rows[2][:7] == ["other", "1", "1", "1", "0", "0", "0"]
    assert rows[3][:7] == ["all", "3", "1", "1", "20", "8", "1"]
    assert err == ""


def test_json_is_the_answer_of_the_api(served: Shell) -> None:
    found = served.read("stats", *WIDE, "--per", "day", "--metric", "requests", "--metric", "error_rate")
    assert isinstance(found, dict)
    assert found["rows"] == [{"time": "2026-11-18T00:00:00.000Z", "metrics": {"requests": 3, "error_rate": 0.333333}}]


def test_metadata_and_filters(served: Shell) -> None:
    out, _ = served.run("stats", *WIDE, "--by", "metadata.value")
    assert out.splitlines()[1].split()[:2] == ["ann", "2"]
    found = served.read("stats", *WIDE, "--model", "other", "--provider", "openai", "--gateway", "default")
    assert isinstance(found, dict)
    assert found["totals"]["requests"] == 1


def test_a_span_goes_back_from_now(served: Shell) -> None:
    out, err = served.run("stats", "--since", "1m", "--by", "model")
    assert (out, err) == ("", "nothing was served in this time\n")


@pytest.mark.parametrize(
    ("flags", "code", "word"),
    [
        (("--by", "colour"), 2, "--by: `colour`"),
        (("--metric", "money"), 2, "--metric: `money`"),
        (("--per", "week"), 2, "--per: `week`"),
        (("--since", "yesterday"), 1, "`yesterday` is not a date"),
        (("--sort", "cost", "--metric", "requests"), 1, "only requests"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(served: Shell, flags: tuple[str, ...], code: int, word: str) -> None:
    _, err = served.run("stats", *flags, code=code)
    assert word in " ".join(err.replace("│", " ").split())
