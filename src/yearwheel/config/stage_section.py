"""Reads one stage of a cycle file."""

import re
from dataclasses import dataclass
from datetime import time

from yearwheel.calendar.cycle import (
    END_OF_DAY,
    OwedBy,
    ReviewRounds,
    Rung,
    RungKind,
    StageKind,
    Track,
    Waiver,
)
from yearwheel.calendar.lint import Code
from yearwheel.calendar.offsets import CLOCK_STOPPED, MOST_COUNT, Offset, TooFar
from yearwheel.calendar.rule_words import parse_rule
from yearwheel.calendar.rules import IfClosed, Point, Rule, RuleError
from yearwheel.calendar.timetable import StageRules
from yearwheel.config.ladders import (
    OPENING,
    Names,
    Roles,
    farthest_first,
    read_escalations,
    read_roles,
    read_rungs,
)
from yearwheel.config.sections import Report, Section, one_of, text, yes_or_no
from yearwheel.config.yaml_text import Entries, FieldError, Node
from yearwheel.roster.people import Role

STAGE_KEYS = (
    "key", "kind", "title", "ask", "owed_by", "opens", "due", "grace", "close",
    "tell", "announce", "reminders", "escalate", "after", "review", "every",
    "waive", "tracks",
)  # fmt: skip
DUE_KEYS = ("on", "if_closed", "if_break", "at", "basis", "statutory", "set_by")
REVIEW_KEYS = ("first_look", "revise", "second_look", "reviewer_reminders", "revision_reminders")
STAGE_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
STAND_IN_OFFSET = Offset.parse("1 day after")


@dataclass(frozen=True, slots=True)
class StageDraft:
    """A stage as written, before its dates are worked out."""

    section: Section
    key: str
    title: str
    kind: StageKind
    ask: str
    owed_by: OwedBy
    rules: StageRules
    at: time
    basis: str
    statutory: bool
    set_by: str
    tell: Roles
    ladder: tuple[Rung, ...]
    after: tuple[str, ...]
    review: ReviewRounds | None
    waivers: tuple[Waiver, ...]
    tracks: frozenset[Track]

    def place(self, point: Point) -> Node:
        """Where the file says (or would say) a date."""
        return self.section.place(point)

    def words(self) -> dict[str, str]:
        """Each date's rule as it was written."""
        rules = self.rules
        given = {
            Point.OPENS: rules.opens,
            Point.DUE: rules.due,
            Point.GRACE: rules.grace and str(rules.grace).replace(" after", ""),
            Point.CLOSE: rules.close,
        }
        return {str(point): str(rule) for point, rule in given.items() if rule}


def read_stage(node: Node, names: Names, report: Report) -> StageDraft:
    """One entry of `stages`; everything wrong is noted in the report."""
    section = Section(node, STAGE_KEYS, report)
    key = section.need("key", _stage_key, "", "budget_preparation")
    kind = section.need("kind", one_of(StageKind), StageKind.MILESTONE, "milestone")
    tell = section.need(
        "tell", lambda n: read_roles(n, names.recipients, report), (), f"[{Role.TECHNOLOGY_COORDINATOR}]"
    )
    due = _read_due(section)
    return StageDraft(
        section=section,
        key=key,
        title=section.may("title", text, key.replace("_", " ").capitalize()),
        kind=kind,
        ask=section.need("ask", text, "", "Hand in the draft technology budget."),
        owed_by=section.may("owed_by", one_of(OwedBy), OwedBy.DISTRICTS),
        rules=StageRules(
            opens=section.need("opens", rule, None, "first workday of January"),
            due=due.on,
            if_closed=due.if_closed,
            grace=section.may("grace", _grace, None),
            close=section.may("close", rule, None),
            if_break=due.if_break,
        ),
        at=due.at,
        basis=due.basis,
        statutory=due.statutory,
        set_by=due.set_by,
        tell=tell,
        ladder=_read_ladder(section, tell, names),
        after=_read_after(section),
        review=_read_review(section, kind, tell, names),
        waivers=read_waivers(section),
        tracks=_read_tracks(section),
    )


def read_waivers(section: Section) -> tuple[Waiver, ...]:
    """The findings of the linter that a stage, or the cycle, accepts; each says why."""
    waivers: list[Waiver] = []
    for node in section.each("waive"):
        waiver = Section(node, ("finding", "why"), section.report)
        finding = waiver.need("finding", one_of(Code), None, str(Code.SHORT_WINDOW))
        why = waiver.need("why", text, "", "both dates are set by law")
        if finding:
            waivers.append(Waiver(finding, why, node.line))
    return tuple(waivers)


