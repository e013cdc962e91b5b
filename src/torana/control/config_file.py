"""Configuration as people keep it in git: YAML, read with the line of each field."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import yaml
from msgspec import Meta, Struct

from torana.control.custom_providers import CostFields, ProviderFields, Rate, TokenPricing
from torana.control.gateway_settings import GatewaySettings
from torana.control.provider_keys import USUAL_PERIOD_S
from torana.surfaces.credentials import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yaml.nodes import Node

S = TypeVar("S", bound=Struct)
Where = tuple[str, ...]

_MOST_BYTES = 4 << 20
_MOST = (1 << 53) - 1
_SECTIONS = ("gateways", "custom_providers", "provider_keys")


class ConfigError(Exception):
    """The file cannot be applied; the message begins with its name and the line."""


class Wanted(Struct, frozen=True):
    """What the file says. A section that is not in it is None: nothing is known of what should be there."""

    gateways: dict[str, GatewaySettings] | None
    providers: dict[str, WantedProvider] | None
    keys: list[WantedKey] | None


class WantedProvider(Struct, frozen=True):
    fields: ProviderFields
    headers: dict[str, str]
    costs: list[CostFields]


class WantedKey(Struct, frozen=True, kw_only=True):
    """A key that a gateway keeps for a provider, with its secret."""

    gateway: str
    provider: str
    alias: str
    secret: str
    is_default: bool
    rate_limit: int | None
    rate_limit_period: int

    def __repr__(self) -> str:
        return f"WantedKey({self.provider!r}, {self.alias!r}, …)"


class _Gateway(GatewaySettings, kw_only=True, forbid_unknown_fields=True):
    pass


class _From(Struct, forbid_unknown_fields=True):
    """A value that is not in the file: of a variable, or of another file, without its last line end."""

    env: str | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        if (self.env is None) == (self.file is None):
            raise ValueError("either `env` or `file`")


class _Cost(CostFields, kw_only=True, forbid_unknown_fields=True):
    cost_in: Rate | None = None
    cost_out: Rate | None = None
    token_pricing: TokenPricing | None = None


class _Provider(Struct, kw_only=True, forbid_unknown_fields=True):
    base_url: str
    name: str | None = None
    """None = the slug."""
    description: str | None = None
    link: str | None = None
    enable: bool = True
    beta: bool = False
    headers: dict[str, str | _From] = {}
    curl_example: str | None = None
    js_example: str | None = None
    position: int | None = None
    costs: list[_Cost] = []


class _Key(Struct, kw_only=True, forbid_unknown_fields=True):
    provider: str
    secret: str | _From
    gateway: str = "default"
    alias: str = "default"
    default_config: bool | None = None
    """None = where its alias is `default`."""
    rate_limit: Annotated[int, Meta(ge=0, le=_MOST)] | None = None
    rate_limit_period: Annotated[int, Meta(ge=1, le=_MOST)] = USUAL_PERIOD_S


class ConfigFile:
    """One file, read; ConfigError where it cannot be, with the line."""

    def __init__(self, name: str, text: str, environ: Mapping[str, str], folder: Path) -> None:
        self._name = name
        self._environ = environ
        self._folder = folder
        self._lines: dict[Where, int] = {}
        data = self._parse(text)
        for key in data:
            if key not in _SECTIONS:
                raise self.error(f"`{key}` is no section: there are {', '.join(_SECTIONS)}", key)
        gateways = self._section(data, "gateways")
        providers = self._section(data, "custom_providers")
        self.wanted = Wanted(
            None if gateways is None else {one: self._gateway(one, held) for one, held in gateways.items()},
            None if providers is None else {one: self._provider(one, held) for one, held in providers.items()},
            self._keys(data),
        )

    def error(self, message: str, *where: str) -> ConfigError:
        """With the line of the field, or of the nearest one around it."""
        near = where
        while near and near not in self._lines:
            near = near[:-1]
        return ConfigError(f"{self._name}:{self._lines.get(near, 1)}: {'.'.join(where)}{': ' * bool(where)}{message}")

    def _parse(self, text: str) -> dict[str, object]:
        try:
            node = yaml.compose(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise ConfigError(f"{self._name}:{line}: not YAML: {error.problem or error.context}") from error
        except (yaml.YAMLError, RecursionError) as error:
            raise ConfigError(f"{self._name}:1: not YAML: {error}") from error
        try:
            data = {} if node is None else self._plain(node, ())
        except RecursionError as error:
            raise ConfigError(f"{self._name}:1: an alias leads to itself, or the nesting is too deep") from error
        if not isinstance(data, dict):
            raise self.error(f"a file has {' or '.join(f'`{name}:`' for name in _SECTIONS)} on its first level")
        return data

    def _plain(self, node: Node, where: Where) -> object:
        """Values of JSON's kinds, and where each stands."""
        self._lines[where] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            found: dict[str, object] = {}
            for key, value in node.value:
                name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
                self._lines[*where, name] = key.start_mark.line + 1
                if name in found:
                    raise self.error("stands there twice", *where, name)
                found[name] = self._plain(value, (*where, name))
                self._lines[*where, name] = key.start_mark.line + 1
            return found
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(value, (*where, str(number))) for number, value in enumerate(node.value)]
        return _scalar(node)

    def _section(self, data: dict[str, object], name: str) -> dict[str, object] | None:
        if name not in data:
            return None
        found = data[name]
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self.error("a section has names on its first level", name)
        return found

    def _gateway(self, gateway_id: str, held: object) -> GatewaySettings:
        given = self._converted(held if held is not None else {}, _Gateway, "gateways", gateway_id)
        return GatewaySettings(**{name: getattr(given, name) for name in GatewaySettings.__struct_fields__})

    def _provider(self, slug: str, held: object) -> WantedProvider:
        given = self._converted(held, _Provider, "custom_providers", slug)
        where = ("custom_providers", slug)
        values = {name: getattr(given, name) for name in ProviderFields.__struct_fields__ if name != "slug"}
        values |= {"name": given.name or slug, "slug": slug, "headers": None}
        headers = {name: self._read(value, *where, "headers", name) for name, value in given.headers.items()}
        names = CostFields.__struct_fields__
        costs = [CostFields(**{name: getattr(one, name) for name in names}) for one in given.costs]
        seen: set[tuple[str, str]] = set()
        for number, one in enumerate(costs):
            if (one.model, one.model_rule) in seen:
                raise self.error("this rule stands there twice", *where, "costs", str(number))
            seen.add((one.model, one.model_rule))
        return WantedProvider(ProviderFields(**values), headers, costs)

    def _keys(self, data: dict[str, object]) -> list[WantedKey] | None:
        if "provider_keys" not in data:
            return None
        held = data["provider_keys"]
        if not isinstance(held, list | None):
            raise self.error("this section is a list: each key begins with a `-`", "provider_keys")
        found: list[WantedKey] = []
        seen: set[tuple[str, ...]] = set()
        for number, each in enumerate(held or ()):
            one = self._key(each, "provider_keys", str(number))
            marks = [(one.gateway, one.provider, one.alias)] + [(one.gateway, one.provider)] * one.is_default
            if not seen.isdisjoint(marks):
                raise self.error("this key, or another default one, stands there already", "provider_keys", str(number))
            seen.update(marks)
            found.append(one)
        return found

    def _key(self, held: object, *where: str) -> WantedKey:
        given = self._converted(held, _Key, *where)
        if isinstance(given.secret, str):
            raise self.error("a key does not stand in the file: say `{env: NAME}` or `{file: PATH}`", *where, "secret")
        return WantedKey(
            gateway=given.gateway,
            provider=given.provider,
            alias=given.alias,
            secret=self._read(given.secret, *where, "secret"),
            is_default=given.alias == DEFAULT if given.default_config is None else given.default_config,
            rate_limit=given.rate_limit,
            rate_limit_period=given.rate_limit_period,
        )

    def _converted(self, held: object, kind: type[S], *where: str) -> S:
        try:
            return msgspec.convert(held, kind)
        except msgspec.ValidationError as error:
            message, _, place = str(error).partition(" - at `$")
            path = [part for part in place.rstrip("`").replace("[", ".").replace("]", "").split(".") if part]
            unknown = re.search(r"unknown field `([^`]*)`", message)
            raise self.error(message, *where, *path, *([unknown[1]] if unknown else [])) from error

    def _read(self, value: str | _From, *where: str) -> str:
        if isinstance(value, str):
            return value
        if value.env is not None:
            if value.env not in self._environ:
                raise self.error(f"there is no variable `{value.env}`", *where)
            return self._environ[value.env]
        path = self._folder / Path(value.file or "").expanduser()
        try:
            return path.read_text("utf-8").removesuffix("\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise self.error(f"`{path}` cannot be read: {reason}", *where) from error


def read_config(path: Path, environ: Mapping[str, str] | None = None) -> ConfigFile:
    """ConfigError where it is not there, or cannot be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{path}: a file has at most {_MOST_BYTES >> 20} MiB")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    return ConfigFile(str(path), text, os.environ if environ is None else environ, path.parent)


_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}


def _scalar(node: Node) -> object:
    text = str(node.value)
    return text if getattr(node, "style", None) else read_scalar(text)


def read_scalar(text: str) -> object:
    """A plain scalar as YAML 1.2's core schema has it: `no` is text, and `0123` a number."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
