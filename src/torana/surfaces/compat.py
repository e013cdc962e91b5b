"""`…/compat/…`: one API for many providers, of which the prefix of `model` names one (cloudflare.md 1.3).

A provider that speaks the client's format gets the body as it came, but for the model's name. To any other one the
request is translated, and so is its answer: see `translating`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from torana.errors import BadChatFormat, UnknownProvider
from torana.exchange import Translation
from torana.formats import FORMATS
from torana.formats.counting import COUNTS
from torana.formats.embeddings.translators import EMBEDDINGS as TRANSLATED_EMBEDDINGS
from torana.formats.json import UNREADABLE
from torana.formats.translators import TRANSLATORS
from torana.message import Reply
from torana.providers.speech import CHATS, COMPLETIONS, EMBEDDINGS, Speech
from torana.surfaces import entries
from torana.surfaces.bodies import plain_body
from torana.surfaces.carrying import carry, without_dialect
from torana.surfaces.credentials import whereabouts
from torana.surfaces.gateway import aim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torana.exchange import Opening
    from torana.providers import Provider
    from torana.surfaces.entries import Entry

ALIASES = {
    b"google": b"google-ai-studio",
    b"perplexity": b"perplexity-ai",
    b"x-ai": b"grok",
    b"xai": b"grok",
}
"""Prefixes that are not the provider's segment in a URL: Cloudflare's own, and its catalog's names of authors."""

_LATER = {b"dynamic": "dynamic routes are", b"cloudflare": "Cloudflare's router is"}
_MOST_DERIVED = 64
_LONGEST_DERIVED = 256
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_FORM = "`model` is {provider}/{model}, such as openai/gpt-5-mini"
_BASES = re.compile(r"(?:^|[:/])(?:davinci|babbage)|gpt-3\.5-turbo-instruct")
"""OpenAI's models that go on with a text."""
_UNLISTED = frozenset({"azure-openai"})
"""Their names of models say nothing of what is to be asked for there."""
_read = msgspec.json.Decoder(dict[str, Raw]).decode
_read_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


def derive(base: Opening, body: object, providers: Mapping[bytes, Provider]) -> tuple[Opening, bytes]:
    """The opening of one call, and its body with the model's name as the provider has it. Raises ToranaError."""
    plain = plain_body(base, body)
    entry = entries.with_body(entries.read(base.rest), plain)
    fields: dict[str, Raw] = {}
    if entry.model:
        asked = f"{entry.spoken} {entry.model}".encode()
    else:
        try:
            fields = _read(plain)
        except UNREADABLE:
            raise BadChatFormat(
                f"Chat completion bad format: the body is not a JSON object, in which {_FORM}"
            ) from None
        asked = bytes(fields.get("model", b""))
    if base.derived is None:
        base.derived = {}
    found = base.derived.get(asked)
    if found is None:
        found = _lead(base, entry, entry.model or _named(asked), providers)
        if len(base.derived) >= _MOST_DERIVED:
            base.derived.clear()
        if len(asked) <= _LONGEST_DERIVED:
            base.derived[asked] = found
    opening, model = found
    if model is None or entry.model:
        return opening, plain
    fields["model"] = model
    return opening, _encode(fields)


def lead_translated(base: Opening, entry: Entry, provider: Provider, model: str) -> Opening:
    """To a model of a provider, by way of the hub also where the client speaks its format. Raises ToranaError."""
    asked = entry
    if entry.format == COMPLETIONS and provider.slug == "openai" and not _BASES.search(model):
        asked = replace(entry, format="openai_chat")  # which is all that OpenAI's other models have
    speech = _choose(provider, asked, model)
    if speech is None and entry.format == EMBEDDINGS:
        speech = Speech(EMBEDDINGS, f"{provider.openai or ''}embeddings")
    if speech is None or speech.spoken not in (TRANSLATED_EMBEDDINGS if entry.format == EMBEDDINGS else TRANSLATORS):
        raise UnknownProvider(f"`{provider.slug}` has nothing for this")
    opening = replace(base, form="", derived=None, own_lines=None, packed=None)
    _translate(opening, provider, speech, entry, model)
    return opening


def lead_on(base: Opening, provider: Provider, path: str, model: str) -> Opening:
    """To a path of a provider, whatever is asked there; `target.model` is as it calls the model. Raises ToranaError."""
    opening = replace(base, form="", derived=None, own_lines=None, packed=None)
    opening.headers = without_dialect(carry(opening.headers, provider, b""))
    (filled,), left = fill([path], model, provider, whereabouts(opening, provider))
    aim(opening, provider, filled, opening.headers)
    if opening.target is not None:
        opening.target = replace(opening.target, format=FORMATS["raw"], model=left)
    return opening


def _named(asked: bytes) -> str:
    try:
        return _read_text(asked)
    except UNREADABLE:
        raise BadChatFormat(f"Chat completion bad format: {_FORM}") from None


def _lead(base: Opening, entry: Entry, text: str, providers: Mapping[bytes, Provider]) -> tuple[Opening, Raw | None]:
    provider, model = _split(text, providers)
    speech = _choose(provider, entry, model)
    opening = replace(base, form="", derived=None, own_lines=None, packed=None)
    if base.coding:
        opening.coding = b""
        opening.headers = [h for h in base.headers if h[0] != b"content-encoding"]
    if speech is None or _is_same(speech, entry):
        model = _pass(opening, provider, speech, entry, model)
    else:
        model = _translate(opening, provider, speech, entry, model)
        return opening, None
    return opening, None if model == text else Raw(_encode(model))


