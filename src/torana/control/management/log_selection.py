"""Which logs does a query mean? What it says as conditions, for all operations on logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.control.log_filters import (
    FIRST_FAILURE,
    NUMBERS,
    Condition,
    LogFilter,
    Value,
    conditions,
    has_status,
    since,
    to_ms,
    until,
)
from torana.control.log_pages import Place
from torana.control.management.log_shapes import LogSelection
from torana.control.operations import find_gateway
from torana.control.refusals import InvalidInput
from torana.storage.tables import logs

if TYPE_CHECKING:
    from torana.control.log_filters import Key
    from torana.control.management.operation import Asked, Site

BOUNDS = {"cost": "cost", "tokens_in": "tokens_in", "tokens_out": "tokens_out", "total_tokens": "tokens"}
BOUNDS["duration"] = "duration"
"""The key that each `min_` and `max_` is of."""
_EQUALS: tuple[Key, ...] = (
    *("feedback", "success", "cached", "model", "model_type", "provider"),
    *("request_content_type", "response_content_type"),
)
_FAILED = LogFilter("success", "eq", [False])


def place_of(site: Site, asked: Asked) -> Place:
    """NoSuchThing where the gateway is not there."""
    found = find_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"])
    return Place(found.config.account_id, found.config.id)


def selected(query: LogSelection) -> tuple[list[Condition], list[LogFilter]]:
    """All conditions, and those of them that blocks of logs know of; InvalidInput for what cannot be asked."""
    filters = [*query.filters, *_deprecated(query), *_implied(query)]
    return [*conditions(filters), *_others(query)], filters


def said(query: LogSelection) -> dict[str, object]:
    """What was asked beside filters, order and number, by its name."""
    fields = {name: getattr(query, name) for name in LogSelection.__struct_fields__ if name != "filters"}
    return {name: value for name, value in fields.items() if value is not None}


def _deprecated(query: LogSelection) -> list[LogFilter]:
    """The parameters of their own as the filters that came in their place."""
    equals: list[tuple[Key, Value]] = [(name, getattr(query, name)) for name in _EQUALS]
    return [LogFilter(name, "eq", [value]) for name, value in equals if value is not None]


def _implied(query: LogSelection) -> list[LogFilter]:
    """Blocks do not know of statuses, but which of them have failures."""
    return [_FAILED] if query.status is not None and int(query.status[0]) * 100 >= FIRST_FAILURE else []


def _others(query: LogSelection) -> list[Condition]:
    """What has no filter: inclusive bounds, text within the metadata, and what is Torana's own."""
    found: list[Condition] = []
    for name, key in BOUNDS.items():
        column, units = NUMBERS[key]
        least, most = getattr(query, f"min_{name}"), getattr(query, f"max_{name}")
        found += [column >= least * units] if least is not None else []
        found += [column <= most * units] if most is not None else []
    for name, compare in (("start_date", since), ("end_date", until)):
        given = getattr(query, name)
        if given is not None:
            try:
                found.append(compare(to_ms(given)))
            except ValueError as error:
                raise InvalidInput(str(error), "query", name) from error
    if query.search:
        found.append(logs.c.metadata.icontains(query.search, autoescape=True))
    return found + _own(query)


def _own(query: LogSelection) -> list[Condition]:
    found = [has_status(query.status)] if query.status is not None else []
    if query.error:
        found.append(logs.c.error.icontains(query.error, autoescape=True))
    if query.streamed is not None:
        found.append(logs.c.is_stream.is_(query.streamed))
    if query.credential is not None:
        found.append(logs.c.credential == query.credential)
    return found
