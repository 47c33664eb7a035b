from decimal import Decimal

import pytest

from tests.unit.gates import changed, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.budget import FundsAvailable
from yearwheel.stages.evidence import carry_forward, describe, read_evidence
from yearwheel.stages.inventory import ReplacementNeed

BUDGET = StageKind.BUDGET


def test_a_total_one_cent_off_is_an_error():
    assert said(BUDGET, changed(BUDGET, total="82500.01")) == [
        ("error", "total", "The lines add up to $82,500.00, not to the total of $82,500.01")
    ]


def test_the_total_of_each_source_ties_to_its_lines():
    totals = {"kets_offer": "41250.01", "grants": "0.01"}

    assert said(BUDGET, changed(BUDGET, totals_by_source=totals)) == [
        (
            "error",
            "totals_by_source.kets_offer",
            "The lines from KETS offer of assistance add up to $41,250.00, not to $41,250.01",
        ),
        ("error", "totals_by_source", "The total for KETS match is missing; its lines add up to $41,250.00"),
        (
            "error",
            "totals_by_source.grants",
            "The lines from grants and donations add up to $0.00, not to $0.01",
        ),
    ]


def test_an_unknown_funding_source_is_an_error_that_names_the_known_ones():
    found = said(BUDGET, in_row(BUDGET, "lines", source="bake sale"))

    severity, where, message = found[0]
    assert (severity, where) == ("error", "lines.0.source")
    assert message.startswith(
        "Student laptops, grade 6: unknown funding source 'bake sale'; use kets_offer, kets_match"
    )


def test_an_unknown_kets_code_only_informs_since_the_state_has_more_codes_than_are_public():
    assert said(BUDGET, in_row(BUDGET, "lines", kets_code="31002199")) == [
        ("warning", "lines.0.kets_code", "Student laptops, grade 6: KETS code 31002199 is not in the table")
    ]


def test_a_board_meeting_of_another_year_is_confirmed():
    slip = changed(BUDGET, board_meeting_on="2026-01-28")
    assert said(BUDGET, slip) == [
        (
            "confirm",
            "board_meeting_on",
            "The board met on 2026-01-28, and the budget is due in 2027; confirm that year",
        )
    ]


@pytest.mark.parametrize(
    ("met_on", "late"), [("2027-01-28", False), ("2027-01-29", False), ("2027-01-30", True)]
)
def test_the_board_meets_on_or_before_the_due_day(met_on, late):
    places = [where for _, where, _ in said(BUDGET, changed(BUDGET, board_meeting_on=met_on))]

    assert places == (["board_meeting_on"] if late else [])


def test_a_figure_of_zero_is_stated_and_an_empty_one_is_not():
    assert said(BUDGET, changed(BUDGET, escrow="0", indirect_cost=None)) == [
        ("error", "indirect_cost", "State the indirect cost of ownership")
    ]


def test_a_match_below_the_offer_must_be_confirmed():
    assert said(BUDGET, changed(BUDGET, match="40000")) == [
        (
            "confirm",
            "match",
            "The match of $40,000.00 is less than the offer of $41,250.00; "
            "confirm that the rest is left or put in escrow",
        )
    ]


def test_the_last_inventory_s_replacement_need_is_held_against_the_device_lines():
    enough, too_much = ReplacementNeed(250, Decimal(82_500)), ReplacementNeed(300, Decimal(99_000))

    assert said(BUDGET, carried=(enough,)) == []
    assert said(BUDGET, carried=(too_much,)) == [
        (
            "warning",
            "lines",
            "The last inventory asks for 300 devices at $99,000.00; the lines for devices come to $82,500.00",
        )
    ]


def test_the_funds_passed_on_are_summed_by_year_and_source():
    form = in_row(BUDGET, "lines", 1, source="kets_offer")

    assert carry_forward(BUDGET, read_evidence(BUDGET, form)) == FundsAvailable(
        {(2027, "kets_offer"): Decimal("82500.00")}
    )


def test_a_budget_without_lines_asks_for_one():
    assert said(BUDGET, {**describe(BUDGET), "lines": [], "total": 0, "totals_by_source": {}}) == [
        ("error", "lines", "The budget has no technology lines; add at least one")
    ]


def test_a_line_of_zero_is_an_error():
    form = changed(BUDGET, total="41250.00", totals_by_source={"kets_offer": 0, "kets_match": "41250.00"})
    form["lines"][0]["amount"] = 0

    assert said(BUDGET, form) == [
        ("error", "lines.0.amount", "Student laptops, grade 6: the amount is zero; give one or drop the line")
    ]


def test_spending_more_than_the_offer_must_be_confirmed():
    assert said(BUDGET, changed(BUDGET, offer="41000")) == [
        (
            "confirm",
            "offer",
            "The lines spend $41,250.00 of an offer of $41,000.00; confirm that a further offer is expected",
        )
    ]


def test_last_year_s_overspending_is_mentioned():
    assert said(BUDGET, changed(BUDGET, last_year_spent="80000.01")) == [
        ("warning", "last_year_spent", "Last year's spending went $0.01 over its budget")
    ]
