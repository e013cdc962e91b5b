"""Where a batch goes: a folder, a bucket that speaks S3, or an HTTP address."""

from __future__ import annotations

import hashlib
import os
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, TypeAlias
from urllib.parse import quote, urlsplit

from msgspec import Meta, Struct

from torana.addresses import read_reach
from torana.control.guarded import opener
from torana.control.refusals import InvalidInput
from torana.providers.sigv4 import Credentials, sign

if TYPE_CHECKING:
    from torana.addresses import Reach
    from torana.settings import Settings

Short: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1024)]
_SHOWN = 200


class Folder(Struct, frozen=True, tag_field="type", tag="folder", forbid_unknown_fields=True):
    path: Short
    """Below `logpush_folder`."""


class Bucket(Struct, frozen=True, kw_only=True, tag_field="type", tag="s3", forbid_unknown_fields=True):
    bucket: Short
    region: Short
    access_key_id: Short
    secret_access_key: Short
    """Never shown; `…` keeps the one that is there."""
    session_token: Annotated[str, Meta(max_length=4096)] = ""
    endpoint: Annotated[str, Meta(max_length=1024)] = ""
    """Such as https://storage.example.com; empty = Amazon's. The bucket follows in the path."""
    prefix: Annotated[str, Meta(max_length=512)] = ""


class Address(Struct, frozen=True, kw_only=True, tag_field="type", tag="http", forbid_unknown_fields=True):
    url: Short
    headers: dict[Short, Short] = {}
    """Their values are never shown; `…` keeps the one that is there."""


Destination: TypeAlias = Folder | Bucket | Address


class Batch(Struct, frozen=True):
    """`content` is gzip."""

    name: str
    """A path: the same for the same logs, so what is sent twice overwrites itself where names count."""
    content: bytes


class PushFailed(Exception):
    """The target did not take it; the message is for the operator, and holds no secret."""


class Sender:
    """Sends batches; each call waits."""

    def __init__(self, folder: Path, ca: str, reach: Reach, timeout_s: float = 30.0) -> None:
        self._folder = folder
        self._timeout_s = timeout_s
        context = ssl.create_default_context()
        if ca:
            context.load_verify_locations(ca)
        self._open = opener(reach, context).open

    def send(self, destination: Destination, batch: Batch) -> None:
        """PushFailed where it is not taken."""
        match destination:
            case Folder():
                self._write(destination, batch)
            case Bucket():
                self._put(destination, batch)
            case Address():
                headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip", **destination.headers}
                self._call("POST", destination.url, headers, batch.content)

    def _write(self, destination: Folder, batch: Batch) -> None:
        target = self._folder / destination.path / batch.name
        draft = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(batch.content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except OSError as error:
            raise PushFailed(f"`{target}` cannot be written: {error.strerror}") from error

    def _put(self, destination: Bucket, batch: Batch) -> None:
        base = destination.endpoint.rstrip("/") or f"https://s3.{destination.region}.amazonaws.com"
        key = PurePosixPath(destination.bucket, destination.prefix.strip("/"), batch.name)
        path = urlsplit(base).path + "/" + quote(str(key), safe="/-_.~")
        headers = sign(
            "PUT",
            urlsplit(base).netloc,
            path,
            "",
            [(b"content-type", b"application/gzip")],
            hashlib.sha256(batch.content).hexdigest(),
            Credentials(destination.access_key_id, destination.secret_access_key, destination.session_token),
            destination.region,
            "s3",
            time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        )
        url = f"{urlsplit(base).scheme}://{urlsplit(base).netloc}{path}"
        self._call("PUT", url, {name.decode(): value.decode() for name, value in headers}, batch.content)

    def _call(self, method: str, url: str, headers: dict[str, str], content: bytes) -> None:
        request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310  # `check` saw the scheme
        where = urlsplit(url)
        place = f"{where.scheme}://{where.hostname}"  # neither query nor user: they may be secrets
        try:
            with self._open(request, timeout=self._timeout_s) as answer:
                answer.read(_SHOWN)
        except urllib.error.HTTPError as error:
            with error:
                raise PushFailed(f"{place} answered with status {error.code}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise PushFailed(f"{place} cannot be reached: {reason}") from error


def open_sender(settings: Settings) -> Sender:
    """OSError where the private authority cannot be read."""
    folder = Path(settings.logpush_folder).expanduser() if settings.logpush_folder else settings.path("logpush")
    return Sender(folder, settings.upstream_ca, read_reach(settings.allow_private_upstreams))


def check(destination: Destination) -> None:
    """InvalidInput where it could never be used, or leads where a caller of the API must not write."""
    match destination:
        case Folder(path):
            parts = PurePosixPath(path).parts
            if path.startswith("/") or ".." in parts or "\0" in path or not parts:
                raise InvalidInput("a folder is a path below `logpush_folder`, without `..`", "body", "destination")
        case Bucket():
            if destination.endpoint:
                _check_url(destination.endpoint)
            if "/" in destination.bucket or ".." in PurePosixPath(destination.prefix).parts:
                raise InvalidInput("this is no name of a bucket, or of a place in it", "body", "destination")
            _check_header(destination.access_key_id)
            _check_header(destination.session_token)
        case Address():
            _check_url(destination.url)
            for name, value in destination.headers.items():
                _check_header(name)
                _check_header(value)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or any(c.isspace() for c in url) or parts.username:
        raise InvalidInput("an address is http:// or https://, without user and password", "body", "destination")


def _check_header(text: str) -> None:
    if not text.isascii() or not (text.isprintable() or not text):
        raise InvalidInput("header fields are printable ASCII", "body", "destination")
