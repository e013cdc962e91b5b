"""What the program has, the documentation names; what the documentation names, the program has."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup

from torana import errors
from torana.catalog.prices import Prices, Rates, parse, parse_override
from torana.cli.app import COMMANDS, load
from torana.cli.flags import entries
from torana.providers import PROVIDERS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")}
DOCUMENTS = {"README.md": README, "CONTRIBUTING.md": CONTRIBUTING} | {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for folder in ("docs", "examples", "bench")
    for path in (ROOT / folder).glob("*.md")
}
FIRST_SCREEN = 40
ERROR_MODULES = ("torana.front", "torana.control.operations", "torana.control.refusals")
_HEADER = re.compile(r'b"(cf-aig-[a-z-]*[a-z])"')
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_MAKE = re.compile(r"(?:^|`|&& |\n)make ([a-z ]+)")
_TORANA = re.compile(r"(?:^|\n|`|/bin/|\$ |&& |@\$\(BIN\)/)torana ([a-z][^`\n|>#&]*)")


def source() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "src/torana").rglob("*.py")))


def headers() -> list[str]:
    """All that the code reads or writes; the pure prefix `cf-aig-` ends in a hyphen and is none."""
    return sorted(set(_HEADER.findall(source())))


def raised() -> list[type[errors.ToranaError]]:
    """Every error that a caller can meet; the branches of the tree are not raised themselves."""
    branches = {errors.ToranaError, errors.UpstreamError, errors.OwnError, errors.PaymentError, errors.Explained}
    modules = [errors, *map(importlib.import_module, ERROR_MODULES)]
    kinds = {v for m in modules for v in vars(m).values() if isinstance(v, type) and issubclass(v, errors.ToranaError)}
    return sorted(kinds - branches, key=lambda kind: kind.__name__)


def commands() -> dict[str, TyperCommand | TyperGroup]:
    """Each by its whole name, such as `logs show`."""
    found = {name: load(name) for name in COMMANDS}
    for name, group in list(found.items()):
        if isinstance(group, TyperGroup):
            below = group.commands.items()
            found |= {f"{name} {n}": c for n, c in below if isinstance(c, TyperCommand | TyperGroup)}
    return found


def typed() -> list[tuple[str, str]]:
    """Every command line that a document or the Makefile shows, with where."""
    shown = DOCUMENTS | {"Makefile": MAKEFILE}
    return [(where, line.strip()) for where, text in shown.items() for line in _TORANA.findall(text)]


def test_the_first_screen_shows_the_two_commands() -> None:
    first = README.splitlines()[:FIRST_SCREEN]
    for command in ("make run", "make test"):
        assert any(line.startswith(command) for line in first), command


def test_every_setting_is_documented() -> None:
    for entry in entries():
        row = next((line for line in PAGES["settings.md"].splitlines() if line.startswith(f"| `{entry.name}` |")), "")
        assert entry.flag in row, entry.name
        assert entry.variable in row, entry.name


def test_the_code_has_headers_to_document() -> None:
    assert {"cf-aig-log-id", "cf-aig-metadata"} <= set(headers())


@pytest.mark.parametrize("header", headers())
def test_every_header_is_documented(header: str) -> None:
    assert f"\n| `{header}` |" in PAGES["reference.md"]


def test_the_documented_headers_exist() -> None:
    documented = set(re.findall(r"\n\| `(cf-aig-[a-z-]+)` \|", PAGES["reference.md"]))
    assert documented == set(headers())


@pytest.mark.parametrize("kind", raised(), ids=lambda kind: kind.__name__)
def test_every_error_is_documented_with_its_status_and_code(kind: type[errors.ToranaError]) -> None:
    assert f"\n| `{kind.__name__}` | {kind.status} | {kind.code} |" in PAGES["reference.md"]


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_provider_stands_in_the_readme(slug: str) -> None:
    assert f"\n| `{slug}` |" in README


@pytest.mark.parametrize("slug", [slug for slug, provider in PROVIDERS.items() if provider.speaks])
def test_the_formats_of_every_provider_are_told(slug: str) -> None:
    (line,) = re.findall(rf"^\| `{slug}` \|.*$", PAGES["formats.md"], re.MULTILINE)
    spoken = {speech.format for speech in PROVIDERS[slug].speaks} - {"embeddings"}
    assert set(re.findall(r"`(\w+)`", line.split("|")[2])) == spoken


def test_the_price_tables_that_are_shown_can_be_used() -> None:
    tables = re.findall(r"```json\n(.*?)```", PAGES["reference.md"].partition("## Price tables")[2], re.DOTALL)
    own, builtin = (table.encode() for table in tables)
    prices = Prices(parse(builtin), parse_override(own, "own"))
    found = [prices.find("openai", name) for name in ("ft:gpt-4o-mini:acme:x", "gpt-4o-2024-08-06")]
    assert [price and price.input for price in found] == [300_000_000, 2_500_000_000]


def test_every_price_rate_is_documented() -> None:
    page = PAGES["reference.md"].partition("## Price tables")[2]
    assert [name for name in (*Rates.__struct_fields__, "request") if f"`{name}`" not in page] == []


def test_every_provider_of_the_readme_exists() -> None:
    table = README.partition("## Providers")[2].partition("\n## ")[0]
    assert set(re.findall(r"\n\| `([a-z-]+)` \|", table)) == set(PROVIDERS)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    named = {word for line in _MAKE.findall(DOCUMENTS[document]) for word in line.split()}
    assert named
    assert named <= targets


def test_every_script_that_the_makefile_runs_is_there() -> None:
    scripts = re.findall(r"scripts/\w+\.py", MAKEFILE)
    assert scripts
    assert not [script for script in scripts if not (ROOT / script).exists()]


def test_setting_up_leaves_the_users_data_directory_alone() -> None:
    """Who chose a model of their own must not lose it to a checkout's set-up."""
    pulls = re.findall(r"torana (local pull[^>;&]*)", MAKEFILE)
    assert pulls == ["local pull --data-dir $(VENV) "]


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name: str) -> None:
    assert f"\n## `torana {name}`\n" in PAGES["cli.md"]


@pytest.mark.parametrize(("where", "line"), typed())
def test_a_command_line_that_is_shown_can_be_typed(where: str, line: str) -> None:
    """The command is there, and so is each of its options."""
    words = shlex.split(line.replace("$(ARGS)", ""))
    known = commands()
    name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
    assert name in known, f"{where}: `torana {line}`"
    options = {option for parameter in known[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    asked = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert asked <= options | {"--help"}, f"{where}: `torana {line}`"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    for link in _LINK.findall(DOCUMENTS[document]):
        if "://" not in link:
            assert ((ROOT / document).parent / link).exists(), link
