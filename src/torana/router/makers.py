"""Has a caller brought a key of who makes the model, or serves it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.errors import CallerError
from torana.formats.json import UNREADABLE
from torana.routing.market.naming import find_model, read_name
from torana.surfaces.bodies import plain_body

if TYPE_CHECKING:
    from torana.catalog.market import Catalogue
    from torana.exchange import Opening
    from torana.router.access import Access


class _Asked(Struct):
    model: str = ""


_read = msgspec.json.Decoder(_Asked).decode


def has_maker(base: Opening, body: object, access: Access, catalogue: Catalogue) -> bool:
    """False too where the body cannot be read: whoever it is passed on to will say so."""
    try:
        asked = _read(plain_body(base, body))
        model = find_model(catalogue, read_name(asked.model))
    except (*UNREADABLE, CallerError):
        return False
    return any(endpoint.host.provider in access.own_keys for endpoint in model.endpoints)
