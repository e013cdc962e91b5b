"""`torana provider-keys`: keeps keys for providers, sealed; and changes the master key."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import UNSET, Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, print_json, print_table
from torana.cli.state import opened_store
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.provider_keys import ProviderKey

app = typer.Typer(add_completion=False, help="Keep, list or remove keys of providers.", no_args_is_help=True)

Gateway = Annotated[str, typer.Option("--gateway", metavar="ID", help="The gateway that uses the key.")]

_MOST = (1 << 53) - 1
_COLUMNS = ("KEY", "~GATEWAY", "~PROVIDER", "~ALIAS", "DEFAULT", "~SECRET", "LIMIT", "~CHANGED")


class KeyRow(Struct):
    """A key without its secret."""

    id: str
    gateway_id: str
    provider: str
    alias: str
    default: bool
    preview: str
    rate_limit: int | None
    rate_limit_period: int | None
    modified_at: str


@app.command("set")
def set_(  # noqa: PLR0913  # typer makes a flag of each parameter
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Such as openai; as in the gateway's URLs.")],
    *,
    gateway: Gateway = "default",
    alias: Annotated[str, typer.Option("--alias", help="One of several keys; callers name it.")] = "default",
    default: Annotated[
        bool, typer.Option("--default/--no-default", help="Whether it is taken where a caller names none.")
    ] = True,
    from_env: Annotated[
        str | None, typer.Option("--from-env", metavar="NAME", help="Read the key from this variable.")
    ] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            "--rate-limit", min=0, max=_MOST, help="Most requests with it in a period; 0 = any number; else as it was."
        ),
    ] = None,
    rate_limit_period: Annotated[
        int | None, typer.Option("--rate-limit-period", min=1, max=_MOST, help="Seconds; 60 unless it was said before.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Keep a key, read from standard input or asked for; it takes the place of one with its alias."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.provider_keys import KeyChange, keep_key  # noqa: PLC0415  # the same

    change = KeyChange(
        secret=_secret(from_env),
        is_default=default,
        rate_limit=UNSET if rate_limit is None else rate_limit,
        rate_limit_period=rate_limit_period or UNSET,
    )
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        key = keep_key(store, (ensure_default(store).id, gateway, provider, alias), change)
    if json:
        print_json(_row(key))
        return
    complain(f"kept `{key.preview}` for `{provider}` as `{alias}`; callers of `{gateway}` with a token use it")


@app.command("list")
def list_(
    *,
    gateway: Annotated[str | None, typer.Option("--gateway", metavar="ID", help="Only of this gateway.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List all keys, oldest first, without their secrets."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.provider_keys import list_keys  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        rows = [_row(key) for key in list_keys(store, ensure_default(store).id, gateway)]
    if json:
        print_json(rows)
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])


@app.command()
def remove(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Such as openai.")],
    *,
    gateway: Gateway = "default",
    alias: Annotated[str, typer.Option("--alias", help="Which of its keys.")] = "default",
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Forget a key, from the next request on."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.provider_keys import delete_key, find_key  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        account = ensure_default(store).id
        key = find_key(store, account, gateway, provider, alias)
        if key is None:
            raise typer.BadParameter(
                f"`{gateway}` keeps no key `{alias}` for `{provider}`; see `torana provider-keys list`"
            )
        delete_key(store, account, gateway, key.id)
    complain(f"removed `{alias}` of `{provider}`")


@app.command()
def rotate(*, data_dir: DataDir = None, config: Config = None) -> None:
    """Change the master key that all stored secrets are sealed with, while the server runs.

    The file `master.key` gets a new one. Where `TORANA_MASTER_KEY` or a command has it, put a new one before the old
    (`new,old`), restart, call this, and take the old one away with the next restart.
    """
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.rotation import rotate_master  # noqa: PLC0415  # the same

    settings = resolve({"data_dir": data_dir}, file=config)
    with opened_store(settings) as store:
        ensure_default(store)
        rotate_master(store, settings)
    complain("the master key was changed")


def _secret(variable: str | None) -> str:
    """Never an argument: those stand in the list of processes and in the shell's history."""
    if variable is not None:
        if not os.environ.get(variable):
            raise typer.BadParameter(f"--from-env: there is no variable `{variable}`, or it is empty")
        return os.environ[variable]
    if sys.stdin.isatty():
        return str(typer.prompt("Key", hide_input=True, err=True))
    return sys.stdin.read()


def _row(key: "ProviderKey") -> KeyRow:
    from torana.control.queries import to_rfc3339  # noqa: PLC0415  # heavy

    return KeyRow(
        id=key.id,
        gateway_id=key.gateway_id,
        provider=key.provider,
        alias=key.alias,
        default=key.is_default,
        preview=key.preview,
        rate_limit=key.rate_limit,
        rate_limit_period=key.rate_limit_period,
        modified_at=to_rfc3339(key.modified_ms),
    )


def _cells(row: KeyRow) -> tuple[str, ...]:
    limit = "" if row.rate_limit is None else f"{row.rate_limit} in {row.rate_limit_period} s"
    default = "yes" if row.default else ""
    return row.id, row.gateway_id, row.provider, row.alias, default, row.preview, limit, row.modified_at
