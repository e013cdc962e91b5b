"""The OpenAPI 3.1 document of the management API, from the same table and Structs that answer its calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from torana import __version__
from torana.control.envelope import Failure
from torana.control.management.components import Components, Json, name_of
from torana.control.management.operation import NoQuery
from torana.control.signing_in.guard import COOKIE, CSRF
from torana.control.signing_in.roles import least_role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.control.management.operation import Operation

_RESPONSE = "#/components/responses/"
_PARAMETER = re.compile(r"\{(\w+)\}")
_REFUSALS = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not permitted",
    404: "Not found",
    409: "Conflict",
    413: "Too large",
    414: "Url too long",
    429: "Too many requests",
    431: "Headers too large",
    503: "Not available",
}
"""In words that no version of Python changes."""
_ALWAYS = (400, 401, 403, 503)
_OF_THE_WIRE = (414, 431)
"""Refused before the path is looked at, in the gateway's own envelope."""
_OF_SESSIONS = f"Of who is signed in to the dashboard. What changes something has to come with `{CSRF}: 1`."
_JSON_TEXT = "A JSON array, as text; also with brackets (`filters[0][key]=…`) or dots (`filters.key=…`)."


def document(operations: Sequence[Operation], base: str) -> bytes:
    given = [kind for one in operations for kind in (one.query, one.body) if kind is not None]
    told = [one.result for one in operations if one.result is not None]
    components = Components(given, [Failure, *told])
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, components)
        paths.setdefault(base + operation.path, {})[operation.method.lower()] = described
    queries = {name_of(operation.query) for operation in operations}
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Torana's management API",
            "version": __version__,
            "description": "Cloudflare's AI Gateway API, and accounts, tokens, users and sessions of Torana's own.",
        },
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.schemas.items() if name not in queries},
            "responses": _refusals(operations, components),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": _OF_SESSIONS},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }
    return msgspec.json.encode(whole)


def _operation(operation: Operation, components: Components) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _needs(operation),
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, components)],
        "responses": _responses(operation, components),
    }
    if operation.access != "token":
        described["security"] = [] if operation.access == "public" else [{"session": []}]
    if operation.body is not None:
        content = {"application/json": {"schema": components.of(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _needs(operation: Operation) -> str:
    held = operation.permission
    match operation.access:
        case "public":
            return "For everybody."
        case "owner":
            return "Needs somebody who is signed in and has the role `owner`."
        case "session":
            role = f", and has the role `{least_role(held)}` at least" if held else ""
            return f"Needs somebody who is signed in{role}."
        case "token":
            if held is None:
                return "Needs a good token, or somebody who is signed in."
            return f"Needs a token with the permission `{held}`, or the role `{least_role(held)}` at least."


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]


def _query_parameters(operation: Operation, components: Components) -> list[Json]:
    if operation.query is NoQuery:
        return []
    properties = components.schemas[name_of(operation.query)]["properties"]
    found: list[Json] = []
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        parameter: Json = {"name": name, "in": "query", "required": False}
        plain = _without_null(schema)
        texts = [str(plain.pop("description"))] if "description" in plain else []
        if plain.get("type") == "array":
            texts.append(_JSON_TEXT)
            parameter["content"] = {"application/json": {"schema": plain}}
        else:
            parameter["schema"] = plain
        if texts:
            parameter["description"] = " ".join(texts)
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


def _responses(operation: Operation, components: Components) -> Json:
    good = (
        {"*/*": {"schema": {}}}
        if operation.result is None
        else {"application/json": {"schema": components.of(operation.result)}}
    )
    statuses = [*sorted({*_ALWAYS, *operation.refusals}), *_OF_THE_WIRE]
    refused = {str(status): {"$ref": _RESPONSE + _refusal_name(status)} for status in statuses}
    return {"200": {"description": "OK", "content": good}, **refused}


def _refusals(operations: Sequence[Operation], components: Components) -> Json:
    """By name: they are the same for all operations."""
    failure = {"application/json": {"schema": components.of(Failure)}}
    wire = {"application/json": {"schema": {"type": "object"}}}
    statuses = sorted({*_ALWAYS, *(status for operation in operations for status in operation.refusals)})
    contents = dict.fromkeys(statuses, failure) | dict.fromkeys(_OF_THE_WIRE, wire)
    return {
        _refusal_name(status): {"description": _REFUSALS[status], "content": content}
        for status, content in contents.items()
    }


def _refusal_name(status: int) -> str:
    """`NotFound`, for 404."""
    return "".join(word.capitalize() for word in _REFUSALS[status].split())
