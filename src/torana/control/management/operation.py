"""What a call of the management API is: a row of a table, for routes, checks and documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from torana.control.envelope import Problem
from torana.control.operations import Store
from torana.control.running import Running
from torana.control.signing_in.door import Door
from torana.control.signing_in.sessions import Session
from torana.control.tokens import Permission, Token

if TYPE_CHECKING:
    from torana.control.audit import Actor

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

Access: TypeAlias = Literal["token", "public", "session", "owner"]
"""Who may call: whoever has a token or is signed in, everybody, who is signed in alone, and of these the owners."""


class NoQuery(Struct, forbid_unknown_fields=True):
    """A call without parameters."""


class Info(Struct, kw_only=True, omit_defaults=True):
    """`result_info` of a list."""

    count: int
    page: int
    per_page: int
    total_count: int


class One(Struct, Generic[T], kw_only=True):
    """One thing in Cloudflare's envelope."""

    success: bool = True
    errors: list[Problem] = []
    messages: list[str] = []
    result: T


class Many(Struct, Generic[T], kw_only=True):
    """A page of things in Cloudflare's envelope."""

    success: bool = True
    errors: list[Problem] = []
    messages: list[str] = []
    result: list[T]
    result_info: Info


class Raw(Struct, frozen=True):
    """An answer without an envelope: a recorded body, as it went."""

    body: bytes
    content_type: str


class Streamed(Struct, frozen=True):
    """An answer that comes in pieces, to be kept as a file."""

    pieces: Iterator[bytes]
    content_type: str
    name: str


class WithCookie(Struct, frozen=True):
    """An answer that changes what the browser keeps."""

    answer: Struct
    cookie: str
    """The value of `set-cookie`."""


class Site(Struct, frozen=True):
    """What the operations work on."""

    store: Store
    bring_in: Callable[[], None]
    """Stores what the journal holds, so that a log is seen right after its answer."""
    find_url: Callable[[], str]
    """Where this server listens; empty until it does."""
    running: Running
    """The server around them."""
    door: Door = msgspec.field(default_factory=Door)

    @property
    def url(self) -> str:
        """Where people reach it."""
        return self.door.public_url or self.find_url()

    def acting(self, actor: Actor) -> Site:
        """The same, with changes in this name."""
        return msgspec.structs.replace(self, store=self.store.acting(actor))


class Asked(Struct, frozen=True):
    """One call, checked: the path's parameters are the token's own, query and body are of the operation's types."""

    token: Token
    path: dict[str, str]
    query: Struct
    body: Struct | None
    session: Session | None = None
    """None = they came with a token, or anybody may come."""
    headers: Mapping[str, str] = {}


NOBODY = Token(
    id="",
    account_id="",
    name="",
    preview="",
    permissions=[],
    gateways=None,
    expires_ms=None,
    created_ms=0,
    modified_ms=0,
    used_ms=None,
)
"""Who calls what everybody may call."""


class Operation(Struct, frozen=True, kw_only=True):
    """`permission` None = any token that is good, and any role."""

    name: str
    method: str
    path: str
    summary: str
    tag: str
    permission: Permission | None
    answer: Callable[[Site, Asked], Struct]
    access: Access = "token"
    result: object
    """The type of the whole answer; None = no JSON: a recorded body, or what comes in pieces."""
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    is_account_wide: bool = False
    """Not for tokens that are for some gateways alone."""
    refusals: tuple[int, ...] = ()
    """Statuses beside 400, 401, 403 and 405."""


def of(given: object, kind: type[S]) -> S:
    """What the table of operations promises, for the type checker."""
    if not isinstance(given, kind):
        raise TypeError(f"{type(given).__name__} is no {kind.__name__}")
    return given
