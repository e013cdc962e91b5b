"""OpenAI's Responses in front of a provider that has none: conversations go on from what was answered before."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from openai.types.responses import Response

from running import Torana
from scripted import Answer, ScriptedUpstream

MODEL = "mistral/mistral-small"
PATH = "/mistral/v1/chat/completions"
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}


OPENED: list[OpenAI] = []


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def client(torana: Torana, key: str = "sk-the-caller-of-this-test", gateway: str = "default") -> OpenAI:
    """On a connection of its own, so that any worker may have it."""
    OPENED.append(OpenAI(api_key=key, base_url=torana.at("compat", gateway), max_retries=0))
    return OPENED[-1]


def asked(upstream: ScriptedUpstream) -> list[dict[str, object]]:
    """The conversation that the provider was sent last."""
    messages: list[dict[str, object]] = json.loads(upstream.requests[-1].body)["messages"]
    return messages


def say(client_: OpenAI, text: str, previous: str | None = None) -> Response:
    return client_.responses.create(model=MODEL, input=text, previous_response_id=previous)


def test_a_conversation_goes_on_from_the_last_response(torana: Torana, requests: ScriptedUpstream) -> None:
    api = client(torana)
    first = api.responses.create(model=MODEL, input="One", instructions="Count.")
    second = say(api, "Two", first.id)
    third = say(api, "Three", second.id)
    assert third.previous_response_id == second.id
    # Instructions are for one response alone.
    assert [message["role"] for message in asked(requests)] == ["user", "assistant", "user", "assistant", "user"]
    assert [message["content"] for message in asked(requests)][::2] == ["One", "Two", "Three"]
    assert asked(requests)[1]["content"] == first.output_text


def test_a_stream_can_be_gone_on_from(torana: Torana, requests: ScriptedUpstream) -> None:
    with client(torana).responses.stream(model=MODEL, input="One") as stream:
        first = stream.get_final_response()
    say(client(torana), "Two", first.id)
    assert [message["content"] for message in asked(requests)] == ["One", first.output_text, "Two"]


def test_results_of_tools_are_all_that_has_to_be_sent(torana: Torana, requests: ScriptedUpstream) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    choice = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [call]}}
    body = json.dumps({"choices": [{**choice, "finish_reason": "tool_calls"}]}).encode()
    first_of_its_kind = Answer(headers=[(b"content-type", b"application/json")], body=body)
    requests.script(lambda got: b"Look there" in got.body and b"tool_call_id" not in got.body, first_of_its_kind)
    api = client(torana)
    first = api.responses.create(model=MODEL, input="Look there", tools=[TOOL])  # type: ignore[list-item]  # a dict
    assert first.output[0].type == "function_call"
    api.responses.create(
        model=MODEL,
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": first.output[0].call_id, "output": "a cat"}],
        tools=[TOOL],  # type: ignore[list-item]  # as above
    )
    assert [message["role"] for message in asked(requests)] == ["user", "assistant", "tool"]


def test_items_can_be_referred_to(torana: Torana, requests: ScriptedUpstream) -> None:
    api = client(torana)
    first = say(api, "One")
    item = first.output[0]
    assert item.type == "message"
    api.responses.create(
        model=MODEL,
        input=[
            {"role": "user", "content": "One"},
            {"type": "item_reference", "id": item.id},
            {"role": "user", "content": "Two"},
        ],
    )
    assert [message["content"] for message in asked(requests)] == ["One", first.output_text, "Two"]


def test_a_response_can_be_fetched_listed_and_deleted(torana: Torana, requests: ScriptedUpstream) -> None:
    api = client(torana)
    made = api.responses.create(model=MODEL, input=[{"role": "user", "content": "One"}], metadata={"a": "b"})
    assert api.responses.retrieve(made.id) == made
    items = api.responses.input_items.list(made.id)
    assert [(item.type, getattr(item, "role", "")) for item in items.data] == [("message", "user")]
    api.responses.delete(made.id)
    with pytest.raises(NotFoundError):
        api.responses.retrieve(made.id)
    with pytest.raises(BadRequestError):
        say(api, "Two", made.id)


def test_what_is_not_there_is_told_as_openai_does(torana: Torana) -> None:
    api = client(torana)
    for unknown in ("resp_" + "0" * 32, "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b", "../logs"):
        with pytest.raises(BadRequestError) as refused:
            say(api, "Two", unknown)
        assert refused.value.code == "previous_response_not_found"
        assert refused.value.param == "previous_response_id"


def test_what_is_not_to_be_stored_is_not(torana: Torana) -> None:
    api = client(torana)
    unkept = [
        api.responses.create(model=MODEL, input="One", store=False),
        api.responses.create(model=MODEL, input="One", extra_headers={"cf-aig-collect-log-payload": "false"}),
        api.responses.create(model=MODEL, input="One", extra_headers={"cf-aig-collect-log": "false"}),
    ]
    for made in unkept:
        assert json.loads(made.model_dump_json())["store"] is False
        with pytest.raises(BadRequestError):
            say(api, "Two", made.id)


def test_nobody_else_finds_it(torana: Torana) -> None:
    made = say(client(torana), "One")
    stranger = client(torana, "sk-somebody-elses-key")
    with pytest.raises(BadRequestError):
        say(stranger, "Two", made.id)
    with pytest.raises(NotFoundError):
        stranger.responses.retrieve(made.id)
    with pytest.raises(NotFoundError):
        stranger.responses.delete(made.id)
    torana.run("gateways", "create", "another")
    torana.follow()
    with pytest.raises(NotFoundError):
        client(torana, gateway="another").responses.retrieve(made.id)
    assert client(torana).responses.retrieve(made.id).id == made.id


@pytest.fixture
def two(upstream: ScriptedUpstream, tmp_path: Path) -> Iterator[Torana]:
    with Torana(tmp_path / "data", {"mistral": f"{upstream.url}/mistral"}, workers=2) as running:
        yield running


def pids(torana: Torana) -> dict[str, int]:
    found: dict[str, int] = json.loads(torana.run("info", "--json"))["pids"]
    return found


def test_any_worker_goes_on_from_what_another_answered_a_moment_ago(two: Torana, requests: ScriptedUpstream) -> None:
    made = say(client(two), "0")
    for turn in range(1, 20):
        made = say(client(two), str(turn), made.id)
    told = [message["content"] for message in asked(requests) if message["role"] == "user"]
    assert told == [str(turn) for turn in range(20)]


def test_a_conversation_outlives_the_death_of_all_processes(
    upstream: ScriptedUpstream, requests: ScriptedUpstream, tmp_path: Path
) -> None:
    data, providers = tmp_path / "data", {"mistral": f"{upstream.url}/mistral"}
    with Torana(data, providers) as torana:
        first = say(client(torana), "One")
        for pid in [torana.process.pid if torana.process else 0, *_all_pids(pids(torana))]:
            os.kill(pid, signal.SIGKILL)
        assert torana.process is not None
        torana.process.wait(timeout=10)
    (data / "run" / "state.json").unlink(missing_ok=True)
    with Torana(data, providers) as torana:
        second = say(client(torana), "Two", first.id)
        assert [message["content"] for message in asked(requests)] == ["One", first.output_text, "Two"]
        assert client(torana).responses.retrieve(first.id).output_text == first.output_text
        # Without the control plane what was answered lately is still known.
        control = pids(torana)["control"]
        os.kill(control, signal.SIGSTOP)
        try:
            say(client(torana), "Three", second.id)
        finally:
            os.kill(control, signal.SIGCONT)


def _all_pids(found: dict[str, object] | dict[str, int]) -> list[int]:
    told: list[int] = []
    for value in found.values():
        told += [int(each) for each in value] if isinstance(value, list) else [int(value)] if value else []  # type: ignore[call-overload]  # JSON
    return told
