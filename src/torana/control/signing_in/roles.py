"""What users may do, by their role."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from torana.control.tokens import Permission, implies

Role: TypeAlias = Literal["viewer", "editor", "owner"]
"""Each may do all that those before it may: see everything, change everything, and decide who else may."""
ROLES: tuple[Role, ...] = get_args(Role)
_PERMISSIONS: dict[Role, list[Permission]] = {
    "viewer": ["read"],
    "editor": ["run", "read", "edit"],
    "owner": ["run", "read", "edit"],
}


def permissions_of(role: Role) -> list[Permission]:
    """As an API token has them."""
    return list(_PERMISSIONS[role])


def may(role: Role, permission: Permission) -> bool:
    return implies(_PERMISSIONS[role], permission)


def least_role(permission: Permission) -> Role:
    """The first that may do it."""
    return next(role for role in ROLES if may(role, permission))


def is_below(role: Role, other: Role) -> bool:
    return ROLES.index(role) < ROLES.index(other)
