from decimal import Decimal

import pytest

from tests.unit.gates import changed, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.budget import FundsAvailable
from yearwheel.stages.drafting import GEAR_LABELS, Gear
from yearwheel.stages.evidence import carry_forward, describe, read_evidence
from yearwheel.stages.input import Group, Needs

DRAFTING = StageKind.DRAFTING
FIRST = "First step in Collaborative Leadership"


def test_there_are_eight_gears_each_with_a_label():
    assert len(Gear) == 8
    assert set(GEAR_LABELS) == set(Gear)


@pytest.mark.parametrize("left_out", [{}, {"partnerships": " "}])
def test_a_gear_neither_covered_nor_explained_is_named(left_out):
    assert said(DRAFTING, changed(DRAFTING, gears_left_out=left_out)) == [
        ("error", "strategies", "No strategy covers Partnerships; add one or give a reason")
    ]


@pytest.mark.parametrize(
    ("ends_on", "fits"),
    [
        ("2028-06-29", False),
        ("2028-06-30", True),
        ("2030-06-30", True),
        ("2030-07-01", False),
        ("2027-06-30", False),
    ],
)
def test_a_plan_spans_one_to_three_years(ends_on, fits):
    places = {
        where for _, where, _ in said(DRAFTING, changed(DRAFTING, ends_on=ends_on)) if where == "ends_on"
    }

    assert places == (set() if fits else {"ends_on"})


@pytest.mark.parametrize(
    ("ends_on", "fits"), [("2029-02-26", False), ("2029-02-27", True), ("2031-02-28", False)]
)
def test_a_plan_that_begins_on_a_leap_day_counts_its_years_from_the_28th(ends_on, fits):
    found = said(DRAFTING, changed(DRAFTING, starts_on="2028-02-29", ends_on=ends_on))

    assert [where for _, where, _ in found if where == "ends_on"] == ([] if fits else ["ends_on"])


def test_a_strategy_needs_owner_priority_and_a_whole_measure():
    form = in_row(DRAFTING, "strategies", owner="", priority=None, measure={"what": "Schools", "baseline": 0})

    assert said(DRAFTING, form) == [
        ("error", "strategies.0.owner", f"{FIRST!r} has no owner; name who carries it out"),
        ("error", "strategies.0.priority", f"{FIRST!r} has no priority; 1 comes first"),
        ("error", "strategies.0.measure.target", f"The measure of {FIRST!r} lacks a target"),
        ("error", "strategies.0.measure.by", f"The measure of {FIRST!r} lacks a date for the target"),
    ]


def test_a_target_equal_to_its_baseline_must_be_confirmed():
    measure = {"what": "Outages", "baseline": 0, "target": "0.0", "by": "2028-05-31"}

    assert [(s, w) for s, w, _ in said(DRAFTING, in_row(DRAFTING, "strategies", measure=measure))] == [
        ("confirm", "strategies.0.measure.target")
    ]


def test_a_target_date_lies_inside_the_plan():
    measure = {"what": "Outages", "baseline": 4, "target": 0, "by": "2029-07-01"}

    assert said(DRAFTING, in_row(DRAFTING, "strategies", measure=measure)) == [
        (
            "error",
            "strategies.0.measure.by",
            f"The target of {FIRST!r} is for 2029-07-01, outside the plan (2027-07-01 to 2029-06-30)",
        )
    ]


def test_sources_and_the_unfunded_part_sum_to_the_cost():
    assert said(DRAFTING, in_row(DRAFTING, "strategies", unfunded="2999.99")) == [
        (
            "error",
            "strategies.0.funding",
            f"{FIRST!r} costs $14,000.00, but its sources and unfunded part add up to $13,999.99",
        )
    ]


@pytest.mark.parametrize("cost", [None, "0.00"])
def test_a_strategy_without_cost_is_an_error(cost):
    assert said(DRAFTING, in_row(DRAFTING, "strategies", cost=cost)) == [
        ("error", "strategies.0.cost", f"{FIRST!r} has no cost; put a price on it, staff time included")
    ]


def test_two_strategies_cannot_share_a_rank_or_a_key():
    assert said(DRAFTING, in_row(DRAFTING, "strategies", 1, priority=1, key="s1")) == [
        (
            "error",
            "strategies",
            f"Priority 1 is given to {FIRST!r} and 'First step in Robust Infrastructure and Ecosystem'; "
            "rank each differently",
        ),
        (
            "error",
            "strategies",
            f"The key 's1' is used by {FIRST!r} and 'First step in Robust Infrastructure and Ecosystem'; "
            "give each its own",
        ),
    ]


@pytest.mark.parametrize(
    ("budgeted", "severities"), [("41250.00", []), ("41249.99", ["error"]), ("41250.01", ["confirm"])]
)
def test_costs_tie_to_the_budget_where_there_is_one(budgeted, severities):
    funds = FundsAvailable(
        {(2027, "kets_offer"): Decimal(budgeted), (2027, "kets_match"): Decimal("41250.00")}
    )

    assert [severity for severity, _, _ in said(DRAFTING, carried=(funds,))] == severities


def test_years_the_budget_does_not_reach_are_not_held_against_it():
    form = in_row(
        DRAFTING,
        "strategies",
        funding=[
            {"source": "kets_offer", "plan_year": 2027, "amount": "1000.00"},
            {"source": "title_i", "plan_year": 2028, "amount": "10000.00"},
        ],
    )
    funds = FundsAvailable(
        {(2027, "kets_offer"): Decimal("36750.00"), (2027, "kets_match"): Decimal("35750.00")}
    )

    assert said(DRAFTING, form, carried=(funds,)) == []


def test_a_need_no_strategy_answers_is_mentioned_with_those_who_raised_it():
    needs = Needs({"Fewer log-ins": (Group.STUDENTS, Group.TEACHERS), "Wi-Fi in gyms and on buses": ()})

    assert said(DRAFTING, carried=(needs,)) == [
        ("warning", "strategies", "No strategy answers 'Fewer log-ins', raised by students and teachers")
    ]


def test_the_unmet_need_passed_on_is_what_nobody_bears_yet():
    strategies = carry_forward(DRAFTING, read_evidence(DRAFTING, describe(DRAFTING)))

    assert strategies.unmet_need == Decimal("21000.00")
    assert list(strategies.titles) == ["S1", "S2", "S3", "S4", "S5", "S6", "S7"]


def test_a_strategy_paid_from_an_unknown_source_is_an_error():
    form = in_row(
        DRAFTING, "strategies", funding=[{"source": "lottery", "plan_year": 2027, "amount": "11000.00"}]
    )

    severity, where, message = said(DRAFTING, form)[0]

    assert (severity, where) == ("error", "strategies.0.funding.0.source")
    assert message.startswith(f"{FIRST!r}: unknown funding source 'lottery'; use kets_offer, kets_match")


def test_a_gear_both_covered_and_left_out_is_mentioned():
    reasons = {"partnerships": "Nothing new until 2029", "data": "Done"}

    assert said(DRAFTING, changed(DRAFTING, gears_left_out=reasons)) == [
        (
            "warning",
            "gears_left_out.data",
            "Data Security, Safety, Privacy, and Use is left out with a reason, yet a strategy covers it",
        )
    ]
