"""Answers GraphQL questions about what was served, each within bounds of its size and time."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    InlineFragmentNode,
    execute_sync,
    parse,
    recommended_rules,
    specified_rules,
    validate,
)
from graphql.execution.values import get_directive_values
from graphql.validation import VariablesInAllowedPositionRule
from sqlalchemy.exc import SQLAlchemyError

from torana.control.graphql import bounds
from torana.control.graphql.filters import BadFilter
from torana.control.graphql.query import MOST_ROWS, Wish, read
from torana.control.graphql.schema import schema
from torana.control.graphql.shapes import Answered, Asked
from torana.storage.sql import QueryTookTooLong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLResolveInfo, SelectionSetNode
    from graphql.language import SelectionNode

    from torana.control.graphql.datasets import Dataset
    from torana.control.management.operation import Site
    from torana.control.tokens import Token

MOST_SECONDS = 10.0
_AT_ONCE = 2
_USUAL_ROWS = 100
# Clients declare `String!` where Cloudflare's schema has `string`; values are checked where filters are compiled.
_RULES = [rule for rule in (*specified_rules, *recommended_rules) if rule is not VariablesInAllowedPositionRule]

log = logging.getLogger("torana.control")


class Questions:
    """Answers them. A few at once: each may be long, and other calls wait for the same threads."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def answer(self, token: Token, asked: Asked) -> Answered:
        try:
            document = parse(asked.query, max_tokens=bounds.MOST_TOKENS)
            bounds.check(document)
            problems = validate(schema(), document, _RULES, max_errors=5)
            if problems:
                return Answered(data=None, errors=[told(one) for one in problems])
        except GraphQLError as error:
            return Answered(data=None, errors=[told(error)])
        except RecursionError:
            return Answered(data=None, errors=[told(GraphQLError("the query is nested too deeply"))])
        with self._turns:
            self._site.bring_in()
            context = Context(self._site, token, time.monotonic() + MOST_SECONDS)
            done = execute_sync(
                schema(),
                document,
                context_value=context,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
            )
        return Answered(data=done.data, errors=[told(one) for one in done.errors] if done.errors else None)


class Context:
    """Of one question: whose it is, and how long it may still take."""

    def __init__(self, site: Site, token: Token, deadline: float) -> None:
        self._site = site
        self._token = token
        self._deadline = deadline

    def accounts(self, wanted: Mapping[str, Any]) -> list[dict[str, object]]:
        own = self._token.account_id
        tags = [wanted["accountTag"]] if wanted.get("accountTag") is not None else wanted.get("accountTag_in") or [own]
        if any(tag != own for tag in tags):
            raise GraphQLError("not authorized for that account", extensions={"code": "authz"})
        return [{"accountTag": own}]

    def read(
        self, dataset: Dataset, account: Mapping[str, str], info: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]
    ) -> list[dict[str, object]]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise GraphQLError(f"the query was given up after {MOST_SECONDS:g} s")
        try:
            wish = _wish(dataset, account["accountTag"], info, arguments, self._token.gateways)
            with self._site.store.database.reader.connect() as connection:
                return read(connection, dataset, wish, left)
        except (BadFilter, QueryTookTooLong) as error:
            raise GraphQLError(str(error)) from None
        except SQLAlchemyError as error:
            log.error("the store cannot be used: %s", getattr(error, "orig", error))  # noqa: TRY400  # no bug
            raise GraphQLError("the store cannot be used now; try again") from None


def _wish(
    dataset: Dataset,
    account_id: str,
    info: GraphQLResolveInfo[Any],
    arguments: Mapping[str, Any],
    gateways: list[str] | None,
) -> Wish:
    limit = arguments.get("limit", _USUAL_ROWS)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MOST_ROWS:
        raise BadFilter(f"`limit` must be from 1 to {MOST_ROWS}")
    chosen = dict(_chosen(info, [node.selection_set for node in info.field_nodes if node.selection_set]))
    figures = [name for part in ("sum", "max") for name in chosen.get(part, ())]
    return Wish(
        account_id=account_id,
        gateways=gateways,
        dimensions=chosen.get("dimensions", []),
        figures=[name for name in figures if name in dataset.sums or name in dataset.maxima],
        filter=arguments.get("filter") or {},
        order_by=[one for one in arguments.get("orderBy") or [] if one is not None],
        limit=limit,
    )


def _chosen(info: GraphQLResolveInfo[Any], sets: list[SelectionSetNode]) -> Iterator[tuple[str, list[str]]]:
    """The fields of a row that are selected, each with its own."""
    found: dict[str, dict[str, None]] = {}
    for field in _fields(info, sets):
        inner = [field.selection_set] if field.selection_set is not None else []
        names = (one.name.value for one in _fields(info, inner))
        found.setdefault(field.name.value, {}).update({name: None for name in names if not name.startswith("__")})
    for name, inner_names in found.items():
        yield name, list(inner_names)


def _fields(info: GraphQLResolveInfo[Any], sets: list[SelectionSetNode]) -> Iterator[FieldNode]:
    """Through fragments, less what `@skip` and `@include` leave out."""
    for chosen in sets:
        for one in chosen.selections:
            if not _is_included(info, one):
                continue
            if isinstance(one, FieldNode):
                yield one
            elif isinstance(one, FragmentSpreadNode):
                yield from _fields(info, [info.fragments[one.name.value].selection_set])
            elif isinstance(one, InlineFragmentNode):
                yield from _fields(info, [one.selection_set])


def _is_included(info: GraphQLResolveInfo[Any], one: SelectionNode) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, one, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, one, info.variable_values)
    return not (skip and skip["if"]) and not (include and not include["if"])


def told(error: GraphQLError) -> dict[str, object]:
    """In Cloudflare's shape; a bug tells nothing of itself."""
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        log.error("a bug in a GraphQL query", exc_info=error.original_error)
        return {"message": "a bug; the server's log has the details", "path": error.path, "extensions": {}}
    extensions = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **(error.extensions or {})}
    shown: dict[str, object] = {"message": error.message, "path": error.path, "extensions": extensions}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return shown
