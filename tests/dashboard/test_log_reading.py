"""One log as it is read, and its request sent again: in the playground, and by the commands that are copied."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
from playwright.sync_api import expect

from asking import SECRET, Asking, chat, chat_with_tools, gemini, messages_with_tools
from pages import dialog_of
from scripted_answers import WORDS, Answer, sse
from staging import PIXEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator, Page

    from scripted import Received
    from staging import Stage

LOGS = "/dashboard/gateways/default/logs"
CHAT, MESSAGES = "/openai/chat/completions", "/anthropic/v1/messages"
GEMINI = "/google-ai-studio/v1beta/models/gemini-2.5-flash"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture(scope="module")
def asking(stage: Stage) -> Iterator[Asking]:
    with Asking(stage) as made:
        made.store_key("google-ai-studio", "not-a-real-gemini-key")
        yield made


def opened(page: Page, log_id: str) -> Locator:
    page.goto(f"{LOGS}?log={log_id}")
    drawer = dialog_of(page)
    drawer.get_by_role("tab", name="Conversation").wait_for()
    return drawer


def turn(drawer: Locator, role: str, at: int = 0) -> Locator:
    heading = drawer.page.get_by_role("heading", level=3, name=re.compile(f"^{role}"))
    return drawer.locator("section").filter(has=heading).nth(at)


def raw(drawer: Locator, part: str) -> Locator:
    drawer.get_by_role("tab", name="Raw").click()
    return drawer.get_by_role("region", name=part, exact=True)


def test_tools_that_are_called_and_what_they_answer(page: Page, asking: Asking) -> None:
    drawer = opened(page, asking.send(CHAT, chat_with_tools("And who keeps it?")))
    parameters = drawer.get_by_role("list", name="Parameters").get_by_role("listitem")
    expect(parameters).to_have_text(["temperature 0.5", "max_tokens 50"])
    expect(turn(drawer, "System")).to_contain_text("Be brief.")
    expect(turn(drawer, "Assistant")).to_contain_text("Calls now")
    expect(turn(drawer, "Assistant").locator("pre")).to_have_text('{\n  "place": "Oslo"\n}')
    expect(turn(drawer, "Tool")).to_contain_text("call_1")
    expect(turn(drawer, "Tool").locator("pre")).to_have_text('{\n  "time": "noon"\n}')
    expect(turn(drawer, "User", 1)).to_contain_text("And who keeps it?")
    expect(turn(drawer, "Assistant", 1)).to_contain_text("Cloudflare is a network.")
    drawer.get_by_text("1 tool: now").click()
    expect(drawer.get_by_text("The time of a place")).to_be_visible()
    expect(raw(drawer, "Request: body")).to_contain_text('"arguments": "{\\"place\\":\\"Oslo\\"}"')
    head = raw(drawer, "Request: head")
    expect(head).to_contain_text("authorization: ***")
    expect(head).not_to_contain_text(SECRET)


def test_pictures_are_drawn_and_a_failed_tool_is_said_to_have_failed(page: Page, asking: Asking) -> None:
    drawer = opened(page, asking.send(MESSAGES, messages_with_tools("What is on it?"), anthropic_version="2023-06-01"))
    last = turn(drawer, "User", 1)
    expect(last).to_contain_text("Failed")
    expect(last).to_contain_text("The sky is covered")
    picture = last.get_by_role("img", name="Image")
    expect(picture).to_have_attribute("src", PIXEL)
    page.wait_for_function("one => one.naturalWidth === 1", arg=picture.element_handle())
    expect(turn(drawer, "Assistant")).to_contain_text("Calls look")
    expect(turn(drawer, "Assistant", 1)).to_contain_text("Cloudflare is a network.")


def test_a_streamed_answer_that_calls_a_tool_is_put_together(page: Page, asking: Asking, stage: Stage) -> None:
    pieces = [{"index": 0, "id": "call_9", "type": "function", "function": {"name": "now", "arguments": ""}}]
    pieces += [{"index": 0, "function": {"arguments": piece}} for piece in ('{"pla', 'ce":"Bergen"}')]
    deltas: list[dict[str, object]] = [{"choices": [{"index": 0, "delta": {"tool_calls": [one]}}]} for one in pieces]
    deltas.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    events = [b"data: " + msgspec.json.encode({"id": "c", "model": "gpt-4o-mini", **one}) + b"\n\n" for one in deltas]
    stage.upstream.script(lambda asked: b"Call it" in asked.body, sse([*events, b"data: [DONE]\n\n"]))
    drawer = opened(page, asking.chat("Call it", stream=True))
    answer = turn(drawer, "Assistant")
    expect(answer).to_contain_text("tool_calls")
    expect(answer.locator("pre")).to_have_text('{\n  "place": "Bergen"\n}')
    expect(raw(drawer, "Response: body")).to_contain_text("data: [DONE]")


def test_what_a_provider_refuses_is_said_in_its_words(page: Page, asking: Asking) -> None:
    drawer = opened(page, asking.chat("fail please, in words"))
    expect(turn(drawer, "Error")).to_contain_text("Rate limit reached")
    expect(turn(drawer, "Error")).to_contain_text("requests")
    expect(raw(drawer, "Response: body")).to_contain_text('"message": "Rate limit reached"')
    drawer.get_by_role("tab", name="Attempts and cost").click()
    expect(drawer.get_by_role("region", name="Attempts")).to_contain_text("429")


def test_an_answer_that_broke_off_shows_what_came_and_that_it_broke(page: Page, asking: Asking, stage: Stage) -> None:
    events = [
        b"data: " + msgspec.json.encode({"id": "c", "choices": [{"index": 0, "delta": {"content": word}}]}) + b"\n\n"
        for word in WORDS
    ]
    broken = Answer(
        headers=[(b"Content-Type", b"text/event-stream")],
        chunks=events,
        framing="chunked",
        cut_after_bytes=len(events[0]) + len(events[1]),
        chunk_delay_s=0.05,
    )
    stage.upstream.script(lambda asked: b"Break off" in asked.body, broken)
    log_id = asking.chat("Break off", stream=True)
    assert asking.log(log_id)["broken"] is True
    drawer = opened(page, log_id)
    expect(drawer.get_by_text("streamed, broken off")).to_be_visible()
    expect(turn(drawer, "Assistant")).to_contain_text("Cloudflare is a")
    expect(turn(drawer, "Assistant")).not_to_contain_text("network")
    response = raw(drawer, "Response: body")
    expect(response).to_contain_text('data: {"id":"c","choices":[{"index":0,"delta":{"content":"is a "}}]}')
    drawer.get_by_role("button", name="Close").click()
    expect(page.get_by_role("grid", name="Logs").get_by_role("img", name="Broken off").first).to_be_visible()


def last_to(stage: Stage, end: str) -> Received:
    return [one for one in stage.upstream.requests if one.path.endswith(end)][-1]


def replayed(page: Page, log_id: str) -> Locator:
    """The only column of the playground, with the log's conversation."""
    opened(page, log_id).get_by_role("button", name="Replay in the playground").click()
    page.get_by_role("heading", level=1, name="Playground").wait_for()
    expect(page.get_by_text("This is the request of a log")).to_be_visible()
    return page.get_by_role("region", name="What was said")


