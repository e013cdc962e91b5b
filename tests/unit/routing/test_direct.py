"""A provider's own path asks for one target, once."""

from __future__ import annotations

import pytest

from torana.exchange import Target
from torana.providers import table
from torana.routing import Outcome, Try
from torana.routing.direct import Direct


@pytest.fixture
def target() -> Target:
    return table({})[b"openai"].locate(b"chat/completions", [])


@pytest.mark.parametrize("outcome", list(Outcome))
def test_one_target_is_tried_once_whatever_comes_of_it(target: Target, outcome: Outcome) -> None:
    route = Direct(target)
    assert route.first() == Try(target)
    assert route.after(outcome) is None
