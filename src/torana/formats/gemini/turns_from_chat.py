"""A model's turn as Gemini's parts: of an assistant's message, in a request or in an answer."""

from __future__ import annotations

from msgspec import Struct

from torana.formats.gemini.media import image_url_of, media_from_chat
from torana.formats.json import Json, as_list, as_object, as_text, load
from torana.formats.reasoning import GEMINI, details_of

PLAIN = frozenset({"role", "content", "refusal", "tool_calls"})
"""Fields of a message that has neither thoughts nor images."""


class Thoughts(Struct):
    """Gemini's own details of a message, by the parts that they belong to."""

    parts: list[Json]
    signatures: dict[str, str]
    """By the id of a call, or `image_0`."""
    loose: list[str]
    """Of no part in particular."""
    others: list[Json]
    """Details of other providers."""


def thoughts_of(message: Json) -> Thoughts:
    found = Thoughts([], {}, [], [])
    for detail in details_of(message):
        if detail.get("format") != GEMINI:
            found.others.append(detail)
        elif detail.get("type") != "reasoning.encrypted":
            part: Json = {"text": as_text(detail.get("text") or detail.get("summary")), "thought": True}
            if isinstance(signature := detail.get("signature"), str):
                part["thoughtSignature"] = signature
            found.parts.append(part)
        elif isinstance(name := detail.get("id"), str) and name not in found.signatures:
            found.signatures[name] = as_text(detail.get("data"))
        else:
            found.loose.append(as_text(detail.get("data")))
    return found


def call_part(function: Json, id_: object = None) -> Json:
    """`functionCall`, of a call whose arguments have all come; what is no object goes as one field of one."""
    told: Json = {"name": as_text(function.get("name")), "args": args_of(function)}
    if isinstance(id_, str):
        told["id"] = id_
    return {"functionCall": told}


def args_of(function: Json) -> Json:
    given = function.get("arguments")
    if given is None and "input" in function:
        return {"input": as_text(function["input"])}
    if isinstance(given, dict):
        return given
    written = as_text(given).strip()
    value = load(written.encode("utf-8", "surrogatepass")) if written else {}
    return value if isinstance(value, dict) else {"arguments": written if value is None else value}


def image_parts(message: Json) -> list[Json]:
    urls = [image_url_of(as_object(image)) for image in as_list(message.get("images"))]
    return [media_from_chat(url, "image/png") for url in urls if url]


def signed(texts: list[Json], images: list[Json], calls: list[tuple[str, Json]], thoughts: Thoughts) -> list[Json]:
    """All parts of a turn, each with its signature."""
    for number, image in enumerate(images):
        if signature := thoughts.signatures.pop(f"image_{number}", ""):
            image["thoughtSignature"] = signature
    for id_, call in calls:
        if signature := thoughts.signatures.pop(id_, ""):
            call["thoughtSignature"] = signature
    loose = [signature for signature in (*thoughts.signatures.values(), *thoughts.loose) if signature]
    if loose and texts:
        texts[-1]["thoughtSignature"] = loose.pop()
    ends: list[Json] = [{"text": "", "thoughtSignature": signature} for signature in loose]
    return [*thoughts.parts, *texts, *images, *(call for _, call in calls), *ends]
