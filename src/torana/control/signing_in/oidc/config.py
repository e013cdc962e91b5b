"""What the operator says of the provider, read from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from torana.control.signing_in.roles import ROLES, Role
from torana.settings import oidc_roles

if TYPE_CHECKING:
    from torana.settings import Settings


class OidcConfig(Struct, frozen=True, kw_only=True):
    issuer: str
    """Without a slash at its end."""
    client_id: str
    client_secret: str = ""
    """Empty = a public client: PKCE alone proves that who asks for the token began."""
    name: str = ""
    """As people read it."""
    scopes: str = "openid email profile"
    domains: frozenset[str] = frozenset()
    """Of addresses of e-mail; empty = all."""
    default_role: Role | None = None
    """None = nobody comes in but who has a role by a claim, or was given one here."""
    role_claim: str = ""
    roles: dict[str, Role] = {}
    """By the claim's value; empty = the values are names of roles."""

    def __repr__(self) -> str:
        return f"OidcConfig({self.issuer!r}, {self.client_id!r}, …)"

    def role_of(self, values: object) -> Role | None:
        """The highest of what the claim says; None = it says nothing that is known."""
        said = values if isinstance(values, list) else [values]
        known = self.roles or {role: role for role in ROLES}
        found = [known[value] for value in said if isinstance(value, str) and value in known]
        return max(found, key=ROLES.index, default=None)


def read_config(settings: Settings) -> OidcConfig | None:
    """None where it is not set up. OSError where the secret's file cannot be read."""
    if not settings.oidc_issuer:
        return None
    file = settings.oidc_client_secret_file
    default = settings.oidc_default_role
    return OidcConfig(
        issuer=settings.oidc_issuer.rstrip("/"),
        client_id=settings.oidc_client_id,
        client_secret=Path(file).expanduser().read_text("utf-8").strip() if file else "",
        name=settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or "",
        scopes=settings.oidc_scopes,
        domains=frozenset(part for part in settings.oidc_allowed_domains.lower().replace(",", " ").split() if part),
        default_role=next((role for role in ROLES if role == default), None),
        role_claim=settings.oidc_role_claim,
        roles={value: next(known for known in ROLES if known == role) for value, role in oidc_roles(settings).items()},
    )
