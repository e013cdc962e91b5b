"""The command `torana`; its parts load when they are needed."""

from __future__ import annotations

import sys

from torana import __version__


def main() -> int:
    """Runs the command line; the exit code is 1 for an error and 2 for a wrong use."""
    if sys.argv[1:] == ["--version"]:
        # Asked by scripts, often; loading the command line would take ten times as long.
        sys.stdout.write(f"torana {__version__}\n")
        return 0
    from torana.cli.app import run  # noqa: PLC0415  # whoever imports the package does not pay for typer

    return run()
