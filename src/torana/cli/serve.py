"""`torana serve`: starts the gateway, and says how to use it."""

import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from torana import __version__
from torana.cli.flags import Reload, with_settings
from torana.cli.output import console
from torana.cli.state import State, from_facts
from torana.settings import Settings, SettingsError, control_socket, resolve

if TYPE_CHECKING:
    from torana.control.welcome import Entrance

app = typer.Typer(add_completion=False)

HELP = (
    "Start the gateway and keep it running.\n\n"
    "That is its workers, its control plane, and the embedded model on its first use. Ctrl-C or SIGTERM lets requests"
    " under way finish; SIGHUP reads the settings again."
)
BUILD = "`cd dashboard && npm ci && npm run build` in a checkout"
_PATIENCE_S = 5.0
LOCAL_MODEL = "smollm2-135m-instruct"


@app.command(help=HELP)
@with_settings
def serve(settings: Settings, reload: Reload) -> None:
    from torana import supervisor  # noqa: PLC0415  # heavy: only for who serves

    banner = partial(print_banner, way_in=partial(find_way_in, settings))
    raise typer.Exit(supervisor.run(settings, banner=banner, reload=reload))


def print_banner(facts: Mapping[str, object], way_in: Callable[[State], str] | None = None) -> None:
    """`facts` are what the supervisor writes to `run/state.json`; `way_in` None = the dashboard's plain address."""
    state = from_facts(facts)
    base, data_dir = state.gateway_url, str(facts.get("data_dir", ""))
    title = Text.assemble(("Torana ", "bold"), (__version__, "bold"), " is ready at ", (state.url, "bold cyan"))
    screen = console()
    screen.print(title)
    for name, value in (
        ("account", state.account_id),
        ("gateway", state.gateway_id),
        ("dashboard", dashboard_line(state.url) if way_in is None else way_in(state)),
        ("data", data_dir),
        ("OpenAI SDK", f"base_url={base}/openrouter"),
        ("router", f"{state.url}/api/v1, with a key that `{keys_command(sys.argv[0], data_dir)}` makes"),
        ("logs", logs_command(sys.argv[0], data_dir)),
        ("metrics", f"{state.url}/metrics"),
    ):
        screen.print(Text.assemble("  ", (f"{name:<12}", "dim"), value), soft_wrap=True)
    _print_example("A model on this machine, without a key:", curl(f"{base}/local/v1/chat/completions", LOCAL_MODEL))
    openrouter = curl(f"{base}/openrouter/v1/chat/completions", "openai/gpt-3.5-turbo", "OPENROUTER_TOKEN")
    _print_example("OpenRouter, with your key in place of OPENROUTER_TOKEN:", openrouter)
    sys.stdout.flush()


def find_way_in(settings: Settings, state: State) -> str:
    """With a link that signs in once, while nobody owns the server."""
    from torana.control.client import ControlClient, ControlDown, ControlRefused  # noqa: PLC0415  # for who serves

    try:
        entrance = ControlClient(control_socket(settings), _PATIENCE_S).enter(state.account_id)
    except (ControlDown, ControlRefused):
        entrance = None  # it comes up again by itself, and `torana dashboard` makes a link then
    return dashboard_line(settings.public_url.rstrip("/") or state.url, entrance)


def dashboard_line(url: str, entrance: "Entrance | None" = None) -> str:
    if entrance is not None and not entrance.is_built:
        return f"not built: {BUILD} makes it"
    once = f"login#once={entrance.secret}" if entrance is not None and entrance.secret else ""
    return f"{url}/dashboard/{once}"


def logs_command(program: str, data_dir: str) -> str:
    return _typed(program, data_dir, "logs", "--follow")


def keys_command(program: str, data_dir: str) -> str:
    return _typed(program, data_dir, "keys", "create", "--name", "me")


def _typed(program: str, data_dir: str, *words: str) -> str:
    """As it can be typed in any terminal: a checkout's command is not on the path, the data not where it usually is."""
    is_at_hand = shutil.which("torana") or Path(program).name != "torana"
    # What a variable or a file says here need not hold there.
    where = [] if data_dir == Settings().data_dir == _usual_data_dir() else ["--data-dir", data_dir]
    return shlex.join(["torana" if is_at_hand else program, *words, *where])


def _usual_data_dir() -> str:
    try:
        return resolve().data_dir
    except SettingsError:
        return ""  # a file that this server was told not to read


def _print_example(title: str, command: str) -> None:
    screen = console()
    screen.print()
    screen.print(Text(title, "dim"))
    screen.print(Text(command), soft_wrap=True)


def curl(url: str, model: str, token: str = "") -> str:
    """A command line to paste."""
    key = f"  --header 'Authorization: Bearer {token}' \\\n" if token else ""
    body = f'{{"model": "{model}", "messages": [{{"role": "user", "content": "What is Cloudflare?"}}]}}'
    return f"curl -X POST {url} \\\n  --header 'Content-Type: application/json' \\\n{key}  --data '{body}'"
