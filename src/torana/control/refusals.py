"""Why the management API says no: its errors, with their status and Cloudflare's code."""

from __future__ import annotations

from torana.errors import CallerError


class InvalidInput(CallerError):
    """`path` leads to the field, beginning with `body`, `query` or `path`."""

    code = 7001

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.path = path


class InputTooLarge(InvalidInput):
    status = 413


class NoSuchThing(CallerError):
    status = 404
    code = 7002


class BadBaseUrl(CallerError):
    """Of a custom provider, as are the next two."""

    code = 1002
    path = ("body", "base_url")


class SlugTaken(CallerError):
    status = 409
    code = 1003
    path = ("body", "slug")


class ProviderNotFound(CallerError):
    status = 404
    code = 1004


class WrongMethod(CallerError):
    status = 405
    code = 10405


class NotAuthenticated(CallerError):
    """No token, or one that cannot be used."""

    status = 401
    code = 10000


class NotPermitted(CallerError):
    """A good token that may not do this, or not here."""

    status = 403
    code = 10000


class TooManyTries(CallerError):
    """To sign in; `retry_after_s` is when to try again."""

    status = 429
    code = 10429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NameTaken(CallerError):
    """A user of that name is there already."""

    path = ("body", "name")

    status = 409
    code = 7001
