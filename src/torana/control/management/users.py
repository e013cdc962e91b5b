"""Operations on the users of the dashboard; Torana's own, and for owners alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.management.accounts import Gone, PageQuery
from torana.control.management.operation import Asked, Info, Many, One, Operation, Site, of
from torana.control.management.session import Password
from torana.control.queries import to_rfc3339
from torana.control.signing_in import users
from torana.control.signing_in.roles import Role
from torana.control.signing_in.sessions import Session, adopt

if TYPE_CHECKING:
    from torana.control.signing_in.users import User

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Shown = Annotated[str, Meta(max_length=120)]
Email = Annotated[str, Meta(max_length=320)]


class UserObject(Struct, kw_only=True):
    id: str
    name: str
    """What they type to sign in."""
    display_name: str
    email: str | None
    role: Role
    source: Literal["password", "oidc"]
    """Whether they sign in here or elsewhere."""
    has_password: bool
    created_at: str
    last_login_at: str | None


class NewUser(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name
    """a-z, 0-9, `.`, `_`, `@`, `+` and `-`."""
    display_name: Shown | None = None
    email: Email | None = None
    role: Role
    """The first user has to be an owner."""
    password: Password | None = None
    """Without one they sign in by a link that `torana dashboard --user NAME` makes."""


class UserChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = UNSET
    display_name: Shown | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    """A new one ends their sessions, but for the one that asks."""


def list_(site: Site, asked: Asked) -> Many[UserObject]:
    query = of(asked.query, PageQuery)
    found = users.list_users(site.store, asked.path["account_id"])
    first = (query.page - 1) * query.per_page
    page = [to_object(user) for user in found[first : first + query.per_page]]
    info = Info(count=len(page), page=query.page, per_page=query.per_page, total_count=len(found))
    return Many(result=page, result_info=info)


def create(site: Site, asked: Asked) -> One[UserObject]:
    given, session = of(asked.body, NewUser), of(asked.session, Session)
    with site.store.database.reader.connect() as connection:
        is_first = not users.has_owner(connection)
    wish = users.NewUser(
        name=given.name,
        role=given.role,
        display_name=given.display_name or "",
        email=given.email,
        password_hash=None if given.password is None else site.door.passwords.hash(given.password),
    )
    made = users.create_user(site.store, asked.path["account_id"], wish)
    if is_first and session.user is None:
        # Who came by the first link has made themselves a user, and is that user from now on.
        with site.store.database.writer.begin() as connection:
            adopt(connection, session, made)
    return One(result=to_object(made))


def update(site: Site, asked: Asked) -> One[UserObject]:
    given, session = of(asked.body, UserChange), of(asked.session, Session)
    change = users.Change(
        name=given.name,
        role=given.role,
        display_name=given.display_name,
        email=given.email,
        password_hash=UNSET if given.password is UNSET else site.door.passwords.hash(given.password),
        kept_session=session.id,
    )
    return One(result=to_object(users.change_user(site.store, *_whom(asked), change)))


def delete(site: Site, asked: Asked) -> One[Gone]:
    return One(result=Gone(id=users.delete_user(site.store, *_whom(asked)).id))


def to_object(user: User) -> UserObject:
    return UserObject(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        email=user.email,
        role=user.role,
        source=user.source,
        has_password=user.has_password,
        created_at=to_rfc3339(user.created_ms),
        last_login_at=None if user.used_ms is None else to_rfc3339(user.used_ms),
    )


def _whom(asked: Asked) -> tuple[str, str]:
    return asked.path["account_id"], asked.path["user_id"]


_USERS = "/accounts/{account_id}/users"
_ONE = _USERS + "/{user_id}"
OPERATIONS = (
    Operation(
        name="list_users",
        method="GET",
        path=_USERS,
        summary="List the users of the dashboard, oldest first.",
        tag="Users",
        permission=None,
        access="owner",
        answer=list_,
        query=PageQuery,
        result=Many[UserObject],
    ),
    Operation(
        name="create_user",
        method="POST",
        path=_USERS,
        summary="Make a user.",
        tag="Users",
        permission=None,
        access="owner",
        answer=create,
        body=NewUser,
        result=One[UserObject],
        refusals=(409, 413),
    ),
    Operation(
        name="update_user",
        method="PATCH",
        path=_ONE,
        summary="Change a user; a role counts from their next call on.",
        tag="Users",
        permission=None,
        access="owner",
        answer=update,
        body=UserChange,
        result=One[UserObject],
        refusals=(404, 409, 413),
    ),
    Operation(
        name="delete_user",
        method="DELETE",
        path=_ONE,
        summary="Remove a user, whose sessions end at once.",
        tag="Users",
        permission=None,
        access="owner",
        answer=delete,
        result=One[Gone],
        refusals=(404,),
    ),
)
