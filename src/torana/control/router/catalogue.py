"""What may be asked for, and who serves it (openrouter.md 1.3, 1.6).

Plain lists come from the workers (`router/shelf.py`); here are those that need figures of the traffic, and all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.responses import Response

from torana.catalog.hosts import host_of
from torana.catalog.listing import ModelQuery, Page, Shown, View, choose, listed, rss, shape_of, visible
from torana.catalog.market import Catalogue
from torana.catalog.pictures import picture_endpoint, picture_model
from torana.catalog.routers import ROUTERS
from torana.catalog.shapes import architecture, endpoint_shape, host_shape, parameters
from torana.control.meters import read_figures
from torana.control.operations import reading
from torana.control.router.face import ANY_PAGE
from torana.control.router.operation import Asked, Data, NoQuery, Operation, of
from torana.control.router.refusals import BadRequest, NotThere
from torana.control.router.viewing import Viewer, bounds_of, reach, viewer
from torana.errors import Overloaded, UnknownModel
from torana.routing.market.naming import read_name
from torana.routing.market.needs import Needs
from torana.routing.market.screening import Screen
from torana.routing.market.wishes import Wishes
from torana.storage.cataloguing import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from torana.catalog.market import Model
    from torana.catalog.shapes import Shape
    from torana.control.management.operation import Site

_RSS = "application/rss+xml; charset=utf-8"


class CountQuery(Struct):
    output_modalities: str = "text"


class ParametersQuery(Struct):
    provider: str = ""
    """A host's slug or name; empty = all."""


class _Sight(Struct, frozen=True):
    """What one call looks at."""

    catalogue: Catalogue
    who: Viewer
    view: View


def _look(site: Site, connection: Connection, asked: Asked, *, has_figures: bool = False) -> _Sight:
    """Figures are read only where they are looked at. Overloaded where there is no catalogue."""
    store = site.store
    try:
        catalogue = store.stock.catalogue()
    except CatalogueError as error:
        raise Overloaded(f"there are no models now: {error}") from error
    who, now_ms = viewer(store, connection, asked), store.now_ms()
    figures = read_figures(connection, now_ms) if has_figures else {}
    return _Sight(catalogue, who, View(reach(store, connection, who), now_ms, figures))


def list_models(site: Site, asked: Asked) -> object:
    query = of(asked.query, ModelQuery)
    if query.needs_figures:
        site.bring_in()
    with reading(site.store) as connection:
        sight = _look(site, connection, asked, has_figures=query.needs_figures)
    return _told(site, sight, query, choose(sight.catalogue, query, sight.view))


def _told(site: Site, sight: _Sight, query: ModelQuery, page: Page) -> object:
    if query.use_rss:
        text = rss(page.shown, site.url, has_chat_links=query.use_rss_chat_links)
        return Response(text, headers={**ANY_PAGE, "content-type": _RSS})
    return listed(sight.catalogue, page, sight.view.now_ms)


def list_for_user(site: Site, asked: Asked) -> object:
    """Those that the key's guardrails leave, with the endpoints that they leave."""
    query = of(asked.query, ModelQuery)
    if query.needs_figures:
        site.bring_in()
    with reading(site.store) as connection:
        sight = _look(site, connection, asked, has_figures=query.needs_figures)
        bounds = bounds_of(connection, sight.who)
    view = sight.view
    screen = Screen(Wishes(), Needs(), bounds, view.now_ms / 1000)

    def left(shown: Shown) -> Shown:
        judged = screen.judge(shown.model)
        endpoints = [] if judged.refusal is not None else [o.endpoint for o, flaw in judged.verdicts if flaw is None]
        return Shown(shown.model, tuple(each for each in endpoints if each.host.provider in view.providers))

    return _told(site, sight, query, choose(sight.catalogue, query, view, left))


def count(site: Site, asked: Asked) -> Data:
    query = ModelQuery(output_modalities=of(asked.query, CountQuery).output_modalities)
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    return Data({"count": choose(sight.catalogue, query, sight.view).total})


def show(site: Site, asked: Asked) -> Data:
    """By any of its names, whatever suffix they have; a variant that there is not is not there."""
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    router = next((one for one in ROUTERS if one.id == _name(asked).lower()), None)
    model = router or _find(sight.catalogue, _name(asked))
    shown = model and _seen(model, sight.view)
    if not shown:
        raise NotThere("Model not found")
    return Data(shape_of(sight.catalogue, shown, sight.view.now_ms))


def _name(asked: Asked) -> str:
    return f"{asked.path['author']}/{asked.path['slug']}"


def _find(catalogue: Catalogue, name: str) -> Model | None:
    """The row itself, an alias's too."""
    try:
        named = read_name(name).model.lower()
    except UnknownModel:
        return None
    return next((model for model in catalogue.models if model.id.lower() == named), None) or catalogue.find(named)


def _seen(model: Model, view: View) -> Shown | None:
    endpoints = tuple(endpoint for endpoint in model.endpoints if endpoint.host.provider in view.providers)
    return Shown(model, endpoints) if endpoints else None


