"""`/images`: pictures of a prompt, and of other pictures (openrouter.md 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from torana.errors import CallerError, Untranslatable, UpstreamBroken
from torana.formats.chat_usage import usage_of
from torana.formats.json import Json, as_index, as_list, as_object, as_text
from torana.formats.parts import split_data_url
from torana.surfaces.router.operations.operation import (
    OPENROUTER,
    Operation,
    Sent,
    Taken,
    Wanted,
    counted,
    needed,
    only,
    options,
)

if TYPE_CHECKING:
    from torana.formats.translation import Brief
    from torana.surfaces.router.operations.operation import Billed, Upload, Whom

_MOST, _MOST_REFERENCES = 10, 16
_SIDES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
_PIXELS = re.compile(r"(\d{2,5})x(\d{2,5})")
_RATIO = re.compile(r"(\d{1,2}(?:\.\d)?):(\d{1,2}(?:\.\d)?)")
_SAME_RATIO = 0.03
_TOKENS_AN_IMAGE = 16_384
"""Of output, where pictures are billed by tokens: at most."""
_TOKENS_A_REFERENCE = 8_192
_OPENAI = ("prompt", "n", "size", "quality", "background", "output_format", "output_compression", "user")
_XAI = ("prompt", "n", "aspect_ratio", "resolution", "user")
_GOOGLE = ("prompt", "n", "size", "user")
_STREAMING = frozenset({"openai", "azure-openai", OPENROUTER})
_EDITS = "images/edits"
_ALWAYS_BASE64 = ("gpt-image", "chatgpt-image")
"""Models that know no other way, and refuse to be told it."""
_MAGIC = (("iVBOR", "image/png"), ("/9j/", "image/jpeg"), ("UklGR", "image/webp"), ("R0lGO", "image/gif"))
_SVG = ("PHN2Zy", "PD94bW")
_encode = msgspec.json.Encoder().encode


def read(request: Json, upload: Upload | None) -> Wanted:  # noqa: ARG001  # an Operation's shape
    prompt = needed(request, "prompt")
    number = counted(request, "n", 1, _MOST, 1)
    references = _references(request)
    _check_size(request)
    return Wanted(
        request=request,
        tokens_in=len(prompt.encode("utf-8", "replace")) // 2 + 1 + len(references) * _TOKENS_A_REFERENCE,
        tokens_out=number * _TOKENS_AN_IMAGE,
        units={"image": number},
        is_stream=request.get("stream") is True,
    )


def _references(request: Json) -> list[str]:
    """URLs of the pictures that are to be gone by."""
    given = as_list(request.get("input_references"))
    if len(given) > _MOST_REFERENCES:
        raise CallerError(f"`input_references`: at most {_MOST_REFERENCES}")
    urls = [as_text(as_object(as_object(each).get("image_url")).get("url")) for each in given]
    if not all(urls):
        raise CallerError(f"`input_references[{urls.index('')}]`: an object with `image_url.url` was expected")
    return urls


def _check_size(request: Json) -> None:
    """What is said twice must not differ."""
    found = _PIXELS.fullmatch(as_text(request.get("size")))
    if found is None:
        return
    width, height = int(found[1]), int(found[2])
    ratio = _RATIO.fullmatch(as_text(request.get("aspect_ratio")))
    if ratio is not None and float(ratio[2]) > 0:
        wanted = float(ratio[1]) / float(ratio[2])
        if abs(width / height - wanted) > _SAME_RATIO * wanted:
            raise CallerError("`aspect_ratio`: it differs from that of `size`; send one of them")
    side = _SIDES.get(as_text(request.get("resolution")))
    if side is not None and not side / 2 < max(width, height) <= side:
        raise CallerError("`resolution`: it differs from that of `size`; send one of them")


def tell(wanted: Wanted, whom: Whom, brief: Brief) -> Sent:
    request = wanted.request
    is_stream = wanted.is_stream and whom.provider in _STREAMING
    if whom.provider == OPENROUTER:
        return Sent(_encode({**request, "model": whom.model}), path="images", is_stream=is_stream)
    plain = {name: value for name, value in request.items() if name not in ("stream", "input_references")}
    urls = _references(request)
    path = _EDITS if urls else ""
    if whom.provider == "grok":
        made = _to_xai(plain, urls, brief)
    elif whom.provider == "google-ai-studio":
        if urls:
            raise Untranslatable("`input_references`: this provider takes none here; ask the model through chat")
        made = {**only(plain, _GOOGLE, brief), "response_format": "b64_json"}
    else:
        made = _to_openai(plain, urls, whom.model, brief)
    if is_stream:
        made["stream"] = True
    return Sent(_encode({"model": whom.model, **made, **options(wanted, whom)}), path=path, is_stream=is_stream)


def _to_openai(request: Json, urls: list[str], model: str, brief: Brief) -> Json:
    ratio = _RATIO.fullmatch(as_text(request.get("aspect_ratio")))
    if ratio is not None and request.get("size") is None:
        request = {name: value for name, value in request.items() if name != "aspect_ratio"}
        width, height = float(ratio[1]), float(ratio[2])
        request["size"] = "1024x1024" if width == height else "1536x1024" if width > height else "1024x1536"
    made = only(request, _OPENAI, brief)
    if not model.startswith(_ALWAYS_BASE64):
        made["response_format"] = "b64_json"
    if urls:
        made["images"] = [{"image_url": url} for url in urls]
    return made


def _to_xai(request: Json, urls: list[str], brief: Brief) -> Json:
    made = only(request, _XAI, brief)
    if "resolution" in made:
        made["resolution"] = as_text(made["resolution"]).lower()
    made["response_format"] = "b64_json"
    if len(urls) == 1:
        made["image"] = {"url": urls[0]}
    elif urls:
        made["images"] = [{"url": url} for url in urls]
    return made


def take(reply: Json, wanted: Wanted, whom: Whom) -> Taken:  # noqa: ARG001  # an Operation's shape
    pictures = [picture for each in as_list(reply.get("data")) if (picture := _picture(as_object(each)))]
    if not pictures:
        raise UpstreamBroken("the provider's answer has no pictures")
    return Taken(
        body={"created": as_index(reply.get("created")), "data": pictures},
        usage=usage_of(reply.get("usage")),
        units={"image": len(pictures)},
        upstream_id=as_text(reply.get("id")),
        images=len(pictures),
    )


def _picture(given: Json) -> Json:
    """Empty where it is not in the answer itself."""
    data = as_text(given.get("b64_json"))
    split = split_data_url(data)
    if split is not None:
        data = split[1]
    return {"b64_json": data, "media_type": given.get("media_type") or media_type_of(data)} if data else {}


def media_type_of(data: str) -> str:
    if data.startswith(_SVG):
        return "image/svg+xml"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "image/png")


def dress(taken: Taken, billed: Billed, wanted: Wanted) -> Json:  # noqa: ARG001  # an Operation's shape
    return {**taken.body, "usage": usage_told(billed)}


def usage_told(billed: Billed) -> Json:
    used = billed.usage
    counts: Json = {
        "prompt_tokens": used.tokens_in,
        "completion_tokens": used.tokens_out,
        "total_tokens": used.tokens_in + used.tokens_out,
    }
    return counts | billed.cost.told()


IMAGES = Operation(
    modality="image",
    api_type="image",
    path="images/generations",
    read=read,
    tell=tell,
    take=take,
    dress=dress,
)
