"""Models that make pictures, as OpenRouter's image API tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.catalog.shapes import standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.catalog.market import Endpoint, Model
    from torana.catalog.shapes import Shape

_PER_TOKEN = 10**15
"""Nano-USD for 1,000,000 tokens are so many times a USD for one."""
_PER_UNIT = 10**9

_COUNT: Shape = {"type": "range", "min": 1, "max": 10}
_SETTABLE: dict[str, Shape] = {
    "openai": {
        "n": _COUNT,
        "size": {"type": "enum", "values": ["auto", "1024x1024", "1536x1024", "1024x1536"]},
        "quality": {"type": "enum", "values": ["auto", "low", "medium", "high"]},
        "background": {"type": "enum", "values": ["auto", "transparent", "opaque"]},
        "output_format": {"type": "enum", "values": ["png", "jpeg", "webp"]},
        "output_compression": {"type": "range", "min": 0, "max": 100},
    },
    "grok": {"n": _COUNT},
}
"""By provider, as their own image APIs have it; where a model paints within a chat there is nothing to be set."""
_STREAMS = frozenset({"openai"})


def picture_model(model: Model, endpoints: Sequence[Endpoint]) -> Shape:
    settable: Shape = {}
    for endpoint in endpoints:
        settable |= _settable(endpoint)
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "created": model.created,
        "architecture": {
            "input_modalities": list(model.input_modalities),
            "output_modalities": list(model.output_modalities),
        },
        "supported_parameters": settable,
        "supports_streaming": any(endpoint.host.provider in _STREAMS for endpoint in endpoints),
        "endpoints": f"/api/v1/images/models/{model.id}/endpoints",
    }


def picture_endpoint(endpoint: Endpoint, at_ms: int) -> Shape:
    return {
        "provider_name": endpoint.host.name,
        "provider_slug": endpoint.host.slug,
        "provider_tag": endpoint.tag,
        "supported_parameters": _settable(endpoint),
        "supports_streaming": endpoint.host.provider in _STREAMS,
        "allowed_passthrough_parameters": [],
        "pricing": _lines(endpoint, at_ms),
    }


def _settable(endpoint: Endpoint) -> Shape:
    return dict(_SETTABLE.get(endpoint.host.provider, {}))


def _lines(endpoint: Endpoint, at_ms: int) -> list[Shape]:
    """What is billed, one line each."""
    price, others = standing(endpoint.price, at_ms), endpoint.others
    told = (
        ("input_text", "token", price.input, _PER_TOKEN),
        ("input_image", "token", others.get("image_token"), _PER_UNIT),
        ("output_image", "token", others.get("image_output"), _PER_UNIT),
        # Of models whose every token is one of a picture.
        ("output_image", "token", price.output if "image_output" not in others else None, _PER_TOKEN),
        ("output_image", "image", others.get("image"), _PER_UNIT),
        ("output_image", "request", price.request, _PER_UNIT),
    )
    return [
        {"billable": billable, "unit": unit, "cost_usd": nano / share} for billable, unit, nano, share in told if nano
    ]
