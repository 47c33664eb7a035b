"""A reader's own pages: what is asked first, each stage with all there is to know, and nobody else's year."""

from datetime import date

import pytest

from tests.apps import (
    ADA,
    ANN,
    BIRCH,
    BOB,
    FINN,
    KEY,
    PEOPLE,
    SUE,
    begun,
    hand_in,
    logged,
    person,
    roster_of,
    round_at,
    set_clock,
)
from tests.browser import home_of, links, press, visit, words
from yearwheel.notifications.tokens import DECLINE, READER, sign
from yearwheel.roster.people import Role
from yearwheel.services.app import App
from yearwheel.services.contacts import name_deputy
from yearwheel.services.cycles import close_cycle
from yearwheel.services.decide import Decision, decide
from yearwheel.services.excuse import excuse
from yearwheel.services.extend import Extension, extend
from yearwheel.services.more_time import ask, list_requests

PAM = person("pam", BIRCH, Role.PRINCIPAL)
SECRET = "their roof fell in"


@pytest.fixture
def app(sqlite_database, tmp_path) -> App:
    """February 22, a week before the budget is due; Birch has handed its own in and got it back."""
    app = begun(sqlite_database, roster=roster_of(*PEOPLE.contacts.values(), PAM), data_dir=tmp_path)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "002", by="Bob")
    decide(app, KEY, [Decision("budget", "002", "Ray", changes=SECRET)])
    set_clock(app, "2027-02-22")
    return app


def test_what_is_asked_comes_first_with_its_day_in_words_and_then_the_rest_of_the_year(app: App) -> None:
    page = words(visit(app, home_of(app, ANN)))

    assert "7 days left Open Budget Hand in the draft budget. Due Monday, March 1, 11:59 PM Eastern." in page
    assert "Waits for Budget Plan Write the plan. Due Thursday, April 15, 11:59 PM Eastern." in page
    assert page.index("Budget") < page.index("The rest of the year") < page.index("Review Thursday, April 1")


def test_what_has_closed_is_asked_no_more_and_has_no_buttons(app: App) -> None:
    home = home_of(app, ANN)
    set_clock(app, "2027-03-16")
    page = words(visit(app, home))

    assert "Hand in the draft budget" not in page.partition("The rest of the year")[0]
    assert "Need help" not in words(visit(app, f"{home}/001/budget"))


def test_what_is_late_stands_under_no_heading_that_says_nothing_is_asked(app: App) -> None:
    home = home_of(app, ANN)
    set_clock(app, "2027-03-16")  # the budget closed on the 15th
    page = words(visit(app, home))
    late, _, rest = page.partition("Late and not handed in")[2].partition("The rest of the year")

    assert "Budget Monday, February 1 Monday, March 1 Monday, March 15 15 days late Closed without it" in late
    assert "What has closed can still be taken if the office agrees: write to help@state.example" in late
    assert "Budget" not in rest.replace("Waits for Budget", "")
    assert "15 days late Closed without it" in words(visit(app, f"{home}/001/budget"))
    set_clock(app, "2027-03-03")
    assert "Late and not handed in" not in words(visit(app, home))  # it is late, and still asked


def test_what_opens_with_a_hand_in_is_asked_at_once_and_not_with_the_next_round(app: App) -> None:
    home = home_of(app, ANN)
    hand_in(app, "budget", "001")
    asked = words(visit(app, home)).partition("The rest of the year")[0]

    assert "Open Plan Write the plan. Due Thursday, April 15" in asked
    assert "Send the work to help@state.example" in words(visit(app, f"{home}/001/plan"))


def test_a_plan_that_is_in_is_not_asked_for_while_it_waits_for_its_reviewer(app: App) -> None:
    page = home_of(app, ANN) + "/001/review"
    set_clock(app, "2027-04-05")
    assert "The review begins when your plan is in. You need not do anything here." in words(visit(app, page))
    hand_in(app, "budget", "001", force_why="the post was late")
    hand_in(app, "plan", "001")
    assert "Your plan is in, and goes to its reviewer next. You need not do anything here." in words(
        visit(app, page)
    )


def test_a_stage_is_not_called_opened_after_it_closed(sqlite_database, tmp_path) -> None:
    app = begun(sqlite_database, data_dir=tmp_path)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-04-16")
    hand_in(app, "budget", "001", force_why="the post was late")
    round_at(app, "2027-04-17")  # the plan waited for it, and closed on the 15th
    page = words(visit(app, home_of(app, ANN) + "/001/plan"))

    assert (
        "The work before it came in, after this had closed April 17, 2027, 10:00 AM Eastern the calendar "
        in page
    )
    assert "Opened" not in page
    assert "not open yet" not in page.partition("What has happened")[2]


