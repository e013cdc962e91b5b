"""The management API keeps what its OpenAPI document says, whatever it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from running import Torana
from torana.control.management.operation import NoQuery, Operation
from torana.control.management.routes import OPERATIONS

Cases: TypeAlias = Callable[..., st.SearchStrategy[schemathesis.Case]]  # type: ignore[type-arg]  # of any schema
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 20


def modes(operation: Operation) -> list[GenerationMode]:
    """Of what takes nothing, not even a credential, nothing can be sent wrongly."""
    takes = operation.access != "public" or operation.body or operation.query is not NoQuery or "{" in operation.path
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if takes else [])]


@pytest.fixture(scope="module")
def session(torana: Torana) -> Iterator[requests.Session]:
    """With a token that may do everything."""
    asked = ("tokens", "create", "--name", "fuzz", "--permission", "edit", "--permission", "run", "--json")
    with requests.Session() as opened:
        opened.trust_env = False
        opened.headers["authorization"] = f"Bearer {json.loads(torana.run(*asked))['token']}"
        yield opened


@pytest.fixture(scope="module")
def described(torana: Torana) -> dict[str, Cases]:
    """By name; as a client reads the document."""
    schema = schemathesis.openapi.from_url(f"{torana.url}/client/v4/openapi.json")
    results = list(schema.get_all_operations())
    found = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(found) == len(results)
    return {operation.definition.raw["operationId"]: operation.as_strategy for operation in found}


def test_every_operation_is_described(described: dict[str, Cases]) -> None:
    assert described.keys() == {operation.name for operation in OPERATIONS}


@pytest.mark.parametrize(("name", "mode"), [(one.name, mode) for one in OPERATIONS for mode in modes(one)])
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_every_answer_is_as_described(
    name: str,
    mode: GenerationMode,
    torana: Torana,
    described: dict[str, Cases],
    session: requests.Session,
    data: st.DataObject,
) -> None:
    case = data.draw(described[name](generation_mode=mode))
    if "account_id" in case.path_parameters:
        case.path_parameters["account_id"] = torana.account_id
    if "gateway_id" in case.path_parameters and name != "delete_gateway":
        case.path_parameters["gateway_id"] = "default"
    case.call_and_validate(session=session, checks=CHECKS)
