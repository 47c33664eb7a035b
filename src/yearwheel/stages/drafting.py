"""Drafting: strategies for one to three years, by the eight gears, each measured, owned and paid for."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from dateutil.relativedelta import relativedelta
from pydantic import Field

from yearwheel.stages.budget import FundsAvailable
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
    in_words,
    same,
)
from yearwheel.stages.input import GROUP_LABELS, Needs

ZERO = Decimal(0)


class Gear(StrEnum):
    """The eight areas of the state's master plan, after the Future Ready framework."""

    LEADERSHIP = "leadership"
    INFRASTRUCTURE = "infrastructure"
    DATA = "data"
    BUDGET = "budget"
    PARTNERSHIPS = "partnerships"
    LEARNING = "learning"
    PROFESSIONAL_LEARNING = "professional_learning"
    SPACE_AND_TIME = "space_and_time"


GEAR_LABELS: dict[Gear, str] = {
    Gear.LEADERSHIP: "Collaborative Leadership",
    Gear.INFRASTRUCTURE: "Robust Infrastructure and Ecosystem",
    Gear.DATA: "Data Security, Safety, Privacy, and Use",
    Gear.BUDGET: "Budget and Resources",
    Gear.PARTNERSHIPS: "Partnerships",
    Gear.LEARNING: "Digital Learning, Curriculum, Instruction, and Assessment",
    Gear.PROFESSIONAL_LEARNING: "Personalized Professional Learning",
    Gear.SPACE_AND_TIME: "Use of Space and Time",
}


class Measure(Part):
    """How anyone will see that a strategy worked."""

    what: Text = ""
    baseline: Decimal | None = None
    target: Decimal | None = None
    by: Day | None = None


class Funding(Part):
    """The part of a strategy's cost that one source bears in one plan year."""

    source: Name
    plan_year: PlanYear
    amount: Money


class Strategy(Part):
    """Something the district will do. Its cost is what the sources bear and what nobody bears yet."""

    key: Name
    title: Name
    gear: Gear
    owner: Text = ""
    measure: Measure = Measure()
    cost: Money | None = None
    funding: tuple[Funding, ...] = ()
    unfunded: Money = ZERO  # the unmet need
    priority: Annotated[int, Field(ge=1)] | None = None  # 1 comes first
    answers: tuple[Name, ...] = ()  # themes of the stakeholder input


class Plan(Evidence):
    """The draft of a district's technology plan."""

    starts_on: Day | None = None
    ends_on: Day | None = None
    strategies: tuple[Strategy, ...] = ()
    gears_left_out: dict[Gear, Text] = Field(default_factory=dict)  # with the reason


@dataclass(frozen=True, slots=True)
class PlannedStrategies(Carried):
    """The titles of the plan's strategies by key, and the part of their cost that nobody bears yet."""

    titles: dict[str, str]
    unmet_need: Decimal


def missing(plan: Plan, facts: GateFacts) -> list[Finding]:
    """What keeps the draft from being handed in."""
    findings = [*_span(plan), *_gears(plan)]
    for row, strategy in enumerate(plan.strategies):
        where = f"strategies.{row}"
        findings += _strategy(strategy, where)
        findings += _measure(strategy, where, plan)
        findings += _cost(strategy, where, facts)
    return [*findings, *_repeated(plan), *_funds(plan, facts), *_needs(plan, facts)]


def carry_forward(plan: Plan) -> PlannedStrategies:
    """The strategies that alignment must link, and the unmet need that review confirms."""
    return PlannedStrategies(
        {strategy.key: strategy.title for strategy in plan.strategies},
        sum((strategy.unfunded for strategy in plan.strategies), ZERO),
    )


def _span(plan: Plan) -> Iterator[Finding]:
    if plan.starts_on is None or plan.ends_on is None:
        for field in ("starts_on", "ends_on"):
            if getattr(plan, field) is None:
                yield error(field, f"Give the day on which the plan {field.removesuffix('_on')}")
        return
    after = plan.ends_on + timedelta(days=1)
    span = f"The plan runs from {plan.starts_on} to {plan.ends_on}"
    if after < plan.starts_on + relativedelta(years=1):
        yield error("ends_on", f"{span}, less than one year; a plan covers one to three")
    elif after > plan.starts_on + relativedelta(years=3):
        yield error("ends_on", f"{span}, more than three years; end it sooner")


def _gears(plan: Plan) -> Iterator[Finding]:
    covered = {strategy.gear for strategy in plan.strategies}
    for gear, label in GEAR_LABELS.items():
        reason = plan.gears_left_out.get(gear)
        if gear not in covered and not reason:
            yield error("strategies", f"No strategy covers {label}; add one or give a reason")
        if gear in covered and reason:
            yield warning(
                f"gears_left_out.{gear}", f"{label} is left out with a reason, yet a strategy covers it"
            )


def _strategy(strategy: Strategy, where: str) -> Iterator[Finding]:
    if not strategy.owner:
        yield error(f"{where}.owner", f"{strategy.title!r} has no owner; name who carries it out")
    if strategy.priority is None:
        yield error(f"{where}.priority", f"{strategy.title!r} has no priority; 1 comes first")


