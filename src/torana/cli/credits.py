"""`torana credits`: what the account was granted, and what it used of it."""

from typing import Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.keys import nano
from torana.cli.log_view import usd
from torana.cli.output import complain, local_time, print_json, print_table
from torana.cli.state import opened_store
from torana.settings import resolve

app = typer.Typer(add_completion=False, help="Show or add the router's credits.", no_args_is_help=True)

_COLUMNS = ("~TIME", "KIND", ">USD", "KEY", "~ID", "~NOTE")
_SHORT = 12


class CreditsRow(Struct):
    """In USD; `is_limited` false = none were ever added, and nobody is refused for the lack of them."""

    total_credits: float
    total_usage: float
    balance: float
    is_limited: bool


class EntryRow(Struct):
    """One entry of the ledger; `amount` is what it adds to the balance, in USD."""

    id: str
    kind: str
    amount: float
    key_hash: str | None
    created_at: str
    note: str


@app.command()
def show(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """Show what was added, what was used, and what is left."""
    from torana.cli.stored import caught_up  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default, reading  # noqa: PLC0415  # the same
    from torana.control.router import money  # noqa: PLC0415  # the same
    from torana.control.router.books import totals  # noqa: PLC0415  # the same

    with caught_up(resolve({"data_dir": data_dir}, file=config)) as store:
        account_id = ensure_default(store).id
        with reading(store) as connection:
            found = totals(connection, account_id)
    row = CreditsRow(
        money.usd(found.grants_nano),
        money.usd(found.usage_nano),
        money.usd(found.grants_nano - found.usage_nano),
        found.grants_nano > 0,
    )
    if json:
        print_json(row)
        return
    left = usd(row.balance) if row.is_limited else "no limit: none were ever added"
    print_table((">ADDED", ">USED", ">LEFT"), [(usd(row.total_credits), usd(row.total_usage), left)])


@app.command()
def add(
    amount: Annotated[str, typer.Argument(metavar="USD", help="Such as 25 or 0.50.")],
    *,
    note: Annotated[str, typer.Option("--note", help="Kept in the ledger.")] = "",
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Add credits. From the first time on nobody may use more than was added."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.router import money  # noqa: PLC0415  # the same
    from torana.control.router.books import grant  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        found = grant(store, ensure_default(store).id, nano(amount, "USD"), note)
    complain(f"added; {usd(money.usd(found.grants_nano))} in all, {usd(money.usd(found.usage_nano))} of it used")


@app.command()
def ledger(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Entries to show, newest first.")] = 50,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List what was added and used, newest first."""
    from torana.cli.stored import caught_up  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default  # noqa: PLC0415  # the same
    from torana.control.router import money  # noqa: PLC0415  # the same
    from torana.control.router.books import entries  # noqa: PLC0415  # the same
    from torana.control.router.times import iso  # noqa: PLC0415  # the same

    with caught_up(resolve({"data_dir": data_dir}, file=config)) as store:
        found = entries(store, ensure_default(store).id, limit)
    rows = [
        EntryRow(one.id, one.kind, money.usd(one.amount_nano), one.key_hash, iso(one.created_ms), one.note)
        for one in found
    ]
    if json:
        print_json(rows)
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])


def _cells(row: EntryRow) -> tuple[str, ...]:
    return local_time(row.created_at), row.kind, usd(row.amount), (row.key_hash or "")[:_SHORT], row.id, row.note
