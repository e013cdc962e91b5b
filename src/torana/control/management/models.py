"""The operations that show the models of a gateway; Torana's own.

The router's `/api/v1/models` holds what can be asked now, in OpenRouter's shapes; here is also what another key would
reach, what each provider calls a model, and how its endpoints fared for this server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.catalog.listing import View
from torana.control.management.model_shapes import ModelDetail, ModelObject, to_detail, to_model
from torana.control.management.operation import Asked, One, Operation, Site, of
from torana.control.meters import read_figures
from torana.control.operations import find_gateway, reading
from torana.control.refusals import NoSuchThing
from torana.control.router.viewing import Viewer, reach
from torana.errors import Overloaded
from torana.storage.cataloguing import CatalogueError

if TYPE_CHECKING:
    from torana.catalog.market import Catalogue

_PATH = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/models"


class ModelsQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    is_reached: bool | None = None
    """Only those that the gateway reaches, or only those that it does not."""


def list_models(site: Site, asked: Asked) -> One[list[ModelObject]]:
    wanted = of(asked.query, ModelsQuery).is_reached
    catalogue, view = _look(site, asked)
    found = [to_model(each, view) for each in catalogue.models]
    return One(result=[each for each in found if wanted is None or each.is_reached == wanted])


def get_model(site: Site, asked: Asked) -> One[ModelDetail]:
    """By its id; an alias's own row."""
    catalogue, view = _look(site, asked)
    name = f"{asked.path['author']}/{asked.path['slug']}"
    found = next((each for each in catalogue.models if each.id == name), None) or catalogue.find(name)
    if found is None:
        raise NoSuchThing(f"there is no model `{name}`; `torana models list --all` shows all that are known")
    return One(result=to_detail(found, view))


def _look(site: Site, asked: Asked) -> tuple[Catalogue, View]:
    """Overloaded where there is no catalogue."""
    account, store = asked.path["account_id"], site.store
    gateway = find_gateway(store, account, asked.path["gateway_id"]).config.id
    try:
        catalogue = store.stock.catalogue()
    except CatalogueError as error:
        raise Overloaded(f"there are no models now: {error}") from error
    site.bring_in()
    now_ms = store.now_ms()
    with reading(store) as connection:
        providers = reach(store, connection, Viewer(account, gateway, None))
        return catalogue, View(providers, now_ms, read_figures(connection, now_ms))


OPERATIONS = (
    Operation(
        name="list_gateway_models",
        method="GET",
        path=_PATH,
        summary="List all models that are known, and which of them a gateway reaches.",
        tag="Models",
        permission="read_metadata",
        answer=list_models,
        query=ModelsQuery,
        result=One[list[ModelObject]],
        refusals=(404, 503),
    ),
    Operation(
        name="get_gateway_model",
        method="GET",
        path=_PATH + "/{author}/{slug}",
        summary="Show a model with all who serve it: prices, and how they fared.",
        tag="Models",
        permission="read_metadata",
        answer=get_model,
        result=One[ModelDetail],
        refusals=(404, 503),
    ),
)
