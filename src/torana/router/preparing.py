"""What the plugins are told of a request beside its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.plugins.prepared import Context, Guardrail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torana.router.access import Access
    from torana.router.planning import Plan


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