def sent_again(page: Page, asking: Asking, log_id: str) -> dict[str, object]:
    """The log of the new answer, which its link leads to."""
    page.get_by_role("button", name="Send", exact=True).click()
    link = page.get_by_role("article").last.get_by_role("link", name="View log")
    link.wait_for()
    expect(page.get_by_role("article").last).to_contain_text("Cloudflare is a network.")
    link.click()
    expect(dialog_of(page)).to_contain_text("Cloudflare is a network.")
    new = re.findall(r"log=([0-9a-f-]+)", page.url)[0]
    assert new != log_id
    return asking.log(new)


def test_a_chat_is_replayed_as_it_was(page: Page, asking: Asking, stage: Stage) -> None:
    body = chat_with_tools("And what of tomorrow?")
    log_id = asking.send(CHAT, body)
    said = replayed(page, log_id)
    expect(said).to_contain_text("What time is it in Oslo?")
    expect(said).to_contain_text('"place": "Oslo"')
    expect(said).to_contain_text('"time": "noon"')
    expect(page.get_by_label("Your question")).to_have_value("And what of tomorrow?")
    expect(page.get_by_role("combobox", name="Model 1")).to_have_value("openai/gpt-4o-mini")
    page.get_by_role("button", name=re.compile("^Parameters")).click()
    panel = page.get_by_role("complementary", name="Parameters")
    for label, value in (("System prompt", "Be brief."), ("Temperature", "0.5"), ("Max tokens", "50")):
        expect(panel.get_by_label(label)).to_have_value(value)
    panel.get_by_role("button", name="Close the parameters").click()

    log = sent_again(page, asking, log_id)
    assert (log["provider"], log["model"], log["status_code"]) == ("openai", "gpt-4o-mini", 200)
    again = last_to(stage, CHAT).json(dict[str, object])
    assert [again[name] for name in ("model", "messages", "tools", "temperature")] == [
        body[name] for name in ("model", "messages", "tools", "temperature")
    ]
    assert 50 in (again.get("max_tokens"), again.get("max_completion_tokens"))


