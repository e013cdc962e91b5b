"""What a call of the router's API is: a row of a table, for routes, checks and documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct

from torana.control.management.operation import Site
from torana.keys import RouterKey

T = TypeVar("T")

Access: TypeAlias = Literal["none", "key", "management"]
"""Who may call: anybody, whoever has a key of the router's, or a management key alone."""


class NoQuery(Struct):
    """A call without parameters; those that are sent are not looked at, as in all of this API."""


class Asked(Struct, frozen=True):
    """One call, checked: query and body are of the operation's types."""

    sent: RouterKey | None
    """None where anybody may call."""
    path: Mapping[str, str]
    query: object
    body: object
    headers: Mapping[str, str]
    is_signed_in: bool = False
    """By the dashboard's cookie; `sent` is then what a management key would be."""

    @property
    def key(self) -> RouterKey:
        """Whose call it is; for operations that ask for a key."""
        return of(self.sent, RouterKey)


class Operation(Struct, frozen=True, kw_only=True):
    """`path` is below `/api/v1`. An answer that is no `Response` becomes JSON, with `status`."""

    name: str
    method: str
    path: str
    access: Access
    answer: Callable[[Site, Asked], object]
    query: type[Struct] = NoQuery
    body: object = None
    """A type that msgspec knows; None = the body is not read."""
    status: int = 200
    is_question: bool = False
    """It asks with a body, and changes nothing."""

    @property
    def only_reads(self) -> bool:
        """Whether somebody may do it who may change nothing."""
        return self.is_question or self.method == "GET"


class Data(Struct, frozen=True):
    """How most answers are wrapped."""

    data: object


def of(given: object, kind: type[T]) -> T:
    """What the table of operations promises, for the type checker."""
    if not isinstance(given, kind):
        raise TypeError(f"{type(given).__name__} is no {kind.__name__}")
    return given
