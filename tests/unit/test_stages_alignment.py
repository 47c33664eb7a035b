from datetime import date
from decimal import Decimal

import pytest

from tests.unit.gates import changed, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.alignment import Gaps
from yearwheel.stages.drafting import PlannedStrategies
from yearwheel.stages.evidence import carry_forward, describe, read_evidence

ALIGNMENT = StageKind.ALIGNMENT


def test_a_strategy_without_goal_needs_a_justification():
    assert said(ALIGNMENT, in_row(ALIGNMENT, "links", goal="")) == [
        ("error", "links.0", "Strategy S1 has neither a goal nor a justification")
    ]


def test_every_strategy_of_the_plan_is_linked_and_no_other():
    plan = PlannedStrategies({"S1": "Laptops", "S3": "Coaching"}, Decimal(0))

    two = changed(ALIGNMENT, links=describe(ALIGNMENT)["links"][:2])
    assert said(ALIGNMENT, two, carried=(plan,)) == [
        (
            "error",
            "links",
            "Strategy S3 (Coaching) is not linked; name its goal or justify that it has none",
        ),
        ("error", "links.1.strategy", "The plan has no strategy S2"),
    ]


@pytest.mark.parametrize(("version_on", "is_stale"), [("2026-05-17", False), ("2026-05-16", True)])
def test_an_improvement_plan_older_than_a_year_is_stale(version_on, is_stale):
    places = [where for _, where, _ in said(ALIGNMENT, changed(ALIGNMENT, plan_version_on=version_on))]

    assert places == (["plan_version_on"] if is_stale else [])


def test_a_newer_improvement_plan_makes_the_pinned_one_stale():
    assert said(ALIGNMENT, improvement_plan_on=date(2026, 12, 14)) == []
    assert said(ALIGNMENT, improvement_plan_on=date(2027, 2, 1)) == [
        (
            "error",
            "plan_version_on",
            "Checked against the improvement plan of 2026-12-14, but there is one of 2027-02-01; "
            "check that one",
        )
    ]


def test_each_school_that_has_not_acknowledged_is_named_whatever_the_spelling():
    schools = ("RIVERSIDE  Elementary", "Hilltop Middle")

    assert said(ALIGNMENT, schools=schools) == [
        ("error", "schools", "No acknowledgement from Hilltop Middle")
    ]


def test_schools_are_counted_where_the_roster_has_no_names():
    assert said(ALIGNMENT, schools=1) == []
    assert said(ALIGNMENT, schools=3) == [("error", "schools", "No acknowledgement from 2 more schools")]


def test_a_school_the_roster_does_not_have_is_mentioned():
    form = changed(ALIGNMENT, schools=[*describe(ALIGNMENT)["schools"], describe(ALIGNMENT)["schools"][0]])
    form["schools"][1] = {**form["schools"][1], "school": "Riverview"}

    assert said(ALIGNMENT, form, schools=("Riverside Elementary",)) == [
        ("warning", "schools.1.school", "The roster has no school named 'Riverview' in this district")
    ]


def test_an_acknowledgement_has_a_person_a_day_and_a_version():
    form = in_row(ALIGNMENT, "schools", acknowledged_on=None, plan_version_on=None)

    assert said(ALIGNMENT, form) == [
        (
            "error",
            "schools.0.acknowledged_by",
            "Riverside Elementary: say who acknowledged the plan and when",
        ),
        (
            "error",
            "schools.0.plan_version_on",
            "Riverside Elementary: give the date of the school's improvement plan",
        ),
    ]


def test_an_empty_gap_list_is_an_answer_and_none_is_not():
    assert said(ALIGNMENT, changed(ALIGNMENT, gaps=[])) == []
    assert said(ALIGNMENT, changed(ALIGNMENT, gaps=None)) == [
        ("error", "gaps", "List the goals that no strategy serves, or give an empty list")
    ]


def test_the_gap_list_holds_unserved_goals_and_justified_strategies():
    assert carry_forward(ALIGNMENT, read_evidence(ALIGNMENT, describe(ALIGNMENT))) == Gaps(
        ("Postsecondary readiness",), {"S2": "Network upkeep serves every goal alike"}
    )


def test_a_school_s_old_improvement_plan_must_be_confirmed():
    assert said(ALIGNMENT, in_row(ALIGNMENT, "schools", plan_version_on="2025-12-18")) == [
        (
            "confirm",
            "schools.0.plan_version_on",
            "Riverside Elementary: its improvement plan of 2025-12-18 is more than a year old; "
            "confirm that there is no newer one",
        )
    ]
