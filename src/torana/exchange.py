"""The nouns every layer shares.

A client's `Request` opens an `Exchange`; each attempt sends a `Call` to an `Origin` and gets a `Reply`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Literal, Protocol, TypeAlias

from msgspec import Raw, Struct

from torana.caching import CachePlan, Miss
from torana.keys import AwsKeys, Caller, Placeholders, ServiceAccount, StoredKey
from torana.message import Headers, Origin, Rendered, Reply, Source


class Memo(Struct):
    """What was worked out from a request's head. A client that repeats its head finds it again: see `Request.memo`."""

    opening: Opening | None = None


class Request(Struct):
    """One request as a client sent it. `target` is path and query, raw."""

    method: bytes
    target: bytes
    headers: Headers
    """Never to be changed: the next request may have the same list. Without the framing, which `length` tells."""
    body: bytes | Source = b""
    length: int | None = None
    """Bytes of a body that is a Source, where the client said so; None = chunked."""
    remote: str = ""
    is_tls: bool = False
    memo: Memo | None = None
    """The same object in all requests of a connection whose heads are the same but for the length of the body."""


class Usage(Struct, gc=False):
    """What an answer consumed. Subsets are counted within their totals, never beside them.

    `cost_nano` is what the provider itself says it charged, in 10⁻⁹ USD; None where it says nothing.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    cached_tokens_in: int = 0
    """Read from a prompt cache; part of tokens_in."""
    cache_write_tokens_in: int = 0
    """Written to a prompt cache; part of tokens_in."""
    cache_write_1h_tokens_in: int = 0
    """Of those, the ones kept for an hour (Anthropic); part of cache_write_tokens_in."""
    audio_tokens_in: int = 0
    reasoning_tokens_out: int = 0
    audio_tokens_out: int = 0
    cost_nano: int | None = None


class Asked(Struct, frozen=True, gc=False):
    """What the gateway must know of a request's body."""

    model: str = ""
    is_stream: bool = False
    max_tokens_out: int | None = None
    """The most that one answer may have; None = the request does not say."""
    answers: int = 1
    """How many are asked for at once (`n`, `candidateCount`)."""


class Meter(Protocol):
    """Reads usage off a stream in passing; any cut of the bytes gives the same result."""

    usage: Usage | None

    def feed(self, chunk: bytes) -> None: ...
    def finish(self) -> None: ...


class Format(Struct, frozen=True):
    """One wire format of an operation, as pure functions. None of them raises on what it cannot read."""

    name: str
    read_request: Callable[[bytes], Asked]
    read_usage: Callable[[bytes], Usage | None]
    """Of a whole, decoded reply body."""
    meter: Callable[[], Meter]
    """A new one for each stream; fed with decoded bytes."""
    assemble: Callable[[bytes], bytes | None]
    """A recorded stream, decoded, as the JSON message a whole answer would have been; None if it cannot be."""


class Target(Struct, frozen=True):
    """Where one attempt goes."""

    provider: str
    origin: Origin
    path: bytes
    """Path and query as sent upstream, with the leading slash."""
    format: Format
    model: str = ""
    """Where the path names it (Gemini, Bedrock, Azure); else the body does."""
    is_stream: bool = False
    """Where the path says so (`:streamGenerateContent`, `converse-stream`)."""
    is_local: bool = False
    """The embedded model: its origin is known once it runs."""
    scope: tuple[str, str] = ("", "")
    """What a signature is for: AWS's name of the service, and the region."""
    drops: frozenset[bytes] = frozenset()
    """Request headers meant for the gateway alone, besides `cf-aig-*` (such as `x-fal-target-url`)."""
    adds: tuple[tuple[bytes, bytes], ...] = ()
    """Header fields that go with each request, in place of the caller's of the same name."""
    find_price: Callable[[str], object] | None = None
    """What the account says that a model of its provider costs: a `catalog.prices.ModelPrice`, or None."""


class Translation(Struct, frozen=True):
    """A call to an upstream that does not speak the client's format. Its target's format is the client's."""

    client: str
    """Name of the client's format."""
    spoken: str
    """Name of the translation that the upstream needs."""
    format: str
    """Name of the format that this is one of."""
    model: str
    """As the upstream names it."""
    stream_path: bytes = b""
    """Where the upstream has streams, if elsewhere than the target says."""
    is_stream: bool = False
    """The client's path asks for one."""
    is_sse: bool = True
    """As events, not as one array."""
    is_count: bool = False
    """Only how many tokens the question has."""
    has_count: bool = False
    """The upstream counts, where the target says; else it is estimated here."""


class Outgoing(Struct):
    """What an upstream is sent in place of the client's request."""

    body: bytes
    headers: Headers


class Attempt(Struct, gc=False):
    """One call that was made for an exchange, and how it went. Times are in seconds since the exchange began."""

    provider: str
    model: str = ""
    status: int = 0
    """0 = no answer came."""
    started_s: float = 0.0
    first_byte_s: float | None = None
    ended_s: float | None = None
    error: str = ""


Backoff: TypeAlias = Literal["constant", "linear", "exponential"]


