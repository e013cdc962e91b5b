"""`torana stats`: what was served, summed."""

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from torana.cli.flags import Config, DataDir, Json
from torana.cli.log_view import usd
from torana.cli.output import local_time, print_json, print_table, tame
from torana.cli.source import open_source
from torana.control.analytics.shapes import DIMENSIONS, METRICS, Answer, Figure, Row
from torana.settings import resolve

app = typer.Typer(
    add_completion=False,
    help="Sum what was served: requests, errors, tokens, cost and times, also of logs that were deleted since.",
)

_METRICS = ("requests", "errors", "cached", "tokens_in", "tokens_out", "cost", "duration_avg", "duration_p95")
_OF_METADATA = _METRICS[:-1]
_SHORT = {
    "requests": "REQUESTS",
    "tokens_in": "IN",
    "tokens_out": "OUT",
    "cost": "USD",
    "duration_avg": "AVG MS",
    "duration_p95": "P95 MS",
}
_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RATES = ("error_rate", "cache_rate")


@app.callback(invoke_without_command=True)
def stats(  # noqa: PLR0913  # typer makes a flag of each parameter
    *,
    since: Annotated[str, typer.Option(metavar="SPAN", help="A span back from now (90m, 24h, 7d), or a date.")] = "24h",
    until: Annotated[str | None, typer.Option(metavar="DATE", help="RFC 3339, not included; now without.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"A row for each {', '.join(DIMENSIONS)}; more than once for more."),
    ] = None,
    per: Annotated[str, typer.Option(metavar="SPAN", help="A row for each minute, hour or day (UTC), or all.")] = "all",
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="In place of the usual ones; see the API's description.")
    ] = None,
    gateway: Annotated[str | None, typer.Option(metavar="ID", help="Only of this gateway; all without.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only of this provider, such as openai.")] = None,
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    sort: Annotated[str | None, typer.Option(metavar="NAME", help="Largest first by this metric.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many rows, at most.")] = 50,
    json: Json = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Sum what was served."""
    dimensions = by or []
    usual = _OF_METADATA if any(name.startswith("metadata.") for name in dimensions) else _METRICS
    metrics = metric or list(usual)
    filters = [
        {"key": key, "operator": "eq", "value": [value]}
        for key, value in (("provider", provider), ("model", model))
        if value is not None
    ]
    query = {
        "metrics": ",".join(_known(metrics, METRICS, "--metric")),
        "dimensions": ",".join(_known(dimensions, DIMENSIONS, "--by")),
        "since": _moment(since),
        "until": until,
        "granularity": _known([per], ("minute", "hour", "day", "all"), "--per")[0],
        "filters": msgspec.json.encode(filters).decode() if filters else None,
        "order_by": sort,
        "limit": str(limit),
    }
    with open_source(resolve({"data_dir": data_dir}, file=config)) as source:
        found = source.analytics(gateway, {name: value for name, value in query.items() if value})
    if json:
        print_json(found)
    else:
        _print(found, dimensions, metrics)


def _known(names: list[str], known: tuple[str, ...], flag: str) -> list[str]:
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{flag}: `{name}` is not one of {', '.join(known)}")
    return names


def _moment(since: str) -> str:
    """A span back from now as a date; dates are checked where they are read."""
    found = _SPAN.fullmatch(since)
    if found is None:
        return since
    return (datetime.now(UTC) - timedelta(seconds=int(found[1]) * _SECONDS[found[2]])).isoformat()


def _print(found: Answer, dimensions: list[str], metrics: list[str]) -> None:
    has_time = found.granularity != "all"
    names = [*(["TIME"] if has_time else []), *("~" + name.upper() for name in dimensions)]
    columns = [*names, *(">" + _SHORT.get(name, name.upper()) for name in metrics)]
    if not found.rows:
        sys.stderr.write("nothing was served in this time\n")
        return
    rows = [_cells(row, dimensions, metrics, has_time=has_time) for row in found.rows]
    if len(found.rows) > 1:
        ends = [Text("all" if at == 0 else "", "bold") for at in range(len(names))]
        rows.append([*ends, *(Text(_shown(name, found.totals[name]), "bold") for name in metrics)])
    print_table(columns, rows)
    if found.is_truncated:
        sys.stderr.write("there are more rows: see --limit\n")


def _cells(row: Row, dimensions: list[str], metrics: list[str], *, has_time: bool) -> list[Text]:
    labels = [Text(tame(_label(row.dimensions[name]))) for name in dimensions]
    figures = [Text(_shown(name, row.metrics[name])) for name in metrics]
    return [*([Text(local_time(row.time or ""), "dim")] if has_time else []), *labels, *figures]


def _label(value: str | int | bool) -> str:  # noqa: FBT001  # one of three kinds
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _shown(name: str, value: Figure) -> str:
    if value is None:
        return ""
    if name == "cost":
        return usd(float(value))
    if name in _RATES:
        return f"{value:.1%}"
    return str(round(value))
