"""What may share an answer, and what may not: single rules, and properties of any text."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pairs import NEAR_MISSES, Pair
from torana.semantic.guard import may_share, read

WORDS = st.sampled_from(
    ["please", "the", "password", "reset", "Berlin", "not", "5", "kg", "`x`", "to", "from", "cats", "chase", "mice"]
)
QUESTIONS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
NUMBERS = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What's the capital of France?", "what is the capital of France"),
        ("Tell me the capital of France.", "Can you tell me the capital of France, please?"),
        ("How do I reset my password?", "What are the steps to reset my password?"),
        ("List three benefits.", "Name 3 benefits!"),
        ("What is 1,000 + 5?", "What is 1000 + 5?"),
        ("Is 5kg a lot?", "Is 5 kilograms a lot?"),
        ("I don't know \u2018him\u2019.", "I do not know \u2018him\u2019."),
        ("Why are the cats living here?", "Why do cats live here?"),
        ("How do I turn on e-mail?", "How do I switch on email?"),
    ],
)
def test_the_same_in_other_words_may_share(one: str, other: str) -> None:
    assert may_share(one, other), (read(one), read(other))


@pytest.mark.parametrize("pair", [p for p in NEAR_MISSES if p.kind in {"number", "name", "negation", "unit", "code"}])
def test_numbers_names_negations_units_and_code_must_be_equal(pair: Pair) -> None:
    assert not may_share(pair.one, pair.other), read(pair.one)


@pytest.mark.parametrize("pair", [p for p in NEAR_MISSES if p.kind in {"direction", "language", "date", "long"}])
def test_order_languages_and_dates_must_be_equal(pair: Pair) -> None:
    assert not may_share(pair.one, pair.other), read(pair.one)


@given(st.text(max_size=300))
def test_any_text_is_read_the_same_each_time(text: str) -> None:
    assert read(text) == read(text)
    assert may_share(text, text)


@given(st.text(max_size=100), st.text(max_size=100))
def test_sharing_is_mutual(one: str, other: str) -> None:
    assert may_share(one, other) == may_share(other, one)


@given(QUESTIONS, NUMBERS, NUMBERS, st.text(alphabet="abcdefghij ", max_size=20))
def test_another_number_is_another_question(question: str, one: int, other: int, rest: str) -> None:
    assume(one != other)
    assert not may_share(f"{question} {one} {rest}", f"{question} {other} {rest}")


@given(QUESTIONS, QUESTIONS)
def test_one_more_negation_is_another_question(first: str, last: str) -> None:
    assert not may_share(f"{first} {last}", f"{first} not {last}")


@given(QUESTIONS, st.text(alphabet="xyzXYZ()=.", min_size=1, max_size=8), st.text(alphabet="xyzXYZ()=.", max_size=8))
def test_other_code_is_another_question(question: str, one: str, other: str) -> None:
    assume(one != other)
    assert not may_share(f"{question} `{one}`", f"{question} `{other}`")


@given(QUESTIONS, st.sampled_from(["Anna", "Oslo", "IBM", "iPhone"]), st.sampled_from(["Otto", "Rome", "ABB", "iPad"]))
def test_another_name_is_another_question(question: str, one: str, other: str) -> None:
    assert not may_share(f"{question} in {one}", f"{question} in {other}")


@given(st.text(alphabet="абвгд的是什么首都αβγ ", max_size=30), st.text(alphabet="абвгд的是什么首都αβγ ", max_size=30))
def test_other_scripts_share_only_what_is_the_same(one: str, other: str) -> None:
    assert may_share(one, other) == (one.split() == other.split())


@given(QUESTIONS, st.sampled_from(["", " ", "\n"]), st.sampled_from(["", "?", "!", " ?"]))
def test_space_and_marks_at_the_end_do_not_count(question: str, space: str, mark: str) -> None:
    assert may_share(question, f"{space}{question}{mark}")
