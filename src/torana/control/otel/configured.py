"""Which collectors are configured now? Looked up again where the configuration has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.control.operations import list_accounts, list_gateway_records
from torana.control.otel.export import Targets
from torana.control.otel.targets import of_gateway, of_process
from torana.storage.tables import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torana.control.operations import Store
    from torana.settings import Settings


class Configured:
    """Called once a pass of the ingester: one row is read, unless something has changed."""

    def __init__(self, store: Store, settings: Settings, environ: Mapping[str, str]) -> None:
        self._store = store
        self._process = of_process(settings, environ)
        self._version = -1
        self._targets = Targets(self._process)

    def __call__(self) -> Targets:
        with self._store.database.reader.connect() as connection:
            version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none() or 0
        if version != self._version:
            found = {
                (record.config.account_id, record.config.id): [of_gateway(one) for one in record.settings.otel]
                for account in list_accounts(self._store)
                for record in list_gateway_records(self._store, account.id)
                if record.settings.otel
            }
            self._targets, self._version = Targets(self._process, found), version
        return self._targets
