"""Keeps what guardrails forbid out of requests: redacted, refused or only reported (openrouter.md 4.10).

Of a request its texts are looked at: what messages say, arguments of tool calls, prompts. What one rule finds is found
in the text as it came, not in what another one left of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.errors import ContentBlocked
from torana.formats.json import Json, as_list, as_object, as_text
from torana.plugins import detectors
from torana.plugins.injection import injections
from torana.plugins.patterns import PatternError, Span, compiled_from_javascript, spans

if TYPE_CHECKING:
    from torana.plugins.prepared import Guardrail

INJECTION = "regex-prompt-injection"
_STRICT = {"flag": 0, "redact": 1, "block": 2}
_DONE = {"flag": "flagged", "redact": "redacted", "block": "blocked"}
_KEPT = 256
_LONGEST_SHOWN = 100
_ASKED = ("prompt", "input", "query", "documents")
"""What requests that are no conversations have in its place: texts, lists of them, and objects with texts."""
_FIELDS = ("content_filters", "content_filter_builtins")
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(dict[str, list[dict[str, object]]]).decode


class Builtin(Struct, frozen=True):
    find: Callable[[bytes], Iterable[Span]]
    placeholder: str
    title: str
    """For people."""


BUILTINS = {
    "email": Builtin(detectors.emails, "[EMAIL]", "Email address"),
    "phone": Builtin(detectors.phones, "[PHONE]", "Phone number"),
    "ssn": Builtin(detectors.social_security_numbers, "[SSN]", "Social Security number"),
    "credit-card": Builtin(detectors.credit_cards, "[CREDIT_CARD]", "Credit card number"),
    "ip-address": Builtin(detectors.ip_addresses, "[IP_ADDRESS]", "IP address"),
    "person-name": Builtin(detectors.person_names, "[PERSON_NAME]", "Person name"),
    "address": Builtin(detectors.street_addresses, "[ADDRESS]", "Address"),
    INJECTION: Builtin(injections, "[PROMPT_INJECTION]", "Prompt injection"),
}
"""By slug."""


class Rule(Struct, frozen=True):
    """One filter of one guardrail."""

    name: str
    """The slug of a built-in one; of others the pattern. The same name is the same filter."""
    action: str
    find: Callable[[bytes], Iterable[Span]]
    placeholder: str
    title: str
    is_for_users: bool = False
    """It looks only at what users say."""
    guardrail_id: str = ""
    guardrail_scope: str = ""


class _Text(Struct):
    """One text of a request, where it stands, and what was found in it."""

    holder: Json | list[object]
    key: str | int
    text: bytes
    is_users: bool
    found: list[tuple[int, int, str]] = []
    """Start, end, and what is to stand there."""


def rules_of(guardrails: tuple[Guardrail, ...]) -> list[Rule]:
    """All of them, once each: where two guardrails have the same filter, the stricter action holds."""
    merged: dict[str, Rule] = {}
    for guardrail in guardrails:
        fields = {name: guardrail.config.get(name) or [] for name in _FIELDS}
        for rule in _compiled(_encode(fields), guardrail.id, guardrail.scope):
            former = merged.get(rule.name)
            if former is None or _STRICT[rule.action] > _STRICT[former.action]:
                merged[rule.name] = rule
    return list(merged.values())


@lru_cache(_KEPT)
def _compiled(fields: bytes, guardrail_id: str, scope: str) -> tuple[Rule, ...]:
    """What cannot be read was refused when it was written; here it is left out."""
    try:
        found = _decode(fields)
    except msgspec.DecodeError:
        return ()
    rules: list[Rule] = []
    for each in found["content_filter_builtins"]:
        slug, action = as_text(each.get("slug")), as_text(each.get("action"))
        if (builtin := BUILTINS.get(slug)) is not None and action in _STRICT:
            is_for_users = slug == INJECTION and each.get("scan_scope") == "user_only"
            rules.append(
                Rule(slug, action, builtin.find, builtin.placeholder, builtin.title, is_for_users, guardrail_id, scope)
            )
    for each in found["content_filters"]:
        pattern, action, label = as_text(each.get("pattern")), as_text(each.get("action")), as_text(each.get("label"))
        try:
            find = partial(spans, compiled_from_javascript(pattern))
        except PatternError:
            continue
        if pattern and action in _STRICT:
            placeholder, title = label or "[REDACTED]", label or "[BLOCKED]"
            rules.append(
                Rule(f"pattern {pattern}", action, find, placeholder, title, False, guardrail_id, scope)  # noqa: FBT003
            )
    return tuple(rules)


def apply(chat: Json, rules: list[Rule]) -> list[Json]:
    """Redacts in place, and gives the pipeline's stages. ContentBlocked where a rule that found something says so."""
    texts = list(_texts(chat))
    stages: list[Json] = []
    blocked: list[tuple[Rule, list[str]]] = []
    for rule in rules:
        matches = _look(rule, texts)
        if matches:
            stages.append(_stage(rule, matches))
            if rule.action == "block":
                blocked.append((rule, matches))
    if blocked:
        raise _refusal(blocked, stages)
    for each in texts:
        if each.found:
            _put(each.holder, each.key, _redacted(each))
    return stages


