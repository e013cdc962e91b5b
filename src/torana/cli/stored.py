"""Reads logs from the store itself, after bringing in what the journal holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError

from torana.cli.output import complain
from torana.cli.state import NothingHere
from torana.control.analytics.shapes import Answer
from torana.control.client import Side
from torana.control.envelope import Detail, ListQuery, LogList
from torana.control.management.analytics import AnalyticsQuery, ask
from torana.control.management.face import read_query
from torana.control.management.operation import Site, of
from torana.control.operations import Store, list_accounts, open_store
from torana.control.queries import Scope, find_log, find_request, find_response, list_logs
from torana.control.running import Running
from torana.control.turns import SharedIngester, open_ingester
from torana.settings import Settings

_FIND = {"request": find_request, "response": find_response}


class StoredLogs:
    def __init__(self, store: Store, ingester: SharedIngester, account_id: str, settings: Settings) -> None:
        self._reader = store.database.reader
        running = Running(ingester, settings.path("journal"), settings.path("run", "statistics"), settings)
        self._site = Site(store, self._catch_up, str, running)
        self._ingester = ingester
        self._account_id = account_id

    def list_logs(self, gateway_id: str | None, query: ListQuery) -> LogList:
        self._catch_up()
        with self._reader.connect() as connection:
            found = list_logs(connection, Scope(self._account_id, gateway_id), query)
        return LogList(result=found.rows, result_info=found.info)

    def analytics(self, gateway_id: str | None, query: dict[str, str]) -> Answer:
        gateways = None if gateway_id is None else [gateway_id]
        asked = of(read_query(urlencode(query), AnalyticsQuery), AnalyticsQuery)
        return ask(self._site, self._account_id, gateways, asked).result

    def find_log(self, log_id: str) -> Detail | None:
        self._catch_up()
        with self._reader.connect() as connection:
            return find_log(connection, Scope(self._account_id), log_id)

    def find_body(self, log_id: str, side: Side) -> bytes | None:
        with self._reader.connect() as connection:
            found = _FIND[side](connection, Scope(self._account_id), log_id)
        return found.body if found else None

    def _catch_up(self) -> None:
        _catch_up(self._ingester)


def _catch_up(ingester: SharedIngester) -> None:
    try:
        ingester.bring_in()
    except (SQLAlchemyError, OSError) as error:
        complain(f"the newest logs wait in the journal: {error}")
    finally:
        # A server that starts meanwhile must not find the lock taken.
        ingester.close()


@contextmanager
def caught_up(settings: Settings) -> Iterator[Store]:
    """The store with what the journal held in it; StoreError where the database cannot be used."""
    store = open_store(settings)
    try:
        _catch_up(open_ingester(settings, store))
        yield store
    finally:
        store.close()


@contextmanager
def open_stored(settings: Settings) -> Iterator[StoredLogs]:
    """StoreError where the database cannot be used, NothingHere where its first server has made no account yet."""
    store = open_store(settings)
    try:
        account_id = next((account.id for account in list_accounts(store)), None)
        if account_id is None:
            raise NothingHere(f"the server in `{settings.data_dir}` has made no account yet")
        yield StoredLogs(store, open_ingester(settings, store), account_id, settings)
    finally:
        store.close()
