"""What a request of the hub wants of the answer, as Gemini's `generationConfig`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.fields import entries, items, malformed, text, untranslatable
from torana.formats.gemini.models import can_think, is_newer, model_of
from torana.formats.gemini.parts_from_chat import TARGET
from torana.formats.gemini.schemas_from_chat import schema_from_chat
from torana.formats.json import as_object
from torana.formats.reasoning import wish_of

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.reasoning import Wish
    from torana.formats.translation import Brief

_PLAIN = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "n": "candidateCount",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
"""What Google's own endpoint in OpenAI's format makes of efforts, for models that count tokens."""
_LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM"}
_LEVELS_OF_PRO = {"minimal": "LOW", "low": "LOW", "medium": "MEDIUM"}
"""Pro always thinks a little; the first of them had no level between."""
_LEAST_OF_PRO = 128
_MOST_SEED = (1 << 31) - 1
_SOUNDS = ("pcm16", "wav")


def config_from_chat(chat: Json, brief: Brief) -> Json:
    made: Json = {wire: chat[name] for name, wire in _PLAIN.items() if name in chat and chat[name] is not None}
    if "seed" in made and isinstance(seed := made["seed"], int) and abs(seed) > _MOST_SEED:
        del made["seed"]
        brief.drop("seed")
    most = chat.get("max_completion_tokens") or chat.get("max_tokens")
    if most is not None:
        made["maxOutputTokens"] = most
    stop = chat.get("stop")
    if stop:
        sequences = [stop] if isinstance(stop, str) else items(stop, "stop")
        made["stopSequences"] = [text(each, ("stop", number)) for number, each in enumerate(sequences)]
    if chat.get("response_format") is not None:
        _shape(entries(chat["response_format"], "response_format"), made)
    if chat.get("modalities"):
        wanted = items(chat["modalities"], "modalities")
        words = [text(each, ("modalities", n)).upper() for n, each in enumerate(wanted)]
        made["responseModalities"] = ["AUDIO"] if "AUDIO" in words else words  # who speaks does not write
    if chat.get("audio") is not None:
        made["speechConfig"] = _speech(entries(chat["audio"], "audio"))
    if isinstance(image := chat.get("image_config"), dict):
        names = {"aspect_ratio": "aspectRatio", "image_size": "imageSize"}
        made["imageConfig"] = {names.get(name, name): value for name, value in image.items()}
    _think(chat, made, brief)
    return made


def _shape(wanted: Json, made: Json) -> None:
    kind = text(wanted.get("type"), "response_format.type")
    if kind == "text":
        return
    made["responseMimeType"] = "application/json"
    if kind == "json_schema":
        given = entries(wanted.get("json_schema"), "response_format.json_schema")
        if given.get("schema") is not None:
            schema = entries(given["schema"], "response_format.json_schema.schema")
            made["responseJsonSchema"] = schema_from_chat(schema)
    elif kind != "json_object":
        raise malformed("response_format.type", "`text`, `json_object` or `json_schema`")


def _speech(audio: Json) -> Json:
    if audio.get("format") not in (None, *_SOUNDS):
        raise untranslatable(
            "audio.format", f"a format other than {' or '.join(f'`{each}`' for each in _SOUNDS)}", TARGET
        )
    voice = audio.get("voice")
    name = as_object(voice).get("id") if isinstance(voice, dict) else voice
    return {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": text(name, "audio.voice")}}}


def _think(chat: Json, made: Json, brief: Brief) -> None:
    wish = wish_of(chat)
    if wish.is_on is None:
        return
    model = model_of(chat)
    if not can_think(model):
        if wish.is_on:
            brief.drop("reasoning")
        return
    config = _level(wish, model) if is_newer(model) else _budget(wish, model)
    if wish.is_on and not wish.is_hidden:
        config["includeThoughts"] = True
    if config:
        made["thinkingConfig"] = config


def _level(wish: Wish, model: str) -> Json:
    """Newer models take tokens too, but not both."""
    if wish.max_tokens:
        return {"thinkingBudget": wish.max_tokens}
    effort = wish.effort if wish.is_on else "minimal"
    if effort is None:
        return {}
    if model.startswith("gemini-3-pro"):
        return {"thinkingLevel": "LOW" if effort in ("minimal", "low") else "HIGH"}
    levels = _LEVELS_OF_PRO if "pro" in model else _LEVELS
    return {"thinkingLevel": levels.get(effort, "HIGH")}


def _budget(wish: Wish, model: str) -> Json:
    if not wish.is_on:
        return {"thinkingBudget": _LEAST_OF_PRO if "pro" in model else 0}
    if wish.max_tokens is not None:
        return {"thinkingBudget": wish.max_tokens}
    return {"thinkingBudget": _BUDGETS.get(wish.effort, -1) if wish.effort else -1}
