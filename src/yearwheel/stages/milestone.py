"""A milestone: a dated act that happens elsewhere, such as filing a form, of which we keep the proof."""

from typing import Any

from yearwheel.stages.findings import Finding, error, warning
from yearwheel.stages.gate import Day, Evidence, GateFacts, Text


class Milestone(Evidence):
    """When it was done and what shows it, or why it does not apply."""

    done_on: Day | None = None
    reference: Text = ""  # receipt or form number, link, minute
    does_not_apply: Text = ""


def missing(milestone: Milestone, facts: GateFacts) -> list[Finding]:
    """What keeps the milestone from being reported as done."""
    if milestone.does_not_apply:
        if milestone.done_on:
            return [error("does_not_apply", "It is both done and said not to apply; keep one of the two")]
        return []
    findings = []
    if milestone.done_on is None:
        findings.append(error("done_on", "Give the day it was done, or say why it does not apply"))
    elif milestone.done_on > facts.today:
        findings += facts.still_ahead("done_on", "It", milestone.done_on)
    elif milestone.done_on > facts.due_on:
        findings.append(warning("done_on", f"It was done on {milestone.done_on}, after {facts.due_on}"))
    if not milestone.reference:
        findings.append(
            error("reference", "Give what shows that it was done: a form number, a link or a minute")
        )
    return findings


def carry_forward(_: Milestone) -> None:
    """Nothing: a milestone ends with itself."""


TAKES = (
    "the day on which it was done, or why it does not apply",
    "what shows it: a form number, a link or a minute",
)

EXAMPLE: dict[str, Any] = {
    "done_on": "2027-01-04",
    "reference": "The form number, link or minute that shows it",
    "does_not_apply": "",
}
