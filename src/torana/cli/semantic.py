"""`torana semantic`: what the semantic cache makes its vectors with."""

import typer

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, console, print_json, tame
from torana.local.embedding.weights import Status
from torana.settings import resolve

app = typer.Typer(
    add_completion=False,
    help="Get the embedding model of the semantic cache, or see what it uses.",
    no_args_is_help=True,
)


@app.command()
def pull(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """Get the small embedding model (about 21 MB); it also needs the extra `semantic`."""
    from torana.local.embedding.weights import pull as get  # noqa: PLC0415  # only for this command

    _tell(get(resolve({"data_dir": data_dir}, file=config)), json=json)


@app.command()
def status(*, data_dir: DataDir = None, config: Config = None, json: Json = False) -> None:
    """Show what makes the vectors, and what stands in its way."""
    from torana.local.embedding.weights import status as look  # noqa: PLC0415  # only for this command

    found = look(resolve({"data_dir": data_dir}, file=config))
    _tell(found, json=json)
    if found.problem:
        raise typer.Exit(1)


def _tell(found: Status, *, json: bool) -> None:
    if json:
        print_json(found)
        return
    if found.where:
        named = f", model `{found.model}`" if found.model else ""
        console().print(tame(f"{found.kind}: {found.where}{named}"), markup=False, soft_wrap=True)
    if found.problem:
        complain(found.problem)
