"""`torana keys`: makes, lists, switches and removes keys of the router."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.log_view import usd
from torana.cli.output import complain, print_json, print_table
from torana.cli.state import opened_store
from torana.periods import Reset
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.operations import Store
    from torana.control.router.key_rows import KeyRecord
    from torana.control.router.usage import KeyUsage

app = typer.Typer(
    add_completion=False, help="Make, list, switch or remove keys of the router (`/api/v1`).", no_args_is_help=True
)

_COLUMNS = ("KEY", "~NAME", "HASH", "GATEWAY", ">USED", ">LIMIT", "STATE")
_SHORT = 12
_RESETS: dict[str, Reset] = {"daily": "daily", "weekly": "weekly", "monthly": "monthly"}

Hash = Annotated[str, typer.Argument(metavar="HASH", help="As `torana keys list` shows it; its beginning is enough.")]


class NewKeyRow(Struct):
    hash: str
    key: str


class KeyRow(Struct):
    """A key without its text; money is in USD, `limit` None = none, `limit_reset` None = never."""

    hash: str
    label: str
    name: str
    gateway_id: str
    is_management: bool
    disabled: bool
    usage: float
    byok_usage: float
    limit: float | None
    limit_remaining: float | None
    limit_reset: str | None
    include_byok_in_limit: bool
    created_at: str
    expires_at: str | None
    last_used_at: str | None


@app.command()
def create(  # noqa: PLR0913  # typer makes a flag of each parameter
    *,
    name: Annotated[str, typer.Option("--name", help="What it is for, in words.")],
    limit: Annotated[str | None, typer.Option("--limit", metavar="USD", help="What may be spent with it.")] = None,
    reset: Annotated[
        str | None, typer.Option("--reset", help="Begin the limit anew: daily, weekly or monthly, in UTC.")
    ] = None,
    include_byok: Annotated[
        bool, typer.Option("--include-byok", help="What callers' own keys cost counts against the limit too.")
    ] = False,
    management: Annotated[
        bool, typer.Option("--management", help="It manages other keys, and has no inference.")
    ] = False,
    gateway: Annotated[
        str, typer.Option("--gateway", metavar="ID", help="Its workspace: whose provider keys it reaches.")
    ] = "default",
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DATE", help="RFC 3339, such as 2027-01-31T12:00:00Z.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a key and print it, this once; a running server takes it at once."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.router.keychain import KeyWish, create_key  # noqa: PLC0415  # the same

    if reset is not None and reset not in _RESETS:
        raise typer.BadParameter(f"--reset: `{reset}` is none of {', '.join(_RESETS)}")
    wish = KeyWish(
        name=name,
        is_management=management,
        limit_nano=None if limit is None else nano(limit, "--limit"),
        limit_reset=None if reset is None else _RESETS[reset],
        include_byok=include_byok,
        expires_ms=_expiry(expires),
    )
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        made = create_key(store, ensure_default(store).id, gateway, wish)
    if json:
        print_json(NewKeyRow(made.record.hash, made.text))
        return
    typer.echo(made.text)
    complain(f"made `{made.record.hash[:_SHORT]}`; it cannot be shown again")


@app.command("list")
def list_(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """List all keys, oldest first, with what was spent with them."""
    from torana.cli.stored import caught_up  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default, reading  # noqa: PLC0415  # the same
    from torana.control.router.keychain import list_keys  # noqa: PLC0415  # the same
    from torana.control.router.usage import usage_of  # noqa: PLC0415  # the same

    with caught_up(resolve({"data_dir": data_dir}, file=config)) as store:
        keys = list_keys(store, ensure_default(store).id)
        with reading(store) as connection:
            usage = usage_of(connection, [key.hash for key in keys], store.now_ms())
    rows = [_row(key, usage[key.hash]) for key in keys]
    if json:
        print_json(rows)
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])


@app.command()
def disable(hash_: Hash, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Switch a key off, from the next request on."""
    _change(data_dir, config, hash_, disabled=True)


@app.command()
def enable(hash_: Hash, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Switch a key on again."""
    _change(data_dir, config, hash_, disabled=False)


@app.command()
def remove(hash_: Hash, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Remove a key, from the next request on; what was spent with it stays in the ledger."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.router.keychain import delete_key  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        account_id = ensure_default(store).id
        gone = delete_key(store, account_id, _whole(store, account_id, hash_))
    complain(f"removed `{gone.label}`")


def nano(text: str, flag: str) -> int:
    """Of an amount of USD."""
    from torana.control.router.money import nano_of  # noqa: PLC0415  # heavy

    try:
        return nano_of(Decimal(text))
    except (InvalidOperation, ValueError) as error:
        raise typer.BadParameter(f"{flag}: `{text}` is no amount of USD, such as 12.50") from error


def _change(data_dir: DataDir, config: Config, hash_: str, *, disabled: bool) -> None:
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.router.keychain import change_key  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        account_id = ensure_default(store).id
        key = change_key(store, account_id, _whole(store, account_id, hash_), {"disabled": disabled})
    complain(f"{'disabled' if disabled else 'enabled'} `{key.label}`")


def _whole(store: "Store", account_id: str, hash_: str) -> str:
    """The one hash that begins so; what stands there where there are several, or none."""
    from torana.control.router.keychain import list_keys  # noqa: PLC0415  # heavy

    found = [key.hash for key in list_keys(store, account_id) if key.hash.startswith(hash_)]
    if len(found) > 1:
        raise typer.BadParameter(f"`{hash_}` begins more than one key's hash: give more of it")
    return found[0] if found else hash_


def _expiry(text: str | None) -> int | None:
    from torana.control.log_filters import to_ms  # noqa: PLC0415  # heavy

    try:
        return None if text is None else to_ms(text)
    except ValueError as error:
        raise typer.BadParameter(f"--expires: {error}") from error


def _row(key: "KeyRecord", usage: "KeyUsage") -> KeyRow:
    from torana.control.router import money  # noqa: PLC0415  # heavy
    from torana.control.router.times import iso, iso_or_none  # noqa: PLC0415  # the same
    from torana.control.router.usage import remaining_nano  # noqa: PLC0415  # the same

    return KeyRow(
        hash=key.hash,
        label=key.label,
        name=key.name,
        gateway_id=key.gateway_id,
        is_management=key.is_management,
        disabled=key.disabled,
        usage=money.usd(usage.ever.cost),
        byok_usage=money.usd(usage.ever.byok),
        limit=money.usd_or_none(key.limit_nano),
        limit_remaining=money.usd_or_none(remaining_nano(key, usage)),
        limit_reset=key.limit_reset,
        include_byok_in_limit=key.include_byok,
        created_at=iso(key.created_ms),
        expires_at=iso_or_none(key.expires_ms),
        last_used_at=iso_or_none(key.used_ms),
    )


def _cells(row: KeyRow) -> tuple[str, ...]:
    limit = "" if row.limit is None else f"{usd(row.limit)}{' ' + row.limit_reset if row.limit_reset else ''}"
    state = "off" if row.disabled else "manages" if row.is_management else "on"
    return row.label, row.name, row.hash[:_SHORT], row.gateway_id, usd(row.usage), limit, state
