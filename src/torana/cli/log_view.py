"""How logs look: a table of rows, or one of them whole."""

import sys

import msgspec
from rich.syntax import Syntax
from rich.text import Text

from torana.cli.output import console, local_time, print_table, tame
from torana.control.envelope import Detail, Log

_COLUMNS = ("TIME", "STATUS", "~PROVIDER", "~MODEL", ">IN", ">OUT", ">USD", ">MS", "ID")
_NARROW = 110
_NARROW_COLUMNS = (0, 1, 3, 7, 8)
_WIDTHS = (17, 9, 12, 26, 7, 7, 10, 8, 36)
_MOST_COLOURED = 20_000
_STATUS_STYLES = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class Whole(Detail, kw_only=True):
    """A log and its bodies, as text."""

    request: str
    response: str


def whole(detail: Detail, request: bytes, response: bytes) -> Whole:
    fields = {name: getattr(detail, name) for name in detail.__struct_fields__}
    return Whole(**fields, request=_decoded(request), response=_decoded(response))


def print_rows(rows: list[Log]) -> None:
    if not rows:
        sys.stderr.write("no logs\n")
        return
    chosen = _NARROW_COLUMNS if console().width < _NARROW else range(len(_COLUMNS))
    cells = [_cells(row) for row in rows]
    print_table([_COLUMNS[at] for at in chosen], [[row[at] for at in chosen] for row in cells])


class RowPrinter:
    """Rows one by one, in columns of fixed width: what comes is not known yet."""

    def __init__(self) -> None:
        self._screen = console()
        self._has_head = False

    def put(self, row: Log) -> None:
        if not self._has_head:
            self._has_head = True
            self._line([Text(name.lstrip(">~"), "bold") for name in _COLUMNS])
        self._line(_cells(row))
        sys.stdout.flush()

    def _line(self, cells: list[Text]) -> None:
        line = Text()
        for name, width, cell in zip(_COLUMNS, _WIDTHS, cells, strict=True):
            space = " " * max(0, width - len(cell))
            line += Text(space) + cell if name.startswith(">") else cell + Text(space)
            line.append("  ")
        line.rstrip()
        self._screen.print(line, soft_wrap=True)


def _cells(row: Log) -> list[Text]:
    return [
        Text(local_time(row.created_at).partition("-")[2], "dim"),  # the year goes without saying
        _status(row),
        Text(tame(row.provider)),
        Text(tame(row.model)),
        Text("" if row.tokens_in is None else str(row.tokens_in)),
        Text("" if row.tokens_out is None else str(row.tokens_out)),
        Text(usd(row.cost)),
        Text(str(row.duration)),
        Text(row.id, "dim"),
    ]


def _status(row: Log) -> Text:
    text = Text(str(row.status_code), _STATUS_STYLES.get(row.status_code // 100, ""))
    for is_so, word in ((row.cached, "hit"), (row.broken, "cut"), (row.cancelled, "left")):
        if is_so:
            text.append(f" {word}", "magenta")
    return text


def usd(cost: float | None) -> str:
    """All digits that matter; empty where the cost is unknown."""
    if cost is None:
        return ""
    # Nano-USD is what is counted; nothing below it is known.
    return f"{cost:.9f}".rstrip("0").rstrip(".")


def print_whole(detail: Detail, request: bytes, response: bytes, *, raw: bool) -> None:
    """`raw`: bodies byte for byte, streams as events."""
    screen = console()
    for name, value in _facts(detail):
        screen.print(Text.assemble((f"{name:<12}", "bold"), tame(value)), soft_wrap=True)
    if not detail.has_bodies:
        screen.print(Text("\nheads and bodies were not kept", "dim"))
        return
    answer = response if raw or not detail.assembled else detail.assembled.encode()
    title = "Response" if answer is response else "Response, assembled from its stream (`--raw` shows the events)"
    _print_message("Request", detail.request_headers, request, raw=raw)
    _print_message(title, detail.response_headers, answer, raw=raw)
    if detail.is_truncated:
        screen.print(Text("\na body is longer than `log_payload_bytes`: it was cut", "yellow"))


def _likeness(detail: Detail) -> str:
    if detail.similarity is None:
        return ""
    if detail.similar_to is None:
        return f"{detail.similarity:.4f} at most"
    return f"{detail.similarity:.4f} to {detail.similar_to}" + ("" if detail.cached else ", whose answer was not given")


def _facts(detail: Detail) -> list[tuple[str, str]]:
    usage = detail.usage_metadata
    tokens = "" if usage is None else f"{usage.input_tokens} in, {usage.output_tokens} out"
    if usage is not None and usage.input_cached_tokens:
        tokens += f", {usage.input_cached_tokens} of the input cached"
    if usage is not None and usage.output_reasoning_tokens:
        tokens += f", {usage.output_reasoning_tokens} of the output reasoning"
    cost = "" if detail.cost is None else f"{usd(detail.cost)} USD ({detail.cost_source or 'cache'})"
    latency = detail.timings.latency
    words = [w for w, is_so in (("cached", detail.cached), ("streamed", detail.streamed)) if is_so]
    words += [w for w, is_so in (("cut short", detail.broken), ("client left", detail.cancelled)) if is_so]
    facts = [
        ("id", detail.id),
        ("time", local_time(detail.created_at, "milliseconds")),
        ("gateway", detail.gateway_id),
        ("provider", detail.provider),
        ("model", detail.model),
        ("request", f"{detail.method} {detail.path}"),
        ("status", f"{detail.status_code}{''.join(f', {word}' for word in words)}"),
        ("similarity", _likeness(detail)),
        ("error", detail.error),
        ("duration", f"{detail.duration} ms" + ("" if latency is None else f", first byte after {latency:.0f} ms")),
        ("tokens", tokens),
        ("cost", cost),
        ("metadata", "" if detail.metadata == "{}" else detail.metadata),
        ("client", detail.user_agent),
    ]
    return [(name, value) for name, value in facts if value]


def _print_message(title: str, head: str, body: bytes, *, raw: bool) -> None:
    screen = console()
    screen.print()
    screen.print(Text(title, "bold underline"))
    screen.print(Text(tame(head.replace("\r\n", "\n").rstrip()), "dim"), soft_wrap=True)
    screen.print()
    if not body:
        return
    pretty = None if raw else _pretty(body)
    if pretty is None:
        screen.print(Text(tame(_decoded(body))), soft_wrap=True)
    elif screen.is_terminal and len(pretty) <= _MOST_COLOURED:
        screen.print(Syntax(tame(pretty), "json", theme="ansi_dark", background_color="default", word_wrap=True))
    else:
        screen.print(Text(tame(pretty)), soft_wrap=True)


def _pretty(body: bytes) -> str | None:
    try:
        return msgspec.json.format(body, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "replace")
