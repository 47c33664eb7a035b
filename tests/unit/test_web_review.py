"""The reviewer's page: what was handed in, a decision by one press, and only for whose it is."""

import pytest

from tests.apps import (
    ADA,
    ANN,
    BOB,
    CAL,
    KEY,
    LEO,
    OFFICE,
    PEOPLE,
    RAY,
    SID,
    begun,
    hand_in,
    ledger,
    logged,
    person,
    roster_of,
    round_at,
    set_clock,
    standing_of,
)
from tests.browser import elements, home_of, press, visit, words
from yearwheel.roster.people import Role
from yearwheel.services.app import App, Refused
from yearwheel.services.contacts import name_deputy, set_away
from yearwheel.services.cycles import close_cycle
from yearwheel.services.decide import Decision, decide
from yearwheel.services.excuse import excuse
from yearwheel.services.prove import prove
from yearwheel.services.submit import HandIn, submit
from yearwheel.stages.status import Status

ROD = person("rod", OFFICE, Role.REVIEWER)
CHANGES = "Give strategy 2 a baseline.\nAnd a <b>target</b>."
PLAN = "minute 9 & <i>annex</i>"


@pytest.fixture
def app(sqlite_database, tmp_path) -> App:
    """May 3; the plan of Ash is with Ray since Thursday, April 29. Birch's would be Rod's to read."""
    roster = roster_of(*PEOPLE.contacts.values(), ROD)
    app = begun(sqlite_database, roster=roster, data_dir=tmp_path)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    evidence = {"done_on": "2027-01-15", "reference": PLAN}
    submit(app, KEY, [HandIn("plan", "001", evidence, "Ann")])
    round_at(app, "2027-04-29")
    set_clock(app, "2027-05-03")
    return app


def page_of(app: App, contact=RAY, stage: str = "review") -> str:
    return f"{home_of(app, contact)}/001/{stage}"


def seal_of(app: App, contact=RAY) -> str:
    (seal, *_) = [
        e.given["value"] for e in elements(visit(app, page_of(app, contact))) if e.given.get("name") == "seal"
    ]
    return seal


def approve(app: App, contact=RAY, **form: str):
    return press(
        app, page_of(app, contact), **{"act": "approve", "seal": seal_of(app), "read": "yes", **form}
    )


def status_of(app: App) -> Status:
    return standing_of(app, "review", "001").status


def test_the_reviewer_is_told_what_is_theirs_and_by_when_and_reads_the_work(app: App) -> None:
    page = visit(app, page_of(app))

    assert (
        "Under review 7 days left What is asked of you Read the plan of Ash County, then approve it "
        "or return it with what has to change. Answer by Monday, May 10, 2027."
    ) in words(page)
    assert (
        f"Plan, version 1 Handed in by Ann on February 1, 2027, 10:00 AM Eastern. Done on January 15, 2027 "
        f"Reference {PLAN}" in words(page)
    )
    assert "Budget, version 1" in words(page)
    assert "You answer by then." in words(page)
    assert "Who decides You, for the Office of Testing" in words(page)
    for untrue in ("need not do anything", "Nothing from you", "How to hand it in", "<i>annex</i>"):
        assert untrue not in page.text


def test_looking_decides_nothing(app: App) -> None:
    visit(app, page_of(app) + "?act=approve&read=yes&seal=" + seal_of(app))
    assert (status_of(app), logged(app, "approved", "returned")) == (Status.UNDER_REVIEW, [])


def test_one_press_approves_in_the_reviewers_name_and_the_district_is_told(app: App) -> None:
    before = prove(app, KEY).breaches
    page = words(approve(app))

    assert "You approved the plan of Ash County, and the district is told. Thank you." in page
    assert "Your decision" not in page
    (event,) = logged(app, "approved")
    assert (event.actor, event.district_code, status_of(app)) == ("Ray by link", "001", Status.APPROVED)
    assert ledger(app, kind="approved") == [("approved:1", "ann", "planned", None)]
    assert prove(app, KEY).breaches == before


