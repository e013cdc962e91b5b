"""May this key pay for it?

What a call may cost is held before it is made, and corrected when its cost is known. Fails closed: where nothing can be
counted, nobody with a limit is served. What is held counts in full, so that calls at the same time never spend more
than a limit together, as long as none costs more than was held for it.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from torana.errors import BudgetExceeded, InsufficientCredits, KeyLimitExceeded, Overloaded, PaymentError
from torana.periods import TOTAL, Period, Reset, period
from torana.routing.guarding import applying, budgeted
from torana.storage.counters import MOST, Counter, Refused, Uncounted, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torana.keys import RouterKey
    from torana.storage.books import Books

NANO = 1_000_000_000

Kind: TypeAlias = Literal["credits", "key", "budget"]

_SOURCES: dict[Kind, str] = {
    "credits": "openrouter_credits",
    "key": "openrouter_key_limit",
    "budget": "openrouter_guardrail_budget",
}
_REMEDIES: dict[Kind, str] = {
    "credits": "Have the operator add credits with `torana credits add`, or lower max_tokens / prompt size to fit "
    "your remaining balance.",
    "key": "Raise the key's limit with PATCH /api/v1/keys/{hash}, or make another key with `torana keys create`.",
    "budget": "Raise the guardrail's `limit_usd` with PATCH /api/v1/guardrails/{id}, or wait until it begins anew.",
}

log = logging.getLogger("torana.limits")


class Budget(Struct, frozen=True):
    """A limit beside the key's own, such as a guardrail's; each key has it for itself."""

    id: str
    limit_nano: int
    reset: Reset | None = None
    """None = never."""
    include_byok: bool = False
    """What callers' own keys cost counts too."""


class Wanted(Struct, frozen=True):
    """What a call may be paid for, said to who cannot pay for it."""

    tokens: int
    """Of the answer, at most."""
    prompt_nano: int = 0
    """The part of what is held that is not for those tokens."""


class Bound(Struct, frozen=True):
    """One of the limits that a key is under, with its counter."""

    kind: Kind
    counter: Counter
    period: Period
    with_byok: bool = False


class Held(Struct, frozen=True):
    """What `hold` took, for `settle`."""

    nano: int
    bounds: tuple[Bound, ...]
    is_byok: bool


