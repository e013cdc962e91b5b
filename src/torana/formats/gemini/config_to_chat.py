"""Gemini's `generationConfig` in the hub's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import entries, items, malformed, text, untranslatable
from torana.formats.gemini.contents_to_chat import OTHERS
from torana.formats.gemini.names import camel
from torana.formats.gemini.schemas_to_chat import schema_to_chat
from torana.formats.json import as_text
from torana.formats.strictness import is_strict

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

_PLAIN = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "candidateCount": "n",
    "maxOutputTokens": "max_completion_tokens",
    "stopSequences": "stop",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
}
_READ = frozenset(
    {
        *_PLAIN,
        "imageConfig",
        "responseJsonSchema",
        "responseMimeType",
        "responseModalities",
        "responseSchema",
        "speechConfig",
        "thinkingConfig",
    }
)
_AT = "generationConfig"
_USUAL_SOUND: Json = {"voice": "alloy", "format": "pcm16"}


def config_to_chat(config: Json, chat: Json, brief: Brief) -> None:
    for wire, name in _PLAIN.items():
        if wire in config:
            chat[name] = config[wire]
    if "stop" in chat:
        items(chat["stop"], f"{_AT}.stopSequences")
    if "responseMimeType" in config:
        _shape(config, chat)
    _media(config, chat, brief)
    if "thinkingConfig" in config:
        _think(camel(config["thinkingConfig"], f"{_AT}.thinkingConfig"), chat)
    if not _READ.issuperset(config):
        for name in config:
            if name not in _READ:
                brief.drop(f"{_AT}.{name}")


def _media(config: Json, chat: Json, brief: Brief) -> None:
    """What is made beside text."""
    if "responseModalities" in config:
        given = items(config["responseModalities"], f"{_AT}.responseModalities")
        wanted = [text(each, ((_AT, "responseModalities"), n)).lower() for n, each in enumerate(given)]
        if "audio" in wanted:
            # OpenAI's models that speak write too, and want to know in whose voice.
            chat["modalities"], chat["audio"] = ["text", "audio"], dict(_USUAL_SOUND)
        elif wanted != ["text"]:
            chat["modalities"] = wanted
    if "speechConfig" in config:
        _speech(camel(config["speechConfig"], f"{_AT}.speechConfig"), chat, brief)
    if "imageConfig" in config:
        names = {"aspectRatio": "aspect_ratio", "imageSize": "image_size"}
        image = camel(config["imageConfig"], f"{_AT}.imageConfig")
        chat["image_config"] = {names.get(name, name): value for name, value in image.items()}


def _shape(config: Json, chat: Json) -> None:
    kind = text(config["responseMimeType"] or "text/plain", f"{_AT}.responseMimeType")
    if kind == "text/plain":
        return
    if kind != "application/json":
        raise untranslatable(f"{_AT}.responseMimeType", f"`{kind}`", OTHERS)
    if "responseJsonSchema" in config:
        schema = entries(config["responseJsonSchema"], f"{_AT}.responseJsonSchema")
    elif "responseSchema" in config:
        schema = schema_to_chat(config["responseSchema"], f"{_AT}.responseSchema")
    else:
        chat["response_format"] = {"type": "json_object"}
        return
    named: Json = {"name": "response", "schema": schema}
    if is_strict(schema):
        named["strict"] = True
    chat["response_format"] = {"type": "json_schema", "json_schema": named}


def _speech(speech: Json, chat: Json, brief: Brief) -> None:
    for knob in speech:
        if knob != "voiceConfig":
            brief.drop(f"{_AT}.speechConfig.{knob}")
    voice = camel(speech.get("voiceConfig") or {}, f"{_AT}.speechConfig.voiceConfig")
    built = camel(voice.get("prebuiltVoiceConfig") or {}, f"{_AT}.speechConfig.voiceConfig.prebuiltVoiceConfig")
    if voice_name := as_text(built.get("voiceName")):
        chat["audio"] = {**_USUAL_SOUND, "voice": voice_name}


def _think(thinking: Json, chat: Json) -> None:
    """Who does not ask for thoughts is not shown any."""
    wish: Json = {}
    budget, level = thinking.get("thinkingBudget"), thinking.get("thinkingLevel")
    if budget is not None and not isinstance(budget, int):
        raise malformed(f"{_AT}.thinkingConfig.thinkingBudget", "a whole number")
    if isinstance(budget, int) and budget > 0:
        wish["max_tokens"] = budget
    elif budget == 0:
        wish["enabled"] = False
    elif budget is not None:
        wish["enabled"] = True
    if level is not None and (word := text(level, f"{_AT}.thinkingConfig.thinkingLevel").lower()) in _LEVELS:
        wish["effort"] = word
    if thinking.get("includeThoughts") is True:
        wish.setdefault("enabled", True)
    elif wish and wish.get("enabled") is not False:
        wish["exclude"] = True
    if wish:
        chat["reasoning"] = wish


_LEVELS = frozenset({"minimal", "low", "medium", "high", "xhigh"})


def config_of(body: Json) -> Json:
    return camel(body.get(_AT) or {}, _AT)
