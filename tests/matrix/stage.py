"""A scripted upstream that plays all providers at once, and notes what each of them is asked."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from matrix.asking import BLUE, KEY, PICTURE_PATH
from matrix.hearing import Heard, Scene, Upstream
from matrix.upstreams import UPSTREAMS
from scripted import ScriptedUpstream
from scripted_answers import Answer, Received

_SLOTS = ("authorization", "x-api-key", "x-goog-api-key", "api-key")
_DIALECTS = ("anthropic-", "openai-", "x-stainless-", "x-goog-", "x-amz-", "amz-", "x-client-name", "x-fern-")


class Stage:
    """`received` and `heard` are what providers were asked since `set`."""

    def __init__(self, scripted: ScriptedUpstream) -> None:
        self.scripted = scripted
        self.received: list[Received] = []
        self.heard: list[Heard] = []
        self.error: AssertionError | None = None
        """What was wrong with a request."""
        self._answers: list[Callable[[Upstream, bool], Answer]] = []
        self._upstream = UPSTREAMS[0]
        scripted.script(lambda _: True, self._play)
        scripted.script(PICTURE_PATH, Answer(headers=[(b"Content-Type", b"image/png")], body=BLUE))

    @property
    def picture(self) -> str:
        """Where an image is to be had."""
        return self.scripted.url + PICTURE_PATH

    def set(self, upstream: Upstream, *scenes: Scene) -> None:
        """What this provider says, one after the other."""
        self.answer(upstream, *(lambda up, is_stream, scene=scene: up.say(scene, is_stream) for scene in scenes))

    def answer(self, upstream: Upstream, *answers: Callable[[Upstream, bool], Answer]) -> None:
        self._upstream, self._answers = upstream, list(answers)
        self.received, self.heard, self.error = [], [], None

    def _play(self, received: Received) -> Answer:
        self.received.append(received)
        try:
            return self._answer(received)
        except Exception as error:  # noqa: BLE001  # whatever it is: the test is told
            self.error = AssertionError(f"{error!r} in {received.body.decode('utf-8', 'replace')}")
            self.error.__cause__ = error
            return self._upstream.fail(400, f"the upstream would not have had it: {error!r}")

    def _answer(self, received: Received) -> Answer:
        heard = self._upstream.hear(received)
        _check_path(self._upstream, received, heard)
        _check_key(self._upstream, received)
        self.heard.append(heard)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(self._upstream, heard.is_stream)


def _check_path(upstream: Upstream, received: Received, heard: Heard) -> None:
    path = upstream.paths[heard.is_stream].replace("{model}", quote(upstream.model, safe=""))
    # The beta of Anthropic's SDK says so in the query, which goes through where nothing is translated.
    assert received.target.decode().removesuffix("?beta=true") == f"/{upstream.slug}{path}"
    assert heard.model == upstream.model


def _check_key(upstream: Upstream, received: Received) -> None:
    fields = {name.decode().lower(): value.decode() for name, value in received.headers}
    shown = {name: value for name, value in fields.items() if name in _SLOTS}
    ways = [{upstream.key_header: upstream.key_prefix + KEY}]
    ways += [{"authorization": f"Bearer {KEY}"}] * upstream.takes_bearers
    assert shown in ways


def foreign_headers(upstream: Upstream, received: Received) -> list[str]:
    """Of dialects that this provider does not have."""
    names = {name.decode().lower() for name, _ in received.headers} - upstream.own_headers
    return sorted(name for name in names if name.startswith(_DIALECTS) and name not in _SLOTS)
