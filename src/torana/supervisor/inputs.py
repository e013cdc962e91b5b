"""What the settings name, looked at before anything starts: files, URLs, proxies."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from torana.catalog.prices import PricesError
from torana.embedder import Elsewhere
from torana.providers import table
from torana.storage import pricing
from torana.supervisor.claim import CannotStart
from torana.wire.tls import client_context
from torana.wire.upstream import Proxies

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.settings import Settings


def check(settings: Settings) -> None:
    """CannotStart, naming the setting; a process that found it out later could only die of it, again and again."""
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("tls_cert", lambda: _load_chain(settings)),
        ("upstream_ca", lambda: settings.upstream_ca and client_context(settings.upstream_ca)),
        ("prices", lambda: pricing.load(settings)),
        ("providers", lambda: table(settings.providers)),
        ("embeddings_url", lambda: settings.embeddings_url and Elsewhere(settings.embeddings_url, "")),
        (
            "embeddings_key_file",
            lambda: settings.embeddings_key_file and Path(settings.embeddings_key_file).read_bytes(),
        ),
        (
            "oidc_client_secret_file",
            lambda: (
                settings.oidc_client_secret_file and Path(settings.oidc_client_secret_file).expanduser().read_bytes()
            ),
        ),
        ("HTTPS_PROXY", lambda: Proxies(os.environ)),
    )
    for name, step in steps:
        try:
            step()
        except (OSError, ValueError, PricesError) as error:
            raise CannotStart(f"`{name}` cannot be used: {error}") from error


def _load_chain(settings: Settings) -> None:
    if not settings.tls_cert:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:  # ssl's errors are among them, and name no file
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise ValueError(f"`{settings.tls_cert}` with `{settings.tls_key}`: {reason}") from error
