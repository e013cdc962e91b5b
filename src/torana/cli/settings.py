"""`torana settings`: every setting, its value, and where that came from."""

import typer
from msgspec import Struct
from rich.text import Text

from torana.cli.flags import Config, DataDir, Entry, Json, entries, size_text
from torana.cli.output import print_json, print_table
from torana.settings import Settings, trace

app = typer.Typer(add_completion=False)

DEFAULT = "default"


class Value(Struct):
    """One setting as it stands; `origin` is `default`, or the flag, variable or file that said it."""

    value: object
    origin: str
    flag: str
    variable: str
    meaning: str


@app.command()
def settings(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """Show every setting, its value and where it came from.

    That is a flag, a `TORANA_…` variable, a key of `torana.toml`, or the default.
    """
    found, origin = trace({"data_dir": data_dir}, file=config)
    if json:
        print_json({entry.name: _value(entry, found, origin) for entry in entries()})
        return
    print_table(("SETTING", "~VALUE", "~FROM", "~MEANING"), [_row(entry, found, origin) for entry in entries()])


def _value(entry: Entry, found: Settings, origin: dict[str, str]) -> Value:
    value: object = getattr(found, entry.name)
    return Value(value, origin.get(entry.name, DEFAULT), entry.flag, entry.variable, entry.meaning)


def _row(entry: Entry, found: Settings, origin: dict[str, str]) -> tuple[str, Text, Text, str]:
    value = _value(entry, found, origin)
    style = "" if value.origin == DEFAULT else "bold green"
    return entry.name, Text(_shown(entry, value.value), style), Text(value.origin, style), entry.meaning


def _shown(entry: Entry, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{slug}={url}" for slug, url in value.items()) or "-"
    if entry.kind == "SIZE" and isinstance(value, int):
        return size_text(value)
    return str(value) or "-"