class Retries(Struct, frozen=True):
    """How often an upstream is asked, how long between, and how long each time."""

    max_attempts: int = 1
    """All of them, the first one too."""
    delay_ms: int = 500
    backoff: Backoff = "exponential"
    timeout_ms: int | None = None
    """To the first byte of an attempt's answer; None = as long as the upstream may take at all."""
    has_alternative: bool = False
    """Another upstream follows: then the last attempt has the timeout too."""


class Options(Struct, frozen=True):
    """A caller's wishes for this one request, read from `cf-aig-*` by the surface."""

    event_id: str = ""
    metadata: str = ""
    """A flat JSON object of at most five entries, as text; empty = none was sent."""
    collect_log: bool | None = None
    """None = as the gateway says."""
    collect_payload: bool = True
    custom_cost: str = ""
    cache_ttl_s: int | None = None
    """None = as the gateway says; 0 = this request is not cached."""
    skip_cache: bool = False
    cache_key: str = ""
    """Stands in place of the computed key."""
    cache_streams: bool | None = None
    """Whether streamed answers are cached too; None = as the gateway says."""
    cache_single_flight: bool | None = None
    """Whether a request waits where the same one is being answered already; None = as the gateway says."""
    semantic_cache: bool | None = None
    """Whether an answer to the same in other words will do; None = as the gateway says."""
    semantic_threshold: float | None = None
    """The least similarity; below the gateway's own it counts for nothing."""
    timeout_ms: int | None = None
    """To the first byte of an attempt's answer; the last of several attempts waits without it."""
    max_attempts: int | None = None
    retry_delay_ms: int | None = None
    backoff: Backoff | None = None
    byok_alias: str = ""
    """Which stored key; empty = `default`."""
    no_wholesale: bool = False
    """Only with a provider's own credentials."""
    zdr: bool | None = None
    trace_id: str = ""
    """32 hex digits; empty = none was sent."""
    parent_span_id: str = ""
    """16 hex digits."""


class Asker(Protocol):
    """Who is told how an `Asking` went; once, unless he cancels it before."""

    def answered(self, reply: Reply) -> None: ...
    def failed(self, error: Exception) -> None: ...
    def begin(self, coroutine: Coroutine[object, None, Reply]) -> None:
        """There is more to be waited for than was thought."""


class Asking(Protocol):
    """An answer that an upstream was asked for already, and that no coroutine waits for."""

    def tell(self, asker: Asker) -> None: ...
    def cancel(self) -> None:
        """Nobody wants it any more."""

    def __await__(self) -> Generator[object, None, Reply]:
        """For who is no `Asker`."""


Answering = Reply | Asking | Coroutine[object, None, Reply]
"""An answer: that which there is at once, or what has to be waited for."""

Admit = Callable[["Exchange"], Reply | Awaitable[Reply | None] | None]
Review = Callable[["Exchange", Reply], Reply]
Settle = Callable[["Exchange"], None]


class Gateway(Struct, frozen=True):
    """One gateway's settings, compiled: only the policies that are switched on."""

    account_id: str
    id: str
    collect_logs: bool = True
    authentication: bool = False
    """Only callers with a token of ours are served."""
    byok_only: bool = False
    """Nothing goes to a provider without a key."""
    placeholders: Placeholders = "replace"
    stored: dict[str, tuple[StoredKey, ...]] = {}
    """By provider."""
    retries: Retries = Retries()
    admit: tuple[Admit, ...] = ()
    admit_routed: tuple[Admit, ...] = ()
    """Of these, those that look at requests to the router too."""
    review: tuple[Review, ...] = ()
    settle: tuple[Settle, ...] = ()
    repeat: Callable[[Request, Opening], Reply | None] | None = None
    """Gives the same answer to the same request once more, log and all, where that takes no exchange."""
    narrowed: Callable[[Opening, Request], Gateway] | None = None
    """The same without the policies that have nothing to do for requests with a certain head."""


Form: TypeAlias = Literal["", "compat", "universal", "models", "responses", "run", "routed"]
"""Where the head does not say all of a request: the `model` of its body does, or the steps in it; a list of models.

`routed`: the router may be asked in place of the target, if the body's model is one that the caller has a key for.
"""


