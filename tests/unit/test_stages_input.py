from datetime import date

from tests.unit.gates import changed, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.evidence import carry_forward, describe, read_evidence
from yearwheel.stages.input import GROUP_LABELS, Group, Needs

INPUT = StageKind.INPUT


def test_every_group_has_a_label():
    assert set(GROUP_LABELS) == set(Group)


def test_each_group_that_was_not_heard_is_named():
    heard = [
        row for row in describe(INPUT)["hearings"] if row["group"] not in {"families", "technical_staff"}
    ]

    assert said(
        INPUT, changed(INPUT, hearings=heard, themes=[{"name": "Chargers", "response": "Bought"}])
    ) == [
        (
            "error",
            "hearings",
            "No input from families and the community; record a meeting, survey or interview with them",
        ),
        (
            "error",
            "hearings",
            "No input from technical staff; record a meeting, survey or interview with them",
        ),
    ]


def test_an_occasion_nobody_came_to_does_not_count():
    assert [where for _, where, _ in said(INPUT, in_row(INPUT, "hearings", 1, people=0))] == [
        "hearings",
        "hearings.1.people",
    ]


def test_an_occasion_after_the_due_day_is_an_error():
    late = in_row(INPUT, "hearings", held_on="2027-03-16")
    assert said(INPUT, late, today=date(2027, 3, 16)) == [
        ("error", "hearings.0.held_on", "'Winter survey' is dated 2027-03-16, after the due day 2027-03-15")
    ]


def test_a_theme_needs_an_answer_and_student_voice_needs_words():
    form = in_row(INPUT, "themes", response="  ") | {"student_voice": " "}

    assert said(INPUT, form) == [
        (
            "error",
            "themes.0.response",
            "Say what is done about 'Wi-Fi in gyms and on buses', or why nothing is",
        ),
        (
            "error",
            "student_voice",
            "Student voice is empty; say how students were asked and what changed by it",
        ),
    ]


def test_the_last_plan_is_evaluated_in_three_parts():
    places = [where for _, where, _ in said(INPUT, changed(INPUT, last_plan={}))]

    assert places == ["last_plan.achieved", "last_plan.not_achieved", "last_plan.judged_by"]


def test_the_themes_are_passed_on_with_those_who_raised_them():
    assert carry_forward(INPUT, read_evidence(INPUT, describe(INPUT))) == Needs(
        {"Wi-Fi in gyms and on buses": (Group.STUDENTS, Group.FAMILIES)}
    )


def test_a_theme_put_to_a_group_without_input_is_mentioned():
    heard = [row for row in describe(INPUT)["hearings"] if row["group"] != "families"]

    assert said(INPUT, changed(INPUT, hearings=heard))[-1] == (
        "warning",
        "themes.0.raised_by",
        "'Wi-Fi in gyms and on buses' is put to families and the community, with no input recorded",
    )
