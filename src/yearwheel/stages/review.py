"""Review: the state reads one version of a plan, section by section, and decides. Two people take part."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from yearwheel.stages.drafting import GEAR_LABELS, PlannedStrategies
from yearwheel.stages.findings import Finding, confirm, error
from yearwheel.stages.gate import Carried, Day, Evidence, GateFacts, Money, Name, Part, Text, dollars, same

SECTION_LABELS: dict[str, str] = {
    **{gear.value: label for gear, label in GEAR_LABELS.items()},
    "last_plan": "Evaluation of the last plan",
    "student_voice": "Student voice",
    "funding": "Funding",
    "alignment": "Alignment with improvement plans",
}


class Mark(StrEnum):
    """How well a section does what it should."""

    MEETS = "meets"
    PARTLY = "partly"
    DOES_NOT = "does_not"


class Decision(StrEnum):
    APPROVED = "approved"
    RETURNED = "returned"


class SectionMark(Part):
    """The rubric for one section: a mark, and what must change or might."""

    section: Name
    mark: Mark
    required_change: Text = ""
    advice: Text = ""


class Review(Evidence):
    """One reading of one immutable version."""

    version: Annotated[int, Field(ge=1)] | None = None
    sections: tuple[SectionMark, ...] = ()
    unmet_need: Money | None = None
    decision: Decision | None = None
    read_by: Text = ""
    decided_by: Text = ""
    decided_on: Day | None = None


@dataclass(frozen=True, slots=True)
class Outcome(Carried):
    """What the state's summary counts."""

    approved: bool
    unmet_need: Decimal
    required_changes: dict[str, str]


def missing(review: Review, facts: GateFacts) -> list[Finding]:
    """What keeps the review from being closed."""
    return [
        *_sections(review),
        *_decision(review, facts),
        *_people(review, facts),
        *_unmet_need(review, facts),
    ]


def carry_forward(review: Review) -> Outcome:
    """The decision and the unmet need, for the state's summary."""
    return Outcome(
        review.decision is Decision.APPROVED,
        review.unmet_need or Decimal(0),
        {mark.section: mark.required_change for mark in review.sections if mark.required_change},
    )


def _sections(review: Review) -> Iterator[Finding]:
    marked = [mark.section for mark in review.sections]
    for section, label in SECTION_LABELS.items():
        if section not in marked:
            yield error("sections", f"{label} is not marked yet")
    for row, mark in enumerate(review.sections):
        where = f"sections.{row}"
        if mark.section not in SECTION_LABELS:
            known = ", ".join(SECTION_LABELS)
            yield error(f"{where}.section", f"The rubric has no section {mark.section!r}; use {known}")
            continue
        label = SECTION_LABELS[mark.section]
        if mark.section in marked[:row]:
            yield error(f"{where}.section", f"{label} is marked twice")
        if mark.mark is Mark.DOES_NOT and not mark.required_change:
            yield error(f"{where}.required_change", f"{label} does not meet the rubric; say what must change")
        if mark.mark is Mark.PARTLY and not (mark.required_change or mark.advice):
            yield error(f"{where}.advice", f"{label} meets the rubric in part; say what would make it whole")


def _decision(review: Review, facts: GateFacts) -> Iterator[Finding]:
    if review.version is None:
        yield error("version", "Say which version of the plan was read")
    if review.decided_on is None:
        yield error("decided_on", "Give the day of the decision")
    yield from facts.still_ahead("decided_on", "The decision", review.decided_on)
    if review.decision is None:
        yield error("decision", "Decide: approved or returned")
    required = [SECTION_LABELS.get(m.section, m.section) for m in review.sections if m.required_change]
    if review.decision is Decision.APPROVED:
        for label in required:
            yield error(
                "decision", f"{label} still has a required change; return the plan or turn it into advice"
            )
    if review.decision is Decision.RETURNED and not required:
        yield error("decision", "The plan is returned, but no section says what must change")
    partly = [mark.section for mark in review.sections if mark.mark is Mark.PARTLY]
    if review.decision is Decision.APPROVED and len(partly) > len(SECTION_LABELS) // 2:
        yield confirm(
            "decision", f"{len(partly)} sections meet the rubric only in part; confirm the approval"
        )


def _people(review: Review, facts: GateFacts) -> Iterator[Finding]:
    if not review.read_by:
        yield error("read_by", "Name who read the plan")
    if not review.decided_by:
        yield error("decided_by", "Name who decided")
    elif same(review.decided_by) == same(review.read_by):
        yield error("decided_by", f"{review.decided_by} both read and decided; a second person must decide")
    for field, words in {"read_by": "read", "decided_by": "decide on"}.items():
        person = getattr(review, field)
        if person and same(person) == same(facts.handed_in_by):
            yield error(field, f"{person} handed in the plan and so cannot {words} it")


def _unmet_need(review: Review, facts: GateFacts) -> Iterator[Finding]:
    planned = facts.received(PlannedStrategies)
    if review.unmet_need is None:
        yield error("unmet_need", "State the unmet need, 0 if there is none")
    elif planned and review.unmet_need != planned.unmet_need:
        yield error(
            "unmet_need",
            f"The plan's strategies leave {dollars(planned.unmet_need)} unfunded, "
            f"not {dollars(review.unmet_need)}",
        )


TAKES = ()  # decided by the state's reviewer; nothing is asked of the district

EXAMPLE: dict[str, Any] = {
    "version": 1,
    "sections": [
        {"section": section, "mark": "meets", "required_change": "", "advice": ""}
        for section in SECTION_LABELS
    ],
    "unmet_need": "21000.00",
    "decision": "approved",
    "read_by": "First Reviewer",
    "decided_by": "Office Lead",
    "decided_on": "2027-07-12",
}
