"""With whose key does a provider hear of a request: the caller's own, a stored one, or none?

The caller's own comes first, as documented (cloudflare.md 6.3), but for what is no key at all: SDKs want something in
its place, and what is put there must not keep the stored key from its work.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from torana.errors import KeyUnreadable, MalformedRequest, NoCredential, Unauthorized, UnknownCredential
from torana.keys import AwsKeys, ServiceAccount
from torana.providers import drop_secrets, mask_query
from torana.providers.provider import parse

if TYPE_CHECKING:
    from torana.exchange import Opening
    from torana.keys import StoredKey
    from torana.providers import Provider

REQUEST, NONE = "request", "none"
STORED = "stored:"
"""Followed by the alias."""
PROVIDER = "provider"
"""A custom provider's own headers have a key: nobody else's is asked for."""
DEFAULT = "default"

_LONGEST_PLACEHOLDER = 64
_WORDS = (
    "undefined|null|none|nil|nan|false|true|dummy|fake|placeholder|change-?me|replace-?me|todo|test|testing|example|"
    "unused|ignored?|empty|any|anything|nothing|no-key(?:-required|-needed)?|not-(?:needed|used|required|set)|"
    "key|token|secret|password|(?:my-)?(?:api|access|secret)-?(?:key|token)|my-key|gateway|byok|stored"
)
_SHAPES = (
    r"x{3,}|\*{3,}|\.{3,}|-+|0+|123(?:4(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?)?|"
    r"(?:your|insert|enter|put|set)-[a-z-]*(?:key|token|here|secret)|<[^<>]*>|\$\{?[\w-]+\}?|\{\{.*\}\}|%[\w-]+%"
)
_PLACEHOLDER = re.compile(rf"(?:(?:sk|pk|key|api)-)?(?:{_WORDS}|{_SHAPES})?")
_SCHEMES = frozenset({b"bearer", b"token", b"key", b"basic", b"apikey", b"api-key"})
_GOOGLE_HOST = re.compile(r"(?:[a-z0-9-]+\.)*googleapis\.com")
_SHORTEST_SECRET = 8


def is_placeholder(credential: bytes) -> bool:
    """Whether a credential, without its scheme, is what people write where no key is: empty, `undefined`, `sk-xxx` …"""
    if len(credential) > _LONGEST_PLACEHOLDER:
        return False
    plain = credential.decode("latin-1").strip().strip("\"'").lower().replace("_", "-").replace(" ", "-")
    return _PLACEHOLDER.fullmatch(plain) is not None


def equip(opening: Opening, provider: Provider) -> None:
    """Decides on the key for `opening.target`, and puts it into the opening: headers, target, `sign`, `credential`.

    To be called once for each opening that is sent anywhere, when its provider is known. Raises ToranaError.
    """
    gateway = opening.gateway
    given = _given(opening, provider)
    fake = all(map(is_placeholder, given))
    if given and (not fake or gateway.placeholders == "forward"):
        _take_own(opening, provider, given)
        return
    if given and gateway.placeholders == "refuse":
        raise NoCredential(f"what was sent as the key of `{provider.slug}` is a placeholder; send a key, or none")
    stored = _chosen(opening, provider)
    if stored is not None:
        _take_stored(opening, provider, stored)
        return
    if (gateway.byok_only or opening.options.no_wholesale) and not provider.is_local:
        raise NoCredential(_missing(opening, provider))
    opening.credential = REQUEST if given else NONE


def whereabouts(opening: Opening, provider: Provider) -> dict[str, str]:
    """The region and project that a call is for: the key says, or else the provider's row. Raises ToranaError."""
    found = dict(provider.whereabouts)
    if not provider.signing:
        return found
    given = [text for text in _given(opening, provider) if not is_placeholder(text)]
    secret: _AwsSecret | _GoogleSecret | None
    if given:
        secret = next((it for text in given if (it := _from_base64(text)) is not None), None)
    else:
        stored = _chosen(opening, provider)
        secret = None if stored is None else _structured(stored.reveal().strip(), provider)
    if secret is not None and secret.region:
        found["region"] = secret.region
    if isinstance(secret, _GoogleSecret) and secret.project_id:
        found |= {"project": secret.project_id, "region": secret.region or "global"}
    return found


