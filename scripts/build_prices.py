"""Writes src/torana/catalog/prices.json from the genai-prices package."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from importlib.metadata import version
from pathlib import Path

import msgspec
from genai_prices.data import providers as known
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ConditionalPrice,
    MatchLogic,
    ModelInfo,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from genai_prices.types import ModelPrice as Foreign

from torana.catalog.prices import Change, ModelPrice, Price, ProviderPrices, Table, Tier, parse

TARGET = Path(__file__).parent.parent / "src" / "torana" / "catalog" / "prices.json"

SLUGS = {
    "anthropic": "anthropic",
    "aws": "aws-bedrock",
    "azure": "azure-openai",
    "baseten": "baseten",
    "cerebras": "cerebras",
    "cloudflare": "workers-ai",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "google": "google-ai-studio",
    "groq": "groq",
    "mistral": "mistral",
    "moonshotai": "moonshotai",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity-ai",
    "x-ai": "grok",
}
"""Their name of a provider, and ours."""

KEYS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_in",
    "output_audio_mtok": "audio_out",
    "output_reasoning_mtok": "reasoning",
}
BESIDES = {"web_searches_kcount", "storage_searches_kcount", "cache_audio_read_mtok", "requests_kcount"}
"""Price keys that do not stop a model from being priced by its tokens; any other does: half a price is a guess."""


def main() -> int:
    now = datetime.now(UTC)
    providers = {}
    for provider in known:
        if provider.id not in SLUGS:
            continue
        models = [model for info in provider.models if (model := convert(info, now)) is not None]
        also = [SLUGS[other] for other in provider.fallback_model_providers or () if other in SLUGS]
        providers[SLUGS[provider.id]] = ProviderPrices(models, also)
    providers["google-vertex-ai"] = ProviderPrices([], ["google-ai-studio", "anthropic"])
    table = Table(f"{now:%Y-%m-%d}/genai-prices-{version('genai-prices')}", dict(sorted(providers.items())))
    # One model a line keeps the diffs readable without the size of an indented file.
    data = msgspec.json.encode(table).replace(b"[{", b"[\n{").replace(b"},{", b"},\n{")
    parse(data)
    TARGET.write_bytes(data + b"\n")
    count = sum(len(p.models) for p in table.providers.values())
    print(f"{TARGET}: {count} models of {len(table.providers)} providers, {len(data)} bytes, version {table.version}")
    return 0


def convert(info: ModelInfo, now: datetime) -> ModelPrice | None:
    """None where its tokens alone do not give its price."""
    if info.id.endswith(":free"):
        return None
    conditional = [ConditionalPrice(prices=info.prices)] if isinstance(info.prices, Foreign) else info.prices
    start = max((i for i, c in enumerate(conditional) if is_in_force(c, now)), default=0)
    current, *later = conditional[start:]
    prices = [to_price(c.prices) for c in (current, *later)]
    if any(price is None for price in prices):
        return None
    base, *others = [price for price in prices if price is not None]
    match = rules(info.match)
    since = current.constraint.start_date.isoformat() if isinstance(current.constraint, StartDateConstraint) else ""
    own = {
        "id": info.id,
        "match": [] if match == [info.id] else match,
        "context": info.context_window,
        "since": since,
        "changes": [to_change(c, price) for c, price in zip(later, others, strict=True)],
    }
    return msgspec.convert(own | msgspec.structs.asdict(base), ModelPrice)


def is_in_force(price: ConditionalPrice, now: datetime) -> bool:
    """Whether it holds now and at any hour."""
    constraint = price.constraint
    return constraint is None or (isinstance(constraint, StartDateConstraint) and constraint.active(now))


def to_change(conditional: ConditionalPrice, price: Price) -> Change:
    constraint = conditional.constraint
    if isinstance(constraint, TimeOfDateConstraint):
        minutes = (minute(constraint.start_time), minute(constraint.end_time))
        return msgspec.convert({"minutes": minutes} | msgspec.structs.asdict(price), Change)
    if not isinstance(constraint, StartDateConstraint):
        raise TypeError(f"an unknown constraint: {constraint}")
    since = datetime.combine(constraint.start_date, time(), UTC)
    return msgspec.convert({"since_ms": int(since.timestamp()) * 1000} | msgspec.structs.asdict(price), Change)


def minute(moment: time) -> int:
    if moment.tzinfo not in {None, UTC}:
        raise ValueError(f"not in UTC: {moment}")
    return moment.hour * 60 + moment.minute


def to_price(foreign: Foreign) -> Price | None:
    given = {key: value for key, value in foreign.__dict__.items() if value is not None}
    if set(given) - set(KEYS) - BESIDES or not {"input_mtok", "output_mtok"} & set(given):
        return None
    base: dict[str, int] = {}
    tiers: dict[int, dict[str, int]] = {}
    for key, name in KEYS.items():
        value = given.get(key)
        if isinstance(value, TieredPrices):
            base[name] = nano(value.base)
            for tier in value.tiers:
                tiers.setdefault(tier.start, {})[name] = nano(tier.price)
        elif value is not None:
            base[name] = nano(value)
    request = nano(given["requests_kcount"] / 1000) if "requests_kcount" in given else 0
    return Price(request=request, tiers=[Tier(above=above, **rates) for above, rates in sorted(tiers.items())], **base)


def nano(usd: Decimal) -> int:
    return int((usd * 1_000_000_000).to_integral_value(ROUND_HALF_UP))


def rules(match: MatchLogic) -> list[str]:
    """The clause as rules of which any may match."""
    match match:
        case ClauseOr(or_=clauses):
            return [rule for clause in clauses for rule in rules(clause)]
        case ClauseAnd():
            return ["re:" + regex(match)]
        case ClauseEquals(equals=text):
            return [plain(text)]
        case ClauseStartsWith(starts_with=text):
            return [plain(text) + "*"]
        case ClauseEndsWith(ends_with=text):
            return ["*" + plain(text)]
        case ClauseContains(contains=text):
            return ["*" + plain(text) + "*"]
        case ClauseRegex(regex=pattern):
            return ["re:" + pattern]
    raise TypeError(f"an unknown clause: {match}")


def plain(text: str) -> str:
    if "*" in text or text.startswith("re:"):
        raise ValueError(f"would read as a rule: {text}")
    return text.lower()


def regex(match: MatchLogic) -> str:
    match match:
        case ClauseOr(or_=clauses):
            return "|".join(f"(?:{regex(c)})" for c in clauses)
        case ClauseAnd(and_=clauses):
            return "^" + "".join(f"(?=.*(?:{regex(c)}))" for c in clauses)
        case ClauseEquals(equals=text):
            return f"^{re.escape(text.lower())}$"
        case ClauseStartsWith(starts_with=text):
            return "^" + re.escape(text.lower())
        case ClauseEndsWith(ends_with=text):
            return re.escape(text.lower()) + "$"
        case ClauseContains(contains=text):
            return re.escape(text.lower())
        case ClauseRegex(regex=pattern):
            return str(pattern)
    raise TypeError(f"an unknown clause: {match}")


if __name__ == "__main__":
    sys.exit(main())
