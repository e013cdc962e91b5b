"""What a request through the router leaves behind beside its log, shown and charged later."""

from __future__ import annotations

import msgspec
from msgspec import Struct


class Answered(Struct, omit_defaults=True):
    """One of the providers that were asked, as `/generation` lists them."""

    provider_name: str
    endpoint_id: str = ""
    id: str = ""
    """What the provider calls its answer."""
    model_permaslug: str = ""
    status: int | None = None
    """None = no answer came."""
    is_byok: bool = False
    latency_ms: int | None = None
    service_tier: str = ""


class Routed(Struct, omit_defaults=True):
    """One generation. It travels in the journal as JSON (`Entry.routed`). New fields need a default."""

    id: str
    """`gen-{unix}-{random}`."""
    key_hash: str = ""
    """Of the router's key that paid; empty = none did: the caller's own key at the provider."""
    model: str = ""
    """`Model.id` of the one that answered."""
    permaslug: str = ""
    endpoint_id: str = ""
    provider_name: str = ""
    upstream_id: str = ""
    cost_nano: int = 0
    """Charged to the account's credits."""
    upstream_nano: int = 0
    """What the provider takes, by its price; the same as `cost_nano` but for callers' own keys."""
    cache_discount_nano: int = 0
    is_byok: bool = False
    api_type: str = "completions"
    """completions, embeddings, rerank, tts, stt, image."""
    finish_reason: str = ""
    native_finish_reason: str = ""
    answered: list[Answered] = []
    router: str = ""
    """The id of the router that chose the model, such as `openrouter/auto`; empty = none."""
    preset_id: str = ""
    session_id: str = ""
    user: str = ""
    service_tier: str = ""
    app_url: str = ""
    app_title: str = ""
    app_categories: list[str] = []
    source_id: str = ""
    """The generation whose answer was given again from the response cache; empty = it is a new one."""
    media_in: int = 0
    media_out: int = 0
    searches: int = 0
    web_search_engine: str = ""
    is_logged_content: bool = True
    """What was said may be shown again."""


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Routed).decode
