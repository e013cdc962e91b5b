"""`torana tokens`: makes, lists and revokes API tokens."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, print_json, print_table
from torana.cli.state import opened_store
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.tokens import Token

app = typer.Typer(add_completion=False, help="Make, list or revoke API tokens.", no_args_is_help=True)

_COLUMNS = ("TOKEN", "~NAME", "ENDS", "PERMISSIONS", "GATEWAYS", "~EXPIRES")


class TokenRow(Struct):
    """A token without its secret; `gateways` None = all, `expires_on` None = never."""

    id: str
    account_id: str
    name: str
    preview: str
    permissions: list[str]
    gateways: list[str] | None
    created_at: str
    expires_on: str | None
    last_used_on: str | None


class NewTokenRow(Struct):
    id: str
    token: str


@app.command()
def create(  # noqa: PLR0913  # typer makes a flag of each parameter
    *,
    name: Annotated[str, typer.Option("--name", help="What it is for, in words.")],
    permission: Annotated[
        list[str],
        typer.Option("--permission", help="run, read, edit or read_metadata; may be given more than once."),
    ],
    gateway: Annotated[
        list[str] | None,
        typer.Option("--gateway", metavar="ID", help="Only for this gateway; more than once for more."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DATE", help="RFC 3339, such as 2027-01-31T12:00:00Z.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a token and print it, this once; a running server takes it at once."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.tokens import PERMISSIONS, Wish, create_token  # noqa: PLC0415  # the same

    permissions = [known for known in PERMISSIONS if known in permission]
    if unknown := sorted(set(permission) - set(permissions)):
        raise typer.BadParameter(f"--permission: `{unknown[0]}` is none of {', '.join(PERMISSIONS)}")
    wish = Wish(name=name, permissions=permissions, gateways=gateway or None, expires_ms=_expiry(expires))
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        made = create_token(store, ensure_default(store).id, wish)
    if json:
        print_json(NewTokenRow(made.token.id, made.text))
        return
    typer.echo(made.text)
    complain(f"made `{made.token.id}`; it cannot be shown again")


@app.command("list")
def list_(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """List all tokens, oldest first, without their secrets."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.tokens import list_tokens  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        rows = [_row(token) for token in list_tokens(store, ensure_default(store).id)]
    if json:
        print_json(rows)
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `torana tokens list` shows it.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Revoke a token, from the next request on."""
    from torana.control.operations import ensure_default  # noqa: PLC0415  # heavy
    from torana.control.tokens import revoke_token  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        revoke_token(store, ensure_default(store).id, token_id)
    complain(f"revoked `{token_id}`")


def _expiry(text: str | None) -> int | None:
    from torana.control.log_filters import to_ms  # noqa: PLC0415  # heavy

    try:
        return None if text is None else to_ms(text)
    except ValueError as error:
        raise typer.BadParameter(f"--expires: {error}") from error


def _row(token: "Token") -> TokenRow:
    from torana.control.queries import to_rfc3339  # noqa: PLC0415  # heavy

    return TokenRow(
        id=token.id,
        account_id=token.account_id,
        name=token.name,
        preview=token.preview,
        permissions=list(token.permissions),
        gateways=token.gateways,
        created_at=to_rfc3339(token.created_ms),
        expires_on=None if token.expires_ms is None else to_rfc3339(token.expires_ms),
        last_used_on=None if token.used_ms is None else to_rfc3339(token.used_ms),
    )


def _cells(row: TokenRow) -> tuple[str, ...]:
    gateways = "all" if row.gateways is None else ", ".join(row.gateways)
    return row.id, row.name, f"…{row.preview}", ", ".join(row.permissions), gateways, row.expires_on or "never"
