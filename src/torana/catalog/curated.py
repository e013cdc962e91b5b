"""The project's own table of models: what is known of each, and what its hosts call it.

`models.json` has one model a line (docs/models.md says where its facts are from); `scripts/check_models.py` checks it.
Prices are in the price table; here stand only those that it has no place for, in USD: for 1,000,000 tokens, or for a
unit.
"""

from __future__ import annotations

import re
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.catalog.hosts import HOSTS
from torana.catalog.market import Reasoning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_DAY = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


class CuratedError(Exception):
    """The table cannot be used; the message says where it is wrong."""


class Usd(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """USD for 1,000,000 tokens."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    audio_in: Decimal | None = None
    audio_out: Decimal | None = None


class Place(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A model at one host, where more is to be said than its name there."""

    name: str
    tag: str = ""
    """What tells it from others at the same host: `turbo`."""
    context: int = 0
    """0 = as the model's; likewise `output`."""
    output: int = 0
    quantization: str = "unknown"
    tiers: dict[str, int] = {}
    """Of the service tiers that it is sold in besides the usual one: thousandths of its usual price."""
    price: Usd | None = None
    """None = as the price table has it."""
    others: dict[str, Decimal] = {}
    """USD for a unit: see `Endpoint.others`."""


class Row(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One model."""

    id: str
    name: str = ""
    canonical: str = ""
    """Empty = as `id`."""
    created: str = ""
    """The day it came out."""
    description: str = ""
    context: int | None = None
    output: int | None = None
    """Most tokens of an answer, where known."""
    inputs: str = "text"
    """Modalities, `+` between them; likewise `outputs`."""
    outputs: str = "text"
    tokenizer: str = "Other"
    instruct: str | None = None
    hugging_face: str | None = None
    parameters: str = ""
    """Names of the table's lists, with spaces between."""
    reasoning: Reasoning | None = None
    voices: tuple[str, ...] | None = None
    knowledge: str | None = None
    expires: str | None = None
    distillable: bool | None = None
    score: float | None = None
    alias_of: str = ""
    hosts: dict[str, str | Place | list[Place]] = {}
    """By provider: the model's name there, or more."""

    def places(self) -> Iterator[tuple[str, Place]]:
        """Each with its provider."""
        for provider, said in self.hosts.items():
            if isinstance(said, str):
                yield provider, Place(said)
            elif isinstance(said, Place):
                yield provider, said
            else:
                for place in said:
                    yield provider, place


class Curated(Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    parameters: dict[str, list[str]]
    """Lists of request parameters that go together."""
    models: list[Row]

    def parameters_of(self, row: Row) -> frozenset[str]:
        return frozenset(each for name in row.parameters.split() for each in self.parameters[name])


def parse(data: bytes) -> Curated:
    """CuratedError says what is wrong."""
    try:
        table = msgspec.json.decode(data, type=Curated)
    except msgspec.DecodeError as error:
        raise CuratedError(f"not a table of models: {error}") from error
    _check(table)
    return table


def _check(table: Curated) -> None:
    ids: set[str] = set()
    for row in table.models:
        if row.id in ids:
            raise CuratedError(f"`{row.id}` stands there twice")
        ids.add(row.id)
        if row.created and not _DAY.fullmatch(row.created):
            raise CuratedError(f"`{row.id}`: `{row.created}` is no day")
        if unknown := row.hosts.keys() - HOSTS.keys():
            raise CuratedError(f"`{row.id}`: there is no host `{unknown.pop()}`")
        for name in row.parameters.split():
            if name not in table.parameters:
                raise CuratedError(f"`{row.id}`: there is no list of parameters `{name}`")
    _check_aliases(table.models, ids)


def _check_aliases(rows: list[Row], ids: set[str]) -> None:
    aliases: Mapping[str, str] = {row.id: row.alias_of for row in rows if row.alias_of}
    for name, target in aliases.items():
        if target not in ids or target in aliases:
            raise CuratedError(f"`{name}` stands for `{target}`, which is no model")


def read_builtin() -> Curated:
    return parse(files("torana.catalog").joinpath("models.json").read_bytes())
