"""What may be asked for and is no model: names that the router itself chooses a model for."""

from __future__ import annotations

from torana.catalog.market import Endpoint, Host, Model
from torana.catalog.prices import ModelPrice

_HERE = Host(slug="torana", name="Torana", provider="local", retains=False)
_UNKNOWN = -(10**15)
"""-1 USD a token is how OpenRouter writes that it depends on what is chosen."""
_TAKEN = frozenset(
    "max_tokens max_completion_tokens stop temperature top_p top_k min_p top_a repetition_penalty frequency_penalty "  # noqa: SIM905
    "presence_penalty seed logprobs top_logprobs logit_bias tools tool_choice parallel_tool_calls response_format "
    "structured_outputs reasoning include_reasoning reasoning_effort verbosity web_search_options".split()
)
_EVERYTHING = ("text", "image", "file", "audio", "video")


def _router(id_: str, name: str, description: str, created: int, nano: int) -> Model:
    price = ModelPrice(id=id_, input=nano, output=nano)
    endpoint = Endpoint(
        id=id_, model=id_, host=_HERE, tag=_HERE.slug, name=id_, price=price, supported_parameters=_TAKEN
    )
    return Model(
        id=id_,
        canonical_slug=id_,
        name=name,
        created=created,
        description=description,
        context_length=2_000_000,
        input_modalities=_EVERYTHING,
        tokenizer="Router",
        endpoints=(endpoint,),
    )


ROUTERS: tuple[Model, ...] = (
    _router(
        "openrouter/auto",
        "Auto Router",
        "Chooses a model for each request by what is asked, how able models are and what they cost.",
        1_699_401_600,
        _UNKNOWN,
    ),
    _router("openrouter/free", "Free Models Router", "Chooses one of the models that cost nothing.", 0, 0),
)
"""Shown beside models, and never asked themselves: nothing else knows their endpoints."""
