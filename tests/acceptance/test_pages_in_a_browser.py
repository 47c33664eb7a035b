"""Pages and letters in a real browser: they fit a phone, need no script and meet WCAG 2.1 AA."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from tests.apps import ADA, ANN, KEY, RAY, begun, hand_in, round_at, set_clock
from tests.browser import home_of
from tests.chromium import (
    DESKTOP,
    PHONE,
    chromium,
    has_visible_focus,
    keyboard_is_on,
    overflow,
    served,
    violations,
    window,
)
from yearwheel.config.cycle_file import read_shipped
from yearwheel.notifications.catalog import CATALOG
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.app import App
from yearwheel.services.decide import Decision, decide
from yearwheel.services.preview import preview, shipped_year
from yearwheel.stages.status import Status
from yearwheel.store import standings
from yearwheel.store.database import Database

SIZES = [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop")]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def app(migrated_file, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """February 22: Birch's budget was returned, Ash owes its own in a week."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "yearwheel.sqlite").write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{folder / 'yearwheel.sqlite'}")
    app = begun(database, data_dir=folder)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "002", by="Bob")
    decide(app, KEY, [Decision("budget", "002", "Ray", changes="Line 4 has no source.")])
    hand_in(app, "budget", "003", by="Cal")
    hand_in(app, "plan", "003", by="Cal")
    take_up(app, "003")
    set_clock(app, "2027-02-22")
    yield app
    database.close()


def take_up(app: App, code: str) -> None:
    """Give a plan to its reviewer before the day of the round that does."""
    with app.database.writing() as work:
        (here,) = standings.find(work.connection, KEY, stage_keys=["review"], codes=[code])
        standings.save(work.connection, KEY, [replace(here, status=Status.UNDER_REVIEW)], app.clock.now())
        work.commit()


@pytest.fixture(scope="module")
def address(app: App) -> Iterator[str]:
    with served(app) as found:
        yield found


def pages(app: App) -> dict[str, str]:
    ann, ada = home_of(app, ANN), home_of(app, ADA)
    return {
        "a reader's home": ann,
        "a district": f"{ann}/001",
        "a stage": f"{ann}/001/budget",
        "the office's home": ada,
        "a returned stage, to the office": f"{ada}/002/budget",
        "a review, to its reviewer": f"{home_of(app, RAY)}/003/review",
        "the published year": f"/{KEY}",
        "a district's published year": f"/{KEY}/001",
        "a published stage": f"/{KEY}/001/budget",
        "how the installation stands": "/",
    }


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_its_window_and_meets_wcag(
    browser: Browser, app: App, address: str, size: tuple[int, int], scheme: str
) -> None:
    with window(browser, size, color_scheme=scheme) as page:
        for name, path in pages(app).items():
            page.goto(address + path)
            assert (name, overflow(page), violations(page)) == (name, 0, [])


def test_the_keyboard_reaches_every_control_and_is_seen(browser: Browser, app: App, address: str) -> None:
    with window(browser, DESKTOP) as page:
        page.goto(address + home_of(app, ANN))
        # One of a set of radio buttons stands for all: arrows move among them.
        controls = page.locator("a[href]:visible, button:visible, summary:visible, input[type=text]:visible")
        wanted = sorted(controls.all_inner_texts())
        reached = []
        while keyboard_is_on(page):
            assert has_visible_focus(page), page.evaluate("document.activeElement.outerHTML")
            reached.append(page.locator(":focus").inner_text())
        assert sorted(reached) == wanted


def test_on_track_is_one_press_without_any_script(browser: Browser, app: App, address: str) -> None:
    with window(browser, PHONE, java_script_enabled=False) as page:
        page.goto(address + home_of(app, ANN))
        page.get_by_role("button", name="On track").first.click()
        assert "on track" in page.locator("main").inner_text().lower()
        assert page.url.startswith(address)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_kind_of_letter_fits_its_window_and_meets_wcag(
    browser: Browser, size: tuple[int, int], scheme: str
) -> None:
    cycle, _ = shipped_year(read_shipped("kentucky-2027"), "kentucky-2027.yaml")
    _, previews = preview(cycle, shipped_roster(only=["035"]), "all", "035", "https://planning.example")
    assert [shown.entry.kind for shown in previews] == list(CATALOG)
    with window(browser, size, color_scheme=scheme) as page:
        for shown in previews:
            page.set_content(shown.rendered.html)
            assert (shown.entry.kind, overflow(page), violations(page)) == (shown.entry.kind, 0, [])