def list_endpoints(site: Site, asked: Asked) -> Data:
    """Of a variant that there is not: none."""
    site.bring_in()
    with reading(site.store) as connection:
        sight = _look(site, connection, asked, has_figures=True)
    name = _name(asked)
    model = _find(sight.catalogue, name)
    base = model or _find(sight.catalogue, name.partition(":")[0])
    if base is None:
        raise NotThere("Model not found")
    shown = _seen(model, sight.view) if model is not None else None
    found: Shape = {
        "id": base.id if model is not None else name,
        "name": base.name,
        "created": base.created,
        "description": base.description,
        "architecture": architecture(base),
        "endpoints": [] if shown is None else _endpoints(shown, sight),
    }
    return Data(found)


def _endpoints(shown: Shown, sight: _Sight) -> list[Shape]:
    view, shows_speed = sight.view, sight.who.key is not None
    return [
        endpoint_shape(shown.model, each, view.figures, view.now_ms, shows_speed=shows_speed)
        for each in shown.endpoints
    ]


def list_zdr(site: Site, asked: Asked) -> Data:
    """Endpoints that keep nothing of what they are sent."""
    site.bring_in()
    with reading(site.store) as connection:
        sight = _look(site, connection, asked, has_figures=True)
    found: list[Shape] = []
    for each in visible(sight.catalogue, sight.view.providers):
        if not each.model.alias_of:
            kept = tuple(endpoint for endpoint in each.endpoints if endpoint.is_zdr)
            found += _endpoints(Shown(each.model, kept), sight)
    return Data(found)


def list_providers(site: Site, asked: Asked) -> Data:
    """All that models are known of, and the caller's own."""
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    served = {each.host.provider: each.host for model in sight.catalogue.models for each in model.endpoints}
    for provider in sight.view.providers:
        if provider not in served and (host := host_of(provider)) is not None:
            served[provider] = host
    return Data([host_shape(host) for host in sorted(served.values(), key=lambda host: host.name.lower())])


def list_embeddings(site: Site, asked: Asked) -> object:
    return _of_kind(site, asked, "embeddings")


def _of_kind(site: Site, asked: Asked, kind: str) -> object:
    given = of(asked.query, ModelQuery)
    query = ModelQuery(offset=given.offset, limit=given.limit, output_modalities=kind)
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    return listed(sight.catalogue, choose(sight.catalogue, query, sight.view), sight.view.now_ms)


def list_pictures(site: Site, asked: Asked) -> Data:
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    page = choose(sight.catalogue, ModelQuery(output_modalities="image"), sight.view)
    return Data([picture_model(each.model, each.endpoints) for each in page.shown])


def list_picture_endpoints(site: Site, asked: Asked) -> object:
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    model = _find(sight.catalogue, _name(asked))
    if model is None or "image" not in model.output_modalities:
        raise NotThere("Model not found")
    shown = _seen(model, sight.view)
    endpoints = shown.endpoints if shown is not None else ()
    return {"id": model.id, "endpoints": [picture_endpoint(each, sight.view.now_ms) for each in endpoints]}


def list_videos(_site: Site, _asked: Asked) -> Data:
    """No provider here makes any."""
    return Data([])


def show_parameters(site: Site, asked: Asked) -> Data:
    """What older clients ask for."""
    wanted = of(asked.query, ParametersQuery).provider.lower()
    with reading(site.store) as connection:
        sight = _look(site, connection, asked)
    model = _find(sight.catalogue, _name(asked))
    shown = model and _seen(model, sight.view)
    if not shown:
        raise NotThere("Model not found")
    endpoints = [each for each in shown.endpoints if not wanted or wanted in (each.host.slug, each.host.name.lower())]
    if not endpoints:
        raise BadRequest(f"Provider `{wanted}` does not serve {shown.model.id}")
    return Data({"model": shown.model.id, "supported_parameters": parameters(endpoints)})


def _row(name: str, path: str, answer: Callable[[Site, Asked], object], query: type[Struct] = NoQuery) -> Operation:
    return Operation(name=name, method="GET", path=path, access="none", answer=answer, query=query)


OPERATIONS = (
    _row("list_models", "/models", list_models, ModelQuery),
    Operation(
        name="list_models_user", method="GET", path="/models/user", access="key", answer=list_for_user, query=ModelQuery
    ),
    _row("count_models", "/models/count", count, CountQuery),
    _row("get_model", "/model/{author}/{slug}", show),
    _row("list_endpoints", "/models/{author}/{slug}/endpoints", list_endpoints),
    _row("list_zdr_endpoints", "/endpoints/zdr", list_zdr),
    _row("list_providers", "/providers", list_providers),
    _row("list_embeddings_models", "/embeddings/models", list_embeddings, ModelQuery),
    _row("list_image_models", "/images/models", list_pictures),
    _row("list_image_endpoints", "/images/models/{author}/{slug}/endpoints", list_picture_endpoints),
    _row("list_video_models", "/videos/models", list_videos),
    _row("get_parameters", "/parameters/{author}/{slug}", show_parameters, ParametersQuery),
)