def test_work_that_came_back_has_its_day_from_the_office_as_its_letter_says(app: App) -> None:
    assert "Based on: the office's decision." in words(visit(app, home_of(app, BOB) + "/002/budget"))
    assert "Based on: KRS 160.470." in words(visit(app, home_of(app, ANN) + "/001/budget"))


def test_a_reader_in_another_zone_also_sees_their_own_time(app: App) -> None:
    assert "11:59 PM Eastern (10:59 PM Central)" in words(visit(app, home_of(app, BOB)))


def test_who_is_told_only_when_it_is_late_is_asked_too_and_a_principal_is_not(app: App) -> None:
    assert "Hand in the draft budget." in words(visit(app, home_of(app, SUE)))
    assert "Nothing is asked of you at the moment." in words(visit(app, home_of(app, PAM)))
    page = press(app, home_of(app, PAM), act="on_track", stage="budget")
    assert (page.status_code, logged(app, "on_track")) == (400, [])


def test_each_stage_on_the_home_leads_to_its_page(app: App) -> None:
    home = home_of(app, ANN)
    found = [path.removeprefix(f"{home}/") for path in links(visit(app, home)) if path.startswith(f"{home}/")]

    assert found == ["001/budget", "001/plan", "001/review", "001"]


def test_a_districts_year_has_every_stage_with_its_three_days_and_what_is_late(app: App) -> None:
    set_clock(app, "2027-03-03")
    page = words(visit(app, home_of(app, ANN) + "/001"))

    assert "Late with Budget." in page
    assert (
        "2 days late Open Budget Due Monday, March 1, 2 days late 11:59 PM Eastern "
        "Grace ends Monday, March 8 11:59 PM Eastern Closes Monday, March 15 11:59 PM Eastern"
    ) in page
    assert "Grace ends No days of grace Closes Thursday, April 15" in page


def test_a_stages_page_says_what_is_asked_by_when_what_is_missing_and_who_decides(app: App) -> None:
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="Ada", why="flooded school")
    page = words(visit(app, home_of(app, ANN) + "/001/budget"))

    assert (
        "What is asked Hand in the draft budget. Based on: the office's decision." in page
    )  # as letters say
    assert "Due Tuesday, March 9, 2027, 15 days left 11:59 PM Eastern Hand it in by then." in page
    assert (
        "Grace ends Tuesday, March 16, 2027 11:59 PM Eastern Until then it is taken although it is late."
        in page
    )
    assert "The office gave this district more time. The published day is Monday, March 1, 2027." in page
    assert "Nothing has been handed in yet. This is needed: Give the day it was done" in page
    assert "Send the work to help@state.example and name Ash County (001)" in page
    assert "The Office of Testing may send it back, and says why." in page
    assert (
        "Due day moved February 22, 2027, 10:00 AM Eastern Ada "
        "Monday, March 1, 2027 Tuesday, March 9, 2027 flooded school"
    ) in page
    assert "To be done first" not in page


def test_what_has_to_be_done_first_is_named_and_leads_there(app: App) -> None:
    home = home_of(app, ANN)
    page = visit(app, f"{home}/001/plan")

    assert "To be done first This waits for: Budget" in words(page)
    assert f"{home}/001/budget" in links(page)
    hand_in(app, "budget", "001")
    assert "To be done first" not in words(visit(app, f"{home}/001/plan"))


def test_what_is_handed_in_waits_for_nothing(app: App) -> None:
    hand_in(app, "plan", "001")  # although the budget is not in
    page = words(visit(app, home_of(app, ANN) + "/001/plan"))

    assert page.startswith("Ash County Plan Submitted What is asked")
    assert "To be done first" not in page


def test_work_that_came_back_shows_what_to_change_and_the_receipt(app: App) -> None:
    page = words(visit(app, home_of(app, BOB) + "/002/budget"))

    assert f"What the reviewer asks you to change {SECRET}" in page
    assert (
        "Version 1, handed in by Bob on February 1, 2027, 10:00 AM Eastern. Receipt small-2027/budget/002/1 "
        "with the fingerprint (SHA-256) c7e4b11d14b2921bce72d7fa7e403b7d580db575a703eaa5476e7a137a0d3fdd"
    ) in page
    assert f"Ray submitted returned for changes {SECRET}" in page


def test_work_that_is_in_or_excused_asks_for_nothing_more(app: App) -> None:
    hand_in(app, "budget", "001")
    assert "It is in. To change something, write to help@state.example" in words(
        visit(app, home_of(app, ANN) + "/001/budget")
    )
    excuse(app, KEY, "plan", "001", by="Ada", why="merged")
    assert "Nothing: this is not asked of you this year." in words(
        visit(app, home_of(app, ANN) + "/001/plan")
    )


