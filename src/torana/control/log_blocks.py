"""What is in each thousand logs of a gateway, in short?

A filter need not look where nothing can fit. Blocks cut the ids of a gateway, which sort by time, into ranges. Of
each block the store has the least and the most of every figure, and which terms occur in it: a text, a truth value,
an entry of metadata. A block may promise what is not in it any more; it never lacks what is.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
from msgspec import Struct, field

from torana.control.log_figures import FIGURES, Bitmaps, Figures, drop_bitmaps
from torana.control.log_limits import Owner
from torana.storage.sql import insert_new, replace
from torana.storage.tables import log_block_terms, log_blocks, log_terms, logs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_ID, _ACCOUNT, _GATEWAY, _METADATA = (_AT[name] for name in ("id", "account_id", "gateway_id", "metadata"))
_COST, _DURATION, _IN, _OUT = (_AT[name] for name in FIGURES[:4])
_STATUS, _BROKEN, _CACHED, _TOKEN = (_AT[name] for name in ("status", "is_broken", "cached", "token_id"))
_TEXT_AT = [(name, _AT[name]) for name in TEXTS]


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
    terms: set[Term] = field(default_factory=set)
    fresh: list[Term] = field(default_factory=list)
    is_summed: bool = True

    def take(self, row: Row) -> Figures:
        """What it has of FIGURES."""
        self.count += 1
        if row[_ID] > self.last_id:  # type: ignore[operator]  # text
            self.last_id = str(row[_ID])
        tokens_in, tokens_out = row[_IN], row[_OUT]
        tokens = None if tokens_in is None or tokens_out is None else tokens_in + tokens_out  # type: ignore[operator]  # numbers
        figures = (row[_COST], row[_DURATION], tokens_in, tokens_out, tokens)
        self._widen(*figures)
        is_good = row[_STATUS] < _FIRST_FAILURE and not row[_BROKEN]  # type: ignore[operator]  # a number
        has_token = row[_TOKEN] is not None
        plain = (is_good, row[_CACHED], has_token, row[_COST] is None, tokens_in is None, tokens_out is None)
        texts = (plain, *[row[at] for _, at in _TEXT_AT])
        if texts not in self.seen:
            self.seen.add(texts)
            self._note(_terms(plain, row))
        metadata = row[_METADATA]
        if metadata and metadata not in self.seen:
            self.seen.add(metadata)
            self._note(metadata_terms(str(metadata)))
        return figures  # type: ignore[return-value]  # numbers

    def _widen(self, *figures: object) -> None:
        bounds = self.bounds
        for at, value in enumerate(figures):
            if value is not None:
                least, most = bounds[2 * at], bounds[2 * at + 1]
                if least is None or value < least:  # type: ignore[operator]  # a number
                    bounds[2 * at] = value  # type: ignore[call-overload]  # the same
                if most is None or value > most:  # type: ignore[operator]  # the same
                    bounds[2 * at + 1] = value  # type: ignore[call-overload]  # the same

    def _note(self, terms: Iterable[Term]) -> None:
        for term in terms:
            if term not in self.terms:
                self.terms.add(term)
                self.fresh.append(term)


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
        changed: dict[int, Block] = {}
        full: list[int] = []
        late: dict[int, list[Figures]] = {}
        for row in rows:
            owner = (str(row[_ACCOUNT]), str(row[_GATEWAY]))
            blocks = self._held.get(owner) or self._load(connection, owner)
            block = self._block_of(connection, owner, blocks, str(row[_ID]))
            figures = block.take(row)
            changed[block.id] = block
            if block.end_id != LAST:
                late.setdefault(block.id, []).append(figures)
            elif block is blocks[-1] and block.count >= ROWS:
                following = self._begin(owner, block.last_id + "0")
                block.end_id = following.first_id
                blocks.append(following)
                changed[following.id] = following
                full.append(block.id)
        self._write(connection, changed.values())
        self._bitmaps.add(connection, late)
        for block_id in full:
            self._bitmaps.close(connection, block_id)
        self._forget({block.owner for block in changed.values()})

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
        made = Block(self._next_id, owner, first_id, LAST)
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


def _terms(plain: tuple[bool, object, bool, bool, bool, bool], row: Row) -> Iterator[Term]:
    is_good, cached, has_token, no_cost, no_tokens_in, no_tokens_out = plain
    yield "success", "true" if is_good else "false"
    yield "cached", "true" if cached else "false"
    yield "authentication", "true" if has_token else "false"
    for name, at in _TEXT_AT:
        yield name, str(row[at])
    if no_cost:
        yield "cost_nano", NULL
    if no_tokens_in:
        yield "tokens_in", NULL
    if no_tokens_out:
        yield "tokens_out", NULL
    if no_tokens_in or no_tokens_out:
        yield "tokens", NULL


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
