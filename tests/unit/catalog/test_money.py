"""Amounts of money are exact on their way in and out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.money import AmountError, nano_of, per_million_of, per_token, per_unit, usd_of


@given(st.integers(min_value=0, max_value=10**15))
def test_a_price_for_a_token_comes_back_as_it_was(nano: int) -> None:
    assert per_million_of(per_token(nano)) == nano


@given(st.integers(min_value=0, max_value=10**15))
def test_a_price_for_a_unit_comes_back_as_it_was(nano: int) -> None:
    assert nano_of(per_unit(nano)) == nano
    assert nano_of(usd_of(nano)) == nano


@given(st.integers(min_value=0, max_value=10**15))
def test_what_is_written_has_no_exponent_and_no_zeros_that_say_nothing(nano: int) -> None:
    for text in (per_token(nano), per_unit(nano)):
        assert "e" not in text.lower()
        assert text == "0" or not ("." in text and text.endswith("0"))
        assert Decimal(text) >= 0


@pytest.mark.parametrize(
    ("nano", "text"), [(2_500_000_000, "0.0000025"), (0, "0"), (1, "0.000000000000001"), (10**15, "1")]
)
def test_prices_as_they_are_written(nano: int, text: str) -> None:
    assert per_token(nano) == text


@pytest.mark.parametrize("said", ["", "free", "-1", "nan", "inf", "1e30"])
def test_what_is_no_price_is_refused(said: str) -> None:
    with pytest.raises(AmountError):
        per_million_of(said)
    with pytest.raises(AmountError):
        nano_of(said)
