"""Inference on Cloudflare's API host, `/client/v4/accounts/{account_id}/ai/…`, and that host's errors.

What is asked there is what `compat` knows: `ai/v1/…` are the same paths. `ai/run` has the same requests wrapped in
`input`, and wraps the answers (cloudflare.md 1.7). Callers show a token; providers are shown stored keys alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from torana.errors import BadChatFormat, Unauthorized
from torana.formats.openai_chat.errors import error_to_chat
from torana.message import FIRST_FAILURE, Reply
from torana.surfaces import compat
from torana.surfaces.bodies import plain_body
from torana.surfaces.gateway import Place, aim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.errors import ToranaError
    from torana.exchange import Opening, Request
    from torana.providers import Provider

_INFERENCE = re.compile(rb"/client/v4/accounts/(?P<account>[^/?]+)/ai/(?P<rest>(?:v1|run)(?:[/?].*)?)", re.DOTALL)
_GATEWAY = b"cf-aig-gateway-id"
_DEFAULT = b"default"
_AUTHENTICATION = 10000
_JSON = (b"content-type", b"application/json")
_REJECTED = (401, 403)
_encode = msgspec.json.Encoder().encode


class Run(Struct):
    """The body of `ai/run`."""

    model: str
    input: dict[str, Raw]


_read_run = msgspec.json.Decoder(Run).decode


def is_inference(target: bytes) -> bool:
    return _INFERENCE.fullmatch(target) is not None


def place(request: Request) -> Place | None:
    """Where in the gateway a request leads; None where it is not for here."""
    found = _INFERENCE.fullmatch(request.target)
    if found is None:
        return None
    rest = found["rest"]
    gateway = next((value for name, value in request.headers if name == _GATEWAY), _DEFAULT)
    if rest.partition(b"?")[0].rstrip(b"/") == b"run":
        return Place(found["account"], gateway, b"compat", rest, is_api=True, form="run")
    provider = b"workers-ai" if rest.startswith(b"run/") else b"compat"
    return Place(found["account"], gateway, provider, rest, is_api=True)


def derive(base: Opening, body: object, providers: Mapping[bytes, Provider]) -> tuple[Opening, bytes]:
    """The opening and the body of what `ai/run` has in its `input`. Raises ToranaError."""
    try:
        run = _read_run(plain_body(base, body))
    except msgspec.MsgspecError:
        raise BadChatFormat('the body of `ai/run` is {"model": "author/model", "input": {…}}') from None
    headers = [h for h in base.headers if h[0] not in (b"content-encoding", b"accept-encoding")]
    opening = replace(base, headers=headers, coding=b"", derived=None, form="", own_lines=None, packed=None)
    if run.model.startswith("@cf/"):
        aim(opening, providers[b"workers-ai"], b"run/" + run.model.encode("utf-8", "replace"), opening.headers)
        return opening, _encode(run.input)
    opening.rest = _operation(run)
    return compat.derive(opening, _encode({"model": run.model, **run.input}), providers)


def _operation(run: Run) -> bytes:
    """What is wanted, by what is given; Anthropic's models have their own format there."""
    if "messages" in run.input:
        return b"v1/messages" if run.model.startswith("anthropic/") else b"v1/chat/completions"
    if "prompt" in run.input:
        return b"v1/completions"
    if "input" in run.input:
        return b"v1/embeddings" if "embed" in run.model else b"v1/responses"
    raise BadChatFormat("`input` needs `messages`, or `input`, or `prompt`")


def wrapped(status: int, body: bytes, source: str) -> Reply:
    """An answer of `ai/run`: `source` says whose key it was."""
    if status < FIRST_FAILURE:
        about = _encode({"keySource": source})
        return Reply(
            status,
            [_JSON],
            b'{"result":%b,"success":true,"errors":[],"messages":[],"gatewayMetadata":%b}' % (body or b"null", about),
        )
    # 2009 is what any provider's refusal of a key is there, 2005 whatever else it did.
    is_rejected = status in _REJECTED
    error = {"code": 2009 if is_rejected else 2005, "message": error_to_chat(status, body).message}
    told = {"result": None, "success": False, "errors": [error], "messages": []}
    return Reply(401 if is_rejected else status, [_JSON], _encode(told))


def refuse(error: ToranaError) -> Reply:
    """`errors` in the plural, unlike the gateway host (cloudflare.md 12)."""
    code = _AUTHENTICATION if isinstance(error, Unauthorized) else error.code
    body: dict[str, object] = {
        "success": False,
        "result": {},
        "errors": [{"code": code, "message": error.message}],
        "messages": [],
    }
    return Reply(error.status, [_JSON], _encode(body))
