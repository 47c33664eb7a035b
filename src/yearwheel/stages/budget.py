"""Budget preparation: next year's technology lines, examined by the board in January (KRS 160.470(6)(a))."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import Field

from yearwheel.stages.codes import DEVICE_CODES
from yearwheel.stages.findings import Finding, confirm, error, warning
from yearwheel.stages.gate import (
    Carried,
    Day,
    Evidence,
    GateFacts,
    Money,
    Name,
    Part,
    PlanYear,
    Text,
    dollars,
)
from yearwheel.stages.inventory import ReplacementNeed

ZERO = Decimal(0)


class BudgetLine(Part):
    """One planned expense."""

    item: Name
    kets_code: Name
    source: Name
    plan_year: PlanYear
    amount: Money


class Budget(Evidence):
    """The technology part of the draft budget, with what it rests on."""

    lines: tuple[BudgetLine, ...] = ()
    total: Money | None = None
    totals_by_source: dict[Name, Money] = Field(default_factory=dict)
    direct_cost: Money | None = None  # total cost of ownership: what is budgeted for
    indirect_cost: Money | None = None  # and what users bear: downtime, helping each other
    last_year_budgeted: Money | None = None
    last_year_spent: Money | None = None
    offer: Money | None = None  # offer of assistance
    match: Money | None = None
    escrow: Money | None = None
    board_meeting_on: Day | None = None
    board_minutes: Text = ""  # link or file of the agenda or minutes


@dataclass(frozen=True, slots=True)
class FundsAvailable(Carried):
    """What the budget has for each plan year and source."""

    amounts: dict[tuple[int, str], Decimal]

    @property
    def plan_years(self) -> frozenset[int]:
        return frozenset(year for year, _ in self.amounts)


FIGURES = {
    "direct_cost": "the direct cost of ownership",
    "indirect_cost": "the indirect cost of ownership",
    "last_year_budgeted": "what was budgeted last year",
    "last_year_spent": "what was spent last year",
    "offer": "the offer of assistance, 0 if there was none",
    "match": "the match, 0 if there is none",
    "escrow": "the amount in escrow, 0 if there is none",
}


def missing(budget: Budget, facts: GateFacts) -> list[Finding]:
    """What keeps the budget from being handed in."""
    return [
        *_lines(budget, facts),
        *_totals(budget, facts),
        *_figures(budget),
        *_match(budget),
        *_replacement(budget, facts),
        *_board(budget, facts),
    ]


def carry_forward(budget: Budget) -> FundsAvailable:
    """The funds that drafting may plan with."""
    amounts: dict[tuple[int, str], Decimal] = {}
    for line in budget.lines:
        place = (line.plan_year, line.source)
        amounts[place] = amounts.get(place, ZERO) + line.amount
    return FundsAvailable(amounts)


def _lines(budget: Budget, facts: GateFacts) -> Iterator[Finding]:
    if not budget.lines:
        yield error("lines", "The budget has no technology lines; add at least one")
    for row, line in enumerate(budget.lines):
        if line.source not in facts.codes.sources:
            known = ", ".join(facts.codes.sources)
            yield error(
                f"lines.{row}.source", f"{line.item}: unknown funding source {line.source!r}; use {known}"
            )
        if line.kets_code not in facts.codes.commodities:
            yield warning(
                f"lines.{row}.kets_code", f"{line.item}: KETS code {line.kets_code} is not in the table"
            )
        if line.amount == 0:
            yield error(f"lines.{row}.amount", f"{line.item}: the amount is zero; give one or drop the line")
        if not facts.due_on.year <= line.plan_year <= facts.due_on.year + 2:
            yield confirm(
                f"lines.{row}.plan_year", f"{line.item} is planned for {line.plan_year}; confirm that year"
            )


def _totals(budget: Budget, facts: GateFacts) -> Iterator[Finding]:
    summed = sum((line.amount for line in budget.lines), ZERO)
    if budget.total is None:
        yield error("total", "The total is missing")
    elif budget.total != summed:
        yield error(
            "total", f"The lines add up to {dollars(summed)}, not to the total of {dollars(budget.total)}"
        )
    spent: dict[str, Decimal] = {}
    for line in budget.lines:
        spent[line.source] = spent.get(line.source, ZERO) + line.amount
    for source in dict.fromkeys([*spent, *budget.totals_by_source]):
        stated, added = budget.totals_by_source.get(source), spent.get(source, ZERO)
        name = facts.codes.source(source)
        if stated is None:
            yield error(
                "totals_by_source", f"The total for {name} is missing; its lines add up to {dollars(added)}"
            )
        elif stated != added:
            yield error(
                f"totals_by_source.{source}",
                f"The lines from {name} add up to {dollars(added)}, not to {dollars(stated)}",
            )


def _figures(budget: Budget) -> Iterator[Finding]:
    for field, words in FIGURES.items():
        if getattr(budget, field) is None:
            yield error(field, f"State {words}")
    if (
        budget.last_year_budgeted
        and budget.last_year_spent
        and budget.last_year_spent > budget.last_year_budgeted
    ):
        over = budget.last_year_spent - budget.last_year_budgeted
        yield warning("last_year_spent", f"Last year's spending went {dollars(over)} over its budget")


def _match(budget: Budget) -> Iterator[Finding]:
    if budget.offer is None or budget.match is None:
        return
    if budget.match < budget.offer:
        yield confirm(
            "match",
            f"The match of {dollars(budget.match)} is less than the offer of {dollars(budget.offer)}; "
            "confirm that the rest is left or put in escrow",
        )
    from_offer = sum((line.amount for line in budget.lines if line.source == "kets_offer"), ZERO)
    if from_offer > budget.offer:
        yield confirm(
            "offer",
            f"The lines spend {dollars(from_offer)} of an offer of {dollars(budget.offer)}; "
            "confirm that a further offer is expected",
        )


def _replacement(budget: Budget, facts: GateFacts) -> Iterator[Finding]:
    need = facts.received(ReplacementNeed)
    devices = sum((line.amount for line in budget.lines if line.kets_code in DEVICE_CODES), ZERO)
    if need and devices < need.cost:
        yield warning(
            "lines",
            f"The last inventory asks for {need.devices} devices at {dollars(need.cost)}; "
            f"the lines for devices come to {dollars(devices)}",
        )


def _board(budget: Budget, facts: GateFacts) -> Iterator[Finding]:
    if budget.board_meeting_on is None:
        yield error("board_meeting_on", "Give the day the board examined the draft budget")
    elif budget.board_meeting_on.year < facts.due_on.year:
        yield confirm(
            "board_meeting_on",
            f"The board met on {budget.board_meeting_on}, and the budget is due in {facts.due_on.year}; "
            "confirm that year",
        )
    elif budget.board_meeting_on > facts.today:
        yield from facts.still_ahead("board_meeting_on", "The board's meeting", budget.board_meeting_on)
    elif budget.board_meeting_on > facts.due_on:
        yield error(
            "board_meeting_on",
            f"The board met on {budget.board_meeting_on}, after the due day {facts.due_on}; "
            "correct the day, or ask the state office for an extension",
        )
    if not budget.board_minutes:
        yield error("board_minutes", "Give a link to the board's agenda or minutes, or name the file")


TAKES = (
    "the technology lines and their total",
    "the direct and the indirect cost of ownership",
    "what was budgeted and what was spent last year",
    "the offer of assistance, its match and the amount in escrow",
    "the day on which the board examined the draft, and its minutes",
)

EXAMPLE: dict[str, Any] = {
    "lines": [
        {
            "item": "Student laptops, grade 6",
            "kets_code": "31002100",
            "source": "kets_offer",
            "plan_year": 2027,
            "amount": "41250.00",
        },
        {
            "item": "Student laptops, grade 6",
            "kets_code": "31002100",
            "source": "kets_match",
            "plan_year": 2027,
            "amount": "41250.00",
        },
    ],
    "total": "82500.00",
    "totals_by_source": {"kets_offer": "41250.00", "kets_match": "41250.00"},
    "direct_cost": "310000.00",
    "indirect_cost": "95000.00",
    "last_year_budgeted": "80000.00",
    "last_year_spent": "78412.37",
    "offer": "41250.00",
    "match": "41250.00",
    "escrow": "0.00",
    "board_meeting_on": "2027-01-25",
    "board_minutes": "Board minutes of January 25, item 7b",
}
