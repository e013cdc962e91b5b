"""What the plugins make of a request, and what they are told of it beside its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.errors import Explained
from torana.plugins.prepared import Context, Guardrail, Prepared
from torana.surfaces.router.metadata import Seat, Way, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torana.plugins.pipeline import Pipeline
    from torana.router.access import Access
    from torana.router.planning import Plan
    from torana.router.reading import Read


async def prepare(pipeline: Pipeline, read: Read, plan: Plan, context: Context) -> Prepared:
    """Explained, with the way that the request went until then, where a plugin or a filter refuses it.

    What is no conversation has no plugins: only filters look at it.
    """
    try:
        if read.wanted is None:
            return await pipeline.before(read.chat, context)
        return Prepared(read.chat, await pipeline.screen(read.wanted.request, context))
    except Explained as error:
        seats = dict.fromkeys((each.host.name, each.model) for model in plan.models for each in model.endpoints)
        error.way = metadata(
            Way(
                requested=plan.requested,
                strategy=plan.strategy,
                available=[Seat(provider, model) for provider, model in seats],
                has_answer=False,
                pipeline=error.stages,
            )
        )
        raise


def context_of(plan: Plan, access: Access, guardrails: Sequence[Mapping[str, object]]) -> Context:
    assigned = access.key.guardrails if access.key is not None else ()
    return Context(
        guardrails=tuple(
            Guardrail(str(each.get("id", "")), dict(each), "api-key" if each.get("id") in assigned else "workspace")
            for each in guardrails
        ),
        is_online=plan.is_online,
        takes_files=all("file" in model.input_modalities for model in plan.models),
        writes=any("text" in model.output_modalities for model in plan.models),
        searches=all(
            "web_search_options" in endpoint.supported_parameters
            for model in plan.models
            for endpoint in model.endpoints
        ),
    )
