"""The face of the router's API: who may do what, what goes wrong, and how that is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct

from torana.control.digests import digest
from torana.control.operations import Store
from torana.control.router.face import read_query
from torana.control.router.keychain import change_key, delete_key, find_one
from torana.control.router.refusals import BadRequest
from torana.control.router.routes import OPERATIONS

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]


def told(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["error"]["code"] == answer.status_code
    assert body["user_id"] is None
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, body["error"]["message"]


def hash_of(headers: dict[str, str]) -> str:
    return digest(headers["authorization"].removeprefix("Bearer "))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Missing Authentication header"),
        ("Bearer", "No auth credentials found"),
        ("Bearer ", "No auth credentials found"),
        ("Basic dTpw", "No auth credentials found"),
        ("Bearer sk-or-v1-" + "0" * 64, "User not found."),
        ("Bearer torana_nothing", "User not found."),
        ("Bearer \xe9", "User not found."),
    ],
)
async def test_without_a_good_key_all_that_asks_for_one_is_401(
    client: httpx.AsyncClient, header: str, message: str
) -> None:
    headers = {b"authorization": header.encode("latin-1")} if header else {}
    for operation in OPERATIONS:
        if operation.access != "none":
            path = operation.path.lstrip("/").replace("{", "").replace("}", "")
            answer = await client.request(operation.method, path, headers=headers)
            assert told(answer) == (401, message), operation.name


async def test_a_key_for_inference_manages_nothing(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = bearer()
    for operation in OPERATIONS:
        if operation.access == "management":
            path = operation.path.lstrip("/").replace("{", "").replace("}", "")
            answer = await client.request(operation.method, path, headers=headers)
            assert told(answer) == (403, "Only management keys can perform this operation"), operation.name


async def test_a_key_that_was_switched_off_is_401(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    headers = bearer(is_management=True)
    assert (await client.get("credits", headers=headers)).status_code == 200
    change_key(store, account, hash_of(headers), {"disabled": True})
    assert told(await client.get("credits", headers=headers)) == (401, "This API key is disabled")
    delete_key(store, account, hash_of(headers))
    assert told(await client.get("credits", headers=headers)) == (401, "User not found.")


async def test_a_key_that_has_expired_is_401(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    headers = bearer(is_management=True)
    change_key(store, account, hash_of(headers), {"expires_ms": 1})
    assert told(await client.get("credits", headers=headers)) == (401, "This API key has expired")


async def test_the_use_of_a_key_is_noted(client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer) -> None:
    headers = bearer(is_management=True)
    assert find_one(store, account, hash_of(headers)).used_ms is None
    await client.get("credits", headers=headers)
    first = find_one(store, account, hash_of(headers)).used_ms
    assert first is not None
    await client.get("credits", headers=headers)
    assert find_one(store, account, hash_of(headers)).used_ms == first


@pytest.mark.parametrize("path", ["", "nowhere", "credits/nowhere", "chat"])
async def test_what_is_not_there_says_so_in_the_routers_envelope(client: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert told(await client.request(method, path)) == (404, "Not Found")


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.delete("credits", headers=bearer(is_management=True))
    assert told(answer)[0] == 405
    assert answer.headers["allow"] == "GET"


async def test_any_page_may_call_it(client: httpx.AsyncClient) -> None:
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answer = await client.options("credits", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert (await client.get("credits")).headers["access-control-allow-origin"] == "*"


async def test_credits_cannot_be_bought(client: httpx.AsyncClient) -> None:
    status, message = told(await client.post("credits/coinbase", json={"amount": 5}))
    assert status == 410
    assert "torana credits add" in message


async def test_a_store_that_cannot_be_used_is_503(client: httpx.AsyncClient, store: Store, bearer: Bearer) -> None:
    headers = bearer(is_management=True)
    with store.database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_totals")
    status, message = told(await client.get("credits", headers=headers))
    assert status == 503
    assert "ledger" not in message


class Query(Struct):
    offset: int = 0
    include: bool = False
    names: list[str] = []
    tags: list[str] | None = None


def test_queries_are_read_as_clients_write_them() -> None:
    assert read_query("offset=3&include=true&names=a&names[]=b&new=1", Query) == Query(
        3, include=True, names=["a", "b"]
    )
    assert read_query("offset=1&offset=2&tags=x", Query) == Query(2, tags=["x"])


@pytest.mark.parametrize("query", ["offset=x", "include=maybe", "&".join(["a=1"] * 1001)])
def test_a_query_that_cannot_be_read_is_a_bad_request(query: str) -> None:
    with pytest.raises(BadRequest, match="Invalid request parameters"):
        read_query(query, Query)


def test_every_operation_has_its_own_name_and_place() -> None:
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    assert len({(one.method, one.path) for one in OPERATIONS}) == len(OPERATIONS)
    assert all(one.path.startswith("/") for one in OPERATIONS)
