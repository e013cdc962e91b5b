"""What one endpoint is told: the request as it can take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object
from torana.routing.market.needs import parameter_of
from torana.surfaces.router.requests import spell_names

if TYPE_CHECKING:
    from torana.catalog.market import Endpoint
    from torana.formats.json import Json
    from torana.formats.translation import Brief
    from torana.router.asking import Asking

_ALWAYS = frozenset({"max_tokens", "reasoning"})
"""What formats make of these is their own business."""
_NAMED = "openai"


def fit(chat: Json, endpoint: Endpoint, brief: Brief) -> None:
    """Takes out, in place, what the endpoint does not take, and says so (openrouter.md 2.1, "Parameters")."""
    known = endpoint.supported_parameters
    if known:
        for name in list(chat):
            parameter = parameter_of(name, chat[name])
            if parameter is not None and parameter not in known and parameter not in _ALWAYS:
                del chat[name]
                brief.drop(name)
    if not endpoint.model.startswith(f"{_NAMED}/"):
        chat["messages"] = spell_names([as_object(each) for each in as_list(chat.get("messages"))])
    chat["model"] = endpoint.name


def options(asking: Asking, endpoint: Endpoint) -> Json:
    """Fields for the body of this provider alone: `provider.options` (openrouter.md 2.3)."""
    given = as_object(asking.extras.provider.get("options"))
    found: Json = {}
    for name in (endpoint.host.slug, endpoint.tag):
        found |= as_object(given.get(name))
    return found


def echo(asking: Asking, body: Json) -> None:
    """Keeps what a provider is sent, for callers who debug: `debug.echo_upstream_body` (openrouter.md 2.10)."""
    if asking.extras.debug.get("echo_upstream_body") is True:
        asking.echoes.append(dict(body))


def echoed(asking: Asking, envelope: Json) -> list[Json]:
    """Chunks that tell of it, before all others of the stream."""
    return [{**envelope, "choices": [], "debug": {"echo_upstream_body": body}} for body in asking.echoes]
