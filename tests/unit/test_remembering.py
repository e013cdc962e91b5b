"""What a worker knows of kept responses: in memory, or asked for."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from fakes import Answers
from torana.errors import Overloaded, UpstreamUnreachable
from torana.formats.openai_responses.chain import Link
from torana.message import Call, Origin, Reply
from torana.remembering import Memory, Owner, Responses, own_key

ME, OTHER = Owner("account", "default", "me"), Owner("account", "default", "other")
OLD = "resp_" + "0" * 31
CONTROL = Origin("/run/control", 0, is_tls=False)


def content(id_: str, previous: str = "") -> bytes:
    return json.dumps({"id": id_, "caller": "me", "previous": previous, "input": [], "response": {"id": id_}}).encode()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def responses(answers: Answers, memory: Memory | None = None) -> Responses:
    return Responses(b"k", answers, CONTROL, memory)


def missing(_: Call) -> Reply:
    return Reply(404, [], b"{}")


def away(_: Call) -> Reply:
    raise UpstreamUnreachable("the socket is not there")


def test_memory_is_bounded_in_bytes_and_loses_what_is_used_least() -> None:
    memory = Memory(limit=3 * (100 + 512))
    for name in "abc":
        memory.put(ME, name, b"x" * 100)
    assert memory.get(ME, "a")
    memory.put(ME, "d", b"x" * 100)
    assert [bool(memory.get(ME, name)) for name in "abcd"] == [True, False, True, True]
    memory.put(ME, "big", b"x" * 2_000)
    assert memory.bytes == 0


def test_memory_knows_whose_a_response_is_and_for_how_long_it_is_sure_of_it() -> None:
    clock = Clock()
    memory = Memory(clock=clock)
    memory.put(ME, "a", b"x")
    assert memory.get(OTHER, "a") is None
    assert memory.get(ME, "a") == b"x"
    clock.now = 31.0
    assert memory.get(ME, "a") is None
    assert memory.get(ME, "a", is_stale_good=True) == b"x"


async def test_a_chain_is_put_together_of_memory_and_what_the_control_plane_has() -> None:
    memory = Memory()
    memory.put(ME, OLD + "3", content(OLD + "3", OLD + "2"))
    stored = b"[%b,%b]" % (content(OLD + "1"), content(OLD + "2", OLD + "1"))
    answers = Answers(lambda _: Reply(200, [], stored))
    asking = responses(answers, memory)
    for _ in range(2):
        links = await asking.chain(ME, OLD + "3")
        assert links is not None
        assert [link.id for link in links] == [OLD + "1", OLD + "2", OLD + "3"]
    assert len(answers.calls) == 1, "what was asked for is remembered"
    assert answers.calls[0].target == (
        f"/internal/accounts/account/gateways/default/responses/{OLD}2?caller=me&what=chain".encode()
    )


async def test_what_is_not_there_is_none_and_what_is_not_ours_is_not_asked_for() -> None:
    answers = Answers(missing)
    asking = responses(answers)
    assert await asking.chain(ME, OLD + "1") is None
    assert await asking.one(ME, OLD + "1") is None
    assert not await asking.forget(ME, OLD + "1")
    asked = len(answers.calls)
    for foreign in ("resp_1", "../../logs", ""):
        assert not await asking.forget(ME, foreign)
        assert await asking.one(ME, foreign) is None
    assert len(answers.calls) == asked


async def test_one_that_was_begun_lately_is_looked_for_again() -> None:
    late = "resp_" + "f" * 32
    found = b"[%b]" % content(late)
    replies = [Reply(404, [], b"{}"), Reply(200, [], found)]
    answers = Answers(lambda _: replies.pop(0))
    assert await responses(answers).chain(ME, late) == [Link(late, "me", response={"id": late})]


async def test_without_the_control_plane_memory_will_do_however_old() -> None:
    clock = Clock()
    memory = Memory(clock=clock)
    memory.put(ME, OLD + "1", content(OLD + "1"))
    memory.put(ME, OLD + "2", content(OLD + "2", OLD + "1"))
    clock.now = 3_600.0
    asking = responses(Answers(away), memory)
    links = await asking.chain(ME, OLD + "2")
    assert links is not None
    assert [link.id for link in links] == [OLD + "1", OLD + "2"]
    with pytest.raises(Overloaded, match="send the whole conversation"):
        await asking.chain(ME, OLD + "3")


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "responses.key"
    key = own_key(path)
    assert own_key(path) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
