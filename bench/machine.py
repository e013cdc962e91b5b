"""What the operating system says: processor time, memory, cores, limits."""

from __future__ import annotations

import os
import platform
import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIDE_CORE = 0
"""The side under test runs here, alone."""
LOAD_CORE = 1
"""Load, upstreams and this program run here."""
_TICK = os.sysconf("SC_CLK_TCK")
_HALTPOLL = Path("/sys/module/haltpoll/parameters")
_POLLING = {
    "guest_halt_poll_allow_shrink": "N",
    "guest_halt_poll_grow_start": "200000",
    "guest_halt_poll_ns": "1000000",
}


class Memory(Struct, frozen=True):
    """Of one process, in kB. Kernel memory of its sockets is in none of them."""

    resident: int
    private: int


def cores() -> tuple[int, int]:
    """The core of the side under test and the core of everything else; one and the same where there is but one."""
    allowed = sorted(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0})
    return allowed[SIDE_CORE], allowed[min(LOAD_CORE, len(allowed) - 1)]


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What is started within runs on this core, and so do its children."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pids: Iterable[int]) -> float:
    """User and system time these processes have used so far, in seconds, all threads."""
    return sum(_cpu_ticks(pid) for pid in pids) / _TICK


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Memory(sizes["Rss"], sizes["Private_Clean"] + sizes["Private_Dirty"])


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def raise_open_files() -> int:
    """Takes all open files the system allows, for this process and what it starts; says how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def awake() -> Iterator[None]:
    """An idle processor of a virtual machine polls for a while before it halts, where that can be set; undone after.

    To wake one that has halted costs the sender of a packet an exit to the hypervisor, 10 to 15 µs of its own time.
    Only the side that leaves the load's core idle would pay for that, and no physical machine knows it.
    """
    before = {name: path.read_text() for name in _POLLING if (path := _HALTPOLL / name).exists()}
    is_settable = len(before) == len(_POLLING) and os.access(_HALTPOLL / "guest_halt_poll_ns", os.W_OK)
    try:
        for name, value in _POLLING.items() if is_settable else ():
            (_HALTPOLL / name).write_text(value)
        yield
    finally:
        for name, value in before.items() if is_settable else ():
            (_HALTPOLL / name).write_text(value)


def polls() -> bool:
    """Whether idle processors poll before they halt."""
    path = _HALTPOLL / "guest_halt_poll_ns"
    return path.exists() and int(path.read_text()) > 0


def describe() -> str:
    """Processor, cores, system and Python in one line."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    ram_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{model}, {os.cpu_count()} cores, {ram_gib:.0f} GiB, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
        + (", idle processors poll" if polls() else "")
    )


def busy_share() -> float:
    """How much others keep the machine busy: the load average of the last minute, a core."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)
