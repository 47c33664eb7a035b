"""Tennessee and New York are files, not code: their public dates, people and order of review."""

from datetime import date

import pytest

from yearwheel.calendar.cycle import StageKind
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.notifications.planner import Planner
from yearwheel.notifications.what_if import first_standings
from yearwheel.roster.shipped import shipped_roster

TENNESSEE = load_cycle(read_shipped("tennessee-2027"))
NEW_YORK = load_cycle(read_shipped("new-york-2027"))


def test_tennessees_windows_are_the_published_ones():
    windows = {
        key: (TENNESSEE.stage(key).dates.opens.on, TENNESSEE.stage(key).dates.due.on)
        for key in ("district_planning", "school_planning")
    }
    assert windows == {
        "district_planning": (date(2027, 1, 4), date(2027, 3, 2)),
        "school_planning": (date(2027, 5, 1), date(2027, 9, 1)),
    }


def test_in_tennessee_two_people_approve_one_after_the_other_before_the_state_does():
    fiscal, director, state = map(
        TENNESSEE.stage, ("fiscal_approval", "director_approval", "department_review")
    )
    assert (fiscal.tell, director.tell) == (("finance_officer",), ("superintendent",))
    assert (fiscal.after, director.after, state.after) == (
        ("district_planning",),
        ("fiscal_approval",),
        ("director_approval",),
    )
    assert state.kind is StageKind.REVIEW


def test_in_new_york_the_ric_certifies_before_the_superintendent_submits_and_the_state_approves_last():
    reviews = [stage.key for stage in NEW_YORK.stages if stage.kind is StageKind.REVIEW]
    assert reviews == ["ric_certification", "state_approval"]
    assert NEW_YORK.stage("superintendent_submission").after == ("ric_certification",)
    assert NEW_YORK.stage("state_approval").after == ("superintendent_submission",)
    assert NEW_YORK.stage("draft_to_ric").dates.due.on == date(2027, 4, 15)
    assert NEW_YORK.stage("superintendent_submission").dates.due.on == date(2027, 6, 30)


def test_a_plan_that_arrives_in_new_york_in_june_is_read_after_labor_day():
    review = NEW_YORK.stage("state_approval").review
    assert review is not None
    assert review.first_look.from_day(date(2027, 6, 30), NEW_YORK.workdays) == date(2027, 10, 19)


@pytest.mark.parametrize("cycle", [TENNESSEE, NEW_YORK], ids=lambda c: c.key)
def test_everyone_a_calendar_writes_to_is_in_a_roster_like_kentuckys(cycle):
    roster = shipped_roster(limit=5)
    planned = Planner(cycle, roster, date(2026, 11, 1)).plan(first_standings(cycle, roster))
    assert {r.key.district_code for r in planned} == set(roster.districts)
    assert [r.key for r in planned if r.key.contact_key not in roster.contacts] == []
