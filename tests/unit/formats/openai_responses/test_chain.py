"""What a request goes on from is put in front of it, in its own items."""

from __future__ import annotations

from torana.formats.json import Json, as_list, as_object
from torana.formats.openai_responses import TRANSLATOR
from torana.formats.openai_responses.chain import Link, expanded, is_ours, link_of, mentioned, page_of
from torana.formats.translation import Brief

A, B = "a" * 32, "b" * 32


def said(turn: str, text: str) -> Json:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": f"msg_{turn}_0", "type": "message", "role": "assistant", "content": [part]}


def response(turn: str, text: str) -> Json:
    return {"id": f"resp_{turn}", "status": "completed", "output": [said(turn, text)]}


def chat_of(request: Json) -> list[object]:
    messages = as_list(TRANSLATOR.request_to_chat(request, Brief())["messages"])
    return [(as_object(message)["role"], as_object(message)["content"]) for message in messages]


def test_a_conversation_is_told_from_its_beginning() -> None:
    first = link_of({"model": "m", "input": "One", "instructions": "Count."}, response(A, "1"), "me")
    asked: Json = {"model": "m", "input": "Two", "previous_response_id": f"resp_{A}"}
    second = link_of(asked, response(B, "2"), "me")
    assert (first.previous, second.previous) == ("", f"resp_{A}")
    went_on = expanded({"model": "m", "input": "Three", "previous_response_id": f"resp_{B}"}, [first, second])
    assert chat_of(went_on) == [
        ("user", "One"),
        ("assistant", "1"),
        ("user", "Two"),
        ("assistant", "2"),
        ("user", "Three"),
    ]


def test_items_are_named_and_texts_become_messages() -> None:
    given = ["x", {"role": "user", "content": "Hi"}, {"type": "function_call_output", "call_id": "c", "output": "o"}]
    link = link_of({"input": given[1:]}, response(A, "1"), "me")
    assert link.input == [
        {
            "id": f"msg_in_{A}_0",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hi"}],
        },
        {"id": f"fco_in_{A}_1", "type": "function_call_output", "call_id": "c", "output": "o"},
    ]
    assert given[1] == {"role": "user", "content": "Hi"}, "the request stays as it was"


def test_a_reference_is_the_item_it_names() -> None:
    request: Json = {
        "model": "m",
        "input": [
            {"role": "user", "content": "One"},
            {"type": "item_reference", "id": f"msg_{A}_0"},
            {"id": f"msg_{A}_0"},
            {"type": "item_reference", "id": "msg_67ccd2bf17f0819081ff3bb2cf6508e6"},
        ],
    }
    assert mentioned(request) == [f"resp_{A}"]
    link = Link(f"resp_{A}", input=[], response=response(A, "1"))
    told = as_list(expanded(request, [], [link])["input"])
    assert told[1] == told[2] == said(A, "1")
    assert as_object(told[3])["type"] == "item_reference", "what is not known is for the translation to refuse"


def test_a_reference_to_what_stands_before_is_not_told_twice() -> None:
    link = Link(f"resp_{A}", input=[{"role": "user", "content": "One"}], response=response(A, "1"))
    request: Json = {
        "model": "m",
        "input": [{"type": "item_reference", "id": f"msg_{A}_0"}, {"role": "user", "content": "Two"}],
        "previous_response_id": f"resp_{A}",
    }
    assert chat_of(expanded(request, [link])) == [("user", "One"), ("assistant", "1"), ("user", "Two")]


def test_only_ids_of_our_making_are_looked_for() -> None:
    assert is_ours(f"resp_{A}")
    assert not any(map(is_ours, ("", "resp_1", f"resp_{A}/", f"../resp_{A}", f"resp_{A.upper()}")))


def test_items_are_paged_in_either_order() -> None:
    items: list[object] = [{"id": str(number)} for number in range(5)]
    page = page_of(items, limit=2, after="1", is_descending=False)
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("2", "3", True)
    last = page_of(items, limit=5, after="3", is_descending=True)
    assert [as_object(item)["id"] for item in as_list(last["data"])] == ["2", "1", "0"]
    assert last["has_more"] is False
