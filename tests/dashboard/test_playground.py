"""The playground: what is asked arrives at the provider as it was set, and what fails stays in its column."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import FilePayload, expect

from scripted_answers import Answer, sse
from staging import CSRF, PIXEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from staging import Stage

OPENAI, GROQ = "openai/gpt-4o-mini", "groq/llama-3.3-70b-versatile"
CLIPBOARD = ["clipboard-read", "clipboard-write"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TAKEN = """async (url) => {
  const bytes = Uint8Array.from(atob(url.split(",")[1]), (one) => one.charCodeAt(0));
  return new File([bytes], "dot.png", { type: "image/png" });
}"""
DROPPED = f"async (url) => {{ const all = new DataTransfer(); all.items.add(await ({TAKEN})(url)); return all; }}"
COPIED = f'async (url) => navigator.clipboard.write([new ClipboardItem({{ "image/png": await ({TAKEN})(url) }})])'
BENCH = f"/dashboard/playground?models={OPENAI}"
BOTH = f"{BENCH},{GROQ}"


def opened(page: Page, path: str = BENCH) -> Page:
    page.goto(path)
    page.get_by_role("heading", level=1, name="Playground").wait_for()
    return page


def column(page: Page, model: str) -> Locator:
    return page.get_by_role("region", name=model, exact=True)


def answer(page: Page, model: str = OPENAI) -> Locator:
    """The last one."""
    return column(page, model).get_by_role("article", name=f"Answer of {model}").last


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def received(stage: Stage, text: str, provider: str = "openai") -> list[dict[str, Any]]:
    """What the provider was sent with that text in it."""
    there = [one for one in stage.upstream.requests if one.path.startswith(f"/{provider}/")]
    return [json.loads(one.body) for one in there if text.encode() in one.body]


def choose_file(page: Page) -> None:
    buffer = page.request.get("/dashboard/favicon.svg").body()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures").click()
    # A kind that no model takes is said so, and goes nowhere.
    chooser.value.set_files(FilePayload(name="vector.svg", mimeType="image/svg+xml", buffer=buffer))
    page.get_by_text("models take PNG, JPEG, WebP and GIF").wait_for()
    expect(page.get_by_alt_text("vector.svg")).to_have_count(0)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures").click()
    chooser.value.set_files(FilePayload(name="dot.png", mimeType="image/png", buffer=buffer))


def paste(page: Page) -> None:
    page.context.grant_permissions(CLIPBOARD)
    page.get_by_label("Your question").click()
    page.evaluate(COPIED, PIXEL)
    page.keyboard.press("Control+V")


def drop(page: Page) -> None:
    dropped = page.evaluate_handle(DROPPED, PIXEL)
    page.get_by_role("region", name="What was said").dispatch_event("drop", {"dataTransfer": dropped})


@pytest.mark.parametrize("add", [choose_file, paste, drop])
def test_a_picture_is_sent_however_it_came(page: Page, stage: Stage, add: Callable[[Page], None]) -> None:
    opened(page)
    add(page)
    page.get_by_role("button", name=re.compile("^Take out .*png")).wait_for()
    question = f"What is in it, by {add.__name__}?"
    ask(page, question)
    expect(answer(page)).to_contain_text("Cloudflare is a network.")
    [body] = received(stage, question)
    text, picture = body["messages"][-1]["content"]
    assert text == {"type": "text", "text": question}
    assert picture["type"] == "image_url"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    expect(page.get_by_role("button", name=re.compile("^Take out .*png"))).to_have_count(0)


def test_parameters_arrive_as_they_were_set_and_wrong_ones_are_not_sent(page: Page, stage: Stage) -> None:
    opened(page, BOTH)
    page.get_by_role("button", name="Parameters").click()
    panel = page.get_by_role("complementary", name="Parameters")
    panel.get_by_label("Temperature").fill("3")
    expect(panel.get_by_label("Temperature")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Your question").fill("With parameters?")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    panel.get_by_label("Temperature").fill("0.25")
    panel.get_by_label("System prompt").fill("You are terse.")
    panel.get_by_label("Max tokens").fill("77")
    panel.get_by_role("combobox", name="They are for").select_option(GROQ)
    panel.get_by_label("Temperature").fill("1.5")
    ask(page, "With parameters?")
    for model in (OPENAI, GROQ):
        expect(answer(page, model)).to_contain_text("Cloudflare is a network.")
    system = {"role": "system", "content": "You are terse."}
    [first], [second] = received(stage, "With parameters?"), received(stage, "With parameters?", "groq")
    assert (first["temperature"], first["max_completion_tokens"], first["messages"][0]) == (0.25, 77, system)
    assert (second["temperature"], second["max_tokens"], second["messages"][0]) == (1.5, 77, system)


def test_a_stream_is_stopped_in_its_middle_and_the_provider_is_let_go(page: Page, stage: Stage) -> None:
    word = {"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}
    endless = sse([f"data: {json.dumps(word)}\n\n".encode()] * 300)
    endless.chunk_delay_s = 0.1
    stage.upstream.script(lambda asked: b"Without an end" in asked.body and b"And now" not in asked.body, endless)
    opened(page)
    ask(page, "Without an end?")
    expect(answer(page)).to_contain_text("word word")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(answer(page)).to_contain_text(re.compile("Stopped after"))
    expect(answer(page)).to_have_attribute("aria-busy", "false")

    def is_still() -> bool:
        before = stage.upstream.written
        time.sleep(0.5)
        return stage.upstream.written == before

    stage.upstream.wait_until(is_still, 8)
    ask(page, "And now?")
    expect(answer(page)).to_contain_text("Cloudflare is a network.")


FAILURES = {
    "refused": (Answer(status=401, body=b'{"error": {"message": "Incorrect API key"}}'), "Incorrect API key"),
    "broken off": (sse([b'data: {"choices": [{"index": 0, "delta": {"content": "Half of"}}]}\n\n'] * 2), "broke off"),
    "an error in the stream": (
        sse([b'data: {"error": {"message": "Overloaded, sorry", "code": 529}}\n\n']),
        "Overloaded, sorry",
    ),
}
FAILURES["broken off"][0].cut_after_bytes = 100
FAILURES["broken off"][0].chunk_delay_s = 0.3


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_stays_in_its_column(page: Page, stage: Stage, name: str) -> None:
    failure, said = FAILURES[name]
    question = f"What if it is {name}?"
    stage.upstream.script(lambda asked: question.encode() in asked.body and asked.path.startswith("/groq/"), failure)
    opened(page, BOTH)
    ask(page, question)
    expect(column(page, GROQ).get_by_role("alert")).to_contain_text(said)
    expect(answer(page)).to_contain_text("Cloudflare is a network.")
    expect(column(page, OPENAI).get_by_role("alert")).to_have_count(0)
    if name == "broken off":
        expect(answer(page, GROQ)).to_contain_text("Half of")
        return
    stage.upstream.script(lambda asked: question.encode() in asked.body, sse([*words(), b"data: [DONE]\n\n"]))
    column(page, GROQ).get_by_role("button", name="Try again").click()
    expect(answer(page, GROQ)).to_contain_text("At last.")
    expect(column(page, GROQ).get_by_role("alert")).to_have_count(0)


def words() -> list[bytes]:
    delta = {"index": 0, "delta": {"content": "At last."}, "finish_reason": "stop"}
    return [f"data: {json.dumps({'choices': [delta]})}\n\n".encode()]


def test_a_tool_is_called_and_its_result_goes_back(page: Page, stage: Stage) -> None:
    call = {
        "index": 0,
        "id": "call_7",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"in": "Ise"}'},
    }
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
    called = sse([f"data: {json.dumps({'choices': [choice]})}\n\n".encode(), b"data: [DONE]\n\n"])
    stage.upstream.script(lambda asked: b"raining" in asked.body and b"call_7" not in asked.body, called)
    opened(page)
    page.get_by_role("button", name="Parameters").click()
    tools = page.get_by_label("Tools")
    tools.fill('[{"type": "function"')
    expect(tools).to_have_attribute("aria-invalid", "true")
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    tools.fill(json.dumps([tool]))
    ask(page, "Is it raining?")
    answer(page).get_by_label("Result of weather").fill('{"rain": false}')
    answer(page).get_by_role("button", name="Send the result").click()
    expect(answer(page)).to_contain_text("Cloudflare is a network.")
    first, second = received(stage, "Is it raining?")
    assert first["tools"] == [tool]
    asked, calling, result = second["messages"]
    assert asked["content"] == "Is it raining?"
    assert calling["tool_calls"][0]["function"] == call["function"]
    assert result == {"role": "tool", "tool_call_id": "call_7", "content": '{"rain": false}'}


def test_a_second_turn_keeps_the_conversation_and_a_reload_too(page: Page, stage: Stage) -> None:
    opened(page)
    ask(page, "The first of two")
    expect(answer(page)).to_contain_text("Cloudflare is a network.")
    page.reload()
    expect(answer(page)).to_contain_text("Cloudflare is a network.")
    ask(page, "The second of two")
    expect(page.get_by_role("article")).to_have_count(2)
    stage.upstream.wait_until(lambda: bool(received(stage, "The second of two")))
    [body] = received(stage, "The second of two")
    assert [(one["role"], one["content"]) for one in body["messages"]] == [
        ("user", "The first of two"),
        ("assistant", "Cloudflare is a network."),
        ("user", "The second of two"),
    ]


def test_a_link_makes_the_same_bench_for_somebody_else(
    page: Page, open_page: Callable[..., Page], stage: Stage
) -> None:
    page.context.grant_permissions(CLIPBOARD)
    opened(page, BOTH)
    page.get_by_role("button", name="Parameters").click()
    page.get_by_label("System prompt").fill("Answer & ask, 50 % each.\nÜber alles # genau.")
    page.get_by_label("Temperature").fill("0.5")
    page.get_by_label("Your question").fill("Was it shared?")
    page.get_by_role("button", name="Copy a link to this").click()
    page.get_by_text("The link is copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    theirs = open_page("ed")
    opened(theirs, link)
    expect(theirs.get_by_role("combobox", name="Model 1", exact=True)).to_have_value(OPENAI)
    expect(theirs.get_by_role("combobox", name="Model 2", exact=True)).to_have_value(GROQ)
    expect(theirs.get_by_label("Your question")).to_have_value("Was it shared?")
    theirs.get_by_role("button", name="Send", exact=True).click()
    expect(answer(theirs, GROQ)).to_contain_text("Cloudflare is a network.")
    [body] = received(stage, "Was it shared?", "groq")
    assert body["temperature"] == 0.5
    assert body["messages"][0]["content"] == "Answer & ask, 50 % each.\nÜber alles # genau."


def test_an_editor_asks_two_models_on_a_phone(open_page: Callable[..., Page], stage: Stage) -> None:
    page = open_page("ed", **PHONE)
    opened(page, BOTH)
    page.get_by_role("button", name="Parameters").tap()
    page.get_by_label("System prompt").fill("You are on a phone.")
    page.get_by_role("button", name="Close the parameters").tap()
    page.get_by_label("Your question").fill("From a phone?")
    page.get_by_role("button", name="Send", exact=True).tap()
    expect(answer(page)).to_contain_text("Cloudflare is a network.")
    expect(column(page, GROQ)).to_be_hidden()
    page.get_by_role("tab", name="llama-3.3-70b-versatile").tap()
    expect(answer(page, GROQ)).to_contain_text("Cloudflare is a network.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.get_by_role("button", name="Send", exact=True).bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    [body] = received(stage, "From a phone?")
    assert body["messages"][0] == {"role": "system", "content": "You are on a phone."}


def test_a_viewer_is_told_why_nothing_can_be_sent(open_page: Callable[..., Page]) -> None:
    page = open_page("vi")
    opened(page, BOTH)
    page.get_by_text("they need the role editor; yours is viewer").wait_for()
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    assert page.request.post("/client/v4/session/run_token", headers=CSRF).status == 403
