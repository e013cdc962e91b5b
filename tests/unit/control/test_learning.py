"""Threads that decode one kind for the first time at once: msgspec's own way ends the process."""

from __future__ import annotations

import subprocess
import sys

import torana.control.__main__  # noqa: F401  # all that a control plane has
from torana.control.learning import learn
from torana.control.management.routes import OPERATIONS
from torana.control.router.routes import OPERATIONS as ROUTER_OPERATIONS

_RACE = """
from __future__ import annotations
import sys, threading
import msgspec
from msgspec import Struct
from torana.control.learning import learn

sys.setswitchinterval(1e-6)
for _ in range(400):
    class Base(Struct): ...
    class Inner(Base):
        a: str | None = None
        b: list[str] = []
    class Outer(Base):
        c: list[Inner] = []
        d: str | None = None
        e: dict[str, Inner] = {}
    globals()["Inner"] = Inner
    learn(Base)
    together = threading.Barrier(6)
    def decode():
        together.wait()
        msgspec.json.decode(b'{"c":[{"a":"x","b":["y"]}],"d":"z","e":{"k":{"b":["q"]}}}', type=Outer)
    threads = [threading.Thread(target=decode) for _ in range(6)]
    for each in threads: each.start()
    for each in threads: each.join()
print("alive")
"""


def test_what_is_learned_can_be_decoded_by_many_threads_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", _RACE], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_everything_that_an_operation_takes_is_learned() -> None:
    learned = learn()
    taken: set[object] = {kind for management in OPERATIONS for kind in (management.query, management.body)}
    taken |= {kind for router in ROUTER_OPERATIONS for kind in (router.query, router.body)}
    wanted = {kind for kind in taken if isinstance(kind, type)}
    assert len(wanted) > 40
    assert wanted <= learned
