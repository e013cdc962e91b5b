"""`torana cache`: purges what gateways have cached."""

from typing import Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, print_json
from torana.cli.state import opened_store, require_database
from torana.settings import resolve

app = typer.Typer(add_completion=False, help="Purge what a gateway has cached.", no_args_is_help=True)


class PurgedRow(Struct):
    """The management API's names; `key` None = everything."""

    gateway_id: str
    key: str | None
    purged_at: str


@app.callback()
def cache() -> None:
    """Keeps `purge` a command of its own: typer would make the only one the group."""


@app.command()
def purge(
    gateway_id: Annotated[str, typer.Argument(metavar="ID", help="Of which gateway.")] = "default",
    *,
    key: Annotated[
        str | None,
        typer.Option("--key", min=1, help="Only what was cached under this cf-aig-cache-key; all without."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Purge a gateway's cache, or one key of it; no running worker gives it any more within a second."""
    from torana.control.operations import ensure_default, purge_cache  # noqa: PLC0415  # heavy
    from torana.control.queries import to_rfc3339  # noqa: PLC0415  # the same

    settings = resolve({"data_dir": data_dir}, file=config)
    require_database(settings)
    with opened_store(settings) as store:
        purged_ms = purge_cache(store, ensure_default(store).id, gateway_id, key)
    if json:
        print_json(PurgedRow(gateway_id, key, to_rfc3339(purged_ms)))
        return
    complain(
        f"purged the cache of `{gateway_id}`" if key is None else f"purged `{key}` from the cache of `{gateway_id}`"
    )
