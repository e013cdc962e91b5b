"""`torana limits`: what of each gateway's limits is used now."""

from typing import TYPE_CHECKING, Annotated

import typer

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import local_time, print_json, print_table, tame
from torana.cli.state import opened_store, require_database
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.limits import LimitState

app = typer.Typer(add_completion=False, help="Show what of each gateway's rate and spend limits is used now.")

_COLUMNS = ("GATEWAY", "LIMIT", "~VALUE", ">USED", ">HELD", ">OF", "WINDOW", "~EASES")


@app.command()
def limits(
    *,
    gateway: Annotated[str | None, typer.Option(metavar="ID", help="Only of this gateway; all without.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show what of each gateway's rate and spend limits is used now, the fullest values first."""
    from torana.control.limits import limits_of  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default, find_gateway, list_gateways  # noqa: PLC0415  # heavy

    settings = resolve({"data_dir": data_dir}, file=config)
    require_database(settings)
    with opened_store(settings) as store:
        account_id = ensure_default(store).id
        if gateway is None:
            configs = list_gateways(store, account_id)
        else:
            configs = [find_gateway(store, account_id, gateway).config]
        states = {each.id: limits_of(store.folder, each) for each in configs}
    if json:
        print_json(states)
        return
    print_table(_COLUMNS, [row for name, found in states.items() for each in found for row in _rows(name, each)])


def _rows(gateway: str, state: "LimitState") -> list[tuple[str, ...]]:
    """A row a value, or one where nothing is used."""
    name = f"{state.kind} {state.id}"
    window = f"{state.window} s {state.technique}"
    limit = f"{state.limit:,.10g}"
    if not state.values:
        return [(gateway, name, "", "0", "0", limit, window, "")]
    return [
        (
            *(gateway, name, tame(each.value), f"{each.used:,.10g}", f"{each.held:,.10g}", limit, window),
            local_time(each.eases_at) if each.eases_at else "",
        )
        for each in state.values
    ]
