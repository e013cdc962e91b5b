"""No credential reaches the disk: neither journal, database, snapshot nor output."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest

from running import Torana
from scripted import Answer, ScriptedUpstream

SECRETS = {
    "authorization": "Bearer sk-or-v1-SECRETauthorization",
    "x-api-key": "SECRETxapikey",
    "api-key": "SECRETapikeyazure",
    "x-goog-api-key": "AIzaSECRETgoogle",
    "xi-api-key": "SECRETelevenlabs",
    "cookie": "session=SECRETcookie",
    "cf-aig-authorization": "Bearer SECRETgatewaytoken",
    "x-amz-security-token": "SECRETamazon",
    "x-provider-api-keys": '{"openai": "SECRETinline"}',
}


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize("is_stream", [False, True])
def test_what_a_client_sends_in_secret_is_in_no_file(
    tmp_path: Path, upstream: ScriptedUpstream, coding: str, *, is_stream: bool
) -> None:
    def echo(sent: bytes) -> Answer:
        body = b"data: " + sent + b"\n\n"
        headers = [
            (b"content-type", b"text/event-stream" if is_stream else b"text/plain"),
            (b"set-cookie", b"SECRETc=1"),
        ]
        if coding:
            body, headers = gzip.compress(body), [*headers, (b"content-encoding", b"gzip")]
        if is_stream:
            return Answer(headers=headers, chunks=[body[:40], body[40:]], framing="chunked", chunk_delay_s=0.02)
        return Answer(headers=headers, body=body)

    upstream.script(
        lambda got: got.header("x-case") == b"echo",
        lambda got: echo(b"\n".join(v for _, v in got.headers) + got.target),
    )
    with Torana(tmp_path / "data", {"openai": upstream.url}) as torana:
        reply = httpx.post(
            torana.at("openai") + "/chat/completions?key=SECRETquery&x=1",
            json={"model": "m", "stream": is_stream},
            headers=SECRETS | {"x-case": "echo", "accept-encoding": coding or "identity"},
            trust_env=False,
        )
        assert "SECRETauthorization" in reply.text
        shown = torana.run("logs", "show", reply.headers["cf-aig-log-id"], "--json")
        assert "SECRET" not in shown
        assert "***" in shown
        torana.stop()
        for file in [*torana.data_dir.rglob("*"), torana.output]:
            if file.is_file():
                assert b"SECRET" not in file.read_bytes(), file
