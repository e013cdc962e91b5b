"""Everything that can go wrong, as one tree.

    ToranaError                      status  code
    ├── CallerError                          the request is at fault
    │   ├── MalformedRequest         400     7000   not HTTP as the RFCs have it; the connection closes
    │   ├── UrlTooLong               414     7000
    │   ├── HeadersTooLarge          431     7000
    │   ├── BodyTooLarge             413     7000
    │   ├── RequestTimedOut          408     7000   head or body did not arrive in time
    │   ├── ExpectationFailed        417     7000   an Expect other than 100-continue
    │   ├── UpgradeRefused           400     7000
    │   ├── BadOption                400     7000   a cf-aig header that cannot be read; names it
    │   ├── UnknownGateway           400     2001   account or gateway
    │   ├── UnknownProvider          400     2008
    │   ├── UnknownCredential        400     2040   no stored key of that alias
    │   ├── NoCredential             400     7000   a provider's key is needed, and there is none to use
    │   ├── BadChatFormat            400     2019   `compat` without a model, or with one that names no provider
    │   │   └── Untranslatable       400     2019   content that the provider's format has no words for; names it
    │   │       └── HeldElsewhere    400     2019   a conversation that the client thinks the provider holds
    │   ├── BadWish                  400     7000   a field of the router's request that cannot be read; names it
    │   ├── UnknownModel             400     7000   the router has no model of that name
    │   ├── WrongEndpoint            400     7000   the router has that model, and it does something else
    │   ├── NoEndpoints              404     7000   none of the model's endpoints may serve this request; carries why
    │   ├── Unauthorized             401     2009
    │   ├── RateLimited              429     2003   a gateway's rate limit
    │   ├── SpendLimitExceeded       429     2041   a gateway's spend limit; names the rule
    │   ├── Unpriced                 403     2040   what the call may cost is not known, and there is a spend limit
    │   ├── Explained                            with what the router tells of it in `metadata` and its pipeline
    │   │   ├── PluginRefused        400     7000   a plugin that was asked for cannot do it; says what to do
    │   │   └── ContentBlocked       403     7000   a guardrail's content filter; names it
    │   └── PaymentError                     a key of the router's, or its account, cannot pay for the call
    │       ├── InsufficientCredits  402     7000   too little is left for it
    │       ├── KeyLimitExceeded     403     7000   nothing is left of the key's limit
    │       └── BudgetExceeded       403     7000   nothing is left of a guardrail's budget
    ├── UpstreamError                        the provider failed us; another may be tried
    │   ├── UpstreamUnreachable      502     2005   no connection: DNS, TCP, TLS or proxy
    │   ├── UpstreamForbidden        400     2005   a custom provider in a network that the operator does not allow
    │   ├── UpstreamTimedOut         504     2005   no first byte in time, or a stream that stalled
    │   ├── CredentialRefused        401     2009   no access token for the credential that was given or stored
    │   └── UpstreamBroken           502     2005   closed or spoke nonsense before its answer was whole
    └── OwnError                             we are at fault
        ├── Overloaded               503     7000   a bound of ours is reached
        ├── KeyUnreadable            503     7000   a stored key cannot be opened: the master key is not at hand
        ├── LocalModelMissing        503     2005   the embedded model cannot run here; says what to do
        └── Internal                 500     7000   a bug

Codes follow the Cloudflare AI Gateway table (gateway host); 7000 is its "request validation" and stands for all that
the table does not name. A surface renders them in its own family's shape.
"""

from __future__ import annotations

from msgspec import Struct


class ToranaError(Exception):
    """`str(error)` is for the client: no secret, no traceback, and what to do about it."""

    status = 500
    code = 7000
    retryable = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CallerError(ToranaError):
    status = 400


class MalformedRequest(CallerError):
    pass


class UrlTooLong(CallerError):
    status = 414


class HeadersTooLarge(CallerError):
    status = 431


class BodyTooLarge(CallerError):
    status = 413


class RequestTimedOut(CallerError):
    status = 408


class ExpectationFailed(CallerError):
    status = 417


class UpgradeRefused(CallerError):
    pass


class BadOption(CallerError):
    pass


class UnknownGateway(CallerError):
    code = 2001


class UnknownProvider(CallerError):
    code = 2008


class UnknownCredential(CallerError):
    code = 2040


class NoCredential(CallerError):
    pass


class BadChatFormat(CallerError):
    code = 2019


class Untranslatable(BadChatFormat):
    pass


class HeldElsewhere(Untranslatable):
    """Said in the client's own format: its SDK asks again with all of the conversation."""

    reason = "thread_unsupported_request"


class BadWish(CallerError):
    pass


class Constraint(Struct, frozen=True):
    """Which wish left nothing over."""

    field: str
    """As the request names it: `provider.max_price`."""
    detail: str


class Availability(Struct, frozen=True, kw_only=True):
    """Why nobody can serve what was asked for, in the names of openrouter.md 3.3 (`error.availability`)."""

    code: str
    retryable: bool = False
    requested_models: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()
    affected_providers: tuple[str, ...] = ()
    """Names, for people, of those that could have been asked."""
    constraint: Constraint | None = None


class UnknownModel(CallerError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a valid model ID")
        self.availability = Availability(code="model_not_found", requested_models=(name,))


class WrongEndpoint(CallerError):
    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.availability = Availability(code="wrong_endpoint", requested_models=(name,))


class NoEndpoints(CallerError):
    status = 404

    def __init__(self, message: str, availability: Availability) -> None:
        super().__init__(message)
        self.availability = availability


class Unauthorized(CallerError):
    status = 401
    code = 2009


class RateLimited(CallerError):
    status = 429
    code = 2003


class SpendLimitExceeded(CallerError):
    status = 429
    code = 2041


class Unpriced(CallerError):
    status = 403
    code = 2040


class Explained(CallerError):
    def __init__(
        self,
        message: str,
        metadata: dict[str, object] | None = None,
        stages: list[dict[str, object]] | None = None,
    ) -> None:
        super().__init__(message)
        self.metadata = metadata or {}
        """What stands in the error's `metadata` (openrouter.md 3.3)."""
        self.stages = stages or []
        """What the pipeline did until then (openrouter.md 3.4)."""
        self.way: dict[str, object] | None = None
        """`openrouter_metadata` for who asks for it; None = it is not known."""


class PluginRefused(Explained):
    pass


class ContentBlocked(Explained):
    status = 403


class PaymentError(CallerError):
    """`metadata` stands in the router's envelope; `retry_after_s` is 0 where waiting does not help."""

    def __init__(self, message: str, metadata: dict[str, object], retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.metadata = metadata
        self.retry_after_s = retry_after_s


class InsufficientCredits(PaymentError):
    status = 402


class KeyLimitExceeded(PaymentError):
    status = 403


class BudgetExceeded(PaymentError):
    status = 403


class UpstreamError(ToranaError):
    status = 502
    code = 2005
    retryable = True


class UpstreamUnreachable(UpstreamError):
    pass


class UpstreamForbidden(UpstreamError):
    status = 400
    retryable = False


class UpstreamTimedOut(UpstreamError):
    status = 504


class CredentialRefused(UpstreamError):
    status = 401
    code = 2009
    retryable = False


class UpstreamBroken(UpstreamError):
    pass


class OwnError(ToranaError):
    pass


class Overloaded(OwnError):
    status = 503
    retryable = True


class KeyUnreadable(OwnError):
    status = 503


class LocalModelMissing(OwnError):
    status = 503
    code = 2005


class Internal(OwnError):
    pass
