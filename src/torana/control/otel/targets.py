"""Where spans go: the collectors of gateways, and the one of the whole process.

The latter is set by the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `…_HEADERS`, `…_PROTOCOL`, `…_TIMEOUT`,
`…_COMPRESSION`, each also with `TRACES_`; `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_EXPORTER`,
`OTEL_SDK_DISABLED`) or by the settings `otel_endpoint` and `otel_protocol`, which come first.
"""

from __future__ import annotations

import logging
import re
import urllib.parse
from typing import TYPE_CHECKING

from msgspec import Struct

from torana import __version__
from torana.control.otel.encoding import Encoding
from torana.control.otel.spans import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.control.gateway_settings import Otel
    from torana.settings import Settings

SECRET = "TORANA_SECRET_"  # noqa: S105  # how variables with secrets begin
_REFERENCE = re.compile(r"\$\{secret:([A-Z0-9_]{1,128})\}")
_NAME = re.compile(r"[A-Z0-9_]{1,128}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_OWN = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding", "host", "connection"})
_SHOWN = 40
_TIMEOUT_S = 10.0
_PROTOCOLS: dict[str, Encoding] = {"http/protobuf": "protobuf", "http/json": "json"}

log = logging.getLogger("torana.control")


class Target(Struct, frozen=True):
    """One collector. Equal ones are the same one."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    """References to secrets are not resolved in it."""
    encoding: Encoding = "json"
    resource: tuple[tuple[str, Value], ...] = ()
    span_name: str = ""
    """Of requests, in place of the conventions' own."""
    timeout_s: float = _TIMEOUT_S
    is_compressed: bool = False
    is_untrusted: bool = False
    """A user of the API named it: see `addresses`."""

    @property
    def host(self) -> str:
        """What may be told of it in a log: a URL may hold a key."""
        return urllib.parse.urlsplit(self.url).hostname or ""


class NoSuchSecret(Exception):
    """The message names the variable that is missing."""


def of_gateway(given: Otel) -> Target:
    """With Cloudflare's names for the service and the span."""
    headers = [(name.lower(), value) for name, value in given.headers.items()]
    if given.authorization is not None:
        headers = [
            *((n, v) for n, v in headers if n != "authorization"),
            ("authorization", _to_reference(given.authorization)),
        ]
    resource = (("service.name", "ai-gateway"), ("service.version", __version__))
    return Target(
        given.url, tuple(headers), given.content_type, resource, span_name="cf.aig.request", is_untrusted=True
    )


def _to_reference(name: str) -> str:
    return f"${{secret:{name}}}"


def problem_of(given: Otel) -> tuple[str, str]:
    """The field that cannot be so, and why; both empty where all is well."""
    try:
        parts = urllib.parse.urlsplit(given.url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url or not given.url.isascii() or not given.url.isprintable() or " " in given.url:
        return "url", "a collector has an http or https URL"
    if given.authorization is not None and not _NAME.fullmatch(given.authorization):
        words = f"`authorization` names a secret, in A-Z, 0-9 and `_`: its value is the variable {SECRET}NAME"
        return "authorization", words
    for name, value in given.headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OWN:
            return "headers", f"`{name[:_SHOWN]}` cannot be a header of an export"
        if not value.isascii() or not value.isprintable():
            return "headers", f"the value of `{name}` has characters that no header may have"
    return "", ""


def resolved(target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """The headers to send; NoSuchSecret where one is not there."""

    def value(match: re.Match[str]) -> str:
        variable = SECRET + match[1]
        if variable not in environ:
            raise NoSuchSecret(f"`{variable}` is not set")
        return environ[variable]

    return {name: _REFERENCE.sub(value, text) for name, text in target.headers}


def of_process(settings: Settings, environ: Mapping[str, str]) -> Target | None:
    """None where nothing is said of any."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    url = settings.otel_endpoint or _asked(environ, "TRACES_ENDPOINT") or _under(_asked(environ, "ENDPOINT"))
    if not url:
        return None
    protocol = _both(environ, "PROTOCOL") if settings.otel_protocol == "auto" else settings.otel_protocol
    if protocol and protocol not in _PROTOCOLS:
        log.warning("spans are sent as http/protobuf: there is no exporter for `%s`", protocol)
    return Target(
        url,
        tuple(_pairs(_both(environ, "HEADERS"))),
        _PROTOCOLS.get(protocol, "protobuf"),
        tuple(_resource(environ).items()),
        timeout_s=_seconds(_both(environ, "TIMEOUT")),
        is_compressed=_both(environ, "COMPRESSION") == "gzip",
    )


def _asked(environ: Mapping[str, str], name: str) -> str:
    return environ.get("OTEL_EXPORTER_OTLP_" + name, "").strip()


def _both(environ: Mapping[str, str], name: str) -> str:
    return _asked(environ, "TRACES_" + name) or _asked(environ, name)


def _under(endpoint: str) -> str:
    return endpoint.rstrip("/") + "/v1/traces" if endpoint else ""


def _seconds(text: str) -> float:
    """From milliseconds."""
    return int(text) / 1000 if text.isdecimal() and int(text) else _TIMEOUT_S


def _pairs(text: str) -> list[tuple[str, str]]:
    """As W3C Baggage: `name=value,name=value`, percent-encoded."""
    found = []
    for pair in text.split(","):
        name, mark, value = pair.partition("=")
        if mark and name.strip():
            found.append((urllib.parse.unquote(name.strip()).lower(), urllib.parse.unquote(value.strip())))
    return found


def _resource(environ: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {"service.name": "torana", "service.version": __version__}
    for pair in environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        name, mark, value = pair.partition("=")
        if mark and name.strip():
            found[name.strip()] = urllib.parse.unquote(value.strip())
    if environ.get("OTEL_SERVICE_NAME"):
        found["service.name"] = environ["OTEL_SERVICE_NAME"]
    return found