def _measure(strategy: Strategy, where: str, plan: Plan) -> Iterator[Finding]:
    measure = strategy.measure
    lacking = {
        "what": ("what is measured", not measure.what),
        "baseline": ("a baseline", measure.baseline is None),
        "target": ("a target", measure.target is None),
        "by": ("a date for the target", measure.by is None),
    }
    for field, (words, is_lacking) in lacking.items():
        if is_lacking:
            yield error(f"{where}.measure.{field}", f"The measure of {strategy.title!r} lacks {words}")
    if measure.target is not None and measure.target == measure.baseline:
        yield confirm(
            f"{where}.measure.target",
            f"The target of {strategy.title!r} equals its baseline of {measure.baseline}; "
            "confirm that nothing is to change",
        )
    if measure.by and plan.starts_on and plan.ends_on and not plan.starts_on <= measure.by <= plan.ends_on:
        yield error(
            f"{where}.measure.by",
            f"The target of {strategy.title!r} is for {measure.by}, outside the plan "
            f"({plan.starts_on} to {plan.ends_on})",
        )


def _cost(strategy: Strategy, where: str, facts: GateFacts) -> Iterator[Finding]:
    if not strategy.cost:
        yield error(
            f"{where}.cost", f"{strategy.title!r} has no cost; put a price on it, staff time included"
        )
        return
    if not strategy.funding and not strategy.unfunded:
        yield error(
            f"{where}.funding", f"{strategy.title!r} has no funding source; name one or call it unfunded"
        )
        return
    paid = sum((part.amount for part in strategy.funding), ZERO) + strategy.unfunded
    if paid != strategy.cost:
        yield error(
            f"{where}.funding",
            f"{strategy.title!r} costs {dollars(strategy.cost)}, but its sources and unfunded part "
            f"add up to {dollars(paid)}",
        )
    for row, part in enumerate(strategy.funding):
        if part.source not in facts.codes.sources:
            known = ", ".join(facts.codes.sources)
            yield error(
                f"{where}.funding.{row}.source",
                f"{strategy.title!r}: unknown funding source {part.source!r}; use {known}",
            )


def _repeated(plan: Plan) -> Iterator[Finding]:
    ranks, keys = defaultdict[int, list[str]](list), defaultdict[str, list[str]](list)
    for strategy in plan.strategies:
        keys[same(strategy.key)].append(repr(strategy.title))
        if strategy.priority is not None:
            ranks[strategy.priority].append(repr(strategy.title))
    for rank, titles in ranks.items():
        if len(titles) > 1:
            yield error(
                "strategies", f"Priority {rank} is given to {in_words(titles)}; rank each differently"
            )
    for key, titles in keys.items():
        if len(titles) > 1:
            yield error("strategies", f"The key {key!r} is used by {in_words(titles)}; give each its own")


def _funds(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """Years the budget does not reach cannot be compared, so they are left alone."""
    funds = facts.received(FundsAvailable)
    if funds is None:
        return
    taken = dict.fromkeys(funds.amounts, ZERO)
    for strategy in plan.strategies:
        for part in strategy.funding:
            if part.plan_year in funds.plan_years:
                place = (part.plan_year, part.source)
                taken[place] = taken.get(place, ZERO) + part.amount
    for (year, source), amount in taken.items():
        budgeted = funds.amounts.get((year, source), ZERO)
        name = facts.codes.source(source)
        if amount > budgeted:
            yield error(
                "strategies",
                f"Strategies take {dollars(amount)} from {name} in {year}; budgeted are {dollars(budgeted)}",
            )
        elif amount < budgeted:
            yield confirm(
                "strategies",
                f"{dollars(budgeted - amount)} from {name} in {year} is budgeted but in no strategy; "
                "confirm that it is spent outside the plan",
            )


def _needs(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    needs = facts.received(Needs)
    if needs is None:
        return
    answered = {same(theme) for strategy in plan.strategies for theme in strategy.answers}
    for theme, groups in needs.themes.items():
        if same(theme) not in answered:
            by = f", raised by {in_words(GROUP_LABELS[group] for group in groups)}" if groups else ""
            yield warning("strategies", f"No strategy answers {theme!r}{by}")


def _example_strategy(priority: int, gear: Gear) -> dict[str, Any]:
    """Together they spend what the example of a budget has, so that one follows from the other."""
    of_each = "8250.00" if gear is Gear.INFRASTRUCTURE else "5500.00"
    return {
        "key": f"S{priority}",
        "title": f"First step in {GEAR_LABELS[gear]}",
        "gear": gear.value,
        "owner": "Technology coordinator",
        "measure": {"what": "Schools taking part", "baseline": "2", "target": "9", "by": "2028-05-31"},
        "cost": "19500.00" if gear is Gear.INFRASTRUCTURE else "14000.00",
        "funding": [
            {"source": source, "plan_year": 2027, "amount": of_each}
            for source in ("kets_offer", "kets_match")
        ],
        "unfunded": "3000.00",
        "priority": priority,
        "answers": ["Wi-Fi in gyms and on buses"],
    }


TAKES = (
    "the days on which the plan starts and ends",
    "a strategy for each of the eight gears, or a reason why there is none",
    "for each strategy its measure, its cost and the funds that pay for it",
)

EXAMPLE: dict[str, Any] = {
    "starts_on": "2027-07-01",
    "ends_on": "2029-06-30",
    "strategies": [
        _example_strategy(n, gear)
        for n, gear in enumerate((g for g in Gear if g is not Gear.PARTNERSHIPS), 1)
    ],
    "gears_left_out": {
        "partnerships": "The agreement with the library runs until 2029 and needs nothing new"
    },
}
