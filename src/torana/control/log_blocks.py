"""What is in each thousand logs of a gateway, in short?

A filter need not look where nothing can fit. Blocks cut the ids of a gateway, which sort by time, into ranges. Of
each block the store has the least and the most of every figure, and which terms occur in it: a text, a truth value,
an entry of metadata. A block may promise what is not in it any more; it never lacks what is.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
from msgspec import Struct, field

from torana.control.log_figures import FIGURES, Bitmaps, drop_bitmaps, new_bits, set_bits
from torana.control.log_limits import Owner
from torana.storage.sql import insert_new, replace
from torana.storage.tables import log_block_terms, log_blocks, log_terms, logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from torana.control.rows import Row

Term: TypeAlias = tuple[str, str]
"""A key of a filter, and its value as text."""

ROWS = 1_000
FIRST = ""
"""Below every id: a gateway's oldest block begins here."""
LAST = "~"
"""Above every id."""
NULL = "\0null"
ANY = "\0any"
"""Stands for a value that JSON and SQL may write differently: it may be what is looked for."""
TEXTS = ("provider", "model", "user_agent", "request_type", "request_content_type", "response_content_type")
_OPEN = 512
"""Blocks held in memory, of all gateways."""
_OPEN_EACH = 32
_KNOWN = 200_000
_SAFE = 1 << 53
_FIRST_FAILURE = 400
_decode = json.JSONDecoder(object_pairs_hook=list).decode
_NAMES = [column.name for column in logs.columns if column.name not in {"seq", "feedback", "score"}]
_AT = {name: index for index, name in enumerate(_NAMES)}
_FIGURES_AT = [_AT[name] for name in FIGURES[:-1]]
_id_of: Callable[[Row], str] = itemgetter(_AT["id"])
_owner_of: Callable[[Row], Owner] = itemgetter(_AT["account_id"], _AT["gateway_id"])
_metadata_of: Callable[[Row], str] = itemgetter(_AT["metadata"])
_texts_of = itemgetter(*(_AT[name] for name in ("status", "is_broken", "cached", "token_id", *TEXTS)))


class Block(Struct):
    """One being written; columns of `log_blocks`."""

    id: int
    owner: Owner
    first_id: str
    end_id: str
    count: int = 0
    last_id: str = ""
    """The newest log in it."""
    bounds: list[int | None] = field(default_factory=lambda: [None] * (2 * len(FIGURES)))
    seen: set[object] = field(default_factory=set)
    """Texts and metadata that need not be looked at again."""
    bits: list[bytearray] | None = None
    """Of its figures; None where they are stored, or logs are in it that were not seen here."""
    terms: set[Term] = field(default_factory=set)
    fresh: list[Term] = field(default_factory=list)
    is_summed: bool = True

    def take(self, rows: Sequence[Row]) -> list[set[int]]:
        """Which of FIGURES they have."""
        self.count += len(rows)
        self.last_id = max(self.last_id, *map(_id_of, rows))
        figures: list[set[int]] = []
        for at, column in enumerate(_figures(rows)):
            values = {*column}
            known = {value for value in values if value is not None}
            if len(known) < len(values):
                self._note([(FIGURES[at], NULL)])
            if known:
                self._widen(at, min(known), max(known))
            figures.append(known)
        for texts in {*map(_texts_of, rows)} - self.seen:
            self.seen.add(texts)
            self._note(_terms(*texts))
        for metadata in {*map(_metadata_of, rows)} - self.seen - {""}:
            self.seen.add(metadata)
            self._note(metadata_terms(metadata))
        if self.bits is not None:
            set_bits(self.bits, figures)
        return figures

    def _widen(self, at: int, least: int, most: int) -> None:
        known_least, known_most = self.bounds[2 * at : 2 * at + 2]
        self.bounds[2 * at] = least if known_least is None else min(least, known_least)
        self.bounds[2 * at + 1] = most if known_most is None else max(most, known_most)

    def _note(self, terms: Iterable[Term]) -> None:
        for term in terms:
            if term not in self.terms:
                self.terms.add(term)
                self.fresh.append(term)


class _Changes(Struct):
    """What a batch does to blocks."""

    blocks: dict[int, Block] = field(default_factory=dict)
    full: list[Block] = field(default_factory=list)
    late: defaultdict[int, list[list[set[int]]]] = field(default_factory=lambda: defaultdict(list))
    """Figures that come to blocks whose bitmaps are stored."""


