"""`torana logs export`: logs to a file, whether a server runs or not."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec
from msgspec import Struct

from torana.cli.source import open_source
from torana.cli.state import opened_store
from torana.control.envelope import ListQuery
from torana.settings import Settings

Format: TypeAlias = Literal["jsonl", "parquet"]


class NoTerminal(Exception):
    """What is no text would only spoil it."""


class Wish(Struct, frozen=True):
    format: Format
    query: ListQuery
    gateway_id: str | None
    """None = of all gateways."""
    bodies: bool


def run(settings: Settings, wish: Wish, output: str) -> None:
    """A file is there whole or not at all."""
    from torana.control.exports import export  # noqa: PLC0415  # heavy
    from torana.control.operations import list_accounts  # noqa: PLC0415  # the same
    from torana.control.queries import Scope, filters_of, walked  # noqa: PLC0415  # the same

    if wish.format == "parquet" and output == "-" and sys.stdout.isatty():
        raise NoTerminal("Parquet is not for a terminal: say where with `--output FILE`")
    with open_source(settings) as source:
        # Whoever answers brings in what the journal holds; a date that is none is told here too.
        source.list_logs(wish.gateway_id, msgspec.structs.replace(wish.query, cursor=0, per_page=1))
    with opened_store(settings) as store:
        account_id = list_accounts(store)[0].id
        wanted = [*walked(Scope(account_id, wish.gateway_id)), *filters_of(wish.query)]
        pieces = export(store.database.reader, wanted, wish.format, bodies=wish.bodies)
        with _opened(output) as file:
            for piece in pieces:
                file.write(piece)


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(output).expanduser()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