def weight_of(chat: Json) -> int:
    """Bytes of text that rules look at."""
    return sum(len(each.text) for each in _texts(chat))


def _look(rule: Rule, texts: list[_Text]) -> list[str]:
    """What it finds; what it redacts is noted with the texts."""
    matches: list[str] = []
    for each in texts:
        if rule.is_for_users and not each.is_users:
            continue
        for start, end in rule.find(each.text):
            matches.append(each.text[start:end].decode(errors="replace"))
            if rule.action == "redact":
                each.found.append((start, end, rule.placeholder))
    return matches


def _redacted(each: _Text) -> str:
    """Where two overlap, one placeholder stands for both: of the one that begins first, then of the longer one."""
    pieces: list[bytes] = []
    at = until = 0
    for start, end, placeholder in sorted(each.found, key=lambda found: (found[0], -found[1])):
        if start >= until:
            pieces += [each.text[at:start], placeholder.encode()]
        at = until = max(until, end)
    pieces.append(each.text[at:])
    return b"".join(pieces).decode(errors="surrogatepass")


def _stage(rule: Rule, matches: list[str]) -> Json:
    """What was found is told of injections alone: of all else it is what nobody should see."""
    done = _DONE[rule.action]
    data: Json = {"action": done, "flagged": True, "detected": True, "engines": ["regex"]}
    if rule.name == INJECTION:
        data["patterns"] = _shown(matches)
    else:
        data["matched_entity_types"] = [rule.placeholder.strip("[]")]
    count = f"{len(matches)} match{'' if len(matches) == 1 else 'es'}"
    stage: Json = {
        "type": "guardrail",
        "name": "regex_pi_detection" if rule.name == INJECTION else "content-filter",
        "summary": f"{done.capitalize()}: {rule.title} ({count})",
        "data": data,
    }
    if rule.guardrail_id:
        stage |= {"guardrail_id": rule.guardrail_id, "guardrail_scope": rule.guardrail_scope}
    return stage


def _refusal(blocked: list[tuple[Rule, list[str]]], stages: list[Json]) -> ContentBlocked:
    rule, matches = blocked[0]
    if rule.name == INJECTION:
        return ContentBlocked(
            "Request blocked: prompt injection patterns detected", {"patterns": _shown(matches)}, stages
        )
    return ContentBlocked(
        f"Request blocked by content filter: {rule.title}", {"patterns": [each.title for each, _ in blocked]}, stages
    )


def _shown(matches: list[str]) -> list[str]:
    return list(dict.fromkeys(match[:_LONGEST_SHOWN] for match in matches))


def _texts(chat: Json) -> Iterator[_Text]:
    for message in map(as_object, as_list(chat.get("messages"))):
        is_users = message.get("role") == "user"
        yield from _strings(message, "content", is_users=is_users)
        for part in as_list(message.get("content")):
            if isinstance(part, dict):
                yield from _strings(part, "text", is_users=is_users)
        for call in map(as_object, as_list(message.get("tool_calls"))):
            yield from _strings(as_object(call.get("function")), "arguments", is_users=False)
    for name in _ASKED:
        yield from _strings(chat, name, is_users=True)
        for each in as_list(chat.get(name)):
            if isinstance(each, dict):
                yield from _strings(each, "text", is_users=True)
                for part in as_list(each.get("content")):
                    if isinstance(part, dict):
                        yield from _strings(part, "text", is_users=True)


def _strings(holder: Json, key: str, *, is_users: bool) -> Iterator[_Text]:
    """The text that stands there, or those of a list of texts."""
    value = holder.get(key)
    if isinstance(value, str):
        yield _Text(holder, key, value.encode(errors="surrogatepass"), is_users)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            if isinstance(each, str):
                yield _Text(value, number, each.encode(errors="surrogatepass"), is_users)


def _put(holder: Json | list[object], key: str | int, value: str) -> None:
    if isinstance(holder, dict):
        holder[str(key)] = value
    elif isinstance(key, int):
        holder[key] = value
