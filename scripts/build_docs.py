"""Writes docs/settings.md and docs/cli.md from the program itself; `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from torana.cli.app import COMMANDS, load
from torana.cli.flags import Entry, entries

if TYPE_CHECKING:
    from collections.abc import Iterator

Command: TypeAlias = TyperCommand | TyperGroup
Parameter: TypeAlias = TyperArgument | TyperOption
DOCS = Path(__file__).resolve().parent.parent / "docs"
_MADE_BY = "<!-- Written by scripts/build_docs.py; `make docs` writes it anew. -->"

SETTINGS = """# Settings
{made_by}

Every setting is a flag of `torana serve`, a variable of the environment and a key of `torana.toml`. A flag wins over a
variable, a variable over the file, the file over the default. The file is `--config FILE`, else `$TORANA_CONFIG`, else
`torana.toml` in the working directory. `torana settings` shows what is in force and where it came from.

Sizes are bytes, or take `KiB`, `MiB`, `GiB`; times are seconds. On SIGHUP the settings are read again; `host`, `port`
and `data_dir` need a restart.

{table}

A provider's base URL in the file stands in a table of its own:

```toml
port = 8787
journal_limit = "4 GiB"

[providers]
openai = "https://llm.example.com/v1"
```

In the environment it is `TORANA_PROVIDER_<SLUG>_URL`, dashes as underscores
(`TORANA_PROVIDER_GOOGLE_AI_STUDIO_URL`); as a flag, `--providers openai=https://llm.example.com/v1`, once for each.
"""

CLI = """# Command line
{made_by}

Commands print tables and colours for people, with times of their own time zone, and JSON with `--json`, with times in
UTC (RFC 3339). They end with 0, with 1 where something failed (one line on standard error says what), and with 2 where
they were called wrongly. `--data-dir` and `--config` tell each of them which server is meant;
[settings.md](settings.md) has the flags of `torana serve`.

{commands}
"""


def settings_page() -> str:
    head = "| key in `torana.toml` | flag | variable | default | meaning |\n| --- | --- | --- | --- | --- |"
    return SETTINGS.format(made_by=_MADE_BY, table="\n".join([head, *map(_settings_row, entries())]))


def _settings_row(entry: Entry) -> str:
    default = f"`{entry.default}`" if entry.default else ""
    flag = f"`{entry.flag} {entry.kind}`"
    return f"| `{entry.name}` | {flag} | `{entry.variable}` | {default} | {entry.meaning} |"


def cli_page() -> str:
    sections = (section for name in COMMANDS for section in _section(f"torana {name}", load(name)))
    return CLI.format(made_by=_MADE_BY, commands="\n\n".join(sections))


def _section(path: str, command: Command) -> Iterator[str]:
    """A command, then those below it."""
    yield "\n\n".join(_paragraphs(path, command))
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            if isinstance(below, TyperCommand | TyperGroup):
                yield from _section(f"{path} {name}", below)


def _paragraphs(path: str, command: Command) -> Iterator[str]:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    options = [p for p in command.params if isinstance(p, TyperOption)]
    below = " COMMAND" if isinstance(command, TyperGroup) and not command.invoke_without_command else ""
    yield f"## `{path}`"
    yield (command.help or "").strip()
    usage = [path + below, *(_argument(p) for p in arguments), *(["[OPTIONS]"] if options else [])]
    yield f"```\n{' '.join(usage)}\n```"
    if path == "torana serve":
        yield "Its options are the settings: see [settings.md](settings.md)."
        return
    rows = [*map(_row, arguments), *map(_row, options)]
    if rows:
        yield "\n".join(["| | |", "| --- | --- |", *rows])


def _argument(parameter: Parameter) -> str:
    return _metavar(parameter) if parameter.required else f"[{_metavar(parameter)}]"


def _row(parameter: Parameter) -> str:
    text = str(getattr(parameter, "help", None) or "")
    default = getattr(parameter, "default", None)
    if default is not None and not isinstance(default, bool):
        text += f" Default: {default}."
    return f"| `{_shown(parameter)}` | {text} |"


def _shown(parameter: Parameter) -> str:
    if parameter.param_type_name == "argument":
        return _metavar(parameter)
    names = ", ".join(parameter.opts)
    return names if getattr(parameter, "is_flag", False) else f"{names} {_metavar(parameter)}"


def _metavar(parameter: Parameter) -> str:
    return (parameter.metavar or str(parameter.name).upper()).strip("[]")


def pages() -> dict[Path, str]:
    return {DOCS / "settings.md": settings_page(), DOCS / "cli.md": cli_page()}


def main() -> int:
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is stale: run scripts/build_docs.py")
        return int(bool(stale))
    for path, text in pages().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
