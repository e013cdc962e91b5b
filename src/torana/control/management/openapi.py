"""The OpenAPI 3.1 document of the management API, from the same table and Structs that answer its calls."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from torana import __version__
from torana.control.envelope import Failure
from torana.control.management.operation import NoQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.control.management.operation import Operation

Json: TypeAlias = dict[str, object]

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_ALWAYS = (400, 401, 403, 503)
_OF_THE_WIRE = (414, 431)
"""Refused before the path is looked at, in the gateway's own envelope."""
_JSON_TEXT = "A JSON array, as text; also with brackets (`filters[0][key]=…`) or dots (`filters.key=…`)."


def document(operations: Sequence[Operation], base: str) -> bytes:
    types: list[object] = [Failure]
    for operation in operations:
        types += [kind for kind in (operation.query, operation.body, operation.result) if kind is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = {repr(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, by_type, components)
        paths.setdefault(base + operation.path, {})[operation.method.lower()] = described
    queries = {_name_of(operation.query) for operation in operations}
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Torana's management API",
            "version": __version__,
            "description": "Cloudflare's AI Gateway API, and accounts and tokens of Torana's own.",
        },
        "paths": paths,
        "components": {
            "schemas": {name: _described(schema) for name, schema in components.items() if name not in queries},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }
    return msgspec.json.encode(whole)


def _operation(operation: Operation, by_type: dict[str, Json], components: dict[str, Json]) -> Json:
    held = operation.permission
    needs = f"Needs a token with the permission `{held}`." if held else "Needs a good token."
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": needs,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, components)],
        "responses": _responses(operation, by_type),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": by_type[repr(operation.body)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]


def _query_parameters(operation: Operation, components: dict[str, Json]) -> list[Json]:
    if operation.query is NoQuery:
        return []
    properties = components[_name_of(operation.query)]["properties"]
    found: list[Json] = []
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        parameter: Json = {"name": name, "in": "query", "required": False}
        plain = _without_null(schema)
        if plain.get("type") == "array":
            parameter["description"] = _JSON_TEXT
            parameter["content"] = {"application/json": {"schema": plain}}
        else:
            parameter["schema"] = plain
        found.append(parameter)
    return found


def _without_null(schema: Json) -> Json:
    """In a query what is left out is not there; null has no text."""
    options = schema.get("anyOf")
    if not isinstance(options, list):
        kept = {key: value for key, value in schema.items() if key != "default" or value is not None}
        if isinstance(kept.get("enum"), list):
            kept["enum"] = [value for value in schema["enum"] if value is not None]  # type: ignore[attr-defined]  # seen
        return kept
    rest = [option for option in options if option != {"type": "null"}]
    return {**rest[0], **{key: value for key, value in schema.items() if key == "description"}}


def _responses(operation: Operation, by_type: dict[str, Json]) -> Json:
    failure = {"application/json": {"schema": by_type[repr(Failure)]}}
    good = (
        {"*/*": {"schema": {}}}
        if operation.result is None
        else {"application/json": {"schema": by_type[repr(operation.result)]}}
    )
    statuses = sorted({*_ALWAYS, *operation.refusals})
    refused = {str(status): {"description": HTTPStatus(status).phrase, "content": failure} for status in statuses}
    wire = {"application/json": {"schema": {"type": "object"}}}
    refused |= {str(one): {"description": HTTPStatus(one).phrase, "content": wire} for one in _OF_THE_WIRE}
    return {"200": {"description": "OK", "content": good}, **refused}


def _described(schema: Json) -> Json:
    """Without the signatures that msgspec makes of Structs that say nothing."""
    return {key: value for key, value in schema.items() if key != "description" or not str(value).startswith("Struct(")}


def _name_of(kind: type) -> str:
    return kind.__name__
