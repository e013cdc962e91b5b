"""`torana logs`: what was asked and answered, newest first."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import msgspec
import typer

from torana.cli import log_export, log_view
from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, print_json, print_json_line
from torana.cli.source import LogSource, open_source
from torana.cli.state import NothingHere
from torana.control.client import ControlDown
from torana.control.envelope import Failure, ListQuery, Log, read_query
from torana.settings import Settings, resolve

app = typer.Typer(
    add_completion=False,
    help="Show what was asked and answered, newest first.\n\n`torana logs show ID` shows one of them whole, "
    "`torana logs export` writes them to a file.",
)

_PAGE = 50
_POLL_S = 0.3
_HINTS = {"status": "a status is a code such as 200, or a class of them such as 4xx"}


class NoSuchLog(Exception):
    """No log has this id, in any gateway of the account."""


class Wish(msgspec.Struct, frozen=True):
    """What to list: `query` holds the filters."""

    query: ListQuery
    gateway_id: str | None
    limit: int


@app.callback(invoke_without_command=True)
def logs(  # noqa: PLR0913  # typer makes a flag of each parameter
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="How many, at most.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones as they come.")] = False,
    provider: Annotated[str | None, typer.Option(help="Only of this provider, such as openai.")] = None,
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only this status: 200, or 4xx.")] = None,
    gateway: Annotated[str | None, typer.Option(metavar="ID", help="Only of this gateway; all without.")] = None,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """List the newest logs."""
    if ctx.invoked_subcommand is not None:
        ctx.obj = (data_dir, config)
        return
    wish = Wish(query_of({"provider": provider, "model": model, "status": status}), gateway, limit)
    settings = resolve({"data_dir": data_dir}, file=config)
    if follow:
        with suppress(KeyboardInterrupt):
            Follower(wish, print_json_line if json else log_view.RowPrinter().put).run(settings)
        return
    with open_source(settings) as source:
        rows = newest(source, wish)
    if json:
        print_json(rows)
    else:
        log_view.print_rows(rows)


@app.command()
def export(  # noqa: PLR0913  # typer makes a flag of each parameter
    ctx: typer.Context,
    *,
    format_: Annotated[log_export.Format, typer.Option("--format", help="JSON Lines, or Parquet.")] = "jsonl",
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="`-` is standard output.")] = "-",
    bodies: Annotated[bool, typer.Option("--bodies", help="With requests and responses whole.")] = False,
    provider: Annotated[str | None, typer.Option(help="Only of this provider, such as openai.")] = None,
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only this status: 200, or 4xx.")] = None,
    gateway: Annotated[str | None, typer.Option(metavar="ID", help="Only of this gateway; all without.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only from this moment on (RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Only up to this moment.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Write logs to a file, oldest first."""
    before: tuple[str | None, Config] = ctx.obj or (None, None)
    settings = resolve({"data_dir": data_dir or before[0]}, file=config or before[1])
    given = {"provider": provider, "model": model, "status": status, "start_date": since, "end_date": until}
    wish = log_export.Wish(format_, query_of(given), gateway, bodies=bodies)
    log_export.run(settings, wish, output)


@app.command()
def show(
    ctx: typer.Context,
    log_id: Annotated[str, typer.Argument(metavar="ID", help="As `torana logs` shows it, or `cf-aig-log-id`.")],
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="Bodies as they went: a stream's events, not its message.")
    ] = False,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Show one log with its request and its response."""
    before: tuple[str | None, Config] = ctx.obj or (None, None)
    settings = resolve({"data_dir": data_dir or before[0]}, file=config or before[1])
    with open_source(settings) as source:
        detail = source.find_log(log_id.strip().lower())
        if detail is None:
            raise NoSuchLog(f"there is no log `{log_id}`; `torana logs` lists them")
        request, response = source.find_body(detail.id, "request"), source.find_body(detail.id, "response")
    if json:
        print_json(log_view.whole(detail, request or b"", response or b""))
    else:
        log_view.print_whole(detail, request or b"", response or b"", raw=raw)


def newest(source: LogSource, wish: Wish) -> list[Log]:
    """Newest first, page by page; each goes on behind the last id, so that new logs move nothing."""
    rows: list[Log] = []
    query = wish.query
    while len(rows) < wish.limit:
        query = msgspec.structs.replace(query, per_page=min(_PAGE, wish.limit - len(rows)))
        page = source.list_logs(wish.gateway_id, query).result
        rows += page
        if len(page) < query.per_page:
            break
        query = msgspec.structs.replace(query, before=page[-1].id)
    return rows


class Follower:
    """Goes on for ever: through restarts of the server, and from before there is one."""

    def __init__(self, wish: Wish, put: Callable[[Log], None]) -> None:
        self._wish = wish
        self._put = put
        self._place = 0
        self._seen: set[str] = set()

    def run(self, settings: Settings) -> None:
        try:
            with open_source(settings) as source:
                self._begin(source)
        except NothingHere as error:
            complain(f"{error}; waiting for it")
        while True:
            with suppress(ControlDown, NothingHere), open_source(settings) as source:
                self._go_on(source)
            time.sleep(_POLL_S)

    def _begin(self, source: LogSource) -> None:
        wish = self._wish
        # The place first: what is stored between the two questions is seen twice rather than not at all.
        first = source.list_logs(wish.gateway_id, msgspec.structs.replace(wish.query, per_page=1))
        self._place = first.result_info.cursor
        for row in reversed(newest(source, wish)):
            self._seen.add(row.id)
            self._put(row)

    def _go_on(self, source: LogSource) -> None:
        """Ends by ControlDown alone."""
        while True:
            query = msgspec.structs.replace(self._wish.query, cursor=self._place, per_page=_PAGE)
            found = source.list_logs(self._wish.gateway_id, query)
            for row in found.result:
                if row.id not in self._seen:
                    self._put(row)
            self._place = found.result_info.cursor
            if len(found.result) < _PAGE:
                time.sleep(_POLL_S)


def query_of(given: dict[str, str | None]) -> ListQuery:
    query = read_query({name: value for name, value in given.items() if value is not None})
    if isinstance(query, Failure):
        problem = query.errors[0]
        raise typer.BadParameter(f"--{problem.path[-1]}: {_HINTS.get(problem.path[-1], problem.message)}")
    return query
