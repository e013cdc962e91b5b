"""Who waits for whom where processes share a core."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""Size, policy, flags, nice, priority, runtime, deadline, period: sched_setattr(2)."""
_PROMPT_NS = 100_000
_GIVING_WAY_NS = 200_000


def be_prompt() -> bool:
    """Asks for short turns on the core, so that this thread has its turn at once when something comes for it.

    A thread gets no more of the core by that, it only need not wait for another's turn to end, which is 3 ms long. True
    where the kernel took it; it heeds it from Linux 6.12 on.
    """
    return _take_turns_of(_PROMPT_NS)


def be_patient() -> bool:
    """The same for a thread that calls `give_way` all the time, and those it starts: its turn is short, and then over.

    Without that it would run until the kernel's clock ticks, every 4 ms on many machines, though its turn is over and
    others wait. With long turns, giving one up would cost it more than its share.
    """
    return _take_turns_of(_GIVING_WAY_NS)


def give_way() -> None:
    """Lets those run that wait for the core; costs next to nothing where nobody does."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()


def _take_turns_of(slice_ns: int) -> bool:
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or not sys.platform.startswith("linux"):
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = ctypes.create_string_buffer(_ATTRIBUTES.pack(_ATTRIBUTES.size, 0, 0, nice, 0, slice_ns, 0, 0))
    result: int = ctypes.CDLL(None).syscall(number, 0, wanted, 0)
    return result == 0
