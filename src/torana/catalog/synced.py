"""Models as an OpenRouter-compatible server lists them: its `/models`, and `/endpoints` where there.

What is not understood of a model is left out, since fields and words come without notice; a price never is: without
one the model is told of and not called.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from torana.catalog.market import Reasoning
from torana.catalog.money import AmountError, nano_of, per_million_of
from torana.catalog.prices import Change, ModelPrice, Tier

_PER_TOKEN = {
    "prompt": "input",
    "completion": "output",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write",
    "input_cache_write_1h": "cache_write_1h",
    "audio": "audio_in",
    "audio_output": "audio_out",
    "internal_reasoning": "reasoning",
}
_PARTS = frozenset({"cache_read", "cache_write", "cache_write_1h", "audio_in", "audio_out", "reasoning"})
"""Rates that 0 leaves as they are: it is written where there is none of their own."""
_UNITS = ("image", "image_token", "image_output", "web_search", "input_audio_cache")
_MINUTES_AN_HOUR = 60
_HHMM = 100

Amount: TypeAlias = str | float | int


class SyncedError(Exception):
    """That is no list of models."""


class Architecture(Struct, frozen=True):
    input_modalities: list[str] = field(default_factory=lambda: ["text"])
    output_modalities: list[str] = field(default_factory=lambda: ["text"])
    tokenizer: str | None = None
    instruct_type: str | None = None


class TopProvider(Struct, frozen=True):
    context_length: int | None = None
    max_completion_tokens: int | None = None
    is_moderated: bool = False


class Target(Struct, frozen=True):
    slug: str = ""


class SyncedEndpoint(Struct, frozen=True):
    """One of `/models/{author}/{slug}/endpoints`."""

    tag: str
    provider_name: str = ""
    quantization: str | None = None
    context_length: int | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    supported_parameters: list[str] = []
    supports_implicit_caching: bool | None = None


class SyncedModel(Struct, frozen=True):
    """As in its list; unknown fields are ignored."""

    id: str
    name: str = ""
    canonical_slug: str | None = None
    created: int = 0
    description: str | None = None
    hugging_face_id: str | None = None
    context_length: int | None = None
    architecture: Architecture = Architecture()
    pricing: dict[str, object] = {}
    top_provider: TopProvider | None = None
    supported_parameters: list[str] = []
    default_parameters: dict[str, float | None] | None = None
    reasoning: Reasoning | None = None
    supported_voices: list[str] | None = None
    knowledge_cutoff: str | None = None
    expiration_date: str | None = None
    benchmarks: dict[str, object] | None = None
    alias_target: Target | None = None
    endpoints: list[SyncedEndpoint] | UnsetType = UNSET

    def price(self) -> ModelPrice | None:
        """None where there is none, or one that cannot be understood: routers have -1."""
        try:
            base = _price(self.pricing)
            if "input" not in base:
                return None
            tiers, changes = _overrides(self.pricing.get("overrides"), base)
            return msgspec.structs.replace(
                msgspec.convert({"id": self.id} | base, ModelPrice), tiers=tiers, changes=changes
            )
        except (AmountError, TypeError, ValueError):
            return None

    def others(self) -> dict[str, int]:
        """See `Endpoint.others`."""
        found = {}
        for name in _UNITS:
            said = self.pricing.get(name)
            try:
                nano = nano_of(str(said)) if isinstance(said, str | float | int) else 0
            except AmountError:
                continue
            if nano:
                found[name] = nano
        return found


class Synced(Struct, frozen=True):
    models: list[SyncedModel] = field(default_factory=list)
    left_out: int = 0
    """Entries that are no models."""


NOTHING = Synced()


class _Envelope(Struct):
    data: list[msgspec.Raw]


class _Detail(Struct):
    id: str
    endpoints: list[SyncedEndpoint]


class _DetailEnvelope(Struct):
    data: _Detail


def parse(data: bytes) -> Synced:
    """A `/models` document; SyncedError where it is none, or has no model in it."""
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SyncedError(f"not a list of models: {error}") from error
    models: dict[str, SyncedModel] = {}
    left_out = 0
    for raw in envelope.data:
        try:
            model = msgspec.json.decode(raw, type=SyncedModel)
        except msgspec.DecodeError:
            left_out += 1
            continue
        models.setdefault(model.id, model)
    if not models:
        raise SyncedError("it lists no model")
    return Synced(list(models.values()), left_out)


def parse_endpoints(data: bytes) -> tuple[str, list[SyncedEndpoint]]:
    """A `/models/{author}/{slug}/endpoints` document: the model's id, and its endpoints. SyncedError."""
    try:
        detail = msgspec.json.decode(data, type=_DetailEnvelope).data
    except (msgspec.DecodeError, RecursionError) as error:
        raise SyncedError(f"not a list of endpoints: {error}") from error
    return detail.id, detail.endpoints


def _price(pricing: dict[str, object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, ours in _PER_TOKEN.items():
        said = pricing.get(name)
        if said is None:
            continue
        nano = per_million_of(_text(said))
        if nano or ours not in _PARTS:
            found[ours] = nano
    request = pricing.get("request")
    if request is not None and (nano := nano_of(_text(request))):
        found["request"] = nano
    return found


def _text(said: object) -> str:
    if not isinstance(said, str | float | int):
        raise AmountError(f"`{said}` is no number")
    return str(said)


def _overrides(said: object, base: dict[str, int]) -> tuple[list[Tier], list[Change]]:
    """What holds for long prompts, and at times of the day. An entry with both conditions is left out."""
    tiers: list[Tier] = []
    changes: list[Change] = []
    for entry in said if isinstance(said, list) else ():
        if not isinstance(entry, dict):
            continue
        above, start, end = entry.get("min_prompt_tokens"), entry.get("utc_start"), entry.get("utc_end")
        rates = {name: value for name, value in (base | _price(entry)).items() if name != "request"}
        if isinstance(above, int) and start is None and end is None:
            tiers.append(msgspec.convert({"above": above} | rates, Tier))
        elif above is None and start is not None and end is not None:
            change = msgspec.convert({"request": base.get("request", 0)} | rates, Change)
            changes.append(msgspec.structs.replace(change, minutes=(_minute(start), _minute(end))))
    return sorted(tiers, key=lambda tier: tier.above), changes


def _minute(said: object) -> int:
    """Of `HHMM`, as text or number."""
    hours, minutes = divmod(int(str(said)), _HHMM)
    return hours * _MINUTES_AN_HOUR + minutes
