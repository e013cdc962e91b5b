"""The management API in process, as its own tests have it."""

from __future__ import annotations

from unit.control.test_management import account, client, journal, store

__all__ = ["account", "client", "journal", "store"]
