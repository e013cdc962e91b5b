"""Money as JSON has it: numbers of USD, from and to whole nano-USD."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

NANO = 1_000_000_000
_MOST_USD = 1_000_000_000


def usd(nano: int) -> float:
    """The number nearest to the exact quotient; what is printed of it has the same first 15 digits."""
    return nano / NANO


def usd_or_none(nano: int | None) -> float | None:
    return None if nano is None else usd(nano)


def nano_of(dollars: Decimal) -> int:
    """Rounded to whole nano-USD; ValueError where it is no amount of money."""
    if not dollars.is_finite() or abs(dollars) > _MOST_USD:
        raise ValueError(f"an amount is a number of USD, at most {_MOST_USD}")
    return int((dollars * NANO).to_integral_value(ROUND_HALF_EVEN))
