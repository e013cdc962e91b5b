"""What the operator decides: one table of settings, from flags, environment and torana.toml.

Order of precedence: a flag, a `TORANA_…` variable, a key of `torana.toml`, the default. Sizes take `KiB`, `MiB`, `GiB`;
times are seconds. `[providers]` in the file, or `TORANA_PROVIDER_<SLUG>_URL`, overrides a provider's base URL.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import os
import re
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from torana.addresses import read_reach

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"^(\d{1,18}(?:\.\d{1,9})?)\s*([kmgt]?)i?b?$", re.IGNORECASE | re.ASCII)
# `sun_path` holds 108 bytes on Linux and 104 elsewhere, the final zero included.
_LONGEST_SOCKET = 100
_LONGEST_SHOWN = 80
_ENDS = ("ge", "le")
_ROLES = ("viewer", "editor", "owner")
_PUBLIC = re.compile(r"https?://[^/?#\s@]+/?")
# Signing keys that came without TLS are anybody's; on this machine alone nobody is between.
_ISSUER = re.compile(r"(?:https://[^/?#\s@]+|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?)(?:/[^?#\s]*)?")
_PROVIDER = re.compile(r"^TORANA_PROVIDER_([A-Z0-9_]+)_URL$")

Size = Annotated[int, Meta(ge=0, extra={"size": True})]
Seconds = Annotated[float, Meta(gt=0, le=1_000_000_000)]
Filled = Annotated[str, Meta(min_length=1)]


class SettingsError(Exception):
    """A setting cannot be used; the message names it, where it came from and what it may be."""


def doc(text: str) -> Meta:
    return Meta(description=text)


def _default_data_dir() -> str:
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return str(Path(base).expanduser() / "torana")


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Every setting. Its flag is `--name-with-dashes`, its variable `TORANA_NAME`, its key in the file `name`."""

    host: Annotated[Filled, doc("Address to listen on. `0.0.0.0` or `::` for all.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535), doc("Port to listen on; 0 picks a free one.")] = 8787
    data_dir: Annotated[Filled, doc("Folder of the database, the journal and the sockets.")] = msgspec.field(
        default_factory=_default_data_dir
    )
    workers: Annotated[int, Meta(ge=1, le=256), doc("Data-plane processes.")] = 1
    tls_cert: Annotated[str, doc("PEM certificate chain to serve HTTPS with; needs tls_key.")] = ""
    tls_key: Annotated[str, doc("PEM private key of tls_cert.")] = ""
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$"), doc("What the processes print.")] = "info"
    max_url_bytes: Annotated[Size, doc("Longest request target; more is 414.")] = 16 << 10
    max_header_bytes: Annotated[Size, doc("All header fields of a request together; more is 431.")] = 64 << 10
    max_body_bytes: Annotated[Size, doc("Largest request body; more is 413.")] = 100 << 20
    header_timeout: Annotated[Seconds, doc("For a request's head to arrive whole, from its first byte.")] = 15.0
    body_timeout: Annotated[Seconds, doc("Longest pause between two pieces of a request's body.")] = 60.0
    idle_timeout: Annotated[Seconds, doc("For a kept-alive client connection without a request.")] = 75.0
    send_timeout: Annotated[Seconds, doc("For a client that does not read what it is sent.")] = 120.0
    drain_timeout: Annotated[Seconds, doc("On SIGTERM and SIGHUP, for requests under way.")] = 30.0
    connect_timeout: Annotated[Seconds, doc("For a connection to a provider: DNS, TCP, proxy and TLS.")] = 10.0
    first_byte_timeout: Annotated[Seconds, doc("For the first byte of a provider's answer.")] = 600.0
    stream_idle_timeout: Annotated[Seconds, doc("Longest pause within a provider's answer.")] = 300.0
    upstream_idle_timeout: Annotated[Seconds, doc("For an unused connection kept to a provider.")] = 30.0
    upstream_connections: Annotated[int, Meta(ge=1), doc("Most connections to one origin, a worker.")] = 10_000
    upstream_ca: Annotated[str, doc("PEM file of a private authority to trust besides the system's.")] = ""
    allow_private_upstreams: Annotated[
        str,
        doc(
            "Networks besides the public internet that users of the API may point custom providers and the like at, "
            "such as `10.0.0.0/8,192.168.1.5`; `all` for all."
        ),
    ] = ""
    journal_limit: Annotated[
        Size, doc("Most disk for records not yet stored; near it bodies are dropped, then rows.")
    ] = 2 << 30
    log_payload_bytes: Annotated[Size, doc("Largest request or reply body kept in a log.")] = 10 << 20
    master_key_command: Annotated[
        str, doc("Command that prints the master key of stored provider keys; empty = `master.key` in data_dir.")
    ] = ""
    cache_bytes: Annotated[Size, doc("Memory for cached answers, each worker's own; 0 = no cache.")] = 256 << 20
    log_retention_days: Annotated[int, Meta(ge=0, le=36_500), doc("Days after which logs are deleted; 0 = never.")] = 0
    logpush_folder: Annotated[
        str, doc("Folder below which logpush jobs may write; empty = `logpush` in the data directory.")
    ] = ""
    analytics_days: Annotated[
        int, Meta(ge=0, le=36_500), doc("Days for which sums by the minute are kept; 0 = for ever.")
    ] = 400
    otel_endpoint: Annotated[str, doc("URL to send traces of all gateways to, over OTLP/HTTP.")] = ""
    otel_protocol: Annotated[
        str,
        Meta(pattern="^(auto|http/protobuf|http/json)$"),
        doc("How they are written; `auto` = as OTEL_EXPORTER_OTLP_PROTOCOL says, else http/protobuf."),
    ] = "auto"
    prices: Annotated[str, doc("Price table (JSON) laid over the built-in one.")] = ""
    models: Annotated[str, doc("File (YAML, JSON or TOML) of the router's own models, aliases and hidden ones.")] = ""
    router_strategy: Annotated[
        str,
        Meta(pattern="^(weighted|adaptive)$"),
        doc("How the router chooses where a request neither sorts nor orders: by price, or by what it has seen too."),
    ] = "weighted"
    local_model: Annotated[str, doc("GGUF file of the embedded model; empty = what `torana local pull` got.")] = ""
    local_threads: Annotated[int, Meta(ge=0), doc("Threads of the embedded model; 0 = all cores but one.")] = 0
    embeddings_url: Annotated[
        str, doc("OpenAI-compatible server of the semantic cache's vectors; empty = the embedded model.")
    ] = ""
    embeddings_model: Annotated[str, doc("Model to ask embeddings_url for.")] = ""
    embeddings_key_file: Annotated[str, doc("File that holds the key of embeddings_url; empty = none is sent.")] = ""
    embeddings_timeout: Annotated[Seconds, doc("For a vector; a request then goes on without the semantic cache.")] = (
        0.3
    )
    semantic_cache_bytes: Annotated[Size, doc("Memory for the semantic cache's vectors, each worker's own.")] = 8 << 20
    web_search_provider: Annotated[
        str,
        Meta(pattern="^(none|brave|exa|firecrawl|perplexity|searxng|serper|tavily)$"),
        doc("Who searches the web for the router's plugin `web`."),
    ] = "none"
    web_search_url: Annotated[str, doc("Its search endpoint; empty = its own. `searxng` has none of its own.")] = ""
    web_search_key_file: Annotated[str, doc("File that holds the key of the search provider.")] = ""
    web_search_timeout: Annotated[Seconds, doc("For a search.")] = 15.0
    public_url: Annotated[
        str, doc("URL at which people reach this server, such as `https://ai.example.com`; empty = where it listens.")
    ] = ""
    oidc_issuer: Annotated[
        str, doc("Provider of OpenID Connect to sign in to the dashboard with, such as `https://accounts.google.com`.")
    ] = ""
    oidc_client_id: Annotated[str, doc("What the provider calls this server.")] = ""
    oidc_client_secret_file: Annotated[str, doc("File that holds the client's secret; empty = a public client.")] = ""
    oidc_name: Annotated[str, doc("What the button to sign in with says; empty = the provider's host.")] = ""
    oidc_scopes: Annotated[Filled, doc("What the provider is asked for, with spaces between.")] = "openid email profile"
    oidc_allowed_domains: Annotated[
        str, doc("Whose verified addresses of e-mail come in, such as `example.com,example.org`; empty = all.")
    ] = ""
    oidc_default_role: Annotated[
        str,
        Meta(pattern="^(none|viewer|editor|owner)$"),
        doc("Role of who comes for the first time and has none by oidc_role_claim; `none` = they are not let in."),
    ] = "none"
    oidc_role_claim: Annotated[str, doc("Claim that names the role, or groups that oidc_roles has roles for.")] = ""
    oidc_roles: Annotated[
        str, doc("Roles by the claim's value, such as `admins=owner,staff=viewer`; empty = it names the role itself.")
    ] = ""
    providers: Annotated[dict[str, str], doc("Base URLs by provider slug, in place of the built-in ones.")] = {}

    def path(self, *parts: str) -> Path:
        """A place under the data directory."""
        return Path(self.data_dir).joinpath(*parts)

    def to_environ(self) -> dict[str, str]:
        """The same settings as variables, for child processes."""
        out = {variable(n): str(getattr(self, n)) for n in self.__struct_fields__ if n != "providers"}
        return out | {provider_variable(slug): url for slug, url in self.providers.items()}


def variable(name: str) -> str:
    return "TORANA_" + name.upper()


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def provider_variable(slug: str) -> str:
    return f"TORANA_PROVIDER_{slug.upper().replace('-', '_')}_URL"


def resolve(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """Reads all three sources. `file` defaults to `$TORANA_CONFIG`, else `./torana.toml` where there is one."""
    return trace(flags, environ, file)[0]


def trace(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> tuple[Settings, dict[str, str]]:
    """The same, and where each setting that is not at its default came from: a flag, a variable or a file."""
    environ = os.environ if environ is None else environ
    found, origin = _from_file(environ, file)
    for name in Settings.__struct_fields__:
        if name != "providers" and (value := environ.get(variable(name))) is not None:
            found[name], origin[name] = value, variable(name)
    for key, value in environ.items():
        if value and (match := _PROVIDER.match(key)):
            _add_providers(found, {match[1].lower().replace("_", "-"): value})
            origin["providers"] = key
    for name, given in (flags or {}).items():
        if given is None:
            continue
        if name == "providers":
            _add_providers(found, given)
        else:
            found[name] = given
        origin[name] = flag(name)
    return _checked(found, origin), origin


def _add_providers(found: dict[str, object], given: object) -> None:
    """Lays them over what a lower source said."""
    lower = found.get("providers", {})
    assert isinstance(lower, dict)  # noqa: S101  # a file's was checked when it was read
    assert isinstance(given, dict)  # noqa: S101  # made from flags and variables, by us
    found["providers"] = {**lower, **given}


def control_socket(settings: Settings) -> Path:
    """Where the control plane listens: in the data directory, or in a short place of its own where that is too long."""
    path = settings.path("run", "control.sock")
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    name = hashlib.sha256(os.fsencode(settings.data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"torana-{os.getuid()}", f"{name}.sock")


def _from_file(environ: Mapping[str, str], file: Path | None) -> tuple[dict[str, object], dict[str, str]]:
    named = file or (Path(environ["TORANA_CONFIG"]) if environ.get("TORANA_CONFIG") else None)
    path = named or Path("torana.toml")
    if not path.is_file():
        if named:
            said_by = "--config" if file else "TORANA_CONFIG"
            raise SettingsError(f"`{said_by}` cannot be `{path}`: there is no such file")
        return {}, {}
    try:
        found: dict[str, object] = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{path}` is not valid TOML: {error}") from error
    unknown = [name for name in found if name not in Settings.__struct_fields__]
    if unknown:
        near = difflib.get_close_matches(unknown[0], Settings.__struct_fields__, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "`torana settings` lists all"
        raise SettingsError(f"`{path}` has an unknown key `{unknown[0]}`: {hint}")
    if "providers" in found:
        found["providers"] = _converted("providers", found["providers"], str(path))
    return found, dict.fromkeys(found, str(path))


def _checked(found: dict[str, object], origin: dict[str, str]) -> Settings:
    values = {name: _converted(name, given, origin[name]) for name, given in found.items()}
    settings = Settings(**values)  # type: ignore[arg-type]  # each value was converted to its own type
    for name, other in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        if getattr(settings, name) and not getattr(settings, other):
            raise SettingsError(f"{_source(name, origin[name])} is of no use without `{other}`: the two go together")
    try:
        read_reach(settings.allow_private_upstreams)
    except ValueError:
        name, right = "allow_private_upstreams", "`all`, or networks such as `10.0.0.0/8`, with commas between"
        raise _refusal(name, settings.allow_private_upstreams, origin[name], right) from None
    _check_search(settings, origin)
    _check_signing_in(settings, origin)
    try:
        data_dir = Path(settings.data_dir).expanduser().absolute()
    except RuntimeError:  # what `~` stands for is not known
        raise _refusal("data_dir", settings.data_dir, origin["data_dir"], "the path of a folder") from None
    return msgspec.structs.replace(settings, data_dir=str(data_dir))


def _check_search(settings: Settings, origin: dict[str, str]) -> None:
    name = settings.web_search_provider
    lacks = {"none": "", "searxng": "web_search_url"}.get(name, "web_search_key_file")
    if lacks and not getattr(settings, lacks):
        where = _source("web_search_provider", origin["web_search_provider"])
        raise SettingsError(f"{where} cannot be `{name}` without `{lacks}`")
    if settings.web_search_url and not settings.web_search_url.startswith(("http://", "https://")):
        raise _refusal(
            "web_search_url",
            settings.web_search_url,
            origin["web_search_url"],
            "a URL such as `https://x.example.com/search`",
        )


def _check_signing_in(settings: Settings, origin: Mapping[str, str]) -> None:
    if settings.public_url and not _PUBLIC.fullmatch(settings.public_url):
        right = "a URL without a path, such as `https://ai.example.com`"
        raise _refusal("public_url", settings.public_url, origin["public_url"], right)
    issuer = settings.oidc_issuer
    if not issuer:
        return
    if not _ISSUER.fullmatch(issuer):
        raise _refusal("oidc_issuer", issuer, origin["oidc_issuer"], "a URL that begins with `https://`")
    where = _source("oidc_issuer", origin["oidc_issuer"])
    if not settings.oidc_client_id:
        raise SettingsError(f"{where} is of no use without `oidc_client_id`")
    if settings.oidc_default_role == "none" and not settings.oidc_role_claim:
        raise SettingsError(f"{where} lets nobody in: say who may with `oidc_default_role` or `oidc_role_claim`")
    try:
        oidc_roles(settings)
    except ValueError:
        right = "roles such as `admins=owner,staff=viewer`"
        raise _refusal("oidc_roles", settings.oidc_roles, origin["oidc_roles"], right) from None


def oidc_roles(settings: Settings) -> dict[str, str]:
    """Roles by the value of `oidc_role_claim`. ValueError."""
    found = {}
    for part in filter(None, (part.strip() for part in settings.oidc_roles.split(","))):
        value, mark, role = (text.strip() for text in part.rpartition("="))
        if not mark or not value or role not in _ROLES:
            raise ValueError(part)
        found[value] = role
    return found


def _converted(name: str, given: object, where: str) -> object:
    hint = _hints()[name]
    value = read_size(given) if is_size(hint) and isinstance(given, str) else given
    try:
        converted: object = msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError:
        raise _refusal(name, given, where, _right(hint)) from None
    return converted


def _refusal(name: str, given: object, where: str, right: str) -> SettingsError:
    """In one line, whatever was given."""
    text = " ".join((given if isinstance(given, str) else json.dumps(given, default=str)).split())
    shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return SettingsError(f"{_source(name, where)} cannot be {f'`{shown}`' if shown else 'empty'}: it must be {right}")


def _source(name: str, where: str) -> str:
    """A flag and a variable name the setting themselves; a file does not."""
    return f"`{where}`" if where in (flag(name), variable(name)) else f"`{name}` in `{where}`"


def _right(hint: object) -> str:
    """What a setting may be, as its type has it."""
    kind, metas = get_args(hint)[0], _metas(hint)
    if is_size(hint):
        return "a size: a number, or one with KiB, MiB or GiB behind it"
    if words := next((meta.pattern for meta in metas if meta.pattern), ""):
        return "one of " + ", ".join(f"`{word}`" for word in words.strip("^()$").split("|"))
    if kind is int:
        least, most = (next((getattr(m, end) for m in metas if getattr(m, end) is not None), None) for end in _ENDS)
        return f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"
    if kind is float:
        return "a number of seconds above 0, and at most 1,000,000,000"
    if kind is str:
        return "text, and not empty" if any(meta.min_length for meta in metas) else "text"
    return 'a table of base URLs, such as openai = "https://llm.example.com/v1"'


def _metas(hint: object) -> list[Meta]:
    return [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]


@functools.cache
def _hints() -> dict[str, object]:
    return get_type_hints(Settings, include_extras=True)


def is_size(hint: object) -> bool:
    return any((meta.extra or {}).get("size") for meta in _metas(hint))


def read_size(text: str) -> int | None:
    """`2GiB`, `512 MiB`, `100000` as bytes; the units are binary. None where it is no size."""
    match = _SIZE.match(text.strip())
    return int(float(match[1]) * _UNITS[match[2].lower()]) if match else None
