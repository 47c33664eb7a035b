from decimal import Decimal

from tests.unit.gates import changed, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.drafting import PlannedStrategies
from yearwheel.stages.evidence import carry_forward, describe, read_evidence
from yearwheel.stages.review import Outcome

REVIEW = StageKind.REVIEW


def test_each_section_is_marked_once():
    sections = [row for row in describe(REVIEW)["sections"] if row["section"] != "student_voice"]

    assert said(REVIEW, changed(REVIEW, sections=[*sections, sections[0]])) == [
        ("error", "sections", "Student voice is not marked yet"),
        ("error", "sections.11.section", "Collaborative Leadership is marked twice"),
    ]


def test_a_section_that_does_not_meet_the_rubric_says_what_must_change():
    form = in_row(REVIEW, "sections", mark="does_not") | {"decision": "returned"}

    assert said(REVIEW, form) == [
        (
            "error",
            "sections.0.required_change",
            "Collaborative Leadership does not meet the rubric; say what must change",
        ),
        ("error", "decision", "The plan is returned, but no section says what must change"),
    ]


def test_a_plan_with_a_required_change_cannot_be_approved():
    assert said(REVIEW, in_row(REVIEW, "sections", mark="partly", required_change="Add a baseline")) == [
        (
            "error",
            "decision",
            "Collaborative Leadership still has a required change; return the plan or turn it into advice",
        )
    ]


def test_two_people_take_part_and_neither_handed_it_in():
    assert said(REVIEW, changed(REVIEW, decided_by="first reviewer")) == [
        ("error", "decided_by", "first reviewer both read and decided; a second person must decide")
    ]
    assert said(REVIEW, handed_in_by="First Reviewer") == [
        ("error", "read_by", "First Reviewer handed in the plan and so cannot read it")
    ]


def test_the_unmet_need_is_the_plan_s_own():
    assert said(REVIEW, carried=(PlannedStrategies({}, Decimal("21000.00")),)) == []
    assert said(REVIEW, carried=(PlannedStrategies({}, Decimal("20999.99")),)) == [
        ("error", "unmet_need", "The plan's strategies leave $20,999.99 unfunded, not $21,000.00")
    ]


def test_the_outcome_passed_on_tells_decision_need_and_changes():
    form = in_row(REVIEW, "sections", required_change="Add a baseline") | {"decision": "returned"}

    assert carry_forward(REVIEW, read_evidence(REVIEW, form)) == Outcome(
        False, Decimal("21000.00"), {"leadership": "Add a baseline"}
    )


def test_a_section_met_in_part_says_what_would_make_it_whole():
    assert said(REVIEW, in_row(REVIEW, "sections", mark="partly", advice="Name the data")) == []
    assert said(REVIEW, in_row(REVIEW, "sections", mark="partly")) == [
        (
            "error",
            "sections.0.advice",
            "Collaborative Leadership meets the rubric in part; say what would make it whole",
        )
    ]


def test_a_section_the_rubric_does_not_have_is_an_error():
    sections = [*describe(REVIEW)["sections"], {"section": "handwriting", "mark": "meets"}]

    assert [(s, w) for s, w, _ in said(REVIEW, changed(REVIEW, sections=sections))] == [
        ("error", "sections.12.section")
    ]


def test_approving_a_plan_mostly_met_in_part_must_be_confirmed():
    def with_partly(number):
        rows = describe(REVIEW)["sections"]
        return changed(
            REVIEW,
            sections=[row | {"mark": "partly", "advice": "More"} for row in rows[:number]] + rows[number:],
        )

    assert said(REVIEW, with_partly(6)) == []
    assert said(REVIEW, with_partly(7)) == [
        ("confirm", "decision", "7 sections meet the rubric only in part; confirm the approval")
    ]
