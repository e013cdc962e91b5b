"""Requests of Gemini's clients, in the hub's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import malformed, text, untranslatable
from torana.formats.gemini.config_to_chat import config_of, config_to_chat
from torana.formats.gemini.contents_to_chat import OTHERS, Messages
from torana.formats.gemini.names import camel
from torana.formats.gemini.tools_to_chat import tools_to_chat

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_READ = frozenset(
    {"contents", "generationConfig", "model", "serviceTier", "stream", "systemInstruction", "toolConfig", "tools"}
)
_TIERS = {"flex": "flex", "priority": "priority", "standard": "default"}


def request_to_chat(body: Json, brief: Brief) -> Json:
    given = camel(body, "")
    if "contents" not in given:
        raise malformed("contents", "an array")
    if "cachedContent" in given:
        raise untranslatable("cachedContent", "a prompt that Google keeps", OTHERS)
    chat: Json = {"messages": Messages(given, brief).messages}
    if "model" in given:
        chat["model"] = text(given["model"], "model").removeprefix("models/")
    if "stream" in given:
        chat["stream"] = given["stream"]
    tools_to_chat(given, chat, brief)
    if config := config_of(given):
        config_to_chat(config, chat, brief)
    if "serviceTier" in given and (tier := _TIERS.get(str(given["serviceTier"]).lower())):
        chat["service_tier"] = tier
    if not _READ.issuperset(given):
        for name in given:
            if name not in _READ:
                brief.drop(name)
    return chat