def test_a_review_names_its_reader_and_is_not_called_the_districts_work(app: App) -> None:
    hand_in(app, "budget", "001")
    round_at(app, "2027-03-08")
    hand_in(app, "plan", "001")
    round_at(app, "2027-04-05")
    home = home_of(app, ANN)
    page = words(visit(app, f"{home}/001/review"))

    assert "Ray of the Office of Testing reads the plan" in page
    assert "The plan is with its reviewer, who has until Thursday, April 15, 2027." in page
    assert "Nothing is asked of you at the moment." in words(visit(app, home))


def test_one_press_on_a_stages_page_is_kept_and_shown_there(app: App) -> None:
    path = home_of(app, ANN) + "/001/budget"
    page = press(app, path, act="need_help", stage="budget")

    assert "Budget: need help. Thank you." in words(page)
    assert "You said: need help." in words(visit(app, path))
    assert "Help asked for February 22, 2027, 10:00 AM Eastern Ann by link" in words(page)
    assert [(e.stage_key, e.district_code) for e in logged(app, "need_help")] == [("budget", "001")]


def test_more_time_is_asked_for_on_a_stages_page_and_waits_there_in_sight(app: App) -> None:
    path = home_of(app, ANN) + "/001/budget"
    page = press(app, path, act="more_time", until="2027-03-08", why="The board <meets> late")

    assert "You asked for time until March 8; the office will answer. Thank you." in words(page)
    assert "until Monday, March 8, 2027: “The board <meets> late”. It waits for the office" in words(page)
    assert 'value="more_time"' not in page.text
    (request,) = list_requests(app, KEY)
    assert (request.stage_key, request.district_code, request.until, request.by) == (
        "budget", "001", date(2027, 3, 8), "Ann by link",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("today", "first"),
    [("2027-02-22", "2027-03-02"), ("2027-03-01", "2027-03-02"), ("2027-03-04", "2027-03-04")],
)
def test_the_form_offers_only_days_that_can_be_given(app: App, today: str, first: str) -> None:
    set_clock(app, today)
    path = home_of(app, ANN) + "/001/budget"
    assert f'type="date" required min="{first}"' in visit(app, path).text
    assert press(app, path, act="more_time", until=first, why="snow").status_code == 200


@pytest.mark.parametrize(
    ("until", "why", "answer"),
    [
        ("2027-03-08", " ", "Say why you need more time"),
        ("soon\x00\n", "snow", "That is not a day; write it like 2027-02-22"),
        ("2027-02-25", "snow", "is not later than the present due day"),
    ],
)
def test_a_wish_for_more_time_that_cannot_be_is_refused_in_words(
    app: App, until: str, why: str, answer: str
) -> None:
    page = press(app, home_of(app, ANN) + "/001/budget", act="more_time", until=until, why=why)

    assert (page.status_code, answer in words(page)) == (400, True)
    assert list_requests(app, KEY) == []


def test_a_form_that_is_too_long_is_refused_as_that(app: App) -> None:
    path = home_of(app, ANN) + "/001/budget"
    page = press(app, path, act="more_time", until="2027-03-08", why="snow " * 12_000)

    assert page.status_code == 413
    assert "That is longer than can be taken in here; say it in fewer words, and nothing was" in words(page)
    assert list_requests(app, KEY) == []


def test_nobody_asks_for_more_time_in_another_districts_name(app: App) -> None:
    for path in ("002/budget", "001/review"):
        page = press(app, f"{home_of(app, ANN)}/{path}", act="more_time", until="2027-04-08", why="snow")
        assert page.status_code in (400, 404)
    assert list_requests(app, KEY) == []


def test_a_form_of_another_site_is_refused_on_a_stages_page_too(app: App) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    page = visit(app, home_of(app, ANN) + "/001/budget", "POST", headers, act="need_help")

    assert (page.status_code, "press the button on our own page" in page.text) == (403, True)
    assert logged(app, "need_help") == []


def test_where_nothing_is_owed_there_is_no_button_and_a_press_is_refused(app: App) -> None:
    for contact, path in ((FINN, "001/plan"), (ANN, "001/review")):
        where = f"{home_of(app, contact)}/{path}"
        assert "<button" not in visit(app, where).text
        assert press(app, where, act="on_track").status_code == 400
    assert logged(app, "on_track") == []


