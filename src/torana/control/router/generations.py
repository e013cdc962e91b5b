"""One generation, what was said in it, and what its caller thought of it (openrouter.md 1.8)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from torana.control.router import content
from torana.control.router.asking import moment
from torana.control.router.generation_rows import Generation, find_bodies, find_generation, keep_feedback
from torana.control.router.money import usd
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.refusals import NotThere
from torana.message import FIRST_FAILURE

if TYPE_CHECKING:
    from torana.control.envelope import Log
    from torana.control.logs import Bodies
    from torana.control.management.operation import Site
    from torana.routed import Answered

_MOST_RAW = 64 << 10
_OF_LOGS = (
    "user_agent",
    *("streamed", "cancelled"),
    *("latency", "generation_time"),
    *("tokens_prompt", "tokens_completion", "native_tokens_prompt", "native_tokens_completion"),
    *("native_tokens_reasoning", "native_tokens_cached"),
)
"""Fields that are null once the log was deleted."""


class WithId(Struct):
    id: Annotated[str, Meta(min_length=1, max_length=200)]


class Feedback(Struct):
    generation_id: Annotated[str, Meta(min_length=1, max_length=200)]
    category: Literal["latency", "incoherence", "incorrect_response", "formatting", "billing", "api_error", "other"]
    comment: Annotated[str, Meta(max_length=1000)] = ""


def show(site: Site, asked: Asked) -> Data:
    return Data(_shown(_find(site, asked, of(asked.query, WithId).id)))


def show_content(site: Site, asked: Asked) -> Data:
    """NotThere where nothing of it was kept."""
    generation = _find(site, asked, of(asked.query, WithId).id)
    bodies = find_bodies(site.store, generation)
    if bodies is None:
        raise NotThere(f"No content was kept for the generation {generation.routed.id}")
    said = content.read(bodies)
    failed = generation.log is not None and generation.log.status_code >= FIRST_FAILURE
    return Data(
        {
            "input": said.input,
            "output": {"completion": said.completion, "reasoning": said.reasoning},
            "error": _error(generation, bodies) if failed else None,
        }
    )


def take_feedback(site: Site, asked: Asked) -> Data:
    wish = of(asked.body, Feedback)
    keep_feedback(site.store, _find(site, asked, wish.generation_id), wish.category, wish.comment)
    return Data({"success": True})


def _find(site: Site, asked: Asked, id_: str) -> Generation:
    """Its answer may have been given a moment ago, so what waits is taken in first."""
    site.bring_in()
    return find_generation(site.store, asked.key.account_id, id_)


def _shown(one: Generation) -> dict[str, object]:
    said = one.routed
    return {
        "id": said.id,
        "upstream_id": said.upstream_id or None,
        "request_id": one.log_id,
        "session_id": said.session_id or None,
        "created_at": moment(one.created_ms),
        "model": said.model,
        "provider_name": said.provider_name or None,
        "provider_responses": [_answered(each) for each in said.answered] or None,
        "router": said.router or None,
        "preset_id": said.preset_id or None,
        "origin": said.app_url,
        "http_referer": said.app_url or None,
        "app_id": None,  # apps have no numbers here
        "external_user": said.user or None,
        "workspace_id": one.gateway_id,
        "data_region": "global",
        "api_type": said.api_type,
        "is_byok": said.is_byok,
        "finish_reason": said.finish_reason or None,
        "native_finish_reason": said.native_finish_reason or None,
        "service_tier": said.service_tier or None,
        "total_cost": usd(said.cost_nano),
        "usage": usd(said.cost_nano),
        "upstream_inference_cost": usd(said.upstream_nano),
        "cache_discount": usd(said.cache_discount_nano) if said.cache_discount_nano else None,
        "response_cache_source_id": said.source_id or None,
        "moderation_latency": None,
        "num_media_prompt": said.media_in,
        "num_media_completion": said.media_out,
        "num_input_audio_prompt": None,
        "num_search_results": said.searches,
        "num_fetches": 0,
        "web_search_engine": said.web_search_engine or None,
        "native_tokens_completion_images": None,
        **_logged(one.log),
    }


def _logged(log: Log | None) -> dict[str, object]:
    """What the log knows."""
    if log is None:
        return dict.fromkeys(_OF_LOGS)
    usage, total = log.usage_metadata, log.timings.total
    found = (
        log.user_agent or None,
        *(log.streamed, log.cancelled),
        *(total, total - (log.timings.latency or 0) if log.streamed else total),
        *(log.tokens_in, log.tokens_out) * 2,
        *(usage and usage.output_reasoning_tokens, usage and usage.input_cached_tokens),
    )
    return dict(zip(_OF_LOGS, found, strict=True))


def _answered(one: Answered) -> dict[str, object]:
    return {
        "status": one.status,
        "provider_name": one.provider_name,
        "endpoint_id": one.endpoint_id,
        "id": one.id,
        "model_permaslug": one.model_permaslug,
        "is_byok": one.is_byok,
        "latency": one.latency_ms,
        "routed_service_tier": one.service_tier or None,
    }


def _error(one: Generation, bodies: Bodies) -> dict[str, object]:
    former = [each for each in one.routed.answered[:-1] if each.status is None or each.status >= FIRST_FAILURE]
    return {
        "message": (one.log and one.log.error) or None,
        "status": one.log and one.log.status_code,
        "provider_name": one.routed.provider_name or None,
        "raw": bodies.response_body[:_MOST_RAW].decode("utf-8", "replace") or None,
        "previous_errors": [
            {
                "code": each.status or 0,
                "message": f"{each.provider_name} answered {each.status}" if each.status else "no answer came",
                "provider_name": each.provider_name,
                "raw": None,
            }
            for each in former
        ],
    }


_row = partial(Operation, path="/generation", access="key", method="GET")

OPERATIONS = (
    _row(name="get_generation", answer=show, query=WithId),
    _row(name="list_generation_content", path="/generation/content", answer=show_content, query=WithId),
    _row(
        name="submit_generation_feedback",
        method="POST",
        path="/generation/feedback",
        access="management",
        answer=take_feedback,
        body=Feedback,
    ),
)
