"""One POST to one collector, and what its answer means."""

from __future__ import annotations

import gzip
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING

from msgspec import Struct

from torana import __version__
from torana.control.guarded import NoRedirects, opener
from torana.control.otel.encoding import CONTENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.addresses import Reach
    from torana.control.otel.targets import Target

_RETRYABLE = frozenset({429, 502, 503, 504})
"""OTLP 1.x, "Retryable Response Codes"; with any other the spans are lost."""
_MOST_ANSWER = 64 << 10
_GOOD = 300
_LONGEST_WAIT_S = 300.0


class Outcome(Struct, frozen=True):
    """`error` empty = they are there. `wait_s` = as the collector asked."""

    error: str = ""
    is_retryable: bool = False
    wait_s: float = 0.0


class Sender:
    """Made once; called in threads."""

    def __init__(self, authority: str, reach: Reach) -> None:
        """`authority`: a PEM file to trust besides the system's. `reach`: what untrusted targets may lead to."""
        context = ssl.create_default_context()
        if authority:
            context.load_verify_locations(authority)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), NoRedirects())
        self._guarded = opener(reach, context)

    def send(self, target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Never raises for what a network or a collector may do."""
        sent = {
            "user-agent": f"torana/{__version__}",
            **headers,
            "content-type": CONTENT_TYPES[target.encoding],
        }
        if target.is_compressed:
            body = gzip.compress(body, 1, mtime=0)
            sent["content-encoding"] = "gzip"
        request = urllib.request.Request(target.url, body, sent, method="POST")  # noqa: S310  # http and https alone are stored
        try:
            with (self._guarded if target.is_untrusted else self._opener).open(
                request, timeout=target.timeout_s
            ) as answer:
                answer.read(_MOST_ANSWER)
                return Outcome() if answer.status < _GOOD else Outcome(f"status {answer.status}")
        except urllib.error.HTTPError as error:
            with error:
                wait_s = _seconds(error.headers.get("retry-after", ""))
            return Outcome(f"status {error.code}", error.code in _RETRYABLE, wait_s)
        except (OSError, HTTPException) as error:
            return Outcome(_told(error), is_retryable=True)
        except ValueError as error:  # a header or a URL that http.client refuses
            return Outcome(f"it cannot be asked: {type(error).__name__}")


def _told(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(reason) or type(error).__name__


def _seconds(text: str) -> float:
    return min(float(text), _LONGEST_WAIT_S) if text.isdecimal() else 0.0
