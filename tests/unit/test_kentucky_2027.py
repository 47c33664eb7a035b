"""Kentucky's planning year 2027, date by date."""

import pytest

from yearwheel.calendar.cycle import OwedBy, StageKind
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.roster.people import Role

CYCLE = load_cycle(read_shipped("kentucky-2027"), "kentucky-2027.yaml")

# stage: opens, due, grace ends, closes
DATES = {
    "cycle_setup": "Tue 2026-12-01, Mon 2027-01-04, Mon 2027-01-11, Mon 2027-01-11",
    "budget_preparation": "Mon 2027-01-04, Fri 2027-01-29, Fri 2027-02-05, Fri 2027-02-05",
    "erate_470": "Mon 2027-01-04, Thu 2027-03-04, Thu 2027-03-04, Thu 2027-04-15",
    "erate_471": "Thu 2027-01-21, Thu 2027-04-01, Thu 2027-04-01, Thu 2027-04-15",
    "stakeholder_input": "Mon 2027-02-01, Mon 2027-03-15, Mon 2027-03-22, Thu 2027-04-15",
    "drafting": "Mon 2027-03-01, Thu 2027-04-15, Thu 2027-04-22, Mon 2027-05-17",
    "alignment": "Thu 2027-04-01, Mon 2027-05-17, Thu 2027-05-20, Fri 2027-05-28",
    "local_approval": "Sun 2027-05-16, Fri 2027-05-28, Mon 2027-06-07, Mon 2027-06-07",
    "plan_submission": "Sun 2027-05-16, Tue 2027-06-15, Tue 2027-06-22, Wed 2027-07-14",
    "oet_review": "Tue 2027-06-01, Mon 2027-08-02, Mon 2027-08-02, Tue 2027-08-31",
    "readiness_survey": "Thu 2027-07-01, Thu 2027-09-30, Thu 2027-10-07, Thu 2027-10-07",
    "working_budget": "Sun 2027-08-01, Thu 2027-09-30, Thu 2027-10-07, Thu 2027-10-07",
    "progress_check": "Fri 2027-10-01, Tue 2027-11-30, Tue 2027-12-07, Tue 2027-12-07",
    "inventory_validation": "Fri 2027-10-15, Wed 2027-12-15, Mon 2027-12-20, Wed 2027-12-29",
    "close": "Wed 2027-12-15, Wed 2027-12-29, Fri 2028-01-14, Fri 2028-01-14",
}


def test_the_year_has_these_stages_on_these_days():
    found = {
        stage.key: ", ".join(
            f"{deadline.on:%a %Y-%m-%d}"
            for deadline in (stage.dates.opens, stage.dates.due, stage.dates.grace_end, stage.dates.close)
        )
        for stage in CYCLE.stages
    }
    assert found == DATES


def test_only_the_dates_that_law_sets_are_statutory():
    assert {stage.key: stage.basis for stage in CYCLE.stages if stage.statutory} == {
        "budget_preparation": "KRS 160.470(6)(a)",
        "local_approval": "702 KAR 3:110",
        "readiness_survey": "KRS 156.670",
        "working_budget": "702 KAR 3:110",
    }


def test_dates_that_fell_on_closed_days_say_why_they_moved():
    assert {s.key: s.words["due_moved"] for s in CYCLE.stages if "due_moved" in s.words} == {
        "budget_preparation": "January 31, 2027 is a Sunday, so the previous workday, January 29",
        "alignment": "May 15, 2027 is a Saturday, so the next workday, May 17",
        "local_approval": "May 30, 2027 is a Sunday, so the previous workday, May 28",
        "oet_review": "July 31, 2027 is a Saturday, so the next workday, August 2",
        "close": (
            "December 31, 2027 is closed: New Year's Day (observed), so the previous workday, December 29"
        ),
    }


def test_a_stage_waits_for_what_feeds_it():
    assert {stage.key: stage.after for stage in CYCLE.stages if stage.after} == {
        "budget_preparation": ("cycle_setup",),
        "stakeholder_input": ("cycle_setup",),
        "drafting": ("budget_preparation", "stakeholder_input"),
        "alignment": ("drafting",),
        "local_approval": ("alignment",),
        "plan_submission": ("drafting", "alignment", "local_approval"),
        "oet_review": ("plan_submission",),
        "working_budget": ("oet_review",),
        "progress_check": ("oet_review",),
        "close": ("oet_review", "inventory_validation"),
    }


def test_the_state_owes_only_the_set_up():
    assert [s.key for s in CYCLE.stages if s.owed_by is OwedBy.STATE] == ["cycle_setup"]


def test_every_kind_of_stage_takes_part():
    assert {s.kind for s in CYCLE.stages} == set(StageKind)


@pytest.mark.parametrize("stage", CYCLE.stages, ids=lambda s: s.key)
def test_every_rung_falls_inside_its_stages_window(stage):
    days = {r.key: CYCLE.rung_day(r, stage.dates.due.on, stage.dates.opens.on)[0] for r in stage.ladder}
    assert {k: d for k, d in days.items() if not stage.dates.opens.on <= d <= stage.dates.close.on} == {}


@pytest.mark.parametrize("stage", CYCLE.stages, ids=lambda s: s.key)
def test_every_stage_asks_for_something_in_one_sentence(stage):
    assert stage.ask.endswith(".")
    assert stage.ask.count(".") == 1


def test_the_budget_ladder_warns_reminds_and_escalates():
    assert [r.key for r in CYCLE.stage("budget_preparation").ladder] == [
        "when-it-opens",
        "21-days-before",
        "14-days-before",
        "7-days-before",
        "3-days-before",
        "1-workday-before",
        "on-the-day",
        "1-workday-after",
        "escalation:1-workday-after",
        "3-workdays-after",
        "7-days-after",
        "escalation:7-days-after",
    ]


@pytest.mark.parametrize("key", ["alignment", "inventory_validation"])
def test_school_leaders_hear_at_the_opening_a_week_before_and_once_when_late(key):
    told = [r for r in CYCLE.stage(key).ladder if Role.PRINCIPAL in r.to]
    assert [r.key for r in told][:2] == ["when-it-opens", "7-days-before"]
    assert [r.kind.value for r in told] == ["opened", "reminder", "late"]


def test_a_returned_plan_has_fifteen_workdays_and_the_second_look_ten():
    review = CYCLE.stage("oet_review").review
    assert review is not None
    assert (str(review.first_look), str(review.revise), str(review.second_look)) == (
        "30 days after",
        "15 workdays after",
        "10 workdays after",
    )
