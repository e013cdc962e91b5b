"""All commands in one tree, each loaded when it is asked for, and how errors are told."""

import os
import sys
from importlib import import_module
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from torana import __version__

COMMANDS = {
    "serve": "torana.cli.serve",
    "dashboard": "torana.cli.dashboard",
    "logs": "torana.cli.logs",
    "stats": "torana.cli.stats",
    "info": "torana.cli.info",
    "gateways": "torana.cli.gateways",
    "cache": "torana.cli.cache",
    "limits": "torana.cli.limits",
    "apply": "torana.cli.apply",
    "users": "torana.cli.users",
    "tokens": "torana.cli.tokens",
    "keys": "torana.cli.keys",
    "credits": "torana.cli.credits",
    "provider-keys": "torana.cli.provider_keys",
    "audit": "torana.cli.audit",
    "settings": "torana.cli.settings",
    "local": "torana.cli.local",
    "semantic": "torana.cli.semantic",
    "models": "torana.cli.models",
    "prices": "torana.cli.prices",
    "version": "torana.cli.version",
}
_INTERRUPTED = 130


class Commands(TyperGroup):
    """A command's module is imported by its first look-up, so none waits for what another needs."""

    def list_commands(self, ctx: object) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        return load(cmd_name) if cmd_name in COMMANDS else None


def load(name: str) -> TyperCommand | TyperGroup:
    """One of COMMANDS."""
    command = get_command(import_module(COMMANDS[name]).app)
    assert isinstance(command, TyperCommand | TyperGroup)  # noqa: S101  # typer makes no other kind
    command.name = name
    return command


app = typer.Typer(
    cls=Commands,
    help="A self-hosted AI gateway: every model provider behind one URL, with each request logged and priced.",
    epilog="Start it with `torana serve`, then see what it did with `torana logs`.",
    invoke_without_command=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Takes what stands before a command."""
    if version:
        sys.stdout.write(f"torana {__version__}\n")
        raise typer.Exit


def run(arguments: list[str] | None = None) -> int:
    """One line for what the user can do something about; no traceback for anyone who has not asked for it.

    None = as the process was called.
    """
    try:
        app(arguments, prog_name="torana")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read has gone; what is still in the buffer would fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  # the outermost place
        return _failed(error)
    return 0


def _failed(error: Exception) -> int:
    from torana.cli.output import complain  # noqa: PLC0415  # only where something failed
    from torana.settings import SettingsError  # noqa: PLC0415  # the same

    if type(error).__module__.startswith("torana."):
        complain(str(error))
        return 2 if isinstance(error, SettingsError) else 1
    if type(error).__module__.startswith("sqlalchemy."):
        complain(f"the database cannot be used: {str(error).partition(chr(10))[0]}")
        return 1
    if isinstance(error, OSError):
        complain(f"`{error.filename}`: {error.strerror}" if error.filename else str(error))
        return 1
    if os.environ.get("TORANA_LOG_LEVEL", "").lower() == "debug":
        raise error
    complain(f"a bug: {type(error).__name__}: {error}; TORANA_LOG_LEVEL=debug shows where")
    return 1
