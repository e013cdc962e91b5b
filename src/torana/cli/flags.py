"""The table of settings as flags, and as rows to read."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import msgspec
import typer
from msgspec import Struct

from torana.settings import Settings, SettingsError, flag, is_size, resolve, variable

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file, in place of `$TORANA_CONFIG` or `./torana.toml`."),
]
DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="PATH", help="Folder of the database, the journal and the sockets."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

_GROUPS = {
    "Listening": ("host", "port", "public_url", "tls_cert", "tls_key", "workers", "log_level"),
    "Storage": (
        "data_dir",
        "journal_limit",
        "log_payload_bytes",
        "log_retention_days",
        "logpush_folder",
        "analytics_days",
        "cache_bytes",
        "master_key_command",
        "prices",
    ),
    "Traces": ("otel_endpoint", "otel_protocol"),
    "Clients": (
        "max_url_bytes",
        "max_header_bytes",
        "max_body_bytes",
        "header_timeout",
        "body_timeout",
        "idle_timeout",
        "send_timeout",
        "drain_timeout",
    ),
    "Providers": (
        "providers",
        "connect_timeout",
        "first_byte_timeout",
        "stream_idle_timeout",
        "upstream_idle_timeout",
        "upstream_connections",
        "upstream_ca",
        "allow_private_upstreams",
    ),
    "Router": (
        *("models", "router_strategy"),
        *("web_search_provider", "web_search_url", "web_search_key_file", "web_search_timeout"),
    ),
    "Signing in": (
        *("oidc_issuer", "oidc_client_id", "oidc_client_secret_file", "oidc_name", "oidc_scopes"),
        *("oidc_allowed_domains", "oidc_default_role", "oidc_role_claim", "oidc_roles"),
    ),
    "Embedded model": ("local_model", "local_threads"),
    "Semantic cache": (
        *("embeddings_url", "embeddings_model", "embeddings_key_file", "embeddings_timeout", "semantic_cache_bytes"),
    ),
}
_KINDS = {int: "INTEGER", float: "SECONDS", str: "TEXT"}
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


class Entry(Struct, frozen=True):
    """One setting, as documentation has it."""

    name: str
    flag: str
    variable: str
    kind: str
    default: str
    meaning: str
    group: str


def entries() -> list[Entry]:
    """Every setting, in the order of the table."""
    hints = get_type_hints(Settings, include_extras=True)
    return [_entry(field.name, hints[field.name], field) for field in msgspec.structs.fields(Settings)]


def _entry(name: str, hint: object, field: msgspec.structs.FieldInfo) -> Entry:
    is_table = name == "providers"
    return Entry(
        name=name,
        flag=flag(name),
        variable="TORANA_PROVIDER_<SLUG>_URL" if is_table else variable(name),
        kind="SLUG=URL" if is_table else "SIZE" if is_size(hint) else _KINDS[_bare(hint)],
        default=_default(name, hint, field),
        meaning=next(m.description for m in reversed(_metadata(hint)) if m.description),
        group=next((group for group, names in _GROUPS.items() if name in names), "Other"),
    )


def _default(name: str, hint: object, field: msgspec.structs.FieldInfo) -> str:
    if name == "data_dir":
        return "~/.local/share/torana"
    if field.default is msgspec.NODEFAULT:
        return ""
    return size_text(field.default) if is_size(hint) else str(field.default)


def _metadata(hint: object) -> list[msgspec.Meta]:
    return [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]


def _bare(hint: object) -> type:
    kind = get_args(hint)[0]
    if not isinstance(kind, type):
        raise TypeError(f"{hint} is not a setting's type")
    return kind


def size_text(size: int) -> str:
    """The largest unit that needs no fraction."""
    for unit, name in _UNITS:
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return str(size)


def with_settings(command: Callable[[Settings, "Reload"], None]) -> Callable[..., None]:
    """A command that takes a flag for every setting, and gets them resolved."""

    def run(ctx: typer.Context, config: Path | None, **given: str | list[str] | None) -> None:
        flags = {name: value for name, value in given.items() if _is_typed(ctx, name) and value}
        settled = {name: _pairs(value) if isinstance(value, list) else value for name, value in flags.items()}

        def reload() -> Settings:
            return resolve(settled, file=config)

        command(reload(), reload)

    parameters = [
        _parameter("ctx", typer.Context, inspect.Parameter.empty),
        _parameter("config", Config, None),
        *(_parameter(entry.name, _annotation(entry), entry.default or None) for entry in entries()),
    ]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # how typer learns of parameters
    return run


Reload = Callable[[], Settings]
"""Reads all sources once more, with the same flags."""


def _is_typed(ctx: typer.Context, name: str) -> bool:
    """Variables are shown by the option but read by `resolve`, which knows their precedence and their names."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _parameter(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _annotation(entry: Entry) -> object:
    is_table = entry.kind == "SLUG=URL"
    option = typer.Option(
        entry.flag,
        metavar=entry.kind,
        help=entry.meaning + (f" Variables: {entry.variable}." if is_table else ""),
        envvar=None if is_table else entry.variable,
        show_default=True,
        rich_help_panel=entry.group,
    )
    return Annotated[(list[str] | None if is_table else str | None), option]


def _pairs(given: list[str]) -> Mapping[str, str]:
    for text in given:
        if "=" not in text:
            raise SettingsError(
                f"`--providers` cannot be `{text}`: it must be SLUG=URL, such as openai=https://llm.example.com/v1"
            )
    return {slug: url for slug, _, url in (text.partition("=") for text in given)}
