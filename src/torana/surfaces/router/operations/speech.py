"""`/audio/speech`: a text, spoken (openrouter.md 1.5)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec

from torana.errors import CallerError, UpstreamBroken
from torana.exchange import Usage
from torana.formats.json import as_list, as_object, as_text
from torana.formats.parts import split_data_url
from torana.surfaces.router.operations.operation import (
    OPENROUTER,
    Operation,
    Sent,
    Taken,
    Wanted,
    needed,
    only,
    options,
)

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief
    from torana.surfaces.router.operations.operation import Billed, Upload, Whom

_MISTRAL = "mistral"
_WAV_ONLY = "groq"
"""It has no other format; PCM is what stands in a WAV."""
_VOICE = "alloy"
"""OpenAI's first; there one has to be named."""
USUAL_FORMAT = "pcm"
_TYPES = {
    "pcm": b"audio/pcm",
    "mp3": b"audio/mpeg",
    "wav": b"audio/wav",
    "opus": b"audio/ogg",
    "aac": b"audio/aac",
    "flac": b"audio/flac",
}
_CHARACTERS_A_TOKEN = 4
_TOKENS_SPOKEN = (3, 2)
"""Of audio for so many characters: 20 a second, in which some 14 characters are spoken."""
_FIELDS = ("input", "voice", "response_format", "speed", "instructions")
_encode = msgspec.json.Encoder().encode


def read(request: Json, upload: Upload | None) -> Wanted:  # noqa: ARG001  # an Operation's shape
    text = needed(request, "input")
    if not isinstance(request.get("voice"), str | None):
        raise CallerError("`voice`: a string was expected")
    kind = request.get("response_format")
    if kind is not None and kind not in _TYPES:
        raise CallerError(f"`response_format`: `{kind}` is none of {', '.join(_TYPES)}")
    spoken, of = _TOKENS_SPOKEN
    likely = Usage(len(text) // _CHARACTERS_A_TOKEN + 1, len(text) * spoken // of + 1)
    return Wanted(
        request=request,
        tokens_in=2 * likely.tokens_in,
        tokens_out=2 * likely.tokens_out,
        likely=likely,
        units={"character": len(text)},
    )


def content_type(wanted: Wanted) -> bytes:
    return _TYPES[as_text(wanted.request.get("response_format")) or USUAL_FORMAT]


def tell(wanted: Wanted, whom: Whom, brief: Brief) -> Sent:
    request = {"response_format": USUAL_FORMAT, **_stated(wanted.request)}
    if whom.provider == OPENROUTER:
        return Sent(_encode({**request, "model": whom.model}))
    if whom.provider == _MISTRAL:
        made = _to_mistral(request, brief)
    else:
        made = {"voice": _VOICE, **only(request, _FIELDS, brief)}
        if unwraps(wanted, whom.provider):
            made["response_format"] = "wav"
    return Sent(_encode({"model": whom.model, **made, **options(wanted, whom)}))


def unwraps(wanted: Wanted, provider: str) -> bool:
    """Whether the provider answers with a WAV to who wants PCM."""
    return provider == _WAV_ONLY and content_type(wanted) == _TYPES["pcm"]


def samples_in(wav: bytes) -> bytes:
    """What stands in its `data`, to the end where its length is not known; all of what is no WAV."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        return wav
    at = 12
    while at + 8 <= len(wav):
        size = int.from_bytes(wav[at + 4 : at + 8], "little")
        if wav[at : at + 4] == b"data":
            return wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return b""


def _stated(request: Json) -> Json:
    return {name: value for name, value in request.items() if value is not None}


def _to_mistral(request: Json, brief: Brief) -> Json:
    references = as_list(request.get("input_references"))
    made = only({n: v for n, v in request.items() if n not in ("voice", "input_references")}, _FIELDS[:3], brief)
    if request.get("voice") is not None:
        made["voice_id"] = request["voice"]
    if references:
        made["ref_audio"] = _audio(as_object(references[0]))
    return made


def _audio(part: Json) -> str:
    """Base64 of a part that has audio in it, by either of the two ways to say so."""
    found = as_text(as_object(part.get("input_audio")).get("data")) or as_text(
        as_object(part.get("audio_url")).get("url")
    )
    split = split_data_url(found)
    found = split[1] if split is not None else found
    if not found:
        raise CallerError("`input_references[0]`: audio was expected, as `input_audio` or a data URL in `audio_url`")
    return found


def take(reply: Json, wanted: Wanted, whom: Whom) -> Taken:  # noqa: ARG001  # an Operation's shape
    """Of providers that answer in JSON; the others' audio is passed on as it comes."""
    return Taken(body=reply)


def audio_in(reply: Json) -> bytes:
    """The audio of an answer in JSON. UpstreamBroken where there is none."""
    try:
        data = base64.b64decode(as_text(reply.get("audio_data")), validate=True)
    except binascii.Error:
        data = b""
    if not data:
        raise UpstreamBroken("the provider's answer has no audio")
    return data


def dress(taken: Taken, billed: Billed, wanted: Wanted) -> Json:  # noqa: ARG001  # an Operation's shape
    return taken.body


SPEECH = Operation(
    modality="speech",
    api_type="tts",
    path="audio/speech",
    read=read,
    tell=tell,
    take=take,
    dress=dress,
)
