"""The cells of the matrix: which client asks which provider for what, and what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from msgspec import Struct

from matrix.asking import RESULTS, Client, Json
from matrix.clients import CLIENTS
from matrix.hearing import Heard, Upstream
from matrix.stage import Stage, foreign_headers
from matrix.upstreams import UPSTREAMS, played
from torana.formats.translators import TRANSLATORS
from torana.providers import PROVIDERS

_BETWEEN = {
    ("reasoning", "openai_chat", "Mistral"): "goes through as it is; OpenAI's SDK does not know Mistral's thoughts",
}


class Cell(Struct, frozen=True):
    feature: str
    client: type[Client]
    upstream: Upstream
    """As the table names it; see `played`."""
    is_stream: bool

    def __str__(self) -> str:
        provider = re.sub(r"\W+", "_", self.upstream.name)
        return f"{self.client.format}-{provider}-{'stream' if self.is_stream else 'whole'}"

    @property
    def reason(self) -> str:
        """Why there is nothing to be seen; empty = there is."""
        between = _BETWEEN.get((self.feature, self.client.format, self.upstream.name), "")
        return between or self.client.lacks.get(self.feature, "") or self.upstream.lacks.get(self.feature, "")

    @property
    def model(self) -> str:
        return f"{self.upstream.slug}/{self.upstream.model}"

    @property
    def played(self) -> Upstream:
        return played(self.upstream, self.client.format)


def cells(feature: str) -> list[Cell]:
    """All there are, with those that have nothing to show."""
    return [
        Cell(feature, client, upstream, is_stream)
        for client in CLIENTS
        for upstream in UPSTREAMS
        for is_stream in (False, True)
    ]


def of(feature: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("cell", [cell for cell in cells(feature) if not cell.reason], ids=str)


class Play:
    """What one test sees: the client in its cell, the stage, and the record of what was seen."""

    def __init__(self, cell: Cell, client: Client, stage: Stage, seen: dict[Cell, str], logs: httpx.Client) -> None:
        self.cell, self.client, self.stage = cell, client, stage
        self.upstream = cell.played
        self._seen, self._logs = seen, logs
        self.note = ""
        """To be said of it in the table."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What the upstream found wrong comes before what the client makes of that."""
        self._seen[self.cell] = "fails"
        try:
            yield
        except Exception:
            if self.stage.error is not None:
                raise self.stage.error from None
            raise
        assert self.stage.error is None
        if self.upstream.format != self.client.format:
            for received in self.stage.received:
                assert foreign_headers(self.upstream, received) == []
        self._seen[self.cell] = f"✓ {self.note}".strip()

    def row(self) -> Json:
        """Of the last request, in the log."""
        reply = self._logs.get("logs", params={"per_page": 1})
        (row,) = reply.raise_for_status().json()["result"]
        assert (row["provider"], row["model"]) == (self.upstream.slug, self.upstream.model)
        return dict(row)

    @property
    def heard(self) -> Heard:
        """Of the last request."""
        return self.stage.heard[-1]


def skip_what_is_not_there(cell: Cell) -> None:
    if cell.upstream.slug not in PROVIDERS:
        pytest.skip(f"no provider {cell.upstream.slug} yet")
    if cell.played.format != cell.client.format:
        for name in (cell.played.format, cell.client.format):
            if name not in TRANSLATORS:
                pytest.skip(f"no translation of {name} yet")


def answered(heard: Heard) -> dict[str, object]:
    """What the tools said, by their names, as the provider understands it: JSON may have been told as such."""
    names = {id_: name for id_, name, _ in heard.calls if id_}
    return {names.get(id_, id_): plain(text) for id_, text in heard.results}


def plain(text: str) -> object:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, dict) and len(found) == 1:
        (inner,) = found.values()
        return plain(inner) if isinstance(inner, str) else inner
    return found


EXPECTED = {name: plain(text) for name, text in RESULTS.items()}
