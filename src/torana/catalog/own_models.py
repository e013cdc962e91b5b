"""The operator's own models: their file, in YAML, JSON or TOML, read into rows.

A model's `endpoints` take the place of what the catalogue has for it, unless it says `also`. Prices are in USD: for
1,000,000 tokens, or for a unit.
"""

from __future__ import annotations

import json
import re
import tomllib
from decimal import Decimal
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct, field

from torana.catalog.hosts import host_of

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,128}(?::[a-z0-9-]{1,32})?")
_TAG = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_PLACE = re.compile(r" - at `\$\.?(?:\[\.\.\.\]\.?)?([^`]*)`$")


class OwnModelsError(Exception):
    """The file cannot be used; the message says where it is wrong."""


class OwnPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """`input` to `audio_out` for 1,000,000 tokens, the rest for one."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    reasoning: Decimal | None = None
    audio_in: Decimal | None = None
    audio_out: Decimal | None = None
    request: Decimal = Decimal(0)
    image: Decimal = Decimal(0)
    web_search: Decimal = Decimal(0)


class OwnEndpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A model somewhere that the gateway can call."""

    provider: str
    """As in the gateway's URLs: `openai`, `local`, `custom-acme`."""
    model: str
    """As the provider calls it."""
    tag: str = ""
    """Empty = the host's slug."""
    price: OwnPrice | None = None
    """None = as the price table has it; of providers of one's own and local models: nothing."""
    context_length: int = 0
    max_completion_tokens: int | None = None
    quantization: str = "unknown"
    supported_parameters: list[str] | None = None
    """None = as the model's."""
    zdr: bool | None = None
    """Whether it keeps nothing; None = as its host's policy says."""


class OwnModel(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not said is as the catalogue has it, where it has the model."""

    id: str
    name: str = ""
    description: str = ""
    context_length: int | None = None
    input_modalities: list[str] | None = None
    output_modalities: list[str] | None = None
    supported_parameters: list[str] | None = None
    score: float | None = None
    also: bool = False
    """Its endpoints come to those that the catalogue has."""
    endpoints: list[OwnEndpoint] = field(default_factory=list)


class Own(Struct, frozen=True, forbid_unknown_fields=True):
    models: list[OwnModel] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    """Other names of models."""
    hidden: list[str] = field(default_factory=list)
    """Ids, or globs such as `x-ai/*`: neither listed nor to be asked for."""

    def hides(self, id_: str) -> bool:
        return any(fnmatchcase(id_.lower(), pattern.lower()) for pattern in self.hidden)


NOTHING = Own()


def parse(data: bytes, suffix: str) -> Own:
    """`suffix` is the file's: `.json`, `.toml`; anything else is read as YAML. OwnModelsError."""
    try:
        own = msgspec.convert(_load(data, suffix), Own)
    except msgspec.ValidationError as error:
        raise OwnModelsError(_worded(str(error))) from error
    _check(own)
    return own


def _load(data: bytes, suffix: str) -> object:
    try:
        text = data.decode()
        if suffix == ".json":
            return json.loads(text, parse_float=Decimal)
        if suffix == ".toml":
            return tomllib.loads(text, parse_float=Decimal)
        return _load_yaml(text)
    except (ValueError, RecursionError) as error:
        raise OwnModelsError(f"it cannot be read: {error}") from error


def _load_yaml(text: str) -> object:
    import yaml  # noqa: PLC0415  # few workers ever read any

    try:
        return yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise OwnModelsError(f"{line}{error.problem}") from error
    except yaml.YAMLError as error:
        raise OwnModelsError(f"it cannot be read: {error}") from error


def _worded(message: str) -> str:
    """The place first: `models[0].endpoints[1].price: …`."""
    found = _PLACE.search(message)
    return message if not found or not found[1] else f"`{found[1]}`: {message[: found.start()]}"


def _check(own: Own) -> None:
    seen: set[str] = set()
    for at, model in enumerate(own.models):
        where = f"models[{at}]"
        if not _ID.fullmatch(model.id):
            raise OwnModelsError(f"`{where}.id`: `{model.id}` is no `author/name`")
        if model.id.lower() in seen:
            raise OwnModelsError(f"`{where}.id`: `{model.id}` stands there twice")
        seen.add(model.id.lower())
        if model.score is not None and not 0 <= model.score <= 1:
            raise OwnModelsError(f"`{where}.score`: it is from 0 to 1, not {model.score}")
        for number, endpoint in enumerate(model.endpoints):
            _check_endpoint(endpoint, f"{where}.endpoints[{number}]")
    for name, target in own.aliases.items():
        if not _ID.fullmatch(name.removeprefix("~")):
            raise OwnModelsError(f"`aliases`: `{name}` is no `author/name`")
        if target in own.aliases:
            raise OwnModelsError(f"`aliases`: `{name}` stands for `{target}`, which is itself an alias")


def _check_endpoint(endpoint: OwnEndpoint, where: str) -> None:
    if host_of(endpoint.provider) is None:
        raise OwnModelsError(f"`{where}.provider`: there is no provider of models `{endpoint.provider}`")
    if not endpoint.model:
        raise OwnModelsError(f"`{where}.model`: it is empty")
    if endpoint.tag and not _TAG.fullmatch(endpoint.tag):
        raise OwnModelsError(f"`{where}.tag`: `{endpoint.tag}` is no tag such as `acme/fast`")
    price = endpoint.price
    for name in price.__struct_fields__ if price is not None else ():
        usd = getattr(price, name)
        if usd is not None and not (usd.is_finite() and usd >= 0):
            raise OwnModelsError(f"`{where}.price.{name}`: a price is zero or more USD, not `{usd}`")
