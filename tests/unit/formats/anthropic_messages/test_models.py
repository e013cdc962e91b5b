from __future__ import annotations

import pytest

from torana.formats.anthropic_messages.models import traits_of


@pytest.mark.parametrize(
    ("model", "most", "thinks", "adaptive", "sampling"),
    [
        ("claude-3-haiku-20240307", 4096, False, False, True),
        ("claude-3-5-sonnet-latest", 8192, False, False, True),
        ("claude-3-7-sonnet-20250219", 64_000, True, False, True),
        ("us.anthropic.claude-opus-4-20250514-v1:0", 32_000, True, False, True),
        ("claude-opus-4-1@20250805", 32_000, True, False, True),
        ("claude-haiku-4-5-20251001", 64_000, True, False, True),
        ("anthropic/claude-opus-4.5", 64_000, True, False, True),
        ("anthropic.claude-opus-4-6-v1", 128_000, True, True, True),
        ("claude-opus-4-7", 128_000, True, True, False),
        ("claude-sonnet-5", 128_000, True, True, False),
        ("claude-mythos-preview", 128_000, True, True, False),
        ("claude-fable-5-1", 128_000, True, True, False),
        ("MiniMax-M2", 8192, True, False, True),
    ],
)
def test_a_name_tells_what_a_model_takes(
    model: str, most: int, *, thinks: bool, adaptive: bool, sampling: bool
) -> None:
    traits = traits_of(model)
    assert (traits.most_tokens, traits.thinks, traits.is_adaptive, traits.has_sampling) == (
        most,
        thinks,
        adaptive,
        sampling,
    )


@pytest.mark.parametrize(
    ("model", "always", "forced"),
    [
        ("claude-opus-5", False, True),
        ("claude-opus-5-5", True, False),
        ("claude-fable-5", True, True),
        ("claude-mythos-5-1", True, False),
        ("claude-sonnet-4-5", False, True),
    ],
)
def test_newer_models_always_think_and_are_not_forced(model: str, *, always: bool, forced: bool) -> None:
    assert traits_of(model).always_thinks == always
    assert traits_of(model).can_be_forced == forced
