"""`/audio/transcriptions`: what is said in a recording (openrouter.md 1.5)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec

from torana.errors import CallerError, UpstreamBroken
from torana.formats.chat_usage import usage_of
from torana.formats.json import Json, as_list, as_object, as_text
from torana.formats.parts import split_data_url
from torana.surfaces.router.costs import usd
from torana.surfaces.router.operations import multipart
from torana.surfaces.router.operations.operation import (
    OPENROUTER,
    Operation,
    Sent,
    Taken,
    Upload,
    Wanted,
    only,
    options,
)

if TYPE_CHECKING:
    from torana.formats.translation import Brief
    from torana.surfaces.router.operations.operation import Billed, Whom

_VERBOSE = "verbose_json"
_FORMATS = ("json", _VERBOSE)
_WHISPER = "whisper"
"""Of what such models hear, only the verbose answer says how long it was."""
_NEVER_VERBOSE = "mistral"
_FIELDS = ("language", "temperature", "prompt", "timestamp_granularities", "diarize", "instructions")
_MORE = ("task", "language", "duration", "segments", "words")
_LEAST_BYTES_A_SECOND = 1_000
"""Of speech that can still be understood: 8 kbit/s."""
_USUAL_BYTES_A_SECOND = 16_000
_WAV_HEAD = 44
_TOKENS_A_SECOND = 10
_encode = msgspec.json.Encoder().encode


def read(request: Json, upload: Upload | None) -> Wanted:
    if upload is None:
        upload = _decoded(request)
    if not upload.data:
        raise CallerError("`input_audio.data`: it is empty")
    kind = request.get("response_format")
    if kind is not None and kind not in _FORMATS:
        raise CallerError(f"`response_format`: `{kind}` is none of {', '.join(_FORMATS)}")
    seconds = _seconds(upload.data, _LEAST_BYTES_A_SECOND)
    return Wanted(
        request={name: value for name, value in request.items() if name != "input_audio"},
        tokens_in=seconds * _TOKENS_A_SECOND,
        tokens_out=seconds * _TOKENS_A_SECOND,
        units={"second": seconds},
        upload=upload,
    )


def _decoded(request: Json) -> Upload:
    given = as_object(request.get("input_audio"))
    data, kind = as_text(given.get("data")), as_text(given.get("format"))
    if not data or not kind:
        raise CallerError("`input_audio`: an object with `data` and `format` was expected")
    split = split_data_url(data)
    try:
        return Upload(f"audio.{kind}", f"audio/{kind}", base64.b64decode(split[1] if split else data, validate=True))
    except (binascii.Error, ValueError):
        raise CallerError("`input_audio.data`: it is not base64") from None


def _seconds(data: bytes, bytes_a_second: int) -> int:
    """Of a recording, rounded up: as its head says (WAV), or by its size."""
    if data[:4] == b"RIFF" and data[8:16] == b"WAVEfmt " and len(data) >= _WAV_HEAD:
        bytes_a_second = int.from_bytes(data[28:32], "little") or bytes_a_second
    return -(-len(data) // bytes_a_second)


def tell(wanted: Wanted, whom: Whom, brief: Brief) -> Sent:
    request, upload = wanted.request, wanted.upload
    if upload is None:  # never: see `read`
        raise CallerError("`file`: there is none")
    if whom.provider == OPENROUTER:
        audio = {"data": base64.b64encode(upload.data).decode(), "format": _suffix(upload)}
        return Sent(_encode({**request, "model": whom.model, "input_audio": audio}))
    kind = as_text(request.get("response_format"))
    told: Json = {"model": whom.model}
    if whom.provider != _NEVER_VERBOSE:
        told["response_format"] = _VERBOSE if _WHISPER in whom.model else kind or "json"
    plain = {name: value for name, value in request.items() if name != "response_format"}
    told |= only(plain, _FIELDS, brief) | options(wanted, whom)
    body, content_type = multipart.write(_fields(told), upload)
    return Sent(body, content_type)


def _suffix(upload: Upload) -> str:
    _, dot, suffix = upload.name.rpartition(".")
    return suffix.lower() if dot else upload.type.rpartition("/")[2]


def _fields(told: Json) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for name, value in told.items():
        if isinstance(value, list):
            fields += [(f"{name}[]", _text(each)) for each in value]
        else:
            fields.append((name, _text(value)))
    return fields


def _text(value: object) -> str:
    return value if isinstance(value, str) else _encode(value).decode()


def take(reply: Json, wanted: Wanted, whom: Whom) -> Taken:  # noqa: ARG001  # an Operation's shape
    if not isinstance(reply.get("text"), str):
        raise UpstreamBroken("the provider's answer has no text")
    stated = as_object(reply.get("usage"))
    seconds = stated.get("seconds", stated.get("prompt_audio_seconds", reply.get("duration")))
    if not isinstance(seconds, int | float) and wanted.upload is not None:
        seconds = _seconds(wanted.upload.data, _USUAL_BYTES_A_SECOND)
    units = {"second": -(-seconds // 1)} if isinstance(seconds, int | float) else {}
    return Taken(
        body=reply | ({"seconds": seconds} if isinstance(seconds, int | float) else {}),
        usage=usage_of(stated),
        units={name: int(count) for name, count in units.items()},
    )


def dress(taken: Taken, billed: Billed, wanted: Wanted) -> Json:
    body, used = taken.body, billed.usage
    usage: Json = {"cost": usd(billed.cost.charged_nano)}
    if "seconds" in body:
        usage["seconds"] = body["seconds"]
    if used.tokens_in or used.tokens_out:
        usage |= {
            "input_tokens": used.tokens_in,
            "output_tokens": used.tokens_out,
            "total_tokens": used.tokens_in + used.tokens_out,
        }
    told: Json = {"text": body["text"], "usage": usage}
    if wanted.request.get("response_format") == _VERBOSE or as_list(wanted.request.get("timestamp_granularities")):
        told |= {name: body[name] for name in _MORE if body.get(name) is not None}
    return told


TRANSCRIPTION = Operation(
    modality="transcription",
    api_type="stt",
    path="audio/transcriptions",
    read=read,
    tell=tell,
    take=take,
    dress=dress,
)
