"""`torana models`: what the router may be asked for, and a newer list of it."""

import difflib
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import print_json, print_table
from torana.settings import resolve

if TYPE_CHECKING:
    from torana.catalog.market import Catalogue, Endpoint, Model
    from torana.settings import Settings

app = typer.Typer(
    add_completion=False, help="Show the models of the router (`/api/v1`), or get a newer list.", no_args_is_help=True
)

_NANO = 1_000_000_000
_NEAR = 3


class UnknownModel(Exception):
    """The catalogue has no such model."""


class EndpointRow(Struct):
    """Rates are USD per 1,000,000 tokens; `others` USD for a unit."""

    tag: str
    provider: str
    """As in the gateway's URLs."""
    name: str
    """The model as the provider calls it."""
    context_length: int
    max_completion_tokens: int | None
    input: float
    output: float
    others: dict[str, float]
    is_zdr: bool
    is_reached: bool
    """The gateway `default` of the first account can be served there."""


class ModelRow(Struct):
    id: str
    name: str
    alias_of: str
    context_length: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    supported_parameters: list[str]
    score: float | None
    endpoints: list[EndpointRow]


@app.command("list")
def list_(
    *,
    provider: Annotated[str, typer.Option(metavar="SLUG", help="Only models at this provider or host.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that no stored key reaches.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List models that keys stored for the gateway `default` reach."""
    settings = resolve({"data_dir": data_dir}, file=config)
    catalogue, reach = _catalogue(settings), _reach(settings)
    rows = [row for model in catalogue.models if (row := _row(model, reach, provider, every=every)).endpoints]
    if json:
        print_json(rows)
        return
    print_table(("MODEL", ">CONTEXT", ">IN", ">OUT", "~HOSTS"), map(_line, rows))
    if not rows:
        sys.stdout.write("no key is stored that reaches any of these: see `torana provider-keys set`, or --all\n")


@app.command()
def show(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Such as openai/gpt-4o.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show one model and all who serve it."""
    settings = resolve({"data_dir": data_dir}, file=config)
    catalogue = _catalogue(settings)
    model = catalogue.find(slug)
    if model is None:
        raise UnknownModel(f"there is no model `{slug}`{_near(slug, catalogue)}")
    row = _row(model, _reach(settings), "", every=True)
    if json:
        print_json(row)
        return
    facts = [
        ("id", row.id),
        ("name", row.name),
        ("context", "" if row.context_length is None else f"{row.context_length:,}"),
        ("takes", ", ".join(row.input_modalities)),
        ("gives", ", ".join(row.output_modalities)),
        ("parameters", ", ".join(row.supported_parameters)),
    ]
    print_table(("", "~"), facts)
    sys.stdout.write("\n")
    print_table(("ENDPOINT", ">IN", ">OUT", "REACHED", "ZDR", "~NAME THERE"), map(_endpoint_line, row.endpoints))


@app.command()
def sync(
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Base of an OpenRouter-compatible API.")
    ] = "https://openrouter.ai/api/v1",
    *,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Get a newer list of models; where that fails, what was there stays."""
    from torana.storage import syncing  # noqa: PLC0415  # only for this command

    settings = resolve({"data_dir": data_dir}, file=config)
    settings.path().mkdir(mode=0o700, parents=True, exist_ok=True)
    found = syncing.sync(settings, url)
    sys.stdout.write(f"{found.models} models from {url}; a running server takes them by itself\n")
    if found.left_out:
        sys.stdout.write(f"{found.left_out} entries were no models that can be understood\n")


def _catalogue(settings: "Settings") -> "Catalogue":
    from torana.storage.cataloguing import load  # noqa: PLC0415  # only for this command

    return load(settings)


def _reach(settings: "Settings") -> frozenset[str]:
    """Of the first account's gateway `default`; without a store, what needs no key."""
    from torana.control.operations import DATABASE, open_store, reading  # noqa: PLC0415  # only for this command
    from torana.control.router.viewing import everybody, reach  # noqa: PLC0415  # the same

    if not settings.path(DATABASE).exists():
        return frozenset({"local"}) | (settings.providers.keys() & {"ollama"})
    store = open_store(settings)
    try:
        with reading(store) as connection:
            return reach(store, connection, everybody(connection))
    finally:
        store.close()


def _row(model: "Model", reach: frozenset[str], wanted: str, *, every: bool) -> ModelRow:
    shown = [
        endpoint
        for endpoint in model.endpoints
        if (every or endpoint.host.provider in reach)
        and wanted.lower() in ("", endpoint.host.provider, endpoint.host.slug, endpoint.host.name.lower())
    ]
    return ModelRow(
        model.id,
        model.name,
        model.alias_of,
        model.context_length,
        model.input_modalities,
        model.output_modalities,
        sorted(frozenset[str]().union(*(endpoint.supported_parameters for endpoint in shown))),
        model.score,
        [_endpoint_row(endpoint, reach) for endpoint in shown],
    )


def _endpoint_row(endpoint: "Endpoint", reach: frozenset[str]) -> EndpointRow:
    price = endpoint.price
    others = endpoint.others | ({"request": price.request} if price.request else {})
    return EndpointRow(
        endpoint.tag,
        endpoint.host.provider,
        endpoint.name,
        endpoint.context_length,
        endpoint.max_completion_tokens,
        (price.input or 0) / _NANO,
        (price.output or 0) / _NANO,
        {name: nano / _NANO for name, nano in others.items()},
        endpoint.is_zdr,
        endpoint.host.provider in reach,
    )


def _line(row: ModelRow) -> tuple[str, ...]:
    cheapest = min(row.endpoints, key=lambda each: each.input + each.output)
    context = "" if row.context_length is None else f"{row.context_length:,}"
    return row.id, context, f"{cheapest.input:g}", f"{cheapest.output:g}", ", ".join(each.tag for each in row.endpoints)


def _endpoint_line(row: EndpointRow) -> tuple[str, ...]:
    said = ("yes" if row.is_reached else "no", "yes" if row.is_zdr else "no")
    return row.tag, f"{row.input:g}", f"{row.output:g}", *said, row.name


def _near(slug: str, catalogue: "Catalogue") -> str:
    """As a question; empty where nothing is."""
    names = [model.id for model in catalogue.models]
    close = difflib.get_close_matches(slug.lower(), names, n=_NEAR)
    # Half a name is what people remember, and hardly like the whole to difflib.
    near = list(dict.fromkeys([*close, *(name for name in names if slug.lower() in name)]))[:_NEAR]
    return f": did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
