"""`torana apply`: makes gateways, custom providers and stored keys what a file in git says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.text import Text

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, console, print_json
from torana.cli.state import opened_store
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.differences import Change

app = typer.Typer(add_completion=False)

_SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}
_LONGEST = 200


@app.command()
def apply(
    *,
    file: Annotated[Path, typer.Option("--file", "-f", metavar="FILE", help="Such as examples/gateways.yaml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be changed.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what is there of the file's sections and not in the file.")
    ] = False,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make gateways, custom providers and stored keys what a YAML file says, all of it or nothing.

    Prints what it changes. Applied twice, it changes nothing more. A running server follows within a second.
    """
    from torana.control import applying  # noqa: PLC0415  # heavy
    from torana.control.config_file import read_config  # noqa: PLC0415  # the same
    from torana.control.operations import ensure_default  # noqa: PLC0415  # the same

    wanted = read_config(file)
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        account_id = ensure_default(store).id
        changes = applying.apply(store, account_id, wanted, prune=prune, is_dry=dry_run)
    if json:
        print_json(changes)
        return
    for change in changes:
        _print(change)
    done = "would be changed" if dry_run else "changed"
    complain(f"{len(changes)} {done}" if changes else "nothing to change")


def _print(change: "Change") -> None:
    screen = console()
    sign, colour = _SIGNS[change.action]
    screen.print(Text(f"{sign} {change.kind.replace('_', ' ')} {change.name}", colour), soft_wrap=True)
    for one in change.differences:
        old = "" if change.action == "create" else f"{_brief(one.old)} → "
        screen.print(Text(f"    {one.field}: {old}{_brief(one.new)}"), soft_wrap=True)


def _brief(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
