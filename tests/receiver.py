"""What takes pushed logs, over a real socket: an HTTP target, and a bucket that verifies signatures."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from torana.providers.sigv4 import Credentials, sign

if TYPE_CHECKING:
    from types import TracebackType

CREDENTIALS = Credentials("AKIDEXAMPLE", "hush-hush")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=(\w{64})"
)


class Taken:
    """One request that was answered."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in gzip.decompress(self.body).splitlines()]


class Receiver:
    """On a free port, started by `with`; answers `status`, and 403 to a PUT that is not signed as it must be."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.refused = 0
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                one = Taken(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                status = 403 if self.command == "PUT" and not is_signed(one) else receiver.status
                if status == 200:
                    receiver.taken.append(one)
                else:
                    receiver.refused += 1
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", receiver.url + "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            do_PUT = do_POST  # noqa: N815  # the name that the standard library asks for

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lines(self) -> list[dict[str, object]]:
        return [line for one in self.taken for line in one.lines()]


def is_signed(one: Taken) -> bool:
    """By computing the signature anew from what came; the signer itself is held against AWS's vectors."""
    match = _AUTHORIZATION.fullmatch(one.headers.get("authorization", ""))
    if match is None or match[1] != CREDENTIALS.access_key_id:
        return False
    if one.headers["x-amz-content-sha256"] != hashlib.sha256(one.body).hexdigest():
        return False
    added = {"host", "x-amz-date", "x-amz-content-sha256"}
    if not added | {"content-type"} <= set(match[4].split(";")):
        return False
    headers = [(name.encode(), one.headers[name].encode()) for name in match[4].split(";") if name not in added]
    path, _, query = one.path.partition("?")
    expected = sign(
        *(one.method, one.headers["host"], path, query, headers, one.headers["x-amz-content-sha256"]),
        *(CREDENTIALS, match[3], "s3", one.headers["x-amz-date"]),
    )
    return dict(expected)[b"authorization"].decode() == one.headers["authorization"]