class Blocks:
    """Sums up what the ingester stores; holds the newest blocks of the gateways that are busy."""

    def __init__(self, engine: Engine) -> None:
        self._insert_term = insert_new(engine, log_terms)
        self._insert_posting = insert_new(engine, log_block_terms)
        self._replace = replace(engine, log_blocks)
        self._bitmaps = Bitmaps(engine)
        self._held: OrderedDict[Owner, list[Block]] = OrderedDict()
        self._known: set[int] = set()
        self._next_id = 0

    def clear(self) -> None:
        """What is held may be wrong: the store knows."""
        self._held.clear()
        self._known.clear()
        self._next_id = 0

    def add(self, connection: Connection, rows: Iterable[Row]) -> None:
        """In the transaction that stores the rows; `clear` where it fails."""
        by_owner: defaultdict[Owner, list[Row]] = defaultdict(list)
        for row in rows:
            by_owner[_owner_of(row)].append(row)
        changes = _Changes()
        for owner, own in by_owner.items():
            self._add_own(connection, owner, own, changes)
        self._write(connection, changes.blocks.values())
        self._bitmaps.add(connection, changes.late)
        for block in changes.full:
            self._bitmaps.close(connection, block.id, block.bits)
            block.bits = None
        self._forget({*by_owner})

    def _add_own(self, connection: Connection, owner: Owner, rows: list[Row], changes: _Changes) -> None:
        """Most belong to the newest block, which they fill; then to the next."""
        blocks = self._held.get(owner) or self._load(connection, owner)
        while rows:
            newest = blocks[-1]
            coming = [row for row in rows if _id_of(row) >= newest.first_id]
            if len(coming) < len(rows):
                self._add_late(connection, owner, [row for row in rows if _id_of(row) < newest.first_id], changes)
            room = max(1, ROWS - newest.count)
            coming, rows = coming[:room], coming[room:]
            if not coming:
                return
            newest.take(coming)
            changes.blocks[newest.id] = newest
            if newest.count >= ROWS:
                following = self._begin(owner, newest.last_id + "0")
                newest.end_id = following.first_id
                blocks.append(following)
                changes.blocks[following.id] = following
                changes.full.append(newest)

    def _add_late(self, connection: Connection, owner: Owner, rows: list[Row], changes: _Changes) -> None:
        """Logs of a time before the newest block."""
        for row in rows:
            block = self._block_of(connection, owner, self._held[owner], _id_of(row))
            figures = block.take([row])
            changes.blocks[block.id] = block
            if block.bits is None:
                changes.late[block.id].append(figures)

    def _forget(self, busy: set[Owner]) -> None:
        """What is held stays small: the newest of each gateway, and those of gateways that are busy."""
        for owner in busy:
            self._held.move_to_end(owner)
            del self._held[owner][:-_OPEN_EACH]
        while len(self._held) > 1 and sum(map(len, self._held.values())) > _OPEN:
            self._held.popitem(last=False)

    def _load(self, connection: Connection, owner: Owner) -> list[Block]:
        """Its newest block, or its first."""
        if not self._next_id:
            newest = connection.execute(sa.select(sa.func.max(log_blocks.c.id))).scalar_one()
            self._next_id = (newest or 0) + 1
        found = _find(connection, owner, LAST)
        blocks = self._held[owner] = [found or self._begin(owner, FIRST)]
        if not blocks[-1].is_summed:  # of logs from before there were blocks
            last = sa.select(sa.func.max(logs.c.id)).where(logs.c.account_id == owner[0], logs.c.gateway_id == owner[1])
            blocks[-1].end_id = (connection.execute(last).scalar_one() or "") + "0"
            self._write(connection, blocks)
            blocks.append(self._begin(owner, blocks[-1].end_id))
        return blocks

    def _block_of(self, connection: Connection, owner: Owner, blocks: list[Block], log_id: str) -> Block:
        at = bisect_right(blocks, log_id, key=_first)
        if at and log_id < blocks[at - 1].end_id:
            return blocks[at - 1]
        # A long answer's log is of a time before the blocks that are held.
        found = _find(connection, owner, log_id)
        assert found is not None  # noqa: S101  # the first block begins below every id
        blocks.insert(at, found)
        return found

    def _begin(self, owner: Owner, first_id: str) -> Block:
        made = Block(self._next_id, owner, first_id, LAST, bits=new_bits())
        self._next_id += 1
        return made

    def _write(self, connection: Connection, blocks: Iterable[Block]) -> None:
        summed: list[tuple[object, ...]] = []
        terms: list[tuple[object, ...]] = []
        postings: list[tuple[int, int]] = []
        for block in blocks:
            place = (block.first_id, block.end_id, block.count, block.last_id, block.is_summed)
            summed.append((block.id, *block.owner, *place, *block.bounds))
            for term in block.fresh:
                number = term_id(block.owner, term)
                postings.append((number, block.id))
                if number not in self._known:
                    self._known.add(number)
                    terms.append((number, *block.owner, *term))
            block.fresh = []
        connection.exec_driver_sql(self._replace, summed)
        if terms:
            connection.exec_driver_sql(self._insert_term, terms)
        if postings:
            connection.exec_driver_sql(self._insert_posting, postings)
        if len(self._known) > _KNOWN:
            self._known.clear()


