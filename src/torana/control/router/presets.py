"""Presets as the router's API has them: made of requests, listed with their versions (openrouter.md 2.9)."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from torana.control.router.asking import InWorkspace, Listed, Paged, lasting_id, moment, page, workspace
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.preset_rows import (
    Preset,
    PresetVersion,
    find_preset,
    keep_version,
    list_presets,
    list_versions,
)
from torana.control.router.refusals import BadRequest, NotThere
from torana.formats.translation import Brief
from torana.formats.translators import TRANSLATORS
from torana.surfaces.router.presets import capture

if TYPE_CHECKING:
    from torana.control.management.operation import Site

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~-]{0,127}")


def enumerate_(site: Site, asked: Asked) -> Listed:
    query = of(asked.query, InWorkspace)
    gateway_id = workspace(site, asked, query.workspace_id)
    return page(list_presets(site.store, asked.key.account_id, gateway_id), query, _preset)


def show(site: Site, asked: Asked) -> Data:
    return Data(_whole(_asked_for(site, asked)))


def enumerate_versions(site: Site, asked: Asked) -> Listed:
    found = list_versions(site.store, _asked_for(site, asked))
    return page(found, of(asked.query, Paged), _version)


def show_version(site: Site, asked: Asked) -> Data:
    for one in list_versions(site.store, _asked_for(site, asked)):
        if str(one.version) == asked.path["version"]:
            return Data(_version(one))
    raise NotThere(f"The preset `{asked.path['slug'][:128]}` has no version `{asked.path['version'][:20]}`")


def make(format_: str, site: Site, asked: Asked) -> Data:
    """BadRequest where the slug is none, or the request could not be told to a model."""
    slug = asked.path["slug"]
    if not _SLUG.fullmatch(slug):
        raise BadRequest("A preset's slug has 1 to 128 of letters, digits, `-`, `_`, `.` and `~`")
    body: dict[str, object] = of(asked.body, dict)
    captured = capture(TRANSLATORS[format_].request_to_chat({**body}, Brief()), body)
    if not captured.config and captured.system_prompt is None:
        raise BadRequest("The request has nothing that a preset can hold")
    return Data(_whole(keep_version(site.store, asked.key.account_id, workspace(site, asked), slug, captured)))


def _asked_for(site: Site, asked: Asked) -> Preset:
    return find_preset(site.store, asked.key.account_id, workspace(site, asked), asked.path["slug"])


def _preset(found: Preset) -> dict[str, object]:
    of_ = found.latest
    return {
        "id": of_.id,
        "name": of_.slug,
        "slug": of_.slug,
        "description": None,
        "status": "active",
        "status_updated_at": None,
        "designated_version_id": _version_id(of_),
        "creator_user_id": None,
        "workspace_id": of_.gateway_id,
        "created_at": moment(found.created_ms),
        "updated_at": moment(of_.created_ms),
    }


def _whole(found: Preset) -> dict[str, object]:
    return _preset(found) | {"designated_version": _version(found.latest)}


def _version(one: PresetVersion) -> dict[str, object]:
    return {
        "id": _version_id(one),
        "preset_id": one.id,
        "version": one.version,
        "creator_id": one.account_id,  # there are no users
        "system_prompt": one.content.system_prompt,
        "config": one.content.config,
        "created_at": moment(one.created_ms),
        "updated_at": moment(one.created_ms),
    }


def _version_id(one: PresetVersion) -> str:
    return lasting_id("preset", one.id, str(one.version))


_ONE = "/presets/{slug}"
_row = partial(Operation, access="key")

OPERATIONS = (
    _row(name="list_presets", method="GET", path="/presets", answer=enumerate_, query=InWorkspace),
    _row(name="get_preset", method="GET", path=_ONE, answer=show),
    _row(name="list_preset_versions", method="GET", path=_ONE + "/versions", answer=enumerate_versions, query=Paged),
    _row(name="get_preset_version", method="GET", path=_ONE + "/versions/{version}", answer=show_version),
    *(
        _row(
            name=f"create_presets_{name}",
            method="POST",
            path=f"{_ONE}/{path}",
            answer=partial(make, format_),
            body=dict[str, object],
        )
        for name, path, format_ in (
            ("chat_completions", "chat/completions", "openai_chat"),
            ("messages", "messages", "anthropic_messages"),
            ("responses", "responses", "openai_responses"),
        )
    ),
)