def test_a_reader_sees_their_own_district_and_of_others_not_even_that_they_are_there(app: App) -> None:
    home = home_of(app, ANN)
    unknown = visit(app, f"{home}/999")
    assert unknown.status_code == 404
    for path in (
        "002",
        "002/budget",
        "002/nothing",
        "OET",
        "OET/setup",
        "001/nothing",
        "001/setup",
        "999/budget",
    ):
        page = visit(app, f"{home}/{path}")
        assert (page.status_code, page.text) == (404, unknown.text)
        if "/" in path:
            page = press(app, f"{home}/{path}", act="need_help", stage="budget")
            assert (page.status_code, page.text) == (404, unknown.text)
    assert logged(app, "need_help") == []
    seen = visit(app, home).text + visit(app, f"{home}/001").text + visit(app, f"{home}/001/budget").text
    assert [name for name in ("Birch", "Cedar", "Bob", SECRET, "002") if name in seen] == []


def test_a_reader_cannot_look_for_districts(app: App) -> None:
    home = home_of(app, ANN)
    assert visit(app, f"{home}?find=Birch").text == visit(app, home).text


def test_whoever_stands_in_for_somebody_sees_that_district_and_no_third_one(app: App) -> None:
    name_deputy(app, KEY, "ann", "bob", by="Ada")
    home = home_of(app, BOB)

    assert [visit(app, f"{home}/{code}").status_code for code in ("002", "001", "003")] == [200, 200, 404]


@pytest.mark.parametrize("page", ["", "/001", "/001/budget"])
def test_a_link_that_is_too_old_forged_or_made_for_something_else_opens_no_page(app: App, page: str) -> None:
    old = home_of(app, ANN, until="2027-02-21")
    forged = "/l/" + sign(READER, (KEY, "ann", "2099-01-01"), b"another secret")
    other = "/l/" + sign(DECLINE, (KEY, "ann", "2099-01-01"), app.secret)
    for bad in (old, forged, other, "/l/AAAA"):
        found = visit(app, bad + page)
        assert (found.status_code, "Ash" in found.text, "Budget" in found.text) == (400, False, False)
    assert visit(app, home_of(app, ANN, until="2027-02-22") + page).status_code == 200


def test_a_role_that_was_passed_on_waits_in_sight_for_the_office(app: App) -> None:
    home = home_of(app, ANN)
    press(app, home, act="pass_on", name="Nia New", email="nia@mail.example")
    page = visit(app, home)

    assert "You told us that Nia New does this now. It waits for the office to confirm it" in words(page)
    assert "pass_on" not in page.text


def test_a_closed_year_asks_for_nothing(app: App) -> None:
    close_cycle(app, KEY, by="Ada", why="over")
    home = home_of(app, ANN)

    assert "This year was closed on Monday, February 22, 2027. Nothing more is asked." in words(
        visit(app, home)
    )
    assert press(app, home, act="on_track", stage="budget").status_code == 400


def test_no_page_of_a_closed_year_asks_for_work_or_says_how_to_hand_it_in(app: App) -> None:
    ask(app, KEY, "plan", "001", date(2027, 4, 30), by="Ann", why="snow")
    set_clock(app, "2027-03-01")  # the day on which the budget was due
    close_cycle(app, KEY, by="Ada", why="over")
    pages = [f"{home_of(app, ANN)}{path}" for path in ("", "/001", "/001/budget", "/001/plan", "/001/review")]
    pages += [f"{home_of(app, BOB)}/002/budget", f"{home_of(app, ADA)}", f"{home_of(app, ADA)}/001/budget"]

    for path in pages:
        page = words(visit(app, path))
        assert "This year was closed on Monday, March 1, 2027. Nothing more is asked" in page
        for asking in (
            "Due today",
            "Hand it in",
            "in by then",
            "Open ",
            "taken",
            "Send the work",
            "receipt comes",
            "late",
            "waits for",
            "yearwheel district",
            "asks you to change",
            "If you cannot make the date",
        ):
            assert asking not in page, (path, asking)
    assert "Budget Not handed in" in words(visit(app, pages[2]))
    assert "Budget Not handed in again" in words(visit(app, pages[5]))


def test_what_people_wrote_is_shown_as_they_wrote_it(app: App) -> None:
    extend(
        app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="Ada", why="<script>alert(1)</script>"
    )
    page = visit(app, home_of(app, ANN) + "/001/budget")

    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_the_office_reads_a_districts_pages_and_says_nothing_in_its_name(app: App) -> None:
    home = home_of(app, ADA)
    page = visit(app, f"{home}/002/budget")

    assert (page.status_code, SECRET in page.text, "<button" in page.text) == (200, True, False)
    assert press(app, f"{home}/002/budget", act="on_track").status_code == 400
    assert visit(app, f"{home}/999").status_code == 404