def _given(opening: Opening, provider: Provider) -> list[bytes]:
    """What the request has where the provider's keys go, without schemes."""
    found = [_bare(value) for name, value in opening.headers if name in provider.credentials]
    if opening.target is not None:
        found += mask_query(opening.target.path)[1]
    return found


def _bare(value: bytes) -> bytes:
    scheme, _, rest = value.strip().partition(b" ")
    return rest.strip() if scheme.lower() in _SCHEMES else value.strip()


def _chosen(opening: Opening, provider: Provider) -> StoredKey | None:
    """The stored key that is asked for, or else the default one; None where there is none for this caller."""
    alias, keys = opening.options.byok_alias, opening.gateway.stored.get(provider.slug, ())
    if alias:
        if opening.caller is None:
            raise Unauthorized("Unauthorized: stored keys are for callers that show a token of this gateway")
        for key in keys:
            if key.alias == alias:
                return key
        there = ", ".join(key.alias for key in keys) or "(none)"
        raise UnknownCredential(
            f"Provider '{provider.slug}' has no BYOK credential named '{alias}'. Configured aliases: {there}"
        )
    if opening.caller is None:
        return None
    by_rank = sorted(
        (key for key in keys if key.is_default or key.alias == DEFAULT), key=lambda key: not key.is_default
    )
    return by_rank[0] if by_rank else None


def _missing(opening: Opening, provider: Provider) -> str:
    there = opening.gateway.stored.get(provider.slug, ())
    if there and opening.caller is None:
        return f"no key for `{provider.slug}` came with the request, and the stored ones are for callers with a token"
    return f"no key for `{provider.slug}` came with the request, and none is stored that may be used for it"


def _take_own(opening: Opening, provider: Provider, given: list[bytes]) -> None:
    opening.credential = REQUEST
    if provider.signing == "google":
        account = next((found for text in given if (found := _in_base64(text, provider)) is not None), None)
        if account is not None:
            _sign(opening, provider, account)
    elif provider.signing == "aws" and _wants_api_key(opening):
        for name, value in opening.headers:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                _show(opening, provider, b"x-api-key", value[7:].strip())


def _take_stored(opening: Opening, provider: Provider, stored: StoredKey) -> None:
    secret = stored.reveal().strip()
    opening.credential = STORED + stored.alias
    signer = _signer(secret, provider)
    if signer is not None:
        _sign(opening, provider, signer)
        return
    name = b"x-api-key" if provider.signing == "aws" and _wants_api_key(opening) else provider.credentials[0]
    plain = secret.encode()
    _hide(opening, plain)
    _show(opening, provider, name, (provider.scheme if name == b"authorization" else b"") + plain)


def _wants_api_key(opening: Opening) -> bool:
    """Bedrock's Anthropic-native paths take the key as Anthropic does (cloudflare.md 1.2, `aws-bedrock`)."""
    target = opening.target
    return target is not None and target.scope[0] == "bedrock-mantle" and b"/anthropic/" in target.path


def _show(opening: Opening, provider: Provider, name: bytes, value: bytes) -> None:
    """In place of all that the request had there."""
    _clear(opening, provider)
    opening.headers.append((name, value))


def _sign(opening: Opening, provider: Provider, signer: AwsKeys | ServiceAccount) -> None:
    _clear(opening, provider)
    opening.sign = signer
    if isinstance(signer, AwsKeys):
        _hide(opening, signer.secret_access_key.encode())
        _hide(opening, signer.session_token.encode())
    else:
        _hide(opening, signer.private_key.encode())


