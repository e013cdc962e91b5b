"""What callers are told where nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import Internal
from torana.formats.translation import Failure
from torana.formats.translators import TRANSLATORS
from torana.router.offer import Offer
from torana.router.trying import turn_of
from torana.surfaces.router import errors
from torana.surfaces.router.availability import of_failures
from torana.surfaces.router.costs import Cost
from torana.surfaces.router.dressing import Dress
from torana.surfaces.router.failures import from_failure
from torana.surfaces.router.metadata import Seat, Way, metadata
from torana.surfaces.router.operations import events
from torana.surfaces.router.streams import DressedStream

if TYPE_CHECKING:
    from torana.errors import ToranaError
    from torana.formats.json import Json
    from torana.message import Reply
    from torana.router.asking import Asking, Failed
    from torana.surfaces.router.told import Told

_UNANSWERED = 502


def told_of(asking: Asking, last: Failed) -> tuple[int, Told]:
    """Of the last that was asked; those before it are listed."""
    is_byok = isinstance(last.endpoint, Offer)
    if last.error is not None and not last.status:
        status, told = errors.of_error(last.error)
        told.provider_name, told.is_byok = last.endpoint.host.name, is_byok
    else:
        name, model = last.endpoint.host.name, last.endpoint.model
        status, told = from_failure(
            last.status, last.failure, last.raw, name, is_byok, model=model, retry_after_s=last.retry_after_s
        )
    told.previous_errors = [
        {"provider": each.endpoint.host.name, "code": each.status or _UNANSWERED, "status": _word(each)}
        for each in asking.failures[:-1]
    ]
    hints = [each.retry_after_s for each in asking.failures]
    if len(hints) > 1:
        # Only where each of them gave one (openrouter.md 1.2).
        told.retry_after_s = min((hint for hint in hints if hint is not None), default=None) if all(hints) else None
    models = [each.endpoint.model for each in asking.failures]
    providers = [each.endpoint.host.name for each in asking.failures]
    told.availability = told.availability or of_failures(status, models, providers, told.retry_after_s)
    if asking.prepared.file_annotations:
        told.metadata = {**told.metadata, "file_annotations": asking.prepared.file_annotations}
    return status, told


def of_own(error: ToranaError | None) -> Failure:
    return Failure(error.message if error is not None else "internal error")


def _word(failed: Failed) -> str:
    return failed.failure.type or failed.failure.code or ("no answer" if not failed.status else "error")


def answer(asking: Asking, status: int, told: Told) -> Reply:
    """The whole answer, in the client's format."""
    asking.refused = (status, told)
    return errors.answer(status, told, asking.entry.spoken, asking.id, metadata=way_of(asking, has_answer=False))


def in_stream(asking: Asking) -> bytes:
    """The same for a stream that has begun already."""
    status, told = asking.refused or errors.of_error(Internal("internal error"))
    if asking.wanted is not None:
        return events.failed(errors.chat_error(status, told))
    dress = asking.dress or Dress(
        id=asking.id, created=asking.created, model=asking.plan.requested, provider="", price=lambda _: Cost()
    )
    dress.metadata = way_of(asking, has_answer=False)
    out = TRANSLATORS[asking.entry.spoken].stream_from_chat(turn_of(asking, dress))
    return out.feed(DressedStream(dress).fail(status, told)) + out.finish()


def way_of(asking: Asking, *, has_answer: bool) -> Json | None:
    """`openrouter_metadata`, where it was asked for."""
    if not asking.wants_metadata:
        return None
    seats = dict.fromkeys((each.host.name, each.model) for each in asking.choice.endpoints)
    way = Way(
        requested=asking.plan.requested,
        strategy=asking.plan.strategy,
        available=[Seat(provider, model) for provider, model in seats],
        total=asking.choice.total,
        asked=asking.asked,
        has_answer=has_answer,
        is_byok=isinstance(asking.endpoint, Offer),
        pipeline=asking.prepared.stages,
    )
    return metadata(way)
