"""Why the router's API says no: its errors, with OpenRouter's status and words."""

from __future__ import annotations

from torana.errors import CallerError


class Refusal(CallerError):
    """`metadata` stands in the envelope beside the message; empty = it is left out."""

    def __init__(self, message: str, metadata: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.metadata = metadata or {}


class BadRequest(Refusal):
    pass


class Unauthenticated(Refusal):
    """No key, or none that may be used."""

    status = 401


class Forbidden(Refusal):
    """A good key that may not do this."""

    status = 403


class NotThere(Refusal):
    status = 404

    def __init__(self, message: str = "Resource not found", metadata: dict[str, object] | None = None) -> None:
        super().__init__(message, metadata)


class WrongMethod(Refusal):
    status = 405


class TookTooLong(Refusal):
    """It was not even begun."""

    status = 408


class Conflict(Refusal):
    status = 409


class Gone(Refusal):
    status = 410


class TooLarge(Refusal):
    status = 413


class Unprocessable(Refusal):
    status = 422


class NotOffered(Refusal):
    """OpenRouter has it, this server has not."""

    status = 501
