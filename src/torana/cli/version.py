"""`torana version`: which one is this?"""

import sys

import typer

from torana import __version__

app = typer.Typer(add_completion=False)


@app.command()
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"torana {__version__}\n")