def test_anthropics_messages_are_replayed(page: Page, asking: Asking, stage: Stage) -> None:
    body = messages_with_tools("And on this one?")
    log_id = asking.send(MESSAGES, body, anthropic_version="2023-06-01")
    said = replayed(page, log_id)
    expect(said).to_contain_text("How many stars are there?")
    expect(said).to_contain_text("The sky is covered")
    expect(page.get_by_label("Your question")).to_have_value("And on this one?")
    expect(page.get_by_role("img", name="picture")).to_have_attribute("src", PIXEL)

    log = sent_again(page, asking, log_id)
    assert (log["provider"], log["model"]) == ("anthropic", "claude-sonnet-4-5")
    again = last_to(stage, MESSAGES)
    assert again.header("x-api-key") == b"sk-anthropic-not-a-real-key-default"
    for part in (b"The sky is covered", b"And on this one?", b"Be kind.", PIXEL.partition(",")[2].encode()):
        assert part in again.body
    assert again.json(dict[str, object])["max_tokens"] == 64


def test_geminis_content_is_replayed(page: Page, asking: Asking, stage: Stage) -> None:
    log_id = asking.send(GEMINI + ":generateContent", gemini("Where do you stand?"))
    replayed(page, log_id)
    expect(page.get_by_label("Your question")).to_have_value("Where do you stand?")
    expect(page.get_by_role("combobox", name="Model 1")).to_have_value("google-ai-studio/gemini-2.5-flash")

    log = sent_again(page, asking, log_id)
    assert (log["provider"], log["model"]) == ("google-ai-studio", "gemini-2.5-flash")
    again = [one for one in stage.upstream.requests if b"Where do you stand?" in one.body][-1]
    assert b"not-a-real-gemini-key" in (again.header("x-goog-api-key") or again.header("authorization") or b"")
    assert b"0.3" in again.body
    assert b"40" in again.body


STEP = {"provider": "openai", "endpoint": "chat/completions", "query": chat("Copied of a step")}
STEP["headers"] = {"Authorization": f"Bearer {SECRET}"}
SENT: dict[str, tuple[str, object]] = {
    "chat": (CHAT, chat("It's copied")),
    "messages": (MESSAGES, messages_with_tools('"Copied" for $1')),
    "gemini": (GEMINI + ":streamGenerateContent?alt=sse&key=" + SECRET, gemini("Copied, `as a stream`")),
    "compat": ("/compat/chat/completions", chat("Copied to all", model="groq/llama-3.3-70b-versatile")),
    "universal": ("", [STEP]),
}
RUN: dict[str, tuple[str | None, Callable[[str], list[str]]]] = {
    "curl": (shutil.which("curl"), lambda text: ["sh", "-c", text]),
    "Python": (sys.executable, lambda text: [sys.executable, "-c", text]),
    # A machine without Node.js leaves it at reading.
    "JavaScript": (shutil.which("node"), lambda text: ["node", "--input-type=module", "-e", text]),
}


@pytest.mark.parametrize("kind", SENT)
def test_a_copied_call_sends_the_same_again(
    open_page: Callable[..., Page], asking: Asking, stage: Stage, kind: str
) -> None:
    path, body = SENT[kind]
    log_id = asking.send(path, body, anthropic_version="2023-06-01")
    first = stage.upstream.requests[-1]
    page = open_page("ada", permissions=CLIPBOARD)
    drawer = opened(page, log_id)
    for language, (program, command) in RUN.items():
        drawer.get_by_role("button", name="More to do with this log").click()
        page.get_by_role("menuitem", name=f"Copy as {language}").click()
        page.get_by_text(f"The {language} call is copied").first.wait_for()
        text = page.evaluate("navigator.clipboard.readText()")
        assert stage.torana.url in text
        assert SECRET not in text
        assert "***" not in text
        if program is None:
            continue
        known = {"PROVIDER_API_KEY": "sk-filled-in", "NO_PROXY": "*", "no_proxy": "*"}
        done = subprocess.run(
            command(text), env={**os.environ, **known}, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Cloudflare " in done.stdout, (text, done.stdout, done.stderr)
        again = stage.upstream.requests[-1]
        assert again is not first
        assert (again.method, again.path) == (first.method, first.path)
        assert again.json(object) == first.json(object)
        assert again.target == first.target.replace(SECRET.encode(), b"sk-filled-in")
        shown = (first.header("authorization") or b"").replace(SECRET.encode(), b"sk-filled-in")
        assert (again.header("authorization") or b"") == shown
