"""`torana gateways`: lists and makes gateways."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from msgspec.json import encode

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, local_time, print_json, print_table
from torana.cli.state import opened_store, read_state, require_database
from torana.settings import Settings, resolve

if TYPE_CHECKING:
    from torana.snapshot import GatewayConfig

app = typer.Typer(add_completion=False, help="List gateways, make one, or set one up.", no_args_is_help=True)


class GatewayRow(Struct):
    """The management API's names, and the URL to call where a server runs."""

    id: str
    account_id: str
    collect_logs: bool
    created_at: str
    modified_at: str
    url: str | None


@app.command("list")
def list_(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """List all gateways, oldest first."""
    from torana.control.operations import ensure_default, list_gateways  # noqa: PLC0415  # heavy

    settings = resolve({"data_dir": data_dir}, file=config)
    require_database(settings)
    with opened_store(settings) as store:
        rows = [_row(settings, gateway) for gateway in list_gateways(store, ensure_default(store).id)]
    if json:
        print_json(rows)
        return
    print_table(("GATEWAY", "~CREATED", "LOGS", "URL"), [_cells(row) for row in rows])


@app.command()
def create(
    gateway_id: Annotated[str, typer.Argument(metavar="ID", help="1 to 64 of a-z, 0-9, `_` and single `-`.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a gateway; a running server serves it within a second."""
    from torana.control.operations import create_gateway, ensure_default  # noqa: PLC0415  # heavy

    settings = resolve({"data_dir": data_dir}, file=config)
    with opened_store(settings) as store:
        row = _row(settings, create_gateway(store, ensure_default(store).id, gateway_id))
    if json:
        print_json(row)
        return
    print_table(("GATEWAY", "~CREATED", "LOGS", "URL"), [_cells(row)])
    if row.url is None:
        complain("no server runs here now; start it with `torana serve`")


@app.command("set")
def set_(
    gateway: Annotated[str, typer.Argument(metavar="GATEWAY", help="An id, or ACCOUNT/ID.")],
    values: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="Settings of the management API; a value may be JSON.")
    ],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Change settings of a gateway; the others stay. A running server follows within a second."""
    from torana.control.management.gateways import to_object  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default, find_gateway, update_gateway  # noqa: PLC0415  # the same
    from torana.control.setting import changed  # noqa: PLC0415  # the same

    settings = resolve({"data_dir": data_dir}, file=config)
    require_database(settings)
    account_id, _, gateway_id = gateway.rpartition("/")
    with opened_store(settings) as store:
        account_id = account_id or ensure_default(store).id
        found = find_gateway(store, account_id, gateway_id)
        record = update_gateway(store, account_id, gateway_id, changed(found.settings, values))
    if json:
        print_json(to_object(record))
        return
    for value in values:
        name = value.partition("=")[0].strip()
        typer.echo(f"{name} = {encode(getattr(record.settings, name)).decode()}")


def _row(settings: Settings, gateway: "GatewayConfig") -> GatewayRow:
    from torana.control.queries import to_rfc3339  # noqa: PLC0415  # heavy

    state = read_state(settings)
    return GatewayRow(
        id=gateway.id,
        account_id=gateway.account_id,
        collect_logs=gateway.collect_logs,
        created_at=to_rfc3339(gateway.created_ms),
        modified_at=to_rfc3339(gateway.modified_ms),
        url=f"{state.url}/v1/{gateway.account_id}/{gateway.id}" if state else None,
    )


def _cells(row: GatewayRow) -> tuple[str, str, str, str]:
    return row.id, local_time(row.created_at), "on" if row.collect_logs else "off", row.url or "(no server runs)"
