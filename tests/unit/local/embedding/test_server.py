"""The embedding model's process, over a model that makes up its vectors."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

np = pytest.importorskip("numpy", reason="the extra `semantic` is not installed")
from torana.exchange import Request  # noqa: E402  # after the look for numpy
from torana.local.embedding.server import MOST_TEXTS, MOST_WAITING, Embeddings  # noqa: E402  # the same
from torana.local.model import Order  # noqa: E402  # the same
from torana.message import Reply  # noqa: E402  # the same


class Model:
    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def embed(self, text: str) -> np.ndarray:  # type: ignore[name-defined]  # imported where it is there
        self.may_go_on.wait(5)
        if text == "long":
            raise ValueError("the text has too many tokens")
        return np.array([1, 0], dtype=np.float32)


@pytest.fixture
async def model() -> Model:
    return Model()


@pytest.fixture
async def embeddings(model: Model) -> Embeddings:
    return Embeddings(model, Order("model.onnx", "mini", "key"))  # type: ignore[arg-type]  # all that is called


async def ask(embeddings: Embeddings, body: object, key: bytes = b"key", path: bytes = b"/v1/embeddings") -> Reply:
    headers = [(b"authorization", b"Bearer " + key)]
    return await embeddings.handle(Request(b"POST", path, headers, json.dumps(body).encode()))


async def test_texts_become_vectors_in_their_order(embeddings: Embeddings) -> None:
    reply = await ask(embeddings, {"input": ["a", "b"], "model": "any"})
    assert reply.status == 200
    assert json.loads(bytes(reply.body)) == {  # type: ignore[arg-type]  # it is whole
        "object": "list",
        "model": "mini",
        "data": [{"object": "embedding", "index": i, "embedding": [1, 0]} for i in (0, 1)],
    }


@pytest.mark.parametrize(
    ("body", "key", "path", "status"),
    [
        ({"input": "a"}, b"other", b"/v1/embeddings", 401),
        ({"input": "a"}, b"key", b"/v1/models", 404),
        ({"input": 7}, b"key", b"/v1/embeddings", 400),
        ({"input": []}, b"key", b"/v1/embeddings", 400),
        ({"input": ["a"] * (MOST_TEXTS + 1)}, b"key", b"/v1/embeddings", 400),
        ({"input": "long"}, b"key", b"/v1/embeddings", 400),
    ],
)
async def test_what_it_refuses(embeddings: Embeddings, body: object, key: bytes, path: bytes, status: int) -> None:
    assert (await ask(embeddings, body, key, path)).status == status


async def test_it_lets_only_so_many_wait(embeddings: Embeddings, model: Model) -> None:
    model.may_go_on.clear()
    waiting = [asyncio.create_task(ask(embeddings, {"input": "a"})) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert (await ask(embeddings, {"input": "a"})).status == 503
    model.may_go_on.set()
    assert {reply.status for reply in await asyncio.gather(*waiting)} == {200}
    assert (await ask(embeddings, {"input": "a"})).status == 200