class Purse:
    """One a worker."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def hold(
        self,
        key: RouterKey,
        nano: int,
        *,
        is_byok: bool,
        now_ms: int,
        budgets: Sequence[Budget] = (),
        wanted: Wanted | None = None,
    ) -> Held:
        """Takes `nano` from all that the key is limited by, or from nothing.

        `is_byok`: nothing but callers' own keys will be used, so that credits are not asked for. InsufficientCredits,
        KeyLimitExceeded or BudgetExceeded where there is not enough, Overloaded where it cannot be counted.
        """
        found = bounds(key, now_ms, budgets)
        asked = [each for each in found if each.with_byok or not is_byok]
        if asked:
            try:
                refused = self._books.counters.hold([each.counter for each in asked], nano)
            except Uncounted as error:
                raise Overloaded(f"spending cannot be counted now: {error}; the server's log may say more") from error
            if refused is not None:
                raise _refusal(asked[refused.index], refused, nano, wanted)
        return Held(nano, found, is_byok)

    def settle(self, held: Held, cost_nano: int, byok_nano: int = 0) -> None:
        """What it cost the account's credits, and callers' own keys. Never raises; to be called once for each `hold`.

        Before the record is written to the journal: the ledger must never be ahead of what was counted.
        """
        for with_byok in (True, False):
            counters = [each.counter for each in held.bounds if each.with_byok is with_byok]
            # Of what a caller's own key was to pay for, something may have been paid with credits in the end.
            taken = held.nano if with_byok or not held.is_byok else 0
            used = cost_nano + byok_nano if with_byok else cost_nano
            if counters and (taken or used):
                try:
                    self._books.counters.settle(counters, taken, used)
                except Uncounted as error:
                    # Nothing was held in them. The ledger has it, and corrects them at the next start.
                    log.error("%d nano-USD could not be counted: %s", used, error)  # noqa: TRY400  # no bug


def budgets_of(assigned: Iterable[str], guardrails: Mapping[str, Mapping[str, object]]) -> tuple[Budget, ...]:
    """Of all that hold for a key; `guardrails` of its workspace by id, as workers know them."""
    found = budgeted(applying(guardrails, assigned))
    return tuple(Budget(each.guardrail_id, each.limit_nano, each.interval, each.include_byok) for each in found)


def bounds(key: RouterKey, now_ms: int, budgets: Sequence[Budget] = ()) -> tuple[Bound, ...]:
    """All that the key is limited by now, in the order in which they refuse."""
    found = [_of_budget(each, key.hash, period(each.reset, now_ms)) for each in budgets]
    if key.limit_nano is not None:
        found.append(_of_key(key.hash, key.limit_nano, period(key.limit_reset, now_ms), with_byok=key.include_byok))
    if key.credits_nano is not None:
        found.append(_of_credits(key.account_id, key.credits_nano))
    return tuple(found)


@lru_cache(maxsize=1 << 14)
def _of_budget(budget: Budget, key_hash: str, over: Period) -> Bound:
    counter = counter_of("budget", over, f"{budget.id}/{key_hash}", budget.limit_nano)
    return Bound("budget", counter, over, budget.include_byok)


@lru_cache(maxsize=1 << 14)
def _of_key(key_hash: str, limit_nano: int, over: Period, *, with_byok: bool) -> Bound:
    return Bound("key", counter_of("key", over, key_hash, limit_nano), over, with_byok)


@lru_cache(maxsize=1 << 14)
def _of_credits(account_id: str, credits_nano: int) -> Bound:
    return Bound("credits", counter_of("credits", TOTAL, account_id, credits_nano), TOTAL)


def counter_of(kind: Kind, over: Period, label: str, limit_nano: int = MOST) -> Counter:
    """The period is part of its name: the next one begins with nothing counted."""
    return rule(f"router/{kind}/{over.name}", limit_nano, over.window_s, "sliding").counter(label)


def _refusal(bound: Bound, refused: Refused, nano: int, wanted: Wanted | None) -> PaymentError:
    left = bound.counter.limit - refused.used
    metadata: dict[str, object] = {"limit_source": _SOURCES[bound.kind], "remedy_hint": _REMEDIES[bound.kind]}
    if bound.kind == "budget":
        metadata |= _of_spent_budget(bound, refused)
    if left <= 0:
        return _exhausted(bound, metadata)
    if nano <= left:
        metadata["limit_source"] = "openrouter_in_flight_budget"
        metadata["remedy_hint"] = "Wait until calls that are under way have ended."
        metadata["reason"] = "in_flight_budget_exhausted"
        held = f"{_usd(refused.held)} USD is held for calls under way"
        return InsufficientCredits(f"Insufficient credits: {held}. Try again when they have ended", metadata, 1)
    metadata["reason"] = "weight_exceeds_budget"
    return InsufficientCredits(_too_much(bound, left, nano, wanted), metadata)


def _exhausted(bound: Bound, metadata: dict[str, object]) -> PaymentError:
    if bound.kind == "credits":
        return InsufficientCredits("Insufficient credits. Add more using `torana credits add`", metadata)
    window = bound.period.reset or "total"
    if bound.kind == "key":
        manage = "Manage it using `torana keys` or PATCH /api/v1/keys/{hash}"
        return KeyLimitExceeded(f"Key limit exceeded ({window} limit). {manage}", metadata)
    manage = "Manage it using PATCH /api/v1/guardrails/{id}"
    return BudgetExceeded(f"Guardrail budget exceeded ({window} limit). {manage}", metadata)


def _too_much(bound: Bound, left: int, nano: int, wanted: Wanted | None) -> str:
    """OpenRouter's words, of which clients read the two numbers."""
    if bound.kind == "credits":
        more = "To increase, add credits with `torana credits add`"
    elif bound.kind == "key":
        more = f"To increase, create a key with a higher {bound.period.reset or 'total'} limit"
    else:
        more = "To increase, raise the guardrail's budget"
    if wanted is None or wanted.tokens <= 0 or nano <= wanted.prompt_nano:
        have = f"It may cost {_usd(nano)} USD, but you can only afford {_usd(left)} USD"
        return f"This request requires more credits, or fewer max_tokens. {have}. {more}"
    affordable = max(0, wanted.tokens * (left - wanted.prompt_nano) // (nano - wanted.prompt_nano))
    have = f"You requested up to {wanted.tokens} tokens, but can only afford {affordable}"
    return f"This request requires more credits, or fewer max_tokens. {have}. {more}"


def _of_spent_budget(bound: Bound, refused: Refused) -> dict[str, object]:
    ends_ms = bound.period.ends_ms
    return {
        "scope": "api_key",
        "limit_usd": bound.counter.limit / NANO,
        "spend_usd": refused.used / NANO,
        "resets_at": None if ends_ms is None else f"{datetime.fromtimestamp(ends_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}Z",
    }


def _usd(nano: int) -> str:
    return f"{nano / NANO:.9f}".rstrip("0").rstrip(".")
