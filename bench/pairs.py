"""What does each pair of formats cost to translate, and each way of each format? For work on it.

`python -m bench.pairs` prints a table of clients and providers, in µs of processor time: of a request of 2 kB and its
answer, and of an event of a stream. `--instructions` counts thousands of machine instructions under valgrind instead,
for each format and each way: what a pair costs is the sum of four, or for an event of two. They are the same on a busy
machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from bench.translation import ANSWERED, ASKED, EVENTS, exchange, seconds, streaming
from torana.errors import CallerError
from torana.formats.translation import Brief, Turn
from torana.formats.translators import TRANSLATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.json import Json
    from torana.formats.translation import Translator

_WAYS = ("request →", "→ request", "answer →", "→ answer", "event →", "→ event")
"""To the hub and from it: those of a client's request, a provider's, its answer, the client's, and so on."""
_COUNTED = 20
_TOTAL = re.compile(r"Collected : (\d+)")
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


def _nothing() -> None:
    """What a way that a format does not have costs."""


def _piece() -> list[Json]:
    return [{"choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]}]


def _events(format_: Translator, turn: Turn) -> tuple[Callable[[], object], Callable[[], object]]:
    """Of a hundred, to the hub and from it."""
    source, to_chat, out = format_.stream_from_chat(turn), format_.stream_to_chat(turn), format_.stream_from_chat(turn)
    begun = b"".join([source.feed(_piece()) for _ in range(3)])
    pieces = [source.feed(_piece()) for _ in range(100)]
    to_chat.feed(begun)
    out.feed(_piece())
    return lambda: [to_chat.feed(each) for each in pieces], lambda: [out.feed(_piece()) for _ in range(100)]


def ways(format_: Translator) -> list[Callable[[], object]]:
    """In the order of `_WAYS`. What a wire has is decoded or encoded in it, what the hub has is not."""
    chat, reply = _encode(ASKED), _encode(ANSWERED)
    turn = Turn("0" * 32, 1, "a-model", {}, _decode(chat))
    to_hub, from_hub = _events(format_, Turn("0" * 32, 1, "a-model", {}, {"stream": True}))
    try:
        request = _encode(format_.request_from_chat(_decode(chat), Brief()))
    except CallerError:
        return [_nothing, _nothing, _nothing, _nothing, to_hub, from_hub]
    answer = _encode(format_.reply_from_chat(_decode(reply), turn))
    return [
        lambda: format_.request_to_chat(_decode(request), Brief()),
        lambda: _encode(format_.request_from_chat(_decode(chat), Brief())),
        lambda: format_.reply_to_chat(_decode(answer), turn),
        lambda: _encode(format_.reply_from_chat(_decode(reply), turn)),
        to_hub,
        from_hub,
    ]


def _run_forked() -> None:
    """Forks, as the imports are what takes long under valgrind: it counts for each child by itself."""
    gc.disable()
    chat, reply = _encode(ASKED), _encode(ANSWERED)
    given = [lambda: _decode(chat), lambda: _decode(reply), lambda: [_piece() for _ in range(100)], _nothing]
    for way in [*given, *(way for format_ in TRANSLATORS.values() for way in ways(format_))]:
        for _ in range(_COUNTED):
            way()
        for times in (_COUNTED, 3 * _COUNTED):
            if not (child := os.fork()):
                for _ in range(times):
                    way()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0


def _instructions() -> list[float]:
    valgrind = shutil.which("valgrind")
    assert valgrind, "valgrind is not installed"
    command = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [sys.executable, "-m", "bench.pairs", "--forked"]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "0"}
    ).stderr
    found = [int(total) for total in _TOTAL.findall(said)]
    return [(found[at + 1] - found[at]) / (2 * _COUNTED) for at in range(0, len(found) - 1, 2)]


def _print_ways() -> None:
    """Less what makes the hub's part of it, which is there already in a translation."""
    chat, reply, pieces, nothing, *found = _instructions()
    print(f"{'thousand instructions':24}" + "".join(f"{way:>12}" for way in _WAYS))
    for number, name in enumerate(TRANSLATORS):
        told = found[number * len(_WAYS) :][: len(_WAYS)]
        less = [nothing, chat, nothing, reply, nothing, pieces]
        shares = [1, 1, 1, 1, 100, 100]
        counted = [(each - base) / share / 1000 for each, base, share in zip(told, less, shares, strict=True)]
        print(f"{name:24}" + "".join(f"{each:12.1f}" if each > 0 else f"{'-':>12}" for each in counted), flush=True)


def _print_pairs(title: str, took: Callable[[Translator, Translator], float]) -> None:
    names = list(TRANSLATORS)
    print(f"\n{title}, µs; clients down, providers across")
    print(f"{'':24}" + "".join(f"{name[-11:]:>12}" for name in names))
    for client in TRANSLATORS.values():
        cells = []
        for provider in TRANSLATORS.values():
            try:
                cells.append(f"{took(client, provider) * 1e6:12.1f}" if client is not provider else f"{'-':>12}")
            except CallerError:
                cells.append(f"{'no words':>12}")
        print(f"{client.name:24}" + "".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pairs", description=__doc__)
    parser.add_argument("--instructions", action="store_true", help="count them, format by format")
    parser.add_argument("--forked", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.forked:
        _run_forked()
    elif asked.instructions:
        _print_ways()
    else:
        _print_pairs("A request and its answer", lambda c, p: seconds(exchange(c, p, ASKED, ANSWERED)))
        _print_pairs("An event", lambda c, p: seconds(streaming(c, p)) / EVENTS)


if __name__ == "__main__":
    main()