def test_a_return_brings_the_district_the_words_as_they_were_written(app: App) -> None:
    page = press(
        app, page_of(app), act="return", seal=seal_of(app), changes=CHANGES.replace("\n", "\r\n") + "\0"
    )

    assert "You returned the plan of Ash County, and the district is told." in words(page)
    assert "<b>target</b>" not in page.text
    assert [event.why for event in logged(app, "returned")] == [CHANGES]
    theirs = words(visit(app, page_of(app, ANN)))
    assert "What the reviewer asks you to change Give strategy 2 a baseline. And a <b>target</b>." in theirs


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({"act": "approve"}, "Say first that you have read the plan; nothing was changed"),
        ({"act": "return"}, "Say what has to change; nothing was changed"),
        ({"act": "return", "changes": " \r\n"}, "Say what has to change; nothing was changed"),
        ({"act": "return", "changes": "x" * 5_001}, "may have 5,000 characters, and this has 5,001"),
        ({"act": "approve", "read": "yes", "seal": "0" * 16}, "other work was handed in since"),
        ({"act": "approve", "read": "yes", "seal": ""}, "other work was handed in since"),
    ],
)
def test_what_is_no_decision_is_refused_in_words(app: App, form: dict[str, str], answer: str) -> None:
    page = press(app, page_of(app), **{"seal": seal_of(app), **form})

    assert (page.status_code, answer.lower() in words(page).lower()) == (400, True)
    assert (status_of(app), logged(app, "approved", "returned")) == (Status.UNDER_REVIEW, [])


