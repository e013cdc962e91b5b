"""`torana users`: who may sign in to the dashboard."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import UNSET

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, local_time, print_json, print_table
from torana.cli.state import opened_store
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.management.users import UserObject
    from torana.control.operations import Store
    from torana.control.signing_in.roles import Role
    from torana.control.signing_in.users import Change, User

app = typer.Typer(
    add_completion=False, help="Make, list, change or remove users of the dashboard.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What they type to sign in.")]
DisplayName = Annotated[str | None, typer.Option("--display-name", help="Their name, as others read it.")]
Email = Annotated[str | None, typer.Option("--email", help="Their address; nothing is sent there.")]

_ROLES = "viewer (sees everything), editor (changes everything) or owner (also decides who may)."
_COLUMNS = ("~NAME", "~DISPLAY NAME", "~EMAIL", "ROLE", "SIGNS IN", "~LAST")


@app.command("list")
def list_(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """List all users, oldest first."""
    from torana.control.management.users import to_object  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default  # noqa: PLC0415  # the same
    from torana.control.signing_in.users import list_users  # noqa: PLC0415  # the same

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        rows = [to_object(user) for user in list_users(store, ensure_default(store).id)]
    if json:
        print_json(rows)
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])


@app.command()
def create(  # noqa: PLR0913  # typer makes a flag of each parameter
    name: Name,
    *,
    role: Annotated[str, typer.Option("--role", help=f"{_ROLES} The first is an owner.")] = "viewer",
    display_name: DisplayName = None,
    email: Email = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in by `torana dashboard --user NAME` first.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a user, with a password of 12 characters or more that is read from standard input or asked for."""
    from torana.control.management.users import to_object  # noqa: PLC0415  # heavy
    from torana.control.operations import ensure_default  # noqa: PLC0415  # the same
    from torana.control.signing_in.users import NewUser, create_user  # noqa: PLC0415  # the same

    wish = NewUser(
        name=name,
        role=_role(role),
        display_name=display_name or "",
        email=email,
        password_hash=None if no_password else _new_hash(),
    )
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        made = create_user(store, ensure_default(store).id, wish)
    if json:
        print_json(to_object(made))
        return
    complain(f"made `{made.name}`, {made.role}")


@app.command()
def update(  # noqa: PLR0913  # the same
    name: Name,
    *,
    role: Annotated[str | None, typer.Option("--role", help=_ROLES)] = None,
    display_name: DisplayName = None,
    email: Email = None,
    new_name: Annotated[str | None, typer.Option("--name", metavar="NEW", help="Another name to sign in by.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Change a user; a role counts from their next call on."""
    from torana.control.management.users import to_object  # noqa: PLC0415  # heavy
    from torana.control.signing_in.users import Change  # noqa: PLC0415  # the same

    change = Change(
        name=new_name or UNSET,
        role=UNSET if role is None else _role(role),
        display_name=UNSET if display_name is None else display_name,
        email=UNSET if email is None else email or None,
    )
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        changed = _change(store, name, change)
    if json:
        print_json(to_object(changed))
        return
    complain(f"changed `{changed.name}`, {changed.role}")


@app.command()
def password(name: Name, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Set a user's password (12 characters or more), read from standard input or asked for; their sessions end."""
    from torana.control.signing_in.users import Change  # noqa: PLC0415  # heavy

    change = Change(password_hash=_new_hash())
    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        changed = _change(store, name, change)
    complain(f"changed the password of `{changed.name}`, whose sessions have ended")


@app.command()
def delete(name: Name, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Remove a user, whose sessions end at once."""
    from torana.control.signing_in.users import delete_user  # noqa: PLC0415  # heavy

    with opened_store(resolve({"data_dir": data_dir}, file=config)) as store:
        found = _find(store, name)
        delete_user(store, found.account_id, found.id)
    complain(f"removed `{found.name}`")


def _change(store: "Store", name: str, change: "Change") -> "User":
    from torana.control.signing_in.users import change_user  # noqa: PLC0415  # heavy

    found = _find(store, name)
    return change_user(store, found.account_id, found.id, change)


def _find(store: "Store", name: str) -> "User":
    from torana.control.refusals import NoSuchThing  # noqa: PLC0415  # heavy
    from torana.control.signing_in.users import named  # noqa: PLC0415  # the same

    with store.database.reader.connect() as connection:
        found = named(connection, name)
    if found is None:
        raise NoSuchThing(f"there is no user `{name}`; `torana users list` shows all")
    return found[0]


def _role(text: str) -> "Role":
    from torana.control.signing_in.roles import ROLES  # noqa: PLC0415  # heavy

    found = next((role for role in ROLES if role == text), None)
    if found is None:
        raise typer.BadParameter(f"--role: `{text}` is none of {', '.join(ROLES)}")
    return found


def _new_hash() -> str:
    """Never from an argument: those are for all to see, and stay in the shell's history."""
    from torana.control.signing_in.passwords import Passwords  # noqa: PLC0415  # heavy

    if sys.stdin.isatty():
        text = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    return Passwords().hash(text)


def _cells(row: "UserObject") -> tuple[str, ...]:
    way = "elsewhere" if row.source == "oidc" else "password" if row.has_password else "by a link"
    last = "never" if row.last_login_at is None else local_time(row.last_login_at)
    return row.name, row.display_name, row.email or "", row.role, way, last
