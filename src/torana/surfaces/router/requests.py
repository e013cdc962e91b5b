"""What of a request is for the router alone, and must not go upstream (openrouter.md 2)."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from torana.errors import CallerError
from torana.formats.json import Json, as_list, as_object, as_text
from torana.surfaces.router import checks
from torana.surfaces.router.tools import Hoisted, hoist

CHAT, COMPLETIONS, MESSAGES, RESPONSES = "openai_chat", "completions", "anthropic_messages", "openai_responses"

_PRESET = "@preset/"
_MOST_TOOL_CALLS = 30
_PARTITIONS = {"fallback": "model", "sort": "none"}
"""Of `route`, which is what `provider.sort.partition` was called before."""
_COMPRESSION = "context-compression"
_UNHEARD = ("usage", "route", "transforms", "include_reasoning", "max_tool_calls", "models", "preset")


class Wishes(Struct, kw_only=True):
    """What a caller wants of the router; empty = does not say."""

    models: list[str] = []
    """In the order in which they are to be tried, with their suffixes; empty = the account's default."""
    provider: Json = {}
    """Preferences among providers (2.3)."""
    plugins: list[Json] = []
    preset: str = ""
    """Its slug."""
    session_id: str = ""
    trace: Json = {}
    debug: Json = {}
    user: str = ""
    """As the caller names them; what goes upstream is a hash."""
    service_tier: str = ""
    stop_when: list[Json] = []
    """`stop_server_tools_when`."""
    server_tools: list[Json] = []
    """`{type: "openrouter:…", parameters?}`; those of the provider's own kind among them, by that name."""
    forced_tool: str = ""
    """The type of the server tool that has to be used."""
    max_tool_calls: int = _MOST_TOOL_CALLS
    max_tokens: int | None = None
    hides_reasoning: bool = False


def read(body: Json, format_: str, salt: str = "") -> Wishes:
    """Looks at a decoded request, and takes it out. CallerError names what is wrong. The request is changed.

    `salt` is what users are hashed with: the same user of another account is somebody else upstream.
    """
    checks.check(body, format_)
    if format_ == RESPONSES:
        _stateless(body)
    return take(body, format_, salt)


def take(body: Json, format_: str = CHAT, salt: str = "") -> Wishes:
    """The same of a request that has been looked at: the hub's, once presets and plugins have been at it."""
    wishes = Wishes(
        session_id=as_text(body.pop("session_id", None)),
        stop_when=checks.objects(body.pop("stop_server_tools_when", None), "stop_server_tools_when"),
        plugins=checks.objects(body.pop("plugins", None), "plugins"),
        service_tier=_tier(body, format_),
        provider=as_object(body.pop("provider", None)),
        trace=as_object(body.pop("trace", None)),
        debug=as_object(body.pop("debug", None)),
    )
    _models(body, wishes, format_)
    _route(body, wishes)
    _transforms(body, wishes)
    _user(body, wishes, format_, salt)
    _limits(body, wishes, format_)
    if format_ in (CHAT, COMPLETIONS):
        _reasoning(body)
    wishes.hides_reasoning = as_object(body.get("reasoning")).get("exclude") is True
    hoisted: Hoisted = hoist(body)
    wishes.server_tools, wishes.forced_tool = hoisted.tools, hoisted.forced
    for name in _UNHEARD:
        body.pop(name, None)
    if format_ == CHAT and not body.get("messages") and "prompt" in body:
        body["messages"] = [{"role": "user", "content": body.pop("prompt")}]
    return wishes


def restore(chat: Json, wishes: Wishes) -> Json:
    """The hub's request with all that `read` took, by the names that chat has for it: for presets, and for plugins.

    `take` gives the same wishes of it again.
    """
    told = dict(chat)
    fields: Json = {
        "models": wishes.models[1:],
        "provider": wishes.provider,
        "plugins": wishes.plugins,
        "session_id": wishes.session_id,
        "trace": wishes.trace,
        "debug": wishes.debug,
        "user": wishes.user,
        "service_tier": wishes.service_tier,
        "stop_server_tools_when": wishes.stop_when,
    }
    told |= {name: value for name, value in fields.items() if value}
    if wishes.models:
        told["model"] = wishes.models[0]
    if wishes.preset:
        told["preset"] = wishes.preset
    if wishes.max_tool_calls != _MOST_TOOL_CALLS:
        told["max_tool_calls"] = wishes.max_tool_calls
    if wishes.server_tools:
        told["tools"] = [*as_list(chat.get("tools")), *wishes.server_tools]
    if wishes.forced_tool:
        told["tool_choice"] = {"type": wishes.forced_tool}
    return told


