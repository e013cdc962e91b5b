"""The operation that shows how the server is; Torana's own."""

from __future__ import annotations

from torana import __version__
from torana.control import system
from torana.control.management.operation import Asked, One, Operation, Site


def get_system(site: Site, _asked: Asked) -> One[system.System]:
    return One(result=system.look(site.store, site.running, __version__))


OPERATIONS = (
    Operation(
        name="get_system",
        method="GET",
        path="/accounts/{account_id}/system",
        summary="Show how the server is: workers, journal, store, disk, versions.",
        tag="System",
        permission="read",
        answer=get_system,
        result=One[system.System],
    ),
)
