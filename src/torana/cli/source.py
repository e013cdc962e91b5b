"""Where logs are read: from the running server, else from the store itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from torana.cli.state import require_database
from torana.control.analytics.shapes import Answer
from torana.control.client import ControlClient, ControlDown, Side
from torana.control.envelope import Detail, ListQuery, LogList
from torana.settings import Settings, control_socket


class LogSource(Protocol):
    """`gateway_id` None = of all gateways. Each call sees what was answered before it."""

    def list_logs(self, gateway_id: str | None, query: ListQuery) -> LogList: ...
    def analytics(self, gateway_id: str | None, query: dict[str, str]) -> Answer:
        """The query is that of the API's operation."""

    def find_log(self, log_id: str) -> Detail | None: ...
    def find_body(self, log_id: str, side: Side) -> bytes | None:
        """None where the body was not kept."""


class ServedLogs:
    """Asks the control plane; ControlDown where it goes away."""

    def __init__(self, client: ControlClient, account_id: str) -> None:
        self._client = client
        self._account_id = account_id

    def list_logs(self, gateway_id: str | None, query: ListQuery) -> LogList:
        return self._client.list_logs(self._account_id, gateway_id, query)

    def analytics(self, gateway_id: str | None, query: dict[str, str]) -> Answer:
        return self._client.analytics(self._account_id, gateway_id, query).result

    def find_log(self, log_id: str) -> Detail | None:
        return self._client.find_log(self._account_id, log_id)

    def find_body(self, log_id: str, side: Side) -> bytes | None:
        return self._client.find_body(self._account_id, log_id, side)


@contextmanager
def open_source(settings: Settings) -> Iterator[LogSource]:
    """The server's where it answers; NothingHere where there is no store either."""
    client = ControlClient(control_socket(settings))
    try:
        account_id = client.about().account_id
    except ControlDown:
        with _open_store(settings) as source:
            yield source
    else:
        yield ServedLogs(client, account_id)


@contextmanager
def _open_store(settings: Settings) -> Iterator[LogSource]:
    require_database(settings)
    from torana.cli.stored import open_stored  # noqa: PLC0415  # heavy: only where no server answers

    with open_stored(settings) as source:
        yield source
