"""What the pipeline must know of a request, and what it makes of it."""

from __future__ import annotations

from msgspec import Struct

from torana.formats.json import Json


class Guardrail(Struct, frozen=True):
    """One of those that apply to the request, with its filters as the API has them (openrouter.md 4.10)."""

    id: str
    config: Json
    """Read: `content_filters`, `content_filter_builtins`."""
    scope: str = "api-key"
    """Whose it is, for the metadata: `api-key`, `workspace`."""


class Context(Struct, frozen=True, kw_only=True):
    """One request, beside its body. All of it has defaults: what is not known is not counted on."""

    guardrails: tuple[Guardrail, ...] = ()
    defaults: tuple[Json, ...] = ()
    """Plugins as in a request, for those that say nothing of them."""
    is_online: bool = False
    """The model was asked for as `…:online`."""
    takes_files: bool = False
    """The model reads PDFs by itself: `file` is one of its input modalities."""
    writes: bool = True
    """It answers in text. Of what only makes pictures no request is shortened: its texts are what is to be drawn."""
    searches: bool = False
    """It searches the web by itself: `web_search_options` is one of its parameters."""


class Prepared(Struct):
    """A request as it goes on, and what is owed to its answer."""

    chat: Json
    """Without what only the pipeline understands. Each attempt sends `pipeline.fit` of it."""
    stages: list[Json] = []
    """`pipeline` of `openrouter_metadata`: what changed something (openrouter.md 3.4)."""
    annotations: list[Json] = []
    """Of the answer's message: files that were read, pages that were found (openrouter.md 2.8)."""
    is_healed: bool = False
    """The answer is to be JSON, and is repaired where it is not."""
    schema: Json | None = None
    """Which JSON; None = any object."""
    is_compressed: bool | None = None
    """What does not fit a model's window is left out; None = only for small windows."""
    searches: int = 0
    """Searches made for it, by the operator's search provider."""
    search_engine: str = ""
    """Its name, where there were any."""

    @property
    def file_annotations(self) -> list[Json]:
        """For an error's `metadata.file_annotations`: with them the files need not be read again."""
        return [each for each in self.annotations if each.get("type") == "file"]
