"""`torana audit`: who changed what."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import local_time, print_json, print_table, tame
from torana.cli.state import opened_store, require_database
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.control.management.audit_logs import AuditLog

app = typer.Typer(add_completion=False, help="Show changes of the configuration, newest first.")

_COLUMNS = ("WHEN", "BY", "FROM", "CHANGE", "~RESOURCE", "~WHAT")
_MOST_NAMED = 4


@app.callback(invoke_without_command=True)
def audit(  # noqa: PLR0913  # typer makes a flag of each parameter
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="How many, at most.")] = 20,
    action: Annotated[str | None, typer.Option(help="Only create, update or delete.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this token (id or name) or user.")] = None,
    resource: Annotated[str | None, typer.Option(metavar="ID", help="Only of this gateway, token, ….")] = None,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only of this kind, such as ai_gateway.gateway.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only from this moment on (RFC 3339).")] = None,
    before: Annotated[str | None, typer.Option(metavar="DATE", help="Only before this moment.")] = None,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """List the newest changes, with the fields that they changed."""
    from torana.control.audit import Search, find_entries  # noqa: PLC0415  # heavy
    from torana.control.management.audit_logs import to_object  # noqa: PLC0415  # the same
    from torana.control.operations import list_accounts  # noqa: PLC0415  # the same

    search = Search(
        action=action,
        actor=actor,
        resource_type=kind,
        resource_id=resource,
        since_ms=_moment("--since", since),
        before_ms=_moment("--before", before),
        count=limit,
    )
    settings = resolve({"data_dir": data_dir}, file=config)
    require_database(settings)
    with opened_store(settings) as store, store.database.reader.connect() as connection:
        accounts = list_accounts(store)
        entries = find_entries(connection, accounts[0].id, search).entries if accounts else []
        rows = [to_object(entry) for entry in entries]
    if json:
        print_json(rows)
        return
    print_table(_COLUMNS, [_cells(row) for row in rows])


def _cells(row: "AuditLog") -> tuple[str, ...]:
    resource = f"{row.resource.type} {row.resource.id}"
    return local_time(row.when), row.actor.name, row.interface, row.action.type, resource, _changed(row)


def _changed(row: "AuditLog") -> str:
    """The names of the fields that an update changed; nothing for what came or went whole."""
    if row.old_value_json is None or row.new_value_json is None:
        return ""
    old, new = row.old_value_json, row.new_value_json
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = [f"{name}: {_brief(old.get(name))} → {_brief(new.get(name))}" for name in names[:_MOST_NAMED]]
    return ", ".join(shown) + (", …" if len(names) > _MOST_NAMED else "")


def _brief(value: object) -> str:
    text = tame(msgspec.json.encode(value).decode())
    return text if len(text) <= 40 else text[:40] + "…"  # noqa: PLR2004  # a line holds several


def _moment(flag: str, text: str | None) -> int | None:
    from torana.control.log_filters import to_ms  # noqa: PLC0415  # heavy

    try:
        return None if text is None else to_ms(text)
    except ValueError as error:
        raise typer.BadParameter(f"{flag}: {error}") from error
