"""The embedded model's process: llama.cpp's own server, on loopback, behind a key.

Its standard input is its leash: the first line is the `Order`, and when it closes the process ends. The first line on
its standard output is the `Listening` that says where, or why not; the engine's words go to standard error.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.local.weights import ALIAS

if TYPE_CHECKING:
    import xllamacpp

SLOTS = 4
CONTEXT = 4096
"""Tokens of one request and its answer; slots do not share, so nobody's request can fail for another's."""
ERRORS_ONLY = 1


class Order(Struct, frozen=True):
    """What to serve. It comes by standard input: a key on a command line would be everybody's to read."""

    path: str
    alias: str
    key: str
    threads: int = 0


class Listening(Struct, frozen=True):
    """`url` is empty where it cannot; then `problem` says why."""

    url: str
    problem: str = ""


def main() -> None:
    said = _keep_stdout()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    try:
        server = _serve(order)
    except RuntimeError as error:
        # Not to standard error: the engine's own thread is still writing there, into the middle of other lines too.
        os.write(said, msgspec.json.encode(Listening("", f"cannot load `{order.path}`: {error}")) + b"\n")
        sys.exit(1)
    os.write(said, msgspec.json.encode(Listening(server.listening_address)) + b"\n")
    os.close(said)
    while sys.stdin.buffer.read(1 << 16):
        continue
    # Its threads are still computing for nobody; there is no state to save.
    os._exit(0)


def _keep_stdout() -> int:
    """The native code may print: what it prints must not look like our one line."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def _serve(order: Order) -> xllamacpp.Server:
    import xllamacpp  # noqa: PLC0415  # the `local` extra, absent from the gateway's own processes

    params = xllamacpp.CommonParams()
    params.model.path = order.path
    params.model_alias = {order.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order.key]
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.kv_unified = False
    # The default may take 8 GiB of memory for prompts of the past.
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = order.threads or _spare_cores()
    if order.alias == ALIAS:
        # So small a model rambles at the server's default of 0.8; a request's own values come first.
        params.sampling.temp, params.sampling.top_p = 0.2, 0.9
    params.endpoint_slots = False
    params.ui = False
    params.offline = True
    params.verbosity = ERRORS_ONLY
    return xllamacpp.Server(params)


def _spare_cores() -> int:
    """All but one: its threads wait for each other in a spin, and crawl when one of them has to share its core."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores - 1)


if __name__ == "__main__":
    main()
