"""What is known of a generation before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routed import Routed
from torana.surfaces.router import attribution
from torana.surfaces.router.operations import OPERATIONS

if TYPE_CHECKING:
    from torana.exchange import Exchange
    from torana.plugins.prepared import Prepared
    from torana.router.access import Access
    from torana.router.planning import Plan
    from torana.router.reading import Read
    from torana.surfaces.entries import Entry


def begun(  # noqa: PLR0913  # all that is known of one
    id_: str, x: Exchange, access: Access, entry: Entry, *, read: Read, plan: Plan, prepared: Prepared
) -> Routed:
    app, operation = attribution.read(x.request.headers), OPERATIONS.get(entry.format)
    return Routed(
        id_,
        key_hash=access.key.hash if access.key is not None else "",
        router=plan.router,
        preset_id=read.preset_id,
        session_id=read.extras.session_id,
        user=read.extras.user,
        app_url=app.url,
        app_title=app.title,
        app_categories=list(app.categories),
        searches=prepared.searches,
        web_search_engine=prepared.search_engine,
        is_logged_content=x.opening.options.collect_payload,
        api_type="completions" if operation is None else operation.api_type,
    )
