"""Starts both planes, restarts what dies, drains and reloads on signals."""

from torana.supervisor.claim import CannotStart
from torana.supervisor.serve import Commands, run
from torana.supervisor.state import State

__all__ = ["CannotStart", "Commands", "State", "run"]
