"""TLS on both sides of the gateway, and tunnels through a proxy."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Self

import httpx
import pytest
import trustme

from running import Torana
from scripted import ScriptedUpstream

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
THE_WORLD = "192.0.2.1"  # TEST-NET-1: never an address of anybody


class Tunnels:
    """An HTTP proxy that knows CONNECT alone, and leads every tunnel to one place."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.heads: list[str] = []
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://proxy-user:proxy-word@127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in [self._listening, *self._open]:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for sock in [self._listening, *self._open]:
            sock.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listening.accept()[0]
                self._open.append(client)
                self._start(self._serve, client)

    def _start(self, run: object, *arguments: socket.socket) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]  # a method of ours
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        self.heads.append(head.decode())
        onward = socket.create_connection(self._target)
        self._open.append(onward)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._start(pump, onward, client)
        pump(client, onward)


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


class Secure:
    """What the tests of this file share: authorities, upstreams with their certificates, a proxy, the gateway."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        ours, theirs, private = trustme.CA(), trustme.CA(), trustme.CA()
        self.trusting = ssl.create_default_context()
        ours.configure_trust(self.trusting)
        cert = ours.issue_cert("127.0.0.1")
        chain, key, authority = folder / "chain.pem", folder / "key.pem", folder / "authority.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in cert.cert_chain_pems))
        key.write_bytes(cert.private_key_pem.bytes())
        authority.write_bytes(private.cert_pem.bytes())
        self.private = opened.enter_context(ScriptedUpstream(server_context(private, "127.0.0.1", "ai.example")))
        self.strange = opened.enter_context(ScriptedUpstream(server_context(theirs, "127.0.0.1")))
        self.tunnels = opened.enter_context(Tunnels(("127.0.0.1", self.private.port)))
        providers = {
            "openai": f"{self.private.url}/openai",
            "mistral": self.private.url.replace("127.0.0.1", "localhost"),
            "groq": self.strange.url,
            "deepseek": "https://ai.example/deepseek",
            "cerebras": f"https://{THE_WORLD}:{self.private.port}",
        }
        files = {"tls_cert": chain, "tls_key": key, "upstream_ca": authority}
        torana = Torana(folder / "data", providers, connect_timeout=0.5, **files)
        torana.environ = {k: v for k, v in torana.environ.items() if not k.lower().endswith("_proxy")}
        torana.environ |= {"HTTPS_PROXY": self.tunnels.url, "NO_PROXY": f"other.example, {THE_WORLD}"}
        self.torana = opened.enter_context(torana)

    def chat(self, provider: str) -> httpx.Response:
        url = f"{self.torana.at(provider)}/v1/chat/completions"
        return httpx.post(url, json=CHAT, verify=self.trusting, trust_env=False, timeout=20)


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    with ExitStack() as opened:
        yield Secure(tmp_path_factory.mktemp("tls"), opened)


def test_it_serves_https_with_its_certificate(secure: Secure) -> None:
    assert secure.torana.url.startswith("https://127.0.0.1:")
    reply = httpx.get(secure.torana.url + "/healthz", verify=secure.trusting, trust_env=False)
    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(secure.torana.url + "/healthz", trust_env=False)
    address = httpx.URL(secure.torana.url)
    with closing(socket.create_connection((address.host, address.port or 0), timeout=10)) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionError):
            assert b"HTTP/1.1 200" not in plain.recv(4096)


def test_a_stream_goes_over_tls_on_both_sides(secure: Secure) -> None:
    url = f"{secure.torana.at('openai')}/chat/completions"
    asked = CHAT | {"stream": True}
    with httpx.stream("POST", url, json=asked, verify=secure.trusting, trust_env=False, timeout=20) as reply:
        lines = [line for line in reply.iter_lines() if line]
        log_id = reply.headers["cf-aig-log-id"]
    assert lines[-1] == "data: [DONE]"
    assert secure.private.requests[-1].path == "/openai/chat/completions"
    row = secure.torana.log(log_id)
    assert (row["status_code"], row["streamed"], row["tokens_out"]) == (200, True, 5)


def test_connections_to_an_upstream_are_kept(secure: Secure) -> None:
    assert secure.chat("openai").status_code == 200
    accepted = secure.private.accepted
    assert [secure.chat("openai").status_code for _ in range(3)] == [200] * 3
    assert secure.private.accepted == accepted


@pytest.mark.parametrize(
    ("provider", "why"),
    [("groq", "certificate verify failed"), ("mistral", "certificate verify failed")],
    ids=["an unknown authority", "another name"],
)
def test_an_upstream_whose_certificate_is_not_to_be_trusted_is_never_asked(
    secure: Secure, provider: str, why: str
) -> None:
    asked = len(secure.private.requests) + len(secure.strange.requests)
    reply = secure.chat(provider)
    assert (reply.status_code, reply.json()["internalCode"]) == (502, 2005)
    assert why in reply.json()["message"]
    assert len(secure.private.requests) + len(secure.strange.requests) == asked
    row = secure.torana.log(reply.headers["cf-aig-log-id"])
    assert why in str(row["error"])


def test_https_goes_through_the_proxy_of_the_environment(secure: Secure) -> None:
    before = len(secure.tunnels.heads)
    assert secure.chat("deepseek").status_code == 200
    [head] = secure.tunnels.heads[before:]
    first, *fields = head.split("\r\n")
    assert first == "CONNECT ai.example:443 HTTP/1.1"
    sent = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    assert sent["host"] == "ai.example:443"
    assert sent["proxy-authorization"] == "Basic cHJveHktdXNlcjpwcm94eS13b3Jk"
    got = secure.private.requests[-1]
    assert got.path == "/deepseek/v1/chat/completions"
    assert got.header("host") == b"ai.example"
    assert got.header("proxy-authorization") is None


def test_what_no_proxy_names_and_loopback_are_reached_directly(secure: Secure) -> None:
    before = list(secure.tunnels.heads)
    assert secure.chat("openai").status_code == 200
    reply = secure.chat("cerebras")
    assert (reply.status_code, reply.json()["internalCode"]) in [(502, 2005), (504, 2005)]
    assert secure.tunnels.heads == before
