"""Asks the running control plane, over its unix socket."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from torana.control.analytics.shapes import Answered
from torana.control.envelope import Detail, Failure, ListQuery, LogDetail, LogList
from torana.control.welcome import About, Entrance

if TYPE_CHECKING:
    from pathlib import Path

Side: TypeAlias = Literal["request", "response"]

_TIMEOUT_S = 30.0
_MISSING = 404


class ControlDown(Exception):
    """Nobody listens on the socket, or the answer broke off."""


class ControlRefused(Exception):
    """The control plane answered with an error; the message is its own."""


class Answer(Struct, frozen=True):
    status: int
    content_type: str
    body: bytes


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("torana", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class ControlClient:
    """One connection a question: a CLI asks few."""

    def __init__(self, path: Path, timeout_s: float = _TIMEOUT_S) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def get(self, target: str) -> Answer:
        """ControlDown where there is no whole answer."""
        return self._ask("GET", target)

    def _ask(self, method: str, target: str) -> Answer:
        connection = _UnixConnection(self._path, self._timeout_s)
        try:
            connection.request(method, target)
            response = connection.getresponse()
            return Answer(response.status, response.headers.get("content-type", ""), response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ControlDown(f"the control plane does not answer on `{self._path}`: {error}") from error
        finally:
            connection.close()

    def about(self) -> About:
        answer = self.get("/")
        _check(answer)
        return msgspec.json.decode(answer.body, type=About)

    def enter(self, account_id: str) -> Entrance:
        """With a fresh link where nobody owns the server yet."""
        answer = self._ask("POST", f"{_place(account_id, None)}/entrance")
        _check(answer)
        return msgspec.json.decode(answer.body, type=Entrance)

    def list_logs(self, account_id: str, gateway_id: str | None, query: ListQuery) -> LogList:
        """ControlRefused where the query is bad."""
        given = {name: _to_text(value) for name, value in msgspec.structs.asdict(query).items() if value is not None}
        answer = self.get(f"{logs_path(account_id, gateway_id)}?{urlencode(given)}")
        _check(answer)
        return msgspec.json.decode(answer.body, type=LogList)

    def analytics(self, account_id: str, gateway_id: str | None, query: dict[str, str]) -> Answered:
        """ControlRefused where the query is bad."""
        answer = self.get(f"{_place(account_id, gateway_id)}/analytics?{urlencode(query)}")
        _check(answer)
        return msgspec.json.decode(answer.body, type=Answered)

    def find_log(self, account_id: str, log_id: str) -> Detail | None:
        answer = self.get(f"{logs_path(account_id)}/{quote(log_id, safe='')}")
        if answer.status == _MISSING:
            return None
        _check(answer)
        return msgspec.json.decode(answer.body, type=LogDetail).result

    def find_body(self, account_id: str, log_id: str, side: Side) -> bytes | None:
        """None where the body was not kept."""
        answer = self.get(f"{logs_path(account_id)}/{quote(log_id, safe='')}/{side}")
        if answer.status == _MISSING:
            return None
        _check(answer)
        return answer.body


def logs_path(account_id: str, gateway_id: str | None = None) -> str:
    """None = of all gateways."""
    return _place(account_id, gateway_id) + "/logs"


def _place(account_id: str, gateway_id: str | None) -> str:
    gateway = "" if gateway_id is None else f"/gateways/{quote(gateway_id, safe='')}"
    return f"/internal/accounts/{quote(account_id, safe='')}{gateway}"


def _check(answer: Answer) -> None:
    if answer.status < 400:  # noqa: PLR2004  # where HTTP's errors begin
        return
    try:
        failure = msgspec.json.decode(answer.body, type=Failure)
    except msgspec.DecodeError as error:
        raise ControlRefused(f"the control plane answered with status {answer.status}") from error
    raise ControlRefused("; ".join(" ".join([*problem.path[1:], problem.message]) for problem in failure.errors))


def _to_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
