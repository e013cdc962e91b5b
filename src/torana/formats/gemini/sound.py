"""Sound that a model made: Gemini's is raw, and what plays it may want a head of WAV."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from struct import pack
from typing import TYPE_CHECKING

from torana.formats.gemini.media import audio_type
from torana.formats.json import as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_RATE, _CHANNELS, _BYTES = 24_000, 1, 2


def in_wanted_format(audio: Json, turn: Turn) -> Json:
    """As the client asked for it; what it cannot be made stays as it is."""
    wanted = as_object(turn.chat.get("audio")).get("format")
    if wanted != "wav" or audio.get("format") != "pcm16":
        return audio
    try:
        samples = b64decode(as_text(audio.get("data")))
    except (binascii.Error, ValueError):
        return audio
    return {**audio, "data": b64encode(_head(len(samples)) + samples).decode(), "format": "wav"}


def _head(size: int) -> bytes:
    frame = _CHANNELS * _BYTES
    kind = pack("<4sIHHIIHH", b"fmt ", 16, 1, _CHANNELS, _RATE, _RATE * frame, frame, 8 * _BYTES)
    return pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + kind + pack("<4sI", b"data", size)


def sound_part(audio: Json, chat: Json) -> Json | None:
    """`inlineData`, of an answer's `audio`, whole or a piece."""
    data = as_text(audio.get("data"))
    word = as_text(audio.get("format")) or as_text(as_object(chat.get("audio")).get("format")) or "wav"
    return {"inlineData": {"mimeType": audio_type(word), "data": data}} if data else None
