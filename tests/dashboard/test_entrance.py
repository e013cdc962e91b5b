"""The ways into the dashboard, as somebody takes them who sits before it."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages import dialog_of
from staging import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

PASSWORD = "kettle bridge orbit quill"
LOGIN = "/dashboard/login"


@pytest.fixture(scope="module")
def people(stage: Stage) -> None:
    with closing(stage.signed_in()) as owner:
        for name in ("jean", "guessed"):
            stage.user(owner, name, "viewer", PASSWORD)


@pytest.fixture(scope="module")
def new_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server as it is when it was started first."""
    with Stage(tmp_path_factory.mktemp("new"), is_new=True) as staged:
        yield staged


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.usefixtures("people")
def test_who_signs_in_goes_on_to_where_they_were_going(open_page: Callable[..., Page]) -> None:
    page = open_page("")
    page.goto("/dashboard/audit?action=update")
    sign_in(page, "jean", PASSWORD)
    page.get_by_role("heading", level=1, name="Audit log").wait_for()
    assert page.url.endswith("/dashboard/audit?action=update")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("there", ["https://example.com/", "//example.com/", "/\\example.com"])
def test_no_address_leads_from_here_to_another_site(open_page: Callable[..., Page], stage: Stage, there: str) -> None:
    page = open_page("")
    page.goto(f"{LOGIN}?next={there}")
    sign_in(page, "jean", PASSWORD)
    page.get_by_role("heading", level=1, name="Overview").wait_for()
    assert page.url.startswith(stage.torana.url + "/dashboard")


@pytest.mark.usefixtures("people")
def test_a_wrong_password_is_told_and_many_have_to_wait(open_page: Callable[..., Page]) -> None:
    page = open_page("")
    page.goto(LOGIN)
    for _ in range(5):
        sign_in(page, "guessed", "not this one")
        expect(page.get_by_role("alert")).to_have_text("Name and password do not belong together.")
    sign_in(page, "guessed", PASSWORD)
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"Too many tries. Try again in \d+ min"))
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_disabled()


def test_a_link_opens_once_and_leaves_no_trace_of_its_secret(open_page: Callable[..., Page], stage: Stage) -> None:
    link = stage.link()
    page = open_page("")
    page.goto(link)
    page.get_by_role("heading", level=1, name="Overview").wait_for()
    assert "once" not in page.url
    page.go_back()
    assert "once" not in page.url
    again = open_page("")
    again.goto(link)
    expect(again.get_by_role("alert")).to_contain_text("used already")
    expect(again.get_by_role("alert")).to_contain_text("torana dashboard")
    assert "once" not in again.url


def test_a_server_without_users_says_how_to_get_in(browser: Browser, new_stage: Stage) -> None:
    with browser.new_context(base_url=new_stage.torana.url) as context:
        page = context.new_page()
        page.goto("/dashboard/")
        page.get_by_text("Nobody has an account here yet").wait_for()
        expect(page.get_by_label("Command for another link")).to_have_text("torana dashboard")


def test_who_comes_first_makes_themselves_a_user_now_or_later(browser: Browser, new_stage: Stage) -> None:
    with browser.new_context(base_url=new_stage.torana.url) as context:
        page = context.new_page()
        page.goto(new_stage.link())
        page.get_by_role("heading", level=1, name="Make yourself a user").wait_for()
        page.get_by_role("button", name="Later").click()
        page.get_by_role("heading", level=1, name="Overview").wait_for()
        page.get_by_role("button", name="Make yourself a user").click()
        dialog = dialog_of(page)
        dialog.get_by_label("Name").fill("Ada")
        dialog.get_by_label("Password").fill("short")
        dialog.get_by_label("The same again").fill("short")
        dialog.get_by_role("button", name="Make the user").click()
        expect(dialog.get_by_role("alert")).to_have_text("7 more characters needed.")
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_label("The same again").fill(PASSWORD)
        dialog.get_by_role("button", name="Make the user").click()
        expect(page.get_by_text("This server has no user yet")).to_have_count(0)
    with browser.new_context(base_url=new_stage.torana.url) as context:
        page = context.new_page()
        page.goto(LOGIN)
        sign_in(page, "ada", PASSWORD)
        page.get_by_role("heading", level=1, name="Overview").wait_for()
