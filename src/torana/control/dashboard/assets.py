"""The dashboard's built files, held in memory, in the coding that a browser takes."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from msgspec import Struct

STATIC = Path(__file__).with_name("static")
"""Where `npm run build` puts them; a wheel has them there."""
INDEX = "index.html"
HASHED = "assets/"
"""Names below it change with what is in the files."""
_CODINGS = {"br": ".br", "gzip": ".gz"}
"""In the order in which they are preferred, with the ends of the names that the build gives its compressed files."""
_KINDS = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
"""What the machine's own table may not know, or have another word for."""


class Asset(Struct, frozen=True):
    """One file: as it is, and compressed where the build did that."""

    media_type: str
    etag: str
    is_hashed: bool
    plain: bytes
    coded: dict[str, bytes]

    def chosen(self, accepted: str) -> tuple[str, bytes]:
        """The coding (empty = none) and the bytes for an `accept-encoding`."""
        takes = _codings(accepted)
        return next(((name, body) for name, body in self.coded.items() if name in takes), ("", self.plain))


class Assets:
    """All files of one folder, read when first asked for, and again after a new build."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._built: tuple[int, int] | None = None
        self._files: dict[str, Asset] = {}

    def find(self, path: str) -> Asset | None:
        """`path` is below `/dashboard/`. None where there is no such file: it is looked up, never opened by name."""
        self._look()
        return self._files.get(path)

    def _look(self) -> None:
        try:
            stat = (self._folder / INDEX).stat()
        except OSError:
            built = None
        else:
            built = (stat.st_mtime_ns, stat.st_size)
        if built != self._built:
            self._files = {} if built is None else _read(self._folder)
            self._built = built


def is_built(folder: Path = STATIC) -> bool:
    return (folder / INDEX).is_file()


def _read(folder: Path) -> dict[str, Asset]:
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    ends = tuple(_CODINGS.values())
    return {name: _asset(name, found) for name in found if not name.endswith(ends)}


def _asset(name: str, found: dict[str, Path]) -> Asset:
    plain = found[name].read_bytes()
    coded = {coding: found[name + end].read_bytes() for coding, end in _CODINGS.items() if name + end in found}
    kind = _KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        media_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        etag=f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"',
        is_hashed=name.startswith(HASHED),
        plain=plain,
        # What compressing made longer is of no use.
        coded={coding: body for coding, body in coded.items() if len(body) < len(plain)},
    )


def _codings(accepted: str) -> set[str]:
    """Those that may be sent; one with the weight 0 may not."""
    parts = (part.partition(";") for part in accepted.lower().split(","))
    return {name.strip() for name, _, weight in parts if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00"}}