def _pass(opening: Opening, provider: Provider, speech: Speech | None, entry: Entry, model: str) -> str:
    """To who speaks the client's format, or has that path of OpenAI's: the body goes as it is."""
    rest, _, query = opening.rest.partition(b"?")
    opening.headers = carry(opening.headers, provider, speech.slot if speech is not None else b"")
    if speech is None:
        template = (provider.openai or "") + rest.decode("latin-1").lstrip("/").removeprefix("v1/")
    elif entry.is_count:
        template = speech.count_path
    elif entry.method:
        template = speech.path.rpartition(":")[0] + ":" + entry.method
    else:
        template = speech.stream_path.partition("?")[0] if entry.is_stream and speech.stream_path else speech.path
    (path,), model = fill([template], model, provider, whereabouts(opening, provider))
    aim(opening, provider, path + b"?" * bool(query) + query, opening.headers)
    return model


def _translate(opening: Opening, provider: Provider, speech: Speech, entry: Entry, model: str) -> str:
    """To who speaks another format: what goes there is made of the body, when it is here."""
    opening.headers = without_dialect(carry(opening.headers, provider, speech.slot or provider.credentials[0]))
    has_count = entry.is_count and bool(speech.count_path) and speech.spoken in COUNTS
    templates = [speech.count_path, ""] if has_count else [speech.path, speech.stream_path]
    paths, model = fill(templates, model, provider, whereabouts(opening, provider))
    aim(opening, provider, paths[0], opening.headers)
    target = opening.target
    if target is None:
        return model
    stream_path = b""
    if paths[1]:
        stream_path = provider.locate(paths[1], opening.headers, opening.gateway.account_id).path
    opening.translation = Translation(
        entry.spoken,
        speech.spoken,
        speech.format,
        model,
        stream_path,
        is_stream=entry.is_stream,
        is_sse=entry.is_sse,
        is_count=entry.is_count,
        has_count=has_count,
    )
    opening.target = replace(
        target, format=FORMATS["raw" if entry.is_count else entry.format], model=model, is_stream=entry.is_stream
    )
    return model


def _choose(provider: Provider, entry: Entry, model: str) -> Speech | None:
    """How to speak to a provider; None = only OpenAI's path is known there. UnknownProvider where nothing fits."""
    there = [speech for speech in provider.speaks if speech.has(model)]
    only = [speech for speech in there if speech.is_only and entry.format in CHATS]
    same = [speech for speech in only or there if _is_same(speech, entry)]
    if same and (same[0].count_path or not entry.is_count):
        return same[0]
    if entry.format in CHATS:
        for speech in only or there:
            if speech.format in CHATS and speech.spoken in TRANSLATORS and entry.spoken in TRANSLATORS:
                return speech
    if entry.format == EMBEDDINGS:
        for speech in there:
            if speech.format == EMBEDDINGS and speech.spoken in TRANSLATED_EMBEDDINGS:
                return speech
    if provider.openai is None or entry.format in CHATS or entry.translator:
        raise UnknownProvider(
            f"Invalid provider: `{provider.slug}` has nothing for this; use its own path, …/{provider.slug}/…"
        )
    return None


def _is_same(speech: Speech, entry: Entry) -> bool:
    """Vertex has a method of its own for embeddings."""
    is_vertex = entry.format == EMBEDDINGS and speech.path.endswith(":predict")
    return speech.format == entry.format and speech.translator == entry.translator and not is_vertex


def fill(templates: list[str], model: str, provider: Provider, where: Mapping[str, str]) -> tuple[list[bytes], str]:
    """Paths under a provider's segment, and what is left of the model's name; BadChatFormat where it is too short."""
    wanted = [name for name in _PLACEHOLDER.findall(templates[0]) if name != "model" and name not in where]
    *names, left = model.split("/", len(wanted))
    if len(names) != len(wanted) or not left or not all(names):
        form = "/".join([provider.slug, *(f"{{{name}}}" for name in wanted), "{model}"])
        raise BadChatFormat(f"Chat completion bad format: `{provider.slug}/{model}` is not of the form {form}")
    values = {**where, **dict(zip(wanted, names, strict=True)), "model": left}
    return [
        _PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), template).encode() for template in templates
    ], left


def _split(text: str, providers: Mapping[bytes, Provider]) -> tuple[Provider, str]:
    """The provider, and the rest of the model's name."""
    prefix, slash, model = text.partition("/")
    if prefix == "@cf":
        prefix, slash, model = "workers-ai", "/", text
    if not (prefix and slash and model):
        raise BadChatFormat(f"Chat completion bad format: `{text}` names no provider; {_FORM}")
    slug = prefix.encode("utf-8", "replace")
    if slug in _LATER:
        raise UnknownProvider(f"Invalid provider: {_LATER[slug]} not there yet, so `{text}` leads nowhere; {_FORM}")
    provider = providers.get(ALIASES.get(slug, slug))
    if provider is None:
        raise UnknownProvider(f"Invalid provider: `{prefix}` of the model `{text}` is not one; {_FORM}")
    return provider, model


def list_models(known: Iterable[tuple[str, str]], providers: Mapping[bytes, Provider]) -> Reply:
    """Providers and models that are known by name, as OpenAI lists models, named as `derive` takes them."""
    data = [
        {"id": f"{slug}/{model}", "object": "model", "created": 0, "owned_by": slug}
        for slug, model in sorted(set(known))
        if (provider := providers.get(slug.encode())) is not None
        and (provider.speaks or provider.openai is not None)
        and slug not in _UNLISTED
    ]
    return Reply(200, [(b"content-type", b"application/json")], _encode({"object": "list", "data": data}))