def test_a_decision_from_a_page_of_another_site_is_refused(app: App) -> None:
    form = {"act": "approve", "seal": seal_of(app), "read": "yes"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert visit(app, page_of(app), "POST", headers, **form).status_code == 403
    assert status_of(app) is Status.UNDER_REVIEW


@pytest.mark.parametrize("contact", [ADA, LEO, ROD, ANN, BOB, CAL], ids=lambda contact: contact.key)
def test_nobody_else_decides(app: App, contact) -> None:
    """Not the office's other people, not the reviewer of other districts, and least of all a district."""
    page = visit(app, page_of(app, contact))
    answer = approve(app, contact)

    assert answer.status_code in (400, 404)
    assert [word for word in ('value="approve"', 'value="return"', 'name="seal"') if word in page.text] == []
    assert (status_of(app), logged(app, "approved", "returned")) == (Status.UNDER_REVIEW, [])


def test_the_work_is_shown_to_the_office_only(app: App) -> None:
    for contact in (ANN, BOB, CAL):
        for stage in ("review", "plan", "budget"):
            assert "minute" not in visit(app, page_of(app, contact, stage)).text
    for contact in (ADA, LEO, ROD):
        assert PLAN in words(visit(app, page_of(app, contact)))
        assert PLAN in words(visit(app, page_of(app, contact, "plan")))


def test_others_of_the_office_see_whose_turn_it_is_and_the_commands_as_they_run(app: App) -> None:
    page = words(visit(app, page_of(app, LEO)))

    assert "The plan waits for Ray, who has until Monday, May 10, 2027." in page
    assert f"yearwheel district approve 001 review --by Leo --cycle {KEY}" in page
    send_back = "district return 001 review --changes 'What has to change' --by Leo"
    assert f"yearwheel {send_back} --cycle {KEY}" in page
    assert "need not do anything" not in page


def test_a_link_that_has_ended_decides_nothing(app: App) -> None:
    path = f"{home_of(app, RAY, until='2027-05-02')}/001/review"
    page = press(app, path, act="approve", seal=seal_of(app), read="yes")

    assert (page.status_code, "This link has ended" in words(page)) == (400, True)
    assert status_of(app) is Status.UNDER_REVIEW


def test_pressed_twice_is_decided_once(app: App) -> None:
    seal = seal_of(app)
    approve(app)
    page = press(app, page_of(app), act="return", seal=seal, changes="No, wait.")

    assert (page.status_code, status_of(app)) == (400, Status.APPROVED)


def test_a_decision_holds_for_the_versions_that_were_read_only(app: App) -> None:
    seal = seal_of(app)
    decide(app, KEY, [Decision("plan", "001", "Leo", "Sign it.")])
    hand_in(app, "plan", "001")
    page = press(app, page_of(app), act="approve", seal=seal, read="yes")

    assert (page.status_code, status_of(app)) == (400, Status.UNDER_REVIEW)
    assert approve(app).status_code == 200


def test_who_handed_the_version_in_does_not_decide_on_it(app: App) -> None:
    press(app, page_of(app), act="return", seal=seal_of(app), changes="Sign it.")
    set_clock(app, "2027-05-04")
    hand_in(app, "review", "001", by="Ray")
    assert "The plan is in. The next round gives it to its reviewer" in words(visit(app, page_of(app)))
    round_at(app, "2027-05-05")
    page = visit(app, page_of(app))

    assert "You handed this version in yourself, so somebody else has to decide on it." in words(page)
    assert 'value="approve"' not in page.text
    assert press(app, page_of(app), act="approve", read="yes", seal="0" * 16).status_code == 400
    assert status_of(app) is Status.UNDER_REVIEW


def test_who_stands_in_decides_while_the_reviewer_is_away_and_the_reviewer_always(app: App) -> None:
    name_deputy(app, KEY, "ray", "rod", by="Ada")
    assert 'value="approve"' not in visit(app, page_of(app, ROD)).text
    set_away(app, KEY, "ray", standing_of(app, "review", "001").due_on, by="Ada")

    assert "Who decides You, for the Office" in words(visit(app, page_of(app, ROD)))
    assert "Who decides You, or Rod, for the Office" in words(visit(app, page_of(app)))
    assert approve(app, ROD).status_code == 200
    assert [event.actor for event in logged(app, "approved")] == ["Rod by link"]


def stand_in(app: App, deputy: str) -> None:
    name_deputy(app, KEY, "ray", deputy, by="Ada")
    set_away(app, KEY, "ray", standing_of(app, "review", "001").due_on, by="Ada")


def test_a_stand_in_from_a_district_reads_and_decides_what_the_absent_reviewer_does_and_no_more(
    app: App,
) -> None:
    stand_in(app, "sid")

    assert PLAN in words(visit(app, page_of(app, SID)))
    assert visit(app, f"{home_of(app, SID)}/002/review").status_code == 404  # which Rod reads
    assert approve(app, SID).status_code == 200


def test_nobody_decides_on_the_plan_of_their_own_district(app: App) -> None:
    stand_in(app, "ann")

    assert 'value="approve"' not in visit(app, page_of(app, ANN)).text
    assert (approve(app, ANN).status_code, status_of(app)) == (400, Status.UNDER_REVIEW)


def test_in_a_closed_year_there_is_nothing_to_decide(app: App) -> None:
    seal = seal_of(app)
    close_cycle(app, KEY, by="Ada", why="over")
    page = visit(app, page_of(app))

    assert "This year was closed on Monday, May 3, 2027." in words(page)
    assert "<button" not in page.text
    assert "Answer by" not in words(page)
    assert "yearwheel district" not in words(page)
    assert press(app, page_of(app), act="approve", seal=seal, read="yes").status_code == 400
    assert "Plans for you to read" not in words(visit(app, home_of(app, RAY)))


def test_who_entered_a_plan_themselves_decides_on_it_neither_by_link_nor_by_command(app: App) -> None:
    hand_in(app, "budget", "003", by="Cal", force_why="late")
    hand_in(app, "plan", "003", by="Ray", force_why="late")  # on paper, and typed in by the office
    round_at(app, "2027-05-04")
    path = f"{home_of(app, RAY)}/003/review"

    assert not [e for e in elements(visit(app, path)) if e.given.get("name") == "seal"]
    page = press(app, path, act="approve", seal="", read="yes")
    assert (page.status_code, str(standing_of(app, "review", "003").status)) == (400, "under_review")
    for by in ("Ray", "Ray by link"):
        with pytest.raises(Refused, match=f"{by} handed this in and cannot decide on it"):
            decide(app, KEY, [Decision("review", "003", by)])


def test_the_reviewer_sees_what_should_have_led_to_the_plan_and_is_not_in(app: App) -> None:
    assert "Not handed in" not in words(visit(app, page_of(app)))
    hand_in(app, "plan", "003", by="Cal", force_why="late")
    round_at(app, "2027-05-04")
    assert "Not handed in: Budget." in words(visit(app, f"{home_of(app, RAY)}/003/review"))
    excuse(app, KEY, "budget", "003", by="ada", why="merged")
    assert "Not handed in" not in words(visit(app, f"{home_of(app, RAY)}/003/review"))