class Opening(Struct):
    """What the head of a request says, as its surface reads it: never changed, and shared by all with that head.

    Where `form` says that the body decides, each call has an opening of its own, made of this one.
    """

    gateway: Gateway
    maker: object = None
    """The configuration that it was read by; with another one it has to be read again."""
    is_stray: bool = False
    """The account is known and the gateway is not: logged, then refused."""
    refusal: Exception | None = None
    """Why no exchange can come of it; a ToranaError."""
    form: Form = ""
    rest: bytes = b""
    """What follows the provider's segment, raw; kept where a call's opening is to be made of this one."""
    is_direct: bool = False
    """All that a request waits for is the upstream's answer: see `direct.is_direct`."""
    is_read_later: bool = False
    """Nobody needs to know what its bodies say before its log is stored: see `direct.is_read_later`."""
    derived: dict[bytes, tuple[Opening, Raw | None]] | None = None
    """Made of this one for each `model` as a body has it, with how its provider has it; None = the same."""
    request_id: str = ""
    """Of the request that this is one of several steps of; empty = the log's id."""
    request_type: str = ""
    """As the log calls it: `Universal`, `Compat`; empty = a provider's own path."""
    provider: str = ""
    path: str = ""
    """What follows the provider's segment, as asked, with secrets in the query masked."""
    method: str = ""
    headers: Headers = []
    """Less what is for the gateway, for one hop, or framing: what goes upstream."""
    masked_headers: Headers = []
    """As they came, with credentials as `***`."""
    options: Options = Options()
    caller: Caller | None = None
    """Whose token came with it; None = nobody's that is good here."""
    until_ms: int | None = None
    """Unix time from which on it has to be read again: the caller's token has expired by then. None = it holds."""
    is_logged: bool = True
    target: Target | None = None
    translation: Translation | None = None
    """None = the bytes go through as they are."""
    retries: Retries | None = None
    """None = one attempt, without a timeout of the caller's."""
    coding: bytes = b""
    """The request's Content-Encoding; empty = none."""
    type: str = ""
    """The request's Content-Type."""
    user_agent: str = ""
    credential: str = ""
    """What the provider is shown: `request`, `stored:ALIAS`, `provider` or `none`; empty = that was not decided."""
    sign: AwsKeys | ServiceAccount | None = None
    """With what each call is signed before it is sent."""
    secrets: tuple[bytes, ...] = ()
    """Values of credential headers and parameters: masked wherever they appear in what is logged."""
    rendered: Rendered | None = None
    """The head of calls to `target`, as the wire sends it."""
    cache_plan: CachePlan | None = None
    """What the cache makes of it, from the first request on."""
    own_lines: list[bytes] | None = None
    """What answers to it say of the gateway, with the log's id between each two: from the first answer on."""
    packed: object = None
    """Its part of a log record as the journal writes it, from the first record on."""


class Entry(Struct, array_like=True, gc=False):
    """What an exchange leaves in the log beside its opening, filled in on the way. New fields go to the end."""

    id: str
    """UUIDv7 in lower case, of the moment in which the request came: the log id."""
    model: str = ""
    status: int = 0
    """What the client was sent; 0 until then, 499 where it left before."""
    duration_s: float = 0.0
    first_byte_s: float = 0.0
    """0 where no byte came."""
    is_stream: bool = False
    """A streamed answer was asked for, or came."""
    cached: bool = False
    cancelled: bool = False
    is_broken: bool = False
    """The upstream's answer stopped before its end."""
    step: int = 0
    error: str = ""
    """What went wrong in one line; empty when nothing did."""
    usage: Usage | None = None
    attempts: list[Attempt] = []
    request_size: int = 0
    response_size: int = 0
    is_truncated: bool = False
    """The captured reply body stops at the payload limit."""
    response_content_type: bytes = b""
    response_encoding: bytes = b""
    """A Content-Encoding that `response_body` still has; the usual ones are undone as it is captured."""
    request_body: bytes = b""
    """Up to the payload limit, as is the response's."""
    response_headers: Headers = []
    """Credentials masked; likewise the request's, which are its opening's."""
    response_body: bytes = b""
    has_bodies: bool = True
    """False: the caller or the journal's bound dropped heads and bodies."""
    similarity: float = 0.0
    """To the nearest question that the semantic cache knew; 0 = it knew none, or was not asked."""
    similar_to: str = ""
    """The log id of the exchange whose answer it gave, or (where `cached` is false) would have given."""
    kept: bytes = b""
    """What a client may go on from: a `chain.Link` as JSON; empty = nothing."""
    routed: bytes = b""
    """What the router knows of it: a `routed.Routed` as JSON; empty = it did not come through the router."""
    is_unread: bool = False
    """Model, streaming and usage are still to be read off its bodies: see `formats.reading`."""


class Exchange(Struct):
    """One client request, its answer, and all that is learnt on the way. `started` is `time.perf_counter()` seconds."""

    request: Request
    opening: Opening
    gateway: Gateway
    log: Entry
    started: float
    payload_bytes: int = 0
    """How much of its bodies is kept for the log."""
    request_pieces: list[bytes] | None = None
    """Of a request body that was streamed on, as far as it is kept."""
    response_pieces: list[bytes] | None = None
    """Of a reply's, likewise."""
    asked: Asked | None = None
    """What its body asks for, once `formats.asking` has read it."""
    outgoing: Outgoing | None = None
    """None = what the client sent."""
    hold: object | None = None
    """What spend limits hold for it until its cost is known; of `policies.spend_limit`."""
    notes: Headers | None = None
    """What policies and routes say to the caller in headers of the answer, such as `cf-aig-cache-status`."""
    miss: Miss | None = None
    """Set by the cache where the answer is one that it would keep."""
    hit: object | None = None
    """Set by the cache where the answer is its own; of `policies.repeating`."""
    question: object | None = None
    """What the semantic cache is to learn; of `policies.semantic_cache`."""

    def note(self, name: bytes, value: bytes) -> None:
        """Adds a header to the answer."""
        if self.notes is None:
            self.notes = [(name, value)]
        else:
            self.notes.append((name, value))
