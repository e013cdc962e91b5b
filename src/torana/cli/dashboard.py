"""`torana dashboard`: a link that signs in once, for whoever runs the server."""

import webbrowser
from typing import Annotated

import typer
from msgspec import Struct

from torana.cli.flags import Config, DataDir, Json
from torana.cli.output import complain, print_json
from torana.cli.serve import BUILD
from torana.cli.state import NothingHere, opened_store, read_state
from torana.settings import resolve

app = typer.Typer(add_completion=False)


class Link(Struct):
    url: str


@app.command()
def dashboard(
    *,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="Sign in as this user; else as the operator.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser of this machine.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Print a link that signs in to the dashboard: once, and within ten minutes."""
    from torana.control.dashboard.assets import is_built  # noqa: PLC0415  # heavy
    from torana.control.signing_in.links import PATH, make_link  # noqa: PLC0415  # the same

    settings = resolve({"data_dir": data_dir}, file=config)
    state = read_state(settings)
    if state is None:
        raise NothingHere(f"no server runs in `{settings.data_dir}`: start one with `torana serve`")
    with opened_store(settings) as store:
        secret = make_link(store, user)
    url = (settings.public_url.rstrip("/") or state.url) + PATH + secret
    if not is_built():
        complain(f"the dashboard is not built: {BUILD} makes it")
    if json:
        print_json(Link(url))
    else:
        typer.echo(url)
    if open_ and not webbrowser.open(url):
        complain("there is no browser here")