def note_metadata(connection: Connection, owner: Owner, log_id: str, metadata: str) -> None:
    """What a log is given afterwards is found too."""
    block = _find(connection, owner, log_id)
    terms = list(metadata_terms(metadata))
    if block is None or not terms:
        return
    numbers = [term_id(owner, term) for term in terms]
    known = [(number, *owner, *term) for number, term in zip(numbers, terms, strict=True)]
    connection.exec_driver_sql(insert_new(connection.engine, log_terms), known)
    postings = [(number, block.id) for number in numbers]
    connection.exec_driver_sql(insert_new(connection.engine, log_block_terms), postings)


def drop_empty(connection: Connection, owner: Owner) -> None:
    """Blocks before a gateway's oldest log go; what they said of terms goes with them."""
    own = (logs.c.account_id == owner[0], logs.c.gateway_id == owner[1])
    oldest = connection.execute(sa.select(sa.func.min(logs.c.id)).where(*own)).scalar_one()
    gone = sa.select(log_blocks.c.id).where(*_is(owner), log_blocks.c.end_id != LAST)
    numbers = connection.execute(gone if oldest is None else gone.where(log_blocks.c.end_id <= oldest)).scalars().all()
    if numbers:
        connection.execute(sa.delete(log_block_terms).where(log_block_terms.c.block_id.in_(numbers)))
        drop_bitmaps(connection, numbers)
        connection.execute(sa.delete(log_blocks).where(log_blocks.c.id.in_(numbers)))


def term_id(owner: Owner, term: Term) -> int:
    """A number for it, the same for ever; positive, and of 63 bits."""
    digest = blake2b("\0".join((*owner, *term)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def metadata_terms(text: str) -> Iterator[Term]:
    """Of each entry its key and its value; of a value that is no plain one, that it may be any."""
    try:
        entries = _decode(text)
    except (ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, tuple):
            return
        key, value = entry
        yield "metadata.key", key
        if isinstance(value, bool):
            yield "metadata.value", "true" if value else "false"
        elif isinstance(value, str):
            yield "metadata.value", value
        elif isinstance(value, int) and abs(value) < _SAFE:
            yield "metadata.value", str(value)
        else:
            yield "metadata.value", ANY


def _terms(status: int, is_broken: object, cached: object, token_id: object, *texts: str) -> Iterator[Term]:
    yield "success", "true" if status < _FIRST_FAILURE and not is_broken else "false"
    yield "cached", "true" if cached else "false"
    yield "authentication", "false" if token_id is None else "true"
    yield from zip(TEXTS, texts, strict=True)


def _figures(rows: Sequence[Row]) -> list[list[int | None]]:
    """The column of each of FIGURES."""
    read: list[list[int | None]] = [[row[at] for row in rows] for at in _FIGURES_AT]  # type: ignore[misc]  # numbers
    tokens = [None if one is None or other is None else one + other for one, other in zip(*read[-2:], strict=True)]
    return [*read, tokens]


def _find(connection: Connection, owner: Owner, log_id: str) -> Block | None:
    """The block of an id."""
    order = log_blocks.c.first_id.desc()
    of = sa.select(log_blocks).where(*_is(owner), log_blocks.c.first_id <= log_id).order_by(order).limit(1)
    row = connection.execute(of).one_or_none()
    if row is None:
        return None
    id_, account_id, gateway_id, first_id, end_id, count, last_id, is_summed, *bounds = row
    owner = (account_id, gateway_id)
    return Block(id_, owner, first_id, end_id, count, last_id, bounds, is_summed=is_summed)


def _first(block: Block) -> str:
    return block.first_id


def _is(owner: Owner) -> tuple[sa.ColumnElement[bool], ...]:
    return log_blocks.c.account_id == owner[0], log_blocks.c.gateway_id == owner[1]