@dataclass(frozen=True, slots=True)
class _Due:
    on: Rule | None
    if_closed: IfClosed = IfClosed.NEXT
    if_break: IfClosed = IfClosed.NONE
    at: time = END_OF_DAY
    basis: str = ""
    statutory: bool = False
    set_by: str = ""


def _read_due(section: Section) -> _Due:
    node = section.get("due")
    if not isinstance(node, Entries):
        return _Due(section.need("due", rule, None, "January 31"))
    due = Section(node, DUE_KEYS, section.report)
    statutory = due.may("statutory", yes_or_no, False)
    return _Due(
        on=due.need("on", rule, None, "January 31"),
        if_closed=due.may("if_closed", one_of(IfClosed), IfClosed.PREVIOUS if statutory else IfClosed.NEXT),
        if_break=due.may("if_break", one_of(IfClosed), IfClosed.NONE),
        at=due.may("at", clock_time, END_OF_DAY),
        basis=due.may("basis", text, ""),
        statutory=statutory,
        set_by=due.may("set_by", text, ""),
    )


def _read_ladder(section: Section, tell: Roles, names: Names) -> tuple[Rung, ...]:
    report = section.report
    rungs = read_rungs(section.each("reminders"), tell, names, report)
    if section.may("announce", yes_or_no, True):
        opening = Rung(OPENING, tell, RungKind.OPENED)
        told = next((r for r in rungs if r.key == opening.key), None)
        if told:
            opening = Rung(OPENING, tuple(dict.fromkeys(tell + told.to)), RungKind.OPENED)
        rungs = (opening, *(r for r in rungs if r.key != opening.key))
    return farthest_first(rungs + read_escalations(section.each("escalate"), names, report))


def _read_after(section: Section) -> tuple[str, ...]:
    keys = (section.report.attempt(text, node, "") for node in section.each("after"))
    return tuple(key for key in keys if key)


def _read_tracks(section: Section) -> frozenset[Track]:
    """The tracks of a plan of several years that owe the stage; all of them unless it says so."""
    read = one_of(Track)
    named = (section.report.attempt(read, node, None) for node in section.each("tracks"))
    return frozenset(track for track in named if track) or frozenset(Track)


def _read_review(section: Section, kind: StageKind, tell: Roles, names: Names) -> ReviewRounds | None:
    node, report = section.get("review"), section.report
    if kind is not StageKind.REVIEW:
        if node is not None:
            message = f"a stage of kind {kind} has no review rounds"
            report.note(section.place("review"), message, example="kind: review")
        return None
    if node is None:
        example = "review: {first_look: 30 days, revise: 15 workdays, second_look: 10 workdays}"
        report.note(section.node, "'review' is missing", example=example)
        return None
    review = Section(node, REVIEW_KEYS, report)
    reviewer, revision = (str(Role.REVIEWER),), RungKind.REVISION
    return ReviewRounds(
        first_look=review.need("first_look", _length, STAND_IN_OFFSET, "30 days"),
        revise=review.need("revise", _length, STAND_IN_OFFSET, "15 workdays"),
        second_look=review.need("second_look", _length, STAND_IN_OFFSET, "10 workdays"),
        reviewer_ladder=read_rungs(
            review.each("reviewer_reminders"), reviewer, names, report, RungKind.REVIEW
        ),
        revision_ladder=read_rungs(review.each("revision_reminders"), tell, names, report, revision),
    )


def rule(node: Node) -> Rule:
    """A date rule in words."""
    try:
        return parse_rule(text(node))
    except RuleError as error:
        raise FieldError(node, error.message, error.fix, error.example) from None


def clock_time(node: Node) -> time:
    """A time of day: "23:59"."""
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text(node), re.ASCII)
    if not match:
        raise FieldError(node, f"{text(node)!r} is not a time of day", example='"23:59"')
    return time(int(match[1]), int(match[2]))


def _length(node: Node) -> Offset:
    """A length of time counted from an event: "15 workdays"."""
    try:
        plain = text(node).lower().removesuffix(CLOCK_STOPPED)
        stopped = CLOCK_STOPPED if plain != text(node).lower() else ""
        length = Offset.parse(f"{plain} after{stopped}")
    except TooFar:
        words = f"{text(node)!r} is more than {MOST_COUNT}, the most that is counted"
        raise FieldError(node, words, example="15 workdays") from None
    except ValueError:
        raise FieldError(node, f"{text(node)!r} is not a length of time", example="15 workdays") from None
    return length


def _grace(node: Node) -> Offset | None:
    return None if text(node) == "none" else _length(node)


def _stage_key(node: Node) -> str:
    key = text(node)
    if not STAGE_KEY.fullmatch(key):
        raise FieldError(
            node,
            f"{key!r} is not a stage key: small letters, digits and underscores",
            example="budget_preparation",
        )
    return key
