"""Providers whose host or path is made of pieces of the caller's path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.errors import CallerError
from torana.providers.provider import Placed, label, parse

if TYPE_CHECKING:
    from torana.providers.provider import Provider

_OWN_PATHS = (b"openai/v1/", b"openai/deployments/")


def azure(provider: Provider, path: bytes) -> Placed:
    """`{resource}/{deployment}/…`, or what Azure itself has under `{resource}/openai/`."""
    resource, _, rest = path.partition(b"/")
    site = provider.site_of(resource=label(resource, "resource of Azure OpenAI"))
    if rest.startswith(_OWN_PATHS):
        return Placed(site, rest)
    deployment, slash, operation = rest.partition(b"/")
    if not (deployment and slash and operation):
        raise CallerError("a path of `azure-openai` is {resource}/{deployment}/chat/completions?api-version=…")
    return Placed(site, b"openai/deployments/" + rest)


_LOCATION = re.compile(rb"(?:^|/)locations/([^/]*)")
_VERTEX_WIDE = {
    "global": "https://aiplatform.googleapis.com",
    "us": "https://aiplatform.us.rep.googleapis.com",
    "eu": "https://aiplatform.eu.rep.googleapis.com",
}


def vertex(provider: Provider, path: bytes) -> Placed:
    """The region stands in `…/locations/{region}/…`; a path of Google's models without it is the global one's."""
    match = _LOCATION.search(path)
    if match is None and b"/publishers/" not in path:
        raise CallerError(
            "a path of `google-vertex-ai` is v1/projects/{project}/locations/{region}/publishers/google/models/…"
        )
    region = label(match[1], "region of Vertex AI") if match else "global"
    if region in _VERTEX_WIDE and not provider.is_overridden:
        return Placed(parse(_VERTEX_WIDE[region], provider.slug), path)
    return Placed(provider.site_of(region=region), path)


_SIGNED_AS = dict.fromkeys(("bedrock-runtime", "bedrock-agent", "bedrock-agent-runtime"), "bedrock")


def bedrock(provider: Provider, path: bytes) -> Placed:
    """`bedrock-runtime/{region}/…`, `bedrock-mantle/{region}/…` and the other services of that family."""
    service, _, rest = path.partition(b"/")
    region, slash, under = rest.partition(b"/")
    if not service.startswith(b"bedrock") or not (region and slash and under):
        raise CallerError("a path of `aws-bedrock` is bedrock-runtime/{region}/model/{model}/converse, or the like")
    name, where = label(service, "service of Bedrock"), label(region, "region of AWS")
    domain = "amazonaws.com.cn" if where.startswith("cn-") else "amazonaws.com"
    if name == "bedrock-mantle":
        domain = "api.aws"
    return Placed(
        provider.site_of(service=name, region=where, domain=domain), under, scope=(_SIGNED_AS.get(name, name), where)
    )


_OPENAI_ROOTS = (b"v1", b"chat", b"completions", b"embeddings", b"responses")


def workers_ai(provider: Provider, path: bytes) -> Placed:
    """`run/{model}` or just `{model}`, and the OpenAI paths under `v1/`."""
    site = provider.site or provider.site_of()
    root = path.partition(b"/")[0]
    if root in _OPENAI_ROOTS:
        return Placed(site, provider.join(site, path if root == b"v1" else b"v1/" + path))
    return Placed(site, path if root in (b"run", b"models") else b"run/" + path)


_BASETEN_MODEL = "https://model-{model}.api.baseten.co"


def baseten(provider: Provider, path: bytes) -> Placed:
    """`model/{model_id}` is a host of its own; all else is under the base."""
    site = provider.site or provider.site_of()
    if not path.startswith(b"model/"):
        return Placed(site, provider.join(site, path))
    model, _, rest = path.removeprefix(b"model/").partition(b"/")
    name = label(model, "model of Baseten")
    if not provider.is_overridden:
        site = parse(_BASETEN_MODEL.replace("{model}", name), provider.slug)
    return Placed(site, rest or b"production/predict", name)
