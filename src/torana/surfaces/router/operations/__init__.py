"""What the router passes on besides conversations, by the path below `/api/v1`."""

from torana.surfaces.router.operations.embeddings import VECTORS
from torana.surfaces.router.operations.images import IMAGES
from torana.surfaces.router.operations.operation import Operation
from torana.surfaces.router.operations.rerank import RERANK
from torana.surfaces.router.operations.speech import SPEECH
from torana.surfaces.router.operations.transcription import TRANSCRIPTION

__all__ = ["OPERATIONS", "Operation"]

OPERATIONS: dict[str, Operation] = {
    "embeddings": VECTORS,
    "rerank": RERANK,
    "images": IMAGES,
    "speech": SPEECH,
    "transcription": TRANSCRIPTION,
}
"""By the name that `surfaces.entries.Entry.format` has for each."""
