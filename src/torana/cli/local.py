"""`torana local`: the embedded model's weights."""

from typing import Annotated

import typer

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, console, print_json, tame
from torana.settings import resolve

app = typer.Typer(
    add_completion=False,
    help="Get the embedded model, or name another one for provider `local`.",
    no_args_is_help=True,
)


@app.command()
def pull(
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="A GGUF file, or the URL of a running OpenAI-compatible server."),
    ] = None,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Get the small default model (about 93 MB), or take SOURCE in its place."""
    from torana.local.pull import pull as get  # noqa: PLC0415  # only for this command

    pulled = get(resolve({"data_dir": data_dir}, file=config), source)
    if json:
        print_json(pulled)
        return
    named = f", as model `{pulled.model}`" if pulled.model else ""
    console().print(tame(f"provider `local` is now {pulled.where}{named}"), markup=False, soft_wrap=True)
    if pulled.warning:
        complain(pulled.warning)


@app.command()
def status(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """Show what provider `local` answers with, and what stands in its way."""
    from torana.local.requirements import status as look  # noqa: PLC0415  # only for this command

    found = look(resolve({"data_dir": data_dir}, file=config))
    if json:
        print_json(found)
    elif found.kind != "none":
        named = f", as model `{found.model}`" if found.model else ""
        console().print(tame(f"{found.kind}: {found.where}{named}"), markup=False, soft_wrap=True)
    if found.problem:
        if not json:
            complain(found.problem)
        raise typer.Exit(1)