def _clear(opening: Opening, provider: Provider) -> None:
    opening.headers = [h for h in opening.headers if h[0] not in provider.credentials]
    if opening.target is not None and b"?" in opening.target.path:
        opening.target = replace(opening.target, path=drop_secrets(opening.target.path))


def _hide(opening: Opening, secret: bytes) -> None:
    """Wherever an upstream echoes it, it is masked in what is logged."""
    if len(secret) >= _SHORTEST_SECRET:
        opening.secrets = (*opening.secrets, secret)


class _AwsSecret(Struct):
    """Stored for Bedrock (cloudflare.md 6.4)."""

    accessKeyId: Annotated[str, Meta(min_length=1)]  # noqa: N815  # the wire's own
    secretAccessKey: Annotated[str, Meta(min_length=1)]  # noqa: N815  # the same
    region: str = ""
    sessionToken: str = ""  # noqa: N815  # the same


class _GoogleSecret(Struct):
    """Stored for Vertex: the file that Google gives out, with `region` beside it."""

    client_email: Annotated[str, Meta(min_length=1)]
    private_key: Annotated[str, Meta(min_length=1)]
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
    region: str = ""
    project_id: str = ""


def check_secret(secret: str, provider: Provider) -> None:
    """ValueError for a structured secret that lacks what it has to have; plain keys are taken as they are."""
    _decoded(secret.strip(), provider)


def _structured(secret: str, provider: Provider) -> _AwsSecret | _GoogleSecret | None:
    """None = a plain key."""
    try:
        return _decoded(secret, provider)
    except ValueError as error:
        raise KeyUnreadable(str(error)) from None


def _signer(secret: str, provider: Provider) -> AwsKeys | ServiceAccount | None:
    """None = a plain key."""
    try:
        found = _structured(secret, provider)
        if isinstance(found, _AwsSecret):
            return AwsKeys(found.accessKeyId, found.secretAccessKey, found.sessionToken)
        return _account(found, provider) if found is not None else None
    except ValueError as error:
        raise KeyUnreadable(str(error)) from None


def _decoded(secret: str, provider: Provider) -> _AwsSecret | _GoogleSecret | None:
    if not (provider.signing and secret.startswith("{")):
        return None
    try:
        if provider.signing == "aws":
            return msgspec.json.decode(secret, type=_AwsSecret)
        return msgspec.json.decode(secret, type=_GoogleSecret)
    except msgspec.DecodeError as error:
        # Not its text, which may quote the secret: only where in it the fault is.
        place = str(error).rpartition("`")[0].rpartition("`")[2]
        raise ValueError(f"a structured key of `{provider.slug}` cannot be read; look at `{place or '$'}`") from None


def _in_base64(text: bytes, provider: Provider) -> ServiceAccount | None:
    found = _from_base64(text)
    try:
        return None if found is None else _account(found, provider)
    except ValueError as error:
        raise MalformedRequest(str(error)) from None


def _from_base64(text: bytes) -> _GoogleSecret | None:
    """A service account as callers send it: `Bearer base64(JSON)` (cloudflare.md 1.2, `google-vertex-ai`)."""
    try:
        plain = base64.b64decode(
            text + b"=" * (-len(text) % 4), altchars=b"-_" if b"-" in text or b"_" in text else None
        )
        return msgspec.json.decode(plain, type=_GoogleSecret) if plain.lstrip().startswith(b"{") else None
    except (ValueError, binascii.Error):
        return None


def _account(given: _GoogleSecret, provider: Provider) -> ServiceAccount:
    """ValueError where its token endpoint is not Google's; with a base URL of the operator's, any will do."""
    site = parse(given.token_uri, provider.slug)
    is_googles = site.origin.is_tls and site.origin.port == 443 and _GOOGLE_HOST.fullmatch(site.origin.host)  # noqa: PLR2004
    if not (is_googles or provider.is_overridden):
        raise ValueError("the `token_uri` of a service account leads to https://oauth2.googleapis.com and the like")
    return ServiceAccount(given.client_email, given.private_key, given.private_key_id, site.origin, site.path or b"/")
