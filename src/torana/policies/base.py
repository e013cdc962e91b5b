"""What a policy is: one concern with up to three verbs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from torana.exchange import Entry, Exchange, Opening, Request
    from torana.journal import Head
    from torana.message import Reply
    from torana.policies.semantic_cache import Recall
    from torana.snapshot import GatewayConfig
    from torana.storage.books import Books
    from torana.storage.cache import Cache


class Ports(Protocol):
    """What policies may reach beyond the exchange; the worker provides it."""

    cache: Cache | None
    """None where the operator gave it no room."""
    recall: Recall | None
    """Of the semantic cache; None likewise."""

    @property
    def books(self) -> Books:
        """Counters and prices."""

    def record(self, entry: Entry, head: Head, secrets: tuple[bytes, ...]) -> object:
        """Keeps a record in which none of `secrets` appears, whatever the upstream echoed."""

    def record_again(self, frame: bytes) -> bool:
        """The same of one that is packed already; False where it has to be done with `record`."""


class Policy(ABC):
    """A subclass overrides the verbs it needs, and `made_for`; what it does not override costs nothing.

    Its docstring says whether it fails open or closed.
    """

    is_routed: ClassVar[bool] = False
    """It is asked of requests to the router too, once it is known who will be asked first."""
    repeat: Callable[[Request, Opening], Reply | None] | None = None
    """`Gateway.repeat`, of the policy that is asked first."""

    @classmethod
    @abstractmethod
    def made_for(cls, config: GatewayConfig, ports: Ports) -> Self | None:
        """The policy with this gateway's rule, or None where the gateway has it switched off."""

    def is_idle(self, opening: Opening, request: Request) -> bool:  # for those that override it
        """Whether it has nothing to do for any request with the head of this one: then it is not asked at all."""
        return False

    def admit(self, x: Exchange) -> Reply | Awaitable[Reply | None] | None:
        """Before the first attempt: may answer or refuse, at once or after what has to be waited for.

        What needs a task awaits `wire.errand.in_task()` first.
        """
        return None

    def review(self, x: Exchange, reply: Reply) -> Reply:
        """Before an upstream's answer leaves: may change it, or wrap its stream. Not asked where `admit` answered.

        In the opposite order: who looked at the request first sees the answer last, as the client gets it.
        """
        return reply

    def settle(self, x: Exchange) -> None:  # noqa: B027  # the same
        """After the last byte, or when the client has left; must not wait."""
