"""`python -m bench`: takes the figures, all sides in one run, and shows them."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench import (
    cost,
    gateway,
    kill,
    latency,
    machine,
    many,
    memory,
    models,
    nginx,
    peers,
    policies,
    report,
    routing,
    startup,
    streaming,
    translation,
)
from bench.children import NotStarted
from bench.figure import Row, Setup
from bench.load import LoadFailed, generator

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURES: dict[str, Callable[[Setup], list[Row]]] = {
    "plain": cost.plain,
    "tls": cost.tls,
    "cached": cost.cached,
    "policies": policies.policies,
    "stream": streaming.stream,
    "latency": latency.latency,
    "streams": memory.streams,
    "growth": memory.growth,
    "startup": startup.startup,
    "kill": kill.kill,
    "many": many.many,
    "models": models.models,
    "translation": translation.translation,
    "routing": routing.routing,
    "method": cost.method,
}


def main() -> int:
    options = _options()
    if not sys.platform.startswith("linux"):
        print("The bench needs Linux: it pins processes to cores and reads /proc.", file=sys.stderr)
        return 2
    # Ended by a signal, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    machine.raise_open_files()
    side_core, load_core = machine.cores()
    if side_core == load_core:
        print("There is but one core: load and side under test share it, and the figures are worth little.")
    if (busy := machine.busy_share()) > 0.25:
        print(f"The machine is busy with other things (load {busy:.0%}): wait, or do not trust the figures.")
    load = generator(own=options.own_load)
    with (
        nullcontext() if options.halting else machine.awake(),
        tempfile.TemporaryDirectory(prefix="torana-bench-") as folder,
    ):
        print(f"{machine.describe()}; load by {load.name}\n")
        setup = Setup(Path(folder), load, side_core, load_core, options.quick)
        rows, failed = _measure(setup, options)
        print("\n" + report.table(rows))
        if options.write and rows:
            report.write(_run(load.name), rows)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=FIGURES, help="take this one; may be given more than once")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns: a look, not a figure")
    parser.add_argument("--write", action="store_true", help="write the results to bench/README.md")
    parser.add_argument("--halting", action="store_true", help="let idle processors of a virtual machine halt at once")
    parser.add_argument("--own-load", action="store_true", help="our own load generator even where wrk is installed")
    parser.add_argument("--peers", type=Path, metavar="FILE", help="a TOML table of other gateways to measure too")
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("--quick is a look and not a figure: it is not written")
    return options


def _measure(setup: Setup, options: argparse.Namespace) -> tuple[list[Row], bool]:
    """All figures asked for; one that cannot be taken says why and leaves the others alone."""
    measures = {name: FIGURES[name] for name in options.only or FIGURES}
    for name, peer in (peers.read(options.peers) if options.peers else {}).items():
        measures[f"peer {name}"] = partial(peers.measure, name=name, peer=peer)
    rows: list[Row] = []
    failed = False
    for name, measure in measures.items():
        started = time.monotonic()
        print(f"{name} …", end=" ", flush=True)
        try:
            found = measure(setup)
        except (NotStarted, LoadFailed, OSError, subprocess.SubprocessError) as error:
            failed = True
            print(f"could not be taken: {error}", file=sys.stderr)
            continue
        print(f"{time.monotonic() - started:.0f} s")
        rows += [msgspec.structs.replace(row, date=_today()) for row in found]
    return rows, failed


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _run(load: str) -> report.Run:
    versions = f"torana {gateway.version()}, nginx {nginx.version()}, load by {load}"
    return report.Run(_today(), machine.describe(), versions)


if __name__ == "__main__":
    sys.exit(main())
