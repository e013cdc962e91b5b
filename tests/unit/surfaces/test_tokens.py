"""Keys of providers are known by their shape; what fits none of them is nobody's."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import CallerError
from torana.surfaces.tokens import inline_keys, provider_of

LONG = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


@pytest.mark.parametrize(
    ("token", "provider"),
    [
        (f"sk-or-v1-{'0' * 64}", "openrouter"),
        (f"sk-ant-api03-{LONG}", "anthropic"),
        (f"sk-ant-oat01-{LONG}", "anthropic"),
        (f"sk-proj-{LONG}", "openai"),
        (f"sk-svcacct-{LONG}", "openai"),
        ("sk-" + "a" * 20 + "T3BlbkFJ" + "b" * 20, "openai"),
        (f"AIza{LONG[:35]}", "google-ai-studio"),
        (f"gsk_{LONG}", "groq"),
        (f"xai-{LONG}", "grok"),
        (f"pplx-{LONG}", "perplexity-ai"),
        (f"csk-{LONG}", "cerebras"),
        (f"fw_{LONG}", "fireworks"),
        ("sk-" + "0f" * 16, "deepseek"),
        ("sk-test", ""),
        ("OPENROUTER_TOKEN", ""),
        ("", ""),
        (f"torana_{LONG}", ""),
        (f" sk-ant-api03-{LONG}", ""),
    ],
)
def test_provider_of(token: str, provider: str) -> None:
    assert provider_of(token) == provider


@given(st.text(alphabet=string.ascii_letters + string.digits + "_-.", max_size=80))
def test_any_text_has_one_answer(token: str) -> None:
    assert provider_of(token) == provider_of(token)
    assert not provider_of(token) or len(token) > 16


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_inline_keys_are_those_that_are_not_empty(keys: dict[str, str]) -> None:
    import msgspec  # noqa: PLC0415  # only to write what is read

    found = inline_keys(msgspec.json.encode(keys))
    assert set(found) <= {slug.lower() for slug in keys}
    assert all(found.values())


@pytest.mark.parametrize("header", [b"", b"{", b'"x"', b'{"a": 1}', b"\xff"])
def test_what_is_no_object_of_keys_is_refused(header: bytes) -> None:
    with pytest.raises(CallerError, match="JSON object"):
        inline_keys(header)
