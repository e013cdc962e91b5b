"""What the account was granted and what it used, as the router's API tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from torana.control.operations import reading
from torana.control.router.books import totals
from torana.control.router.money import usd
from torana.control.router.operation import Asked, Data, Operation
from torana.control.router.refusals import Gone

if TYPE_CHECKING:
    from torana.control.management.operation import Site


class Credits(Struct, frozen=True):
    """In USD."""

    total_credits: float
    total_usage: float


def show(site: Site, asked: Asked) -> Data:
    site.bring_in()
    with reading(site.store) as connection:
        found = totals(connection, asked.key.account_id)
    return Data(Credits(usd(found.grants_nano), usd(found.usage_nano)))


def charge(_site: Site, _asked: Asked) -> NoReturn:
    raise Gone(
        "Credits cannot be bought here: the operator of this server grants them with `torana credits add`. "
        "OpenRouter has removed this endpoint too"
    )


OPERATIONS = (
    Operation(name="get_credits", method="GET", path="/credits", access="management", answer=show),
    Operation(name="create_coinbase_charge", method="POST", path="/credits/coinbase", access="none", answer=charge),
)
