"""The built files reach a browser as they were built, and nothing else on the disk does."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from torana.control.dashboard.assets import Assets
from torana.control.dashboard.routes import dashboard_routes

SCRIPT = b"export const a = 1;\n" * 100
PAGE = b'<!doctype html><script type="module" src="/dashboard/assets/index-abc.js"></script>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_bytes(PAGE)
    (built / "icon.svg").write_bytes(b"<svg/>")
    (built / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (built / "assets" / "index-abc.js.br").write_bytes(brotli.compress(SCRIPT))
    (built / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    (built / "assets" / "tiny-abc.css").write_bytes(b"a{}")
    (built / "assets" / "tiny-abc.css.gz").write_bytes(gzip.compress(b"a{}"))
    (tmp_path / "secret.txt").write_bytes(b"of the server")
    return built


@pytest.fixture
def client(folder: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[*dashboard_routes(Assets(folder), lambda: Response("not built", 503))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://torana")


@pytest.mark.parametrize("path", ["", "login", "logs/01J/trace", "index.html", "a%2f..%2f..%2f..%2fsecret.txt"])
async def test_every_other_path_is_the_application(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(f"/dashboard/{path}")
    assert (page.status_code, page.content) == (200, PAGE)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"


async def test_its_page_runs_nothing_but_its_own_files(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/dashboard/")).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert (headers["referrer-policy"], headers["cross-origin-opener-policy"]) == ("no-referrer", "same-origin")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", ""), ("", "")],
)
async def test_a_file_comes_in_the_best_coding_that_is_taken(
    client: httpx.AsyncClient, accepted: str, coding: str
) -> None:
    answer = await client.get("/dashboard/assets/index-abc.js", headers={"accept-encoding": accepted})
    assert (answer.status_code, answer.headers.get("content-encoding", "")) == (200, coding)
    assert answer.content == SCRIPT  # the client has undone the coding
    assert int(answer.headers["content-length"]) == len(SCRIPT) or coding
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"


async def test_what_compressing_made_longer_is_sent_as_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dashboard/assets/tiny-abc.css", headers={"accept-encoding": "gzip"})
    assert ("content-encoding" in answer.headers, answer.content) == (False, b"a{}")


async def test_a_file_whose_name_says_nothing_of_its_content_is_asked_for_anew(client: httpx.AsyncClient) -> None:
    icon = await client.get("/dashboard/icon.svg")
    assert (icon.headers["content-type"], icon.headers["cache-control"]) == ("image/svg+xml", "no-cache")
    again = await client.get("/dashboard/icon.svg", headers={"if-none-match": icon.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", icon.headers["etag"])


@pytest.mark.parametrize(
    "path",
    ["assets/none.js", "assets/", "assets/..%2f..%2fsecret.txt", "assets/index-abc.js.br", "assets/%2fetc/passwd"],
)
async def test_a_file_that_was_not_built_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/dashboard/{path}")
    assert answer.status_code == 404
    assert b"of the server" not in answer.content
    assert answer.headers["cache-control"] == "no-store"


async def test_a_new_build_is_met_at_the_next_visit(client: httpx.AsyncClient, folder: Path) -> None:
    await client.get("/dashboard/")
    (folder / "assets" / "index-def.js").write_bytes(b"new")
    (folder / "index.html").write_bytes(PAGE.replace(b"abc", b"def"))
    os.utime(folder / "index.html", ns=(1, 1))
    assert b"index-def" in (await client.get("/dashboard/")).content
    assert (await client.get("/dashboard/assets/index-def.js")).content == b"new"


async def test_where_nothing_was_built_that_is_said_until_it_is(client: httpx.AsyncClient, folder: Path) -> None:
    (folder / "index.html").rename(folder / "elsewhere")
    assert (await client.get("/dashboard/")).status_code == 503
    assert (await client.get("/dashboard/assets/index-abc.js")).status_code == 404
    (folder / "elsewhere").rename(folder / "index.html")
    assert (await client.get("/dashboard/")).status_code == 200


async def test_the_path_without_a_slash_leads_to_the_one_with_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dashboard")
    assert (answer.status_code, answer.headers["location"]) == (302, "/dashboard/")
