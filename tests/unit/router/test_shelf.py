"""The list of models from a worker: prepared once, and each caller's own."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from fakes import ACCOUNT, Records, request
from torana.directory import compile_directory
from torana.keys import RouterKey, router_key_text
from torana.message import Reply
from torana.providers import table
from torana.router.shelf import Shelf
from torana.settings import Settings
from torana.snapshot import (
    AccountConfig,
    ByokConfig,
    GatewayConfig,
    KeyConfig,
    KeysConfig,
    RouterConfig,
    Snapshot,
)
from torana.storage.cataloguing import CatalogueError, Shop

if TYPE_CHECKING:
    from pathlib import Path

    from torana.catalog.market import Catalogue
    from torana.message import Headers

KEY, MANAGING = "sk-or-v1-" + "0" * 64, "sk-or-v1-" + "1" * 64


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def stored(gateway: str, *providers: str) -> KeysConfig:
    keys = [KeyConfig(provider, "default", is_default=True, data_key_id="d", sealed="s") for provider in providers]
    return KeysConfig(f"{ACCOUNT}/{gateway}", keys)


SNAPSHOT = Snapshot(
    1,
    [AccountConfig(ACCOUNT, "test", 0)],
    [GatewayConfig(ACCOUNT, "default"), GatewayConfig(ACCOUNT, "own")],
    keys=[stored("default", "openai"), stored("own", "groq")],
    router_keys=[
        RouterKey(digest(KEY), ACCOUNT, "own"),
        RouterKey(digest(MANAGING), ACCOUNT, "own", is_management=True),
    ],
    routers=[
        RouterConfig(
            f"{ACCOUNT}/own",
            byok=[
                ByokConfig("1", "mistral", "d", "s"),
                ByokConfig("2", "cohere", "d", "s", allowed_keys=["another"]),
            ],
        )
    ],
)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return made(Settings(data_dir=str(tmp_path)))


def made(settings: Settings, snapshot: Snapshot = SNAPSHOT) -> Shelf:
    directory = compile_directory(snapshot, Records())
    providers = table(settings.providers)
    return Shelf(Shop(settings), lambda: directory, lambda _: providers, {"google-vertex": "google-vertex-ai"})


async def ask(shelf: Shelf, query: str = "", headers: Headers | None = None, method: bytes = b"GET") -> Reply:
    reply = await shelf.answer(
        request("/api/v1/models" + query, headers=headers or [(b"accept", b"*/*")], method=method)
    )
    assert reply is not None
    return reply


def field(reply: Reply, name: bytes) -> bytes:
    return dict(reply.headers)[name]


def hosts(reply: Reply) -> set[str]:
    """Authors of the models, which here say who serves them."""
    assert isinstance(reply.body, bytes)
    return {str(model["id"]).partition("/")[0] for model in json.loads(reply.body)["data"]}


def bearer(text: str) -> Headers:
    return [(b"authorization", b"Bearer " + text.encode())]


async def test_who_shows_no_key_sees_what_the_first_gateway_reaches(shelf: Shelf) -> None:
    reply = await ask(shelf)
    assert reply.status == 200
    seen = hosts(reply)
    assert {"openai", "local"} <= seen
    assert not seen & {"anthropic", "mistralai", "meta-llama"}
    assert isinstance(reply.body, bytes)
    told = json.loads(reply.body)
    assert (told["total_count"], told["links"]) == (len(told["data"]), {"next": None})


async def test_a_key_of_the_router_sees_what_its_workspace_reaches_and_its_own_keys(shelf: Shelf) -> None:
    seen = hosts(await ask(shelf, headers=bearer(KEY)))
    assert {"meta-llama", "mistralai", "local"} <= seen  # Groq by the workspace's key, Mistral by the callers'
    assert not seen & {"cohere", "anthropic"}


async def test_a_key_of_a_provider_reaches_that_provider(shelf: Shelf) -> None:
    seen = hosts(await ask(shelf, headers=bearer("sk-ant-api03-" + "a" * 90)))
    assert seen >= {"anthropic", "local"}
    assert not seen & {"openai", "mistralai"}


@pytest.mark.parametrize("text", [MANAGING, router_key_text("9" * 56), "nonsense", "sk-or-v1-" + "9" * 64])
async def test_a_key_that_has_no_inference_is_the_control_planes_to_look_at(shelf: Shelf, text: str) -> None:
    assert await shelf.answer(request("/api/v1/models", headers=bearer(text), method=b"GET")) is None


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/v1/models?sort=most-popular", b"GET"),
        ("/api/v1/models?use_rss=true", b"GET"),
        ("/api/v1/models?limit=0", b"GET"),
        ("/api/v1/models?q=" + "a" * 2_000, b"GET"),
        ("/api/v1/models", b"POST"),
        ("/api/v1/models", b"OPTIONS"),
        ("/api/v1/models/count", b"GET"),
    ],
)
async def test_what_it_does_not_have_is_asked_of_the_control_plane(shelf: Shelf, path: str, method: bytes) -> None:
    assert await shelf.answer(request(path, method=method)) is None


async def test_a_list_that_is_known_is_not_sent_again(shelf: Shelf) -> None:
    first = await ask(shelf)
    etag = field(first, b"etag")
    for said in (etag, b'"other", ' + etag, etag.removeprefix(b"W/"), b"*"):
        again = await ask(shelf, headers=[(b"if-none-match", said)])
        assert (again.status, again.body, field(again, b"etag")) == (304, b"", etag)
    assert (await ask(shelf, headers=[(b"if-none-match", b'"other"')])).status == 200
    assert field(await ask(shelf, "?q=gpt"), b"etag") != etag


@pytest.mark.parametrize(
    ("accepts", "is_squeezed"),
    [
        (b"gzip, deflate, br", True),
        (b"*", True),
        (b"GZIP;q=0.5", True),
        (b"gzip;q=0, *", False),
        (b"gzip; q=0.000", False),
        (b"*;q=0, gzip", True),
        (b"br", False),
        (b"", False),
    ],
)
async def test_it_comes_with_gzip_to_who_takes_that(shelf: Shelf, accepts: bytes, *, is_squeezed: bool) -> None:
    plain = await ask(shelf)
    reply = await ask(shelf, headers=[(b"accept-encoding", accepts)])
    assert isinstance(reply.body, bytes)
    assert isinstance(plain.body, bytes)
    assert ((b"content-encoding", b"gzip") in reply.headers) is is_squeezed
    assert (gzip.decompress(reply.body) if is_squeezed else reply.body) == plain.body
    assert b"accept-encoding" in field(reply, b"vary")


async def test_head_says_how_long_it_would_be(shelf: Shelf) -> None:
    whole, head = await ask(shelf), await ask(shelf, method=b"HEAD")
    assert isinstance(whole.body, bytes)
    assert (head.body, head.length, head.headers) == (b"", len(whole.body), whole.headers)


async def test_it_is_prepared_once_and_only_so_many_are_kept(shelf: Shelf) -> None:
    first, again = await ask(shelf, "?q=gpt"), await ask(shelf, "?q=gpt")
    assert first.body is again.body
    for number in range(40):
        await ask(shelf, f"?q=none{number}")
    assert (await ask(shelf, "?q=gpt")).body is not first.body


async def test_without_a_catalogue_the_control_plane_says_why(tmp_path: Path) -> None:
    def refuse() -> Catalogue:
        raise CatalogueError("no")

    settings = Settings(data_dir=str(tmp_path))
    directory = compile_directory(SNAPSHOT, Records())
    shelf = Shelf(Shop(settings, refuse), lambda: directory, lambda _: table({}), {})
    assert await shelf.answer(request("/api/v1/models", method=b"GET")) is None


async def test_ollama_is_reached_where_the_operator_said_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("models: [{id: home/llama, endpoints: [{provider: ollama, model: llama3}]}]")
    settings = Settings(data_dir=str(tmp_path), models=str(tmp_path / "own.yaml"))
    assert "home" not in hosts(await ask(made(settings)))
    there = Settings(
        data_dir=str(tmp_path), models=str(tmp_path / "own.yaml"), providers={"ollama": "http://127.0.0.1:11434"}
    )
    assert "home" in hosts(await ask(made(there)))


async def test_without_an_account_there_is_nobody_to_ask_for(tmp_path: Path) -> None:
    shelf = made(Settings(data_dir=str(tmp_path)), Snapshot(0, [], []))
    assert await shelf.answer(request("/api/v1/models", method=b"GET")) is None
