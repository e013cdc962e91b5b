"""What may be asked for under which name, and who serves it: models and their endpoints.

Names and shapes of what the public sees are OpenRouter's (openrouter.md 1.6); money is as in `catalog.prices`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from torana.catalog.prices import ModelPrice

if TYPE_CHECKING:
    from collections.abc import Iterable

Tier: TypeAlias = Literal["", "priority", "flex"]


class Host(Struct, frozen=True, kw_only=True):
    """A company that serves models, as OpenRouter's callers name it."""

    slug: str
    """OpenRouter's, such as `google-vertex`; what an endpoint's tag begins with."""
    name: str
    """For people: `Google Vertex`; callers may use it in place of the slug."""
    provider: str
    """The row of `providers` that calls it: `google-vertex-ai`."""
    trains: bool = False
    """It may train on what it is sent."""
    retains: bool = True
    """It keeps what it is sent for longer than the call takes."""
    privacy_policy_url: str = ""
    terms_of_service_url: str = ""
    status_page_url: str = ""
    headquarters: str = ""
    """Country code."""
    datacenters: tuple[str, ...] = ()


class Endpoint(Struct, frozen=True, kw_only=True, eq=False):
    """One model at one host: what a request can be sent to."""

    id: str
    """The same for as long as model, tag and name at the host are."""
    model: str
    """`Model.id`."""
    host: Host
    tag: str
    """What callers pick it by: the host's slug, and what tells it from others there (`deepinfra/turbo`)."""
    name: str
    """The model as the provider calls it."""
    price: ModelPrice
    others: dict[str, int] = {}
    """Nano-USD for a unit of what is not counted in tokens, by OpenRouter's names (`image` is one that is made,
    `image_token` and `image_output` are tokens of pictures), and for a `character` to speak and a `second` heard."""
    quantization: str = "unknown"
    context_length: int = 0
    """0 = not known."""
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    supported_parameters: frozenset[str] = frozenset()
    tier: Tier = ""
    is_zdr: bool = False
    is_moderated: bool = False
    has_implicit_caching: bool = False
    discount: float = 0.0


class Reasoning(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model that thinks takes."""

    mandatory: bool = False
    supported_efforts: tuple[str, ...] | None = None
    default_effort: str | None = None
    default_enabled: bool | None = None
    supports_max_tokens: bool = False


class Model(Struct, frozen=True, kw_only=True, eq=False):
    id: str
    """`author/slug`, with its catalogue variant (`:free`) if it has one."""
    canonical_slug: str
    name: str
    created: int
    """Unix seconds."""
    description: str = ""
    hugging_face_id: str | None = None
    context_length: int | None = None
    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)
    tokenizer: str = "Other"
    instruct_type: str | None = None
    default_parameters: dict[str, float | None] | None = None
    reasoning: Reasoning | None = None
    supported_voices: tuple[str, ...] | None = None
    knowledge_cutoff: str | None = None
    expiration_date: str | None = None
    is_distillable: bool | None = None
    """Whether its author permits training on its answers; None = not known."""
    score: float | None = None
    """How able it is, 0 to 1, as the project's own table has it; None = not known."""
    benchmarks: dict[str, object] | None = None
    """As OpenRouter has them; None = none is known."""
    alias_of: str = ""
    """Of `~author/family-latest`: the model that it stands for now."""
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def author(self) -> str:
        return self.id.partition("/")[0].removeprefix("~")


class Catalogue:
    """All models there are, to be looked up by what callers call them; never changed."""

    def __init__(self, models: Iterable[Model], version: str = "") -> None:
        """`version` names the content: the same models have the same."""
        self.models = tuple(models)
        self.version = version
        self._named: dict[str, Model] = {}
        for model in self.models:
            self._named.setdefault(model.id.lower(), model)
        for model in self.models:
            self._named.setdefault(model.canonical_slug.lower(), model)
            self._named.setdefault(model.name.lower(), model)

    def find(self, name: str) -> Model | None:
        """By id, permanent slug or display name; an alias gives the model that it stands for."""
        found = self._named.get(name.lower())
        return self._named.get(found.alias_of.lower()) if found is not None and found.alias_of else found
