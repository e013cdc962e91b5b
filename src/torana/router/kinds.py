"""Is what is asked for what the model does? One that ranks does not chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import WrongEndpoint
from torana.routing.market.needs import Needs, read_needs
from torana.surfaces.router.operations import OPERATIONS

if TYPE_CHECKING:
    from torana.router.planning import Plan
    from torana.router.reading import Read
    from torana.surfaces.entries import Entry

_PATHS = {
    "embeddings": "embeddings",
    "rerank": "rerank",
    "image": "images",
    "speech": "audio/speech",
    "transcription": "audio/transcriptions",
}
"""By what comes out of a model, below `/api/v1`."""
_SPOKEN = frozenset({"text", "image", "audio"})
"""What may come of a conversation."""


def needs_of(read: Read, entry: Entry) -> Needs:
    if read.wanted is None:
        return read_needs(read.chat, read.tokens_in)
    return Needs(outputs=frozenset({OPERATIONS[entry.format].modality}), tokens_in=read.tokens_in)


def check_kind(plan: Plan, entry: Entry) -> None:
    """WrongEndpoint where one of the models does something else."""
    operation = OPERATIONS.get(entry.format)
    fits = _SPOKEN if operation is None else {operation.modality}
    for model in plan.models:
        if fits.isdisjoint(model.output_modalities):
            path = next((_PATHS[each] for each in model.output_modalities if each in _PATHS), "chat/completions")
            raise WrongEndpoint(model.id, f"{model.id} is not for this endpoint: ask it at `/api/v1/{path}`")
