"""Ask a gate about its example with something changed."""

from datetime import date
from typing import Any

from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.evidence import GateFacts, describe, missing, read_evidence

DUE_ON = {
    StageKind.BUDGET: date(2027, 1, 29),
    StageKind.INPUT: date(2027, 3, 15),
    StageKind.DRAFTING: date(2027, 4, 15),
    StageKind.ALIGNMENT: date(2027, 5, 17),
    StageKind.REVIEW: date(2027, 7, 30),
    StageKind.INVENTORY: date(2027, 12, 15),
    StageKind.MILESTONE: date(2027, 4, 1),
}


def facts(kind: StageKind, **known: Any) -> GateFacts:
    return GateFacts(DUE_ON[kind], **{"today": DUE_ON[kind], **known})


def said(kind: StageKind, form: dict[str, Any] | None = None, **known: Any) -> list[tuple[str, str, str]]:
    """Every finding about a form (or the example) as severity, place and sentence."""
    evidence = read_evidence(kind, describe(kind) if form is None else form)
    return [(f.severity.value, f.where, f.message) for f in missing(kind, evidence, facts(kind, **known))]


def changed(kind: StageKind, **changes: Any) -> dict[str, Any]:
    return {**describe(kind), **changes}


def in_row(kind: StageKind, rows: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    """The example with one of its rows changed."""
    form = describe(kind)
    form[rows][number] |= changes
    return form
