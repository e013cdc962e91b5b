"""A request's body as the router takes it: decoded, completed by a preset, told in the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.catalog.estimate import likely_in, weigh
from torana.errors import CallerError
from torana.formats.counting import COUNTS
from torana.formats.json import UNREADABLE, Json
from torana.formats.translation import Brief
from torana.formats.translators import TRANSLATORS
from torana.surfaces.bodies import plain_body
from torana.surfaces.router import presets, requests
from torana.surfaces.router.operations.operation import Wanted
from torana.surfaces.router.presets import Caching
from torana.surfaces.router.requests import Wishes

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.snapshot import RouterConfig
    from torana.surfaces.entries import Entry

_PRESET = "@preset/"
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Read(Struct, kw_only=True):
    request: Json
    """In the client's format, less what is the router's alone."""
    chat: Json
    """The same in the hub, with `plugins` and server tools as they were asked for."""
    extras: Wishes
    dropped: list[str]
    preset_id: str = ""
    caching: Caching = Caching()
    tokens_in: int = 0
    """Estimated."""
    wanted: Wanted | None = None
    """What is asked for that is no conversation."""
    plain: bytes = b""
    """The body as it came, its content coding undone."""


def read(x: Exchange, entry: Entry, config: RouterConfig) -> Read:
    """CallerError names what is wrong with it."""
    plain = plain_body(x.opening, x.request.body)
    try:
        request = _decode(plain)
    except UNREADABLE:
        raise CallerError("the body is not a JSON object") from None
    preset, request = _named(request, config)
    salt = f"{x.opening.gateway.account_id}/{x.opening.gateway.id}"
    extras = requests.read(request, entry.spoken, salt)
    kept, brief = dict(request), Brief()
    if extras.user and "user" in kept:
        kept["user"] = extras.user  # who asked is told what they said: the hash is for providers
    if entry.is_count:
        chat = COUNTS[entry.spoken].request_to_chat(request, brief)
        extras.plugins, extras.server_tools = [], []
    else:
        chat = TRANSLATORS[entry.spoken].request_to_chat(request, brief)
    if preset:
        # In the hub, so that one preset is good for clients of every format.
        chat = presets.apply(requests.restore(chat, extras), preset)
        extras = requests.take(chat, salt=salt)
    _default(extras, config)
    x.log.is_stream = chat.get("stream") is True
    if extras.plugins:
        chat["plugins"] = extras.plugins
    if extras.server_tools:
        tools = chat.get("tools")
        chat["tools"] = [*(tools if isinstance(tools, list) else ()), *extras.server_tools]
    return Read(
        request=kept,
        chat=chat,
        extras=extras,
        dropped=brief.dropped,
        preset_id=str(preset.get("id", "")),
        caching=presets.caching(preset),
        tokens_in=likely_in(weigh(plain) // 2 + 1),
        plain=plain,
    )


def _named(request: Json, config: RouterConfig) -> tuple[Json, Json]:
    """The preset that is named, and the request without its name."""
    model = request.get("model")
    named, mark, slug = model.partition(_PRESET) if isinstance(model, str) else ("", "", "")
    if not mark:
        other = request.get("preset")
        slug = other if isinstance(other, str) else ""
    if not slug:
        return {}, request
    preset = config.presets.get(slug)
    if preset is None:
        raise CallerError(f"Preset `{slug}` not found in this workspace")
    rest = {name: value for name, value in request.items() if name not in {"model", "preset"}}
    if isinstance(model, str) and (named or not mark):
        rest["model"] = named or model
    return preset, rest


def _default(extras: Wishes, config: RouterConfig) -> None:
    """What the workspace has for who does not say."""
    if not extras.models and config.default_model:
        extras.models = [config.default_model]
    if config.default_sort and "sort" not in extras.provider:
        extras.provider = {**extras.provider, "sort": config.default_sort}
