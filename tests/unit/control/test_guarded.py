"""urllib for addresses that a user of the API gave."""

from __future__ import annotations

import ssl
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from scripted import Answer, ScriptedUpstream
from torana.addresses import read_reach
from torana.control.guarded import Forbidden, opener


@pytest.fixture
def up() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_not_permitted_is_not_connected_to(up: ScriptedUpstream, host: str, scheme: str) -> None:
    with pytest.raises(urllib.error.URLError) as caught:
        opener(read_reach(""), ssl.create_default_context()).open(f"{scheme}://{host}:{up.port}/", timeout=5)
    assert isinstance(caught.value.reason, Forbidden)
    assert up.accepted == 0


def test_what_is_permitted_is_and_a_redirect_is_not_followed(up: ScriptedUpstream) -> None:
    open_ = opener(read_reach("127.0.0.0/8, ::1"), ssl.create_default_context()).open
    with open_(f"http://localhost:{up.port}/a", timeout=5) as answer:
        assert answer.status == 200
    up.script("/b", Answer(status=302, headers=[(b"location", b"/c")]))
    with pytest.raises(urllib.error.HTTPError) as caught:
        open_(f"{up.url}/b", timeout=5)
    caught.value.close()
    assert [got.path for got in up.requests] == ["/a", "/b"]


def test_certificates_are_for_the_name_and_not_the_address(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with ScriptedUpstream(server) as up:
        open_ = opener(read_reach("127.0.0.1"), trusting).open
        with open_(f"https://localhost:{up.port}/a", timeout=5) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.URLError, match="IP address mismatch"):
            open_(f"https://127.0.0.1:{up.port}/a", timeout=5)