def spell_names(messages: list[Json]) -> list[Json]:
    """For models that know no names of speakers: they stand before what is said. Raises nothing."""
    return [_spelled(message) if message.get("name") else message for message in messages]


def _spelled(message: Json) -> Json:
    name, content = as_text(message.get("name")), message.get("content")
    if message.get("role") == "tool" or not name:
        return message
    told = {each: value for each, value in message.items() if each != "name"}
    if isinstance(content, str):
        told["content"] = f"{name}: {content}"
    elif isinstance(content, list):
        told["content"] = [{"type": "text", "text": f"{name}: "}, *content]
    return told


def _stateless(body: Json) -> None:
    if body.get("previous_response_id") is not None:
        raise CallerError("`previous_response_id` is not supported: send the whole conversation in `input`")
    if body.get("store") is True:
        raise CallerError("`store: true` is not supported: responses are not kept here")


def _models(body: Json, wishes: Wishes, format_: str) -> None:
    """`model` first, then `models`, or what Anthropic's clients call `fallbacks`; each once."""
    first = as_text(body.get("model"))
    named, _, preset = first.partition(_PRESET)
    if not preset and isinstance(body.get("preset"), str):
        preset = as_text(body["preset"])
    wishes.preset = preset
    others = [as_text(each) for each in checks.texts(body.get("models"), "models")]
    fallbacks = checks.objects(body.pop("fallbacks", None), "fallbacks") if format_ == MESSAGES else []
    others += [as_text(each.get("model")) for each in fallbacks]
    wishes.models = [name for name in dict.fromkeys([named, *others]) if name]


def _route(body: Json, wishes: Wishes) -> None:
    partition = _PARTITIONS.get(as_text(body.get("route")))
    sort = wishes.provider.get("sort")
    if partition is None or not sort:
        return
    told = dict(sort) if isinstance(sort, dict) else {"by": sort}
    wishes.provider = {**wishes.provider, "sort": {"partition": partition, **told}}


def _transforms(body: Json, wishes: Wishes) -> None:
    """The older name of a plugin; an empty list turns it off."""
    given = body.get("transforms")
    if not isinstance(given, list) or any(plugin.get("id") == _COMPRESSION for plugin in wishes.plugins):
        return
    if "middle-out" in given:
        wishes.plugins.append({"id": _COMPRESSION, "engine": "middle-out"})
    elif not given:
        wishes.plugins.append({"id": _COMPRESSION, "enabled": False})


def _user(body: Json, wishes: Wishes, format_: str, salt: str) -> None:
    wishes.user = as_text(body.pop("user", None))
    if not wishes.user:
        return
    hashed = hashlib.blake2b(f"{salt}\0{wishes.user}".encode("utf-8", "replace"), digest_size=16).hexdigest()
    if format_ == MESSAGES:
        body["metadata"] = {"user_id": hashed, **as_object(body.get("metadata"))}
    else:
        body["user"] = hashed


def _tier(body: Json, format_: str) -> str:
    """Stays in the request too: providers have tiers of the same names. Anthropic's `speed` is one of them."""
    if format_ == MESSAGES and body.pop("speed", None) == "fast":
        body.pop("service_tier", None)
        return "priority"
    tier = as_text(body.get("service_tier"))
    return "priority" if tier == "fast" else tier


def _limits(body: Json, wishes: Wishes, format_: str) -> None:
    calls = body.get("max_tool_calls")
    if isinstance(calls, int):
        wishes.max_tool_calls = min(calls, _MOST_TOOL_CALLS)
    if format_ == CHAT and body.get("max_completion_tokens") is not None:
        body.pop("max_tokens", None)  # its older name
    most = body.get("max_output_tokens" if format_ == RESPONSES else "max_tokens")
    if most is None:
        most = body.get("max_completion_tokens")
    wishes.max_tokens = most if isinstance(most, int) else None


def _reasoning(body: Json) -> None:
    """One field in place of three (2.6). CallerError where two of them say different things."""
    asked, short, old = body.get("reasoning"), body.pop("reasoning_effort", None), body.get("include_reasoning")
    told = dict(as_object(asked))
    if short is not None:
        if told.get("effort") not in (None, short):
            raise CallerError("`reasoning_effort` and `reasoning.effort` differ: send one of them")
        told["effort"] = short
    if told.get("effort") is not None and told.get("max_tokens") is not None:
        raise CallerError("`reasoning.effort` and `reasoning.max_tokens` exclude each other: send one of them")
    if asked is None and short is None:
        if old is False:
            body["reasoning"] = {"exclude": True}
        elif old is True:
            body["reasoning"] = {"enabled": True}
        return
    body["reasoning"] = told
