"""Alignment: strategies tied to the goals of district and school improvement plans (703 KAR 5:225)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta

from yearwheel.stages.drafting import PlannedStrategies
from yearwheel.stages.findings import Finding, confirm, error
from yearwheel.stages.gate import Carried, Day, Evidence, GateFacts, Name, Part, Text, same


class Link(Part):
    """Which goal a strategy serves, or why it serves none."""

    strategy: Name
    goal: Text = ""
    justification: Text = ""


class Acknowledgement(Part):
    """A school's word that it compared the plan with its own improvement plan."""

    school: Name
    plan_version_on: Day | None = None
    acknowledged_by: Text = ""
    acknowledged_on: Day | None = None


class Alignment(Evidence):
    """The plan held against the improvement plans, whose versions are pinned since they change."""

    plan_version_on: Day | None = None
    links: tuple[Link, ...] = ()
    schools: tuple[Acknowledgement, ...] = ()
    gaps: tuple[Name, ...] | None = None  # goals no strategy serves; () when there are none


@dataclass(frozen=True, slots=True)
class Gaps(Carried):
    """Goals that no strategy serves, and strategies that serve no goal with their justification."""

    goals: tuple[str, ...]
    strategies: dict[str, str]


def missing(alignment: Alignment, facts: GateFacts) -> list[Finding]:
    """What keeps the alignment from being handed in."""
    findings = [*_version(alignment, facts), *_links(alignment, facts), *_schools(alignment, facts)]
    if alignment.gaps is None:
        findings.append(error("gaps", "List the goals that no strategy serves, or give an empty list"))
    return findings


def carry_forward(alignment: Alignment) -> Gaps:
    """The gap list that review reads."""
    return Gaps(
        alignment.gaps or (), {link.strategy: link.justification for link in alignment.links if not link.goal}
    )


def _version(alignment: Alignment, facts: GateFacts) -> Iterator[Finding]:
    pinned, newest = alignment.plan_version_on, facts.improvement_plan_on
    if pinned is None:
        yield error(
            "plan_version_on", "Give the date of the district improvement plan this was checked against"
        )
    elif pinned > facts.today:
        yield from facts.still_ahead("plan_version_on", "The improvement plan", pinned)
    elif newest and pinned < newest:
        yield error(
            "plan_version_on",
            f"Checked against the improvement plan of {pinned}, but there is one of {newest}; check that one",
        )
    elif _is_stale(pinned, facts):
        yield error(
            "plan_version_on",
            f"The improvement plan of {pinned} is more than a year old; check against this year's",
        )


def _is_stale(version_on: date, facts: GateFacts) -> bool:
    """Improvement plans are adopted anew every January, so one older than a year has a successor."""
    return version_on < facts.due_on - relativedelta(years=1)


def _links(alignment: Alignment, facts: GateFacts) -> Iterator[Finding]:
    if not alignment.links:
        yield error("links", "No strategy is linked to a goal of the improvement plan")
    for row, link in enumerate(alignment.links):
        if not link.goal and not link.justification:
            yield error(f"links.{row}", f"Strategy {link.strategy} has neither a goal nor a justification")
    planned = facts.received(PlannedStrategies)
    if planned is None:
        return
    known = {same(key) for key in planned.titles}
    linked = {same(link.strategy) for link in alignment.links}
    for key, title in planned.titles.items():
        if same(key) not in linked:
            yield error(
                "links", f"Strategy {key} ({title}) is not linked; name its goal or justify that it has none"
            )
    for row, link in enumerate(alignment.links):
        if same(link.strategy) not in known:
            yield error(f"links.{row}.strategy", f"The plan has no strategy {link.strategy}")


def _schools(alignment: Alignment, facts: GateFacts) -> Iterator[Finding]:
    for school in facts.schools_besides(ack.school for ack in alignment.schools):
        yield error("schools", f"No acknowledgement from {school}")
    yield from facts.strangers(
        {f"schools.{row}.school": ack.school for row, ack in enumerate(alignment.schools)}
    )
    for row, ack in enumerate(alignment.schools):
        where = f"schools.{row}"
        if not ack.acknowledged_by or ack.acknowledged_on is None:
            yield error(f"{where}.acknowledged_by", f"{ack.school}: say who acknowledged the plan and when")
        yield from facts.still_ahead(
            f"{where}.acknowledged_on", f"{ack.school}: the acknowledgement", ack.acknowledged_on
        )
        yield from facts.still_ahead(
            f"{where}.plan_version_on", f"{ack.school}: its improvement plan", ack.plan_version_on
        )
        if ack.plan_version_on is None:
            yield error(
                f"{where}.plan_version_on", f"{ack.school}: give the date of the school's improvement plan"
            )
        elif _is_stale(ack.plan_version_on, facts):
            yield confirm(
                f"{where}.plan_version_on",
                f"{ack.school}: its improvement plan of {ack.plan_version_on} is more than a year old; "
                "confirm that there is no newer one",
            )


TAKES = (
    "the date of the district improvement plan that the plan was checked against",
    "for each strategy the goals it serves",
    "the goals that no strategy serves, if there are any",
)

EXAMPLE: dict[str, Any] = {
    "plan_version_on": "2026-12-14",
    "links": [
        {
            "strategy": "S1",
            "goal": "State assessment results in reading and mathematics",
            "justification": "",
        },
        {"strategy": "S2", "goal": "", "justification": "Network upkeep serves every goal alike"},
        *(
            {"strategy": strategy, "goal": "Each student is ready for what comes next", "justification": ""}
            for strategy in ("S3", "S4", "S5", "S6", "S7")
        ),
    ],
    "schools": [
        {
            "school": "Riverside Elementary",
            "plan_version_on": "2026-12-18",
            "acknowledged_by": "Principal",
            "acknowledged_on": "2027-05-03",
        }
    ],
    "gaps": ["Postsecondary readiness"],
}
