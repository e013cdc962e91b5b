"""`multipart/form-data`, read and written whole (RFC 7578)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from torana.errors import CallerError
from torana.surfaces.router.operations.operation import Upload

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM = "multipart/form-data"
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(rb';\s*(name|filename)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE)
_MOST_PARTS = 64
_NAMELESS = "audio"


def boundary_of(content_type: str) -> bytes:
    """Empty where it is no form."""
    if not content_type.strip().lower().startswith(FORM):
        return b""
    found = _BOUNDARY.search(content_type)
    return (found[1] or found[2]).encode("latin-1", "replace") if found else b""


def read(body: bytes, boundary: bytes) -> tuple[list[tuple[str, str]], Upload | None]:
    """Its fields in their order, and the file called `file`. CallerError for what is no such form."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--") or len(pieces) > _MOST_PARTS:  # noqa: PLR2004  # one part at least
        raise CallerError("the body is not the multipart form that its content type says")
    fields: list[tuple[str, str]] = []
    upload: Upload | None = None
    for piece in pieces[1:-1]:
        head, gap, data = piece.lstrip(b" \t").partition(b"\r\n\r\n")
        about = dict(_headers(head))
        told = {
            key.lower(): _plain(quoted or bare)
            for key, quoted, bare in _PARAMETER.findall(about.get(b"content-disposition", b""))
        }
        if not gap or b"name" not in told:
            raise CallerError("the body is not the multipart form that its content type says: a part has no name")
        if b"filename" in told or told[b"name"] == "file":
            if told[b"name"] == "file":
                kind = about.get(b"content-type", b"application/octet-stream").decode("latin-1")
                upload = Upload(told.get(b"filename", "") or _NAMELESS, kind, data)
        else:
            fields.append((told[b"name"], data.decode("utf-8", "replace")))
    return fields, upload


def _headers(head: bytes) -> Iterable[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()


def _plain(text: bytes) -> str:
    """As browsers escape names, and others do."""
    plain = text.replace(b'\\"', b'"')
    for escaped, byte in ((b"%22", b'"'), (b"%0D", b"\r"), (b"%0A", b"\n")):
        plain = plain.replace(escaped, byte)
    return plain.decode("utf-8", "replace")


def write(fields: Iterable[tuple[str, str]], upload: Upload) -> tuple[bytes, bytes]:
    """The body, and its content type. The boundary is made of the file: it does not stand in it."""
    boundary = b"torana-" + hashlib.blake2b(upload.data, digest_size=20).hexdigest().encode()
    lines: list[bytes] = []
    for name, value in fields:
        lines += [b"--" + boundary, _disposition(name), b"", value.encode("utf-8", "replace")]
    kind = upload.type.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"")
    lines += [b"--" + boundary, _disposition("file", upload.name), b"content-type: " + kind, b"", upload.data]
    lines += [b"--" + boundary + b"--", b""]
    return b"\r\n".join(lines), b"multipart/form-data; boundary=" + boundary


def _disposition(name: str, filename: str = "") -> bytes:
    told = f'content-disposition: form-data; name="{_escaped(name)}"'
    return (f'{told}; filename="{_escaped(filename)}"' if filename else told).encode("utf-8", "replace")


def _escaped(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
