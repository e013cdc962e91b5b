"""`torana serve`: starts the gateway, and says how to use it."""

import sys
from collections.abc import Mapping

import typer
from rich.text import Text

from torana import __version__
from torana.cli.flags import Reload, with_settings
from torana.cli.output import console
from torana.cli.state import from_facts
from torana.settings import Settings

app = typer.Typer(add_completion=False)

HELP = (
    "Start the gateway and keep it running.\n\n"
    "That is its workers, its control plane, and the embedded model on its first use. Ctrl-C or SIGTERM lets requests"
    " under way finish; SIGHUP reads the settings again."
)
LOCAL_MODEL = "smollm2-135m-instruct"


@app.command(help=HELP)
@with_settings
def serve(settings: Settings, reload: Reload) -> None:
    from torana import supervisor  # noqa: PLC0415  # heavy: only for who serves

    raise typer.Exit(supervisor.run(settings, banner=print_banner, reload=reload))


def print_banner(facts: Mapping[str, object]) -> None:
    """`facts` are what the supervisor writes to `run/state.json`."""
    state = from_facts(facts)
    base = state.gateway_url
    title = Text.assemble(("Torana ", "bold"), (__version__, "bold"), " is ready at ", (state.url, "bold cyan"))
    screen = console()
    screen.print(title)
    for name, value in (
        ("account", state.account_id),
        ("gateway", state.gateway_id),
        ("data", str(facts.get("data_dir", ""))),
        ("OpenAI SDK", f"base_url={base}/openrouter"),
        ("logs", "torana logs --follow"),
        ("metrics", f"{state.url}/metrics"),
    ):
        screen.print(Text.assemble("  ", (f"{name:<12}", "dim"), value), soft_wrap=True)
    _print_example("A model on this machine, without a key:", curl(f"{base}/local/v1/chat/completions", LOCAL_MODEL))
    openrouter = curl(f"{base}/openrouter/v1/chat/completions", "openai/gpt-3.5-turbo", "OPENROUTER_TOKEN")
    _print_example("OpenRouter, with your key in place of OPENROUTER_TOKEN:", openrouter)
    sys.stdout.flush()


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
