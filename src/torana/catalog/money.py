"""Amounts of money between people and the books: exact, both ways.

Inside there are whole nano-USD (10⁻⁹ USD): for 1,000,000 tokens, or for a unit of what is not counted in tokens.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_NANO = 1_000_000_000
_MOST_USD = 1_000_000_000
_MILLION = 6
_NANO_DIGITS = 9
_PER_TOKEN_DIGITS = _NANO_DIGITS + _MILLION


class AmountError(Exception):
    """What was written is no price."""


def nano_of(usd: Decimal | str | int) -> int:
    """Of an amount in USD; what is finer than a nano-USD is rounded off. AmountError."""
    try:
        amount = Decimal(usd)
    except InvalidOperation:
        raise AmountError(f"`{usd}` is no number") from None
    if not amount.is_finite() or not 0 <= amount <= _MOST_USD:
        raise AmountError(f"a price is zero or more USD, not `{usd}`")
    return int((amount * _NANO).to_integral_value())


def per_million_of(usd_per_token: str) -> int:
    """Nano-USD for 1,000,000 tokens, of what OpenRouter writes: USD for one. AmountError."""
    try:
        amount = Decimal(usd_per_token)
    except InvalidOperation:
        raise AmountError(f"`{usd_per_token}` is no number") from None
    if not amount.is_finite():
        raise AmountError(f"a price is zero or more USD, not `{usd_per_token}`")
    return nano_of(amount.scaleb(_MILLION))


def per_token(nano: int) -> str:
    """USD for one token, of nano-USD for 1,000,000: `0.0000025`."""
    return _plain(Decimal(nano).scaleb(-_PER_TOKEN_DIGITS))


def per_unit(nano: int) -> str:
    """USD for one unit, of nano-USD for one."""
    return _plain(Decimal(nano).scaleb(-_NANO_DIGITS))


def usd_of(nano: int) -> Decimal:
    """For 1,000,000 tokens, as prices are compared and shown to people."""
    return Decimal(nano).scaleb(-_NANO_DIGITS)


def _plain(amount: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
