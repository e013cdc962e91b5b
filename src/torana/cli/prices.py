"""`torana prices`: what models cost, as the logs count it."""

import difflib
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import print_json, print_table
from torana.cli.state import read_state
from torana.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.catalog.prices import ModelPrice, Prices, Rates

app = typer.Typer(add_completion=False, help="Show prices, or get a newer table of them.", no_args_is_help=True)

_NANO = 1_000_000_000
_RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "audio_in", "audio_out", "reasoning")


_NEAR = 3


class UnknownPrice(Exception):
    """Neither the built-in nor the operator's table knows the model, or there is no such provider."""


class Tier(Struct):
    above: int
    """Input tokens past which these rates hold."""
    rates: dict[str, float]


class PriceRow(Struct):
    """USD per 1,000,000 tokens; `request` is USD for each request."""

    provider: str
    model: str
    id: str
    """Of the row in the table that matched."""
    rates: dict[str, float]
    request: float
    tiers: list[Tier]
    context: int | None
    version: str


@app.command()
def show(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="As in URLs, such as openai.")],
    model: Annotated[str, typer.Argument(metavar="MODEL", help="As requests name it.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show what a model costs."""
    from torana.storage import pricing  # noqa: PLC0415  # only for this command

    prices = pricing.load(resolve({"data_dir": data_dir}, file=config))
    found = prices.find(provider, model)
    if found is None:
        raise _unknown(prices, provider, model)
    row = _row(provider, model, found, prices.version)
    if json:
        print_json(row)
        return
    lines = [(name, f"{usd:g}", "1M tokens") for name, usd in row.rates.items()]
    for tier in row.tiers:
        lines += [(name, f"{usd:g}", f"1M tokens, past {tier.above} of input") for name, usd in tier.rates.items()]
    if row.request:
        lines.append(("request", f"{row.request:g}", "request"))
    print_table(("RATE", ">USD", "FOR"), lines)


def _unknown(prices: "Prices", provider: str, model: str) -> UnknownPrice:
    from torana.providers import PROVIDERS  # noqa: PLC0415  # only for this command

    models = prices.models(provider)
    if models:
        hint = _near(model, models) or "its logs have no cost but what it states itself"
        return UnknownPrice(f"no price is known for model `{model}` of `{provider}`: {hint}")
    if provider in PROVIDERS:
        return UnknownPrice(f"no prices are known for `{provider}`: its logs have no cost but what it states itself")
    hint = _near(provider, PROVIDERS) or f"there are {', '.join(sorted(PROVIDERS))}"
    return UnknownPrice(f"there is no provider `{provider}`: {hint}")


def _near(name: str, known: "Iterable[str]") -> str:
    """As a question; empty where nothing is."""
    wanted = name.lower()
    names = {each.lower(): each for each in known}
    close = difflib.get_close_matches(wanted, names, n=_NEAR)
    # Half a name is what people remember, and hardly like the whole to difflib.
    near = dict.fromkeys([*close, *(each for each in names if wanted in each)])
    shown = [f"`{names[each]}`" for each in near][:_NEAR]
    return f"did you mean {' or '.join(shown)}?" if shown else ""


def _row(provider: str, model: str, found: "ModelPrice", version: str) -> PriceRow:
    return PriceRow(
        provider=provider,
        model=model,
        id=found.id,
        rates=_rates(found),
        request=found.request / _NANO,
        tiers=[Tier(tier.above, _rates(tier)) for tier in found.tiers],
        context=found.context,
        version=version,
    )


def _rates(rates: "Rates") -> dict[str, float]:
    known = {name: getattr(rates, name) for name in _RATES}
    return {name: nano / _NANO for name, nano in known.items() if nano is not None}


@app.command()
def refresh(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A price table (JSON): a file or a URL.")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Replace the built-in table by a newer one; a bad one changes nothing."""
    from torana.storage import pricing  # noqa: PLC0415  # only for this command

    settings = resolve({"data_dir": data_dir}, file=config)
    settings.path().mkdir(mode=0o700, parents=True, exist_ok=True)
    table = pricing.refresh(source, settings.path(pricing.REFRESHED))
    sys.stdout.write(f"prices are now {table.version}\n")
    state = read_state(settings)
    if state is not None:
        sys.stdout.write(f"the running server takes them on `kill -HUP {state.pids.supervisor}`\n")


@app.command()
def version(data_dir: DataDir = None, config: Config = None) -> None:
    """Print the version of the table in force, as logs keep it."""
    from torana.storage import pricing  # noqa: PLC0415  # only for this command

    sys.stdout.write(pricing.load(resolve({"data_dir": data_dir}, file=config)).version + "\n")
