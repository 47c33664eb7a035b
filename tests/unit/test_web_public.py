"""Pages for everybody: the published dates, and not a word of how anybody stands."""

from datetime import date

import pytest

from tests.apps import ANN, KEY, SOURCE, bare_app, begun, hand_in, make_app, round_at, set_clock
from tests.browser import home_of, links, press, visit, words
from yearwheel.services.app import App
from yearwheel.services.change_calendar import save_change
from yearwheel.services.cycles import close_cycle, create_cycle
from yearwheel.services.decide import Decision, decide
from yearwheel.services.excuse import excuse
from yearwheel.services.extend import Extension, extend

PAGES = [
    f"/{KEY}",
    f"/{KEY}/001",
    f"/{KEY}/001/budget",
    f"/{KEY}/001/plan",
    f"/{KEY}/OET",
    f"/{KEY}/OET/setup",
]


@pytest.fixture
def app(sqlite_database, tmp_path) -> App:
    app = begun(sqlite_database, data_dir=tmp_path)
    round_at(app, "2027-02-01")
    return app


def test_the_year_lists_every_stage_by_its_due_date(app: App) -> None:
    page = words(visit(app, f"/{KEY}"))

    titles = ["Setup", "Budget", "Plan", "Review"]
    assert sorted(titles, key=page.index) == titles
    assert "Mon, Mar 1, 2027 11:59 PM" in page
    assert "Month by month" in page


def test_a_stage_shows_its_published_dates_and_where_ones_own_page_is(app: App) -> None:
    page = words(visit(app, f"/{KEY}/002/budget"))

    assert "Due Monday, March 1, 2027 11:59 PM Eastern (10:59 PM Central) Hand it in by then." in page
    assert "Your own page, with your own dates, is behind the link in your latest letter." in page


def test_a_district_shows_its_stages_and_leads_to_them(app: App) -> None:
    assert [path for path in links(visit(app, f"/{KEY}/001")) if path.startswith(f"/{KEY}/001/")] == [
        f"/{KEY}/001/budget",
        f"/{KEY}/001/plan",
        f"/{KEY}/001/review",
    ]


def test_nothing_that_happens_to_a_district_shows_on_them(app: App) -> None:
    before = {path: visit(app, path).text for path in PAGES}
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="Ada", why="flooded school")
    press(app, home_of(app, ANN), act="need_help", stage="budget")
    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "Ray", changes="say more")])
    excuse(app, KEY, "plan", "001", by="Ada", why="merged")
    round_at(app, "2027-03-20")

    assert {path: visit(app, path).text for path in PAGES} == before


def test_no_person_is_named_on_them(app: App) -> None:
    for path in PAGES:
        page = visit(app, path).text
        assert (path, [name for name in ("Ann", "Finn", "Sue", "@mail.example", "/l/") if name in page]) == (
            path,
            [],
        )


def test_a_draft_is_nobodys_business(sqlite_database, tmp_path) -> None:
    app = bare_app(sqlite_database, "2027-01-04", data_dir=tmp_path)
    create_cycle(app, SOURCE, by="ada")
    for path in PAGES:
        page = visit(app, path)
        assert (page.status_code, "Small planning" in page.text) == (404, False)


@pytest.mark.parametrize("path", ["/other-2027", f"/{KEY}/999", f"/{KEY}/001/nothing", f"/{KEY}/001/setup"])
def test_what_nobody_knows_is_not_there(app: App, path: str) -> None:
    assert visit(app, path).status_code == 404


def test_a_closed_year_can_still_be_read(app: App) -> None:
    close_cycle(app, KEY, by="Ada", why="over")
    assert [visit(app, path).status_code for path in PAGES] == [200] * len(PAGES)


def test_a_changed_calendar_shows_its_new_dates(sqlite_database, tmp_path) -> None:
    app = make_app(sqlite_database, data_dir=tmp_path)
    set_clock(app, "2027-01-11")
    save_change(app, KEY, SOURCE.replace("due: April 15", "due: April 16"), by="ada", why="a fair")

    assert "Due Friday, April 16, 2027" in words(visit(app, f"/{KEY}/001/plan"))
    assert "Revision 1 of the calendar" in visit(app, f"/{KEY}").text
