"""A small provider of OpenID Connect: a real server with keys of its own, which can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Claims = dict[str, object]
CLIENT_ID, CLIENT_SECRET = "torana at home", "s3cr3t/with:signs"


class SigningKey:
    def __init__(self, kid: str = "one", algorithm: str = "RS256") -> None:
        self.kid = kid
        self.algorithm = algorithm
        self.private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
        if algorithm.startswith("ES"):
            self.private = ec.generate_private_key(ec.SECP256R1())
            public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        self.public: Claims = {**public, "kid": kid, "use": "sig"}

    def sign(self, claims: Claims) -> str:
        return jwt.encode(claims, self.private, self.algorithm, headers={"kid": self.kid} if self.kid else {})


class OidcProvider:
    """Whoever comes is `person`, at once; `spoil` changes an id token's claims, `sign` how it is made."""

    def __init__(self) -> None:
        self.key = SigningKey()
        self.published = [self.key.public]
        self.person: Claims = {}
        self.more: Claims = {}
        """What the userinfo says besides."""
        self.spoil: Callable[[Claims], Claims] = dict
        self.sign: Callable[[Claims], str] = self.key.sign
        self.refuses = False
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/realm"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def discovery(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        if self.refuses:
            return query["redirect_uri"] + "?" + urlencode({"error": "access_denied", "state": query["state"]})
        code = secrets.token_urlsafe(8)
        self._codes[code] = query
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        query = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            query is None
            or pair != "torana%20at%20home:s3cr3t%2Fwith%3Asigns"
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != query["redirect_uri"]
            or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != query["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims: Claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        signed = self.sign(self.spoil({**claims, **self.person}))
        return 200, {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # `self` is the handler's below
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                place = urlsplit(self.path)
                path = place.path.removeprefix("/realm")
                provider.asked.append(path)
                if path == "/authorize":
                    query = {name: values[0] for name, values in parse_qs(place.query).items()}
                    self.send_response(302)
                    self.send_header("location", provider.authorize(query))
                    self.send_header("content-length", "0")
                    self.end_headers()
                elif path == "/.well-known/openid-configuration":
                    self._tell(200, provider.discovery())
                elif path == "/keys":
                    self._tell(200, {"keys": provider.published})
                elif path == "/userinfo" and self.headers["authorization"] == "Bearer at":
                    self._tell(200, {"sub": provider.person.get("sub"), **provider.more})
                else:
                    self._tell(404, {})

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["content-length"])).decode()
                form = {name: values[0] for name, values in parse_qs(text).items()}
                self._tell(*provider.token(form, self.headers["authorization"] or ""))

            def _tell(self, status: int, value: Claims) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
