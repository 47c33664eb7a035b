"""Handing in: evidence is read, asked its gate, kept as an immutable version, and acknowledged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from yearwheel.calendar.cycle import Stage, StageDates, StageKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.receipt import write_receipt
from yearwheel.roster.people import District, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, find_standing, make_moves, with_status
from yearwheel.services.reasons import check_reason
from yearwheel.stages.evidence import EvidenceError, GateFacts, carry_forward, missing, read_evidence
from yearwheel.stages.findings import Finding, Severity
from yearwheel.stages.gate import Carried
from yearwheel.stages.standing import Standing, Submission
from yearwheel.stages.status import HANDED_IN, LABELS, Status
from yearwheel.store import Connection, rosters, standings


class GateRefused(Refused):
    """The evidence has gaps; `findings` names every one."""

    def __init__(self, place: str, findings: Sequence[Finding]) -> None:
        lines = "\n".join(f"  {f.severity}: {f.where}: {f.message}" for f in findings)
        super().__init__(f"{place} is not complete:\n{lines}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class HandIn:
    """What one district hands in for one stage. `confirmed` says yes to what only a person can know."""

    stage_key: str
    district_code: str
    evidence: Mapping[str, Any]
    by: str
    confirmed: bool = False
    force_why: str = ""  # why it is taken although the stage has closed


def submit(app: App, cycle_key: str, hand_ins: Sequence[HandIn]) -> list[Submission]:
    """Take in work, all of it or none. The receipt and the end of its reminders come with it.

    GateRefused lists every gap; Refused when the stage has closed or it is not the district's turn.
    """
    for hand_in in hand_ins:
        check_reason(hand_in.force_why)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state, cycle_key)
        taken = [_take(work.connection, active, roster, hand_in, now) for hand_in in hand_ins]
        standings.add_submissions(work.connection, cycle_key, [submission for _, submission in taken])
        make_moves(work.connection, active, [move for move, _ in taken], now)
        work.commit()
    return [submission for _, submission in taken]


def start(app: App, cycle_key: str, stage_key: str, code: str, *, by: str) -> Standing:
    """Note that a district has begun. Refused before the window opens; earlier work need not be in."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        before = find_standing(work.connection, active, stage_key, code)
        _check_open(active, active.cycle.stage(stage_key), before, now, "begun")
        after = with_status(before, Status.IN_PROGRESS)
        make_moves(work.connection, active, [Move(before, after, by, "started")], now)
        work.commit()
    return after


def _take(
    connection: Connection, active: Active, roster: Roster, hand_in: HandIn, now: datetime
) -> tuple[Move, Submission]:
    before = find_standing(connection, active, hand_in.stage_key, hand_in.district_code)
    stage = active.cycle.stage(hand_in.stage_key)
    place = f"{hand_in.district_code} {stage.title}"
    _check_window(active, stage, before, hand_in, now)
    if stage.kind is StageKind.REVIEW and before.status is not Status.RETURNED:
        raise Refused(f"{place}: a district hands in here only what a reviewer returned")
    if before.status in HANDED_IN:
        raise Refused(
            f"{place} is {LABELS[before.status]} already, as version {before.version}; "
            "it can be handed in again once a reviewer returns it"
        )
    district = roster.districts[hand_in.district_code]
    _check_gate(connection, active, stage, before, district, hand_in, place, now)
    version = before.version + 1
    evidence = dict(hand_in.evidence)
    seal = sha256(json.dumps(evidence, sort_keys=True, default=str).encode()).hexdigest()
    submission = Submission(stage.key, hand_in.district_code, version, evidence, seal, hand_in.by, now)
    number = f"{active.key}/{stage.key}/{hand_in.district_code}/{version}"
    receipt = write_receipt(number, hand_in.by, now, seal, active.cycle.zone, district.zone)
    after = with_status(before, Status.SUBMITTED, version=version)
    detail = {"version": version, "sha256": seal}
    move = Move(
        before, after, hand_in.by, "submitted", hand_in.force_why, NoticeKind.RECEIPT, receipt, detail
    )
    return move, submission


def _check_window(active: Active, stage: Stage, before: Standing, hand_in: HandIn, now: datetime) -> None:
    dates = _check_open(active, stage, before, now, "handed in")
    closed = stage.kind is not StageKind.REVIEW and now > dates.close.moment
    if closed and not hand_in.force_why.strip():
        raise Refused(
            f"{stage.title} closed on {dates.close.on} for {hand_in.district_code}; "
            "extend it, or take it all the same with --force and a reason"
        )


def _check_open(active: Active, stage: Stage, before: Standing, now: datetime, done: str) -> StageDates:
    dates = stage.dates_for(before.due_on, active.cycle.workdays)
    if now < dates.opens.moment:
        raise Refused(f"{stage.title} opens on {dates.opens.on}; nothing can be {done} before")
    return dates


def _check_gate(
    connection: Connection,
    active: Active,
    stage: Stage,
    before: Standing,
    district: District,
    hand_in: HandIn,
    place: str,
    now: datetime,
) -> None:
    facts = read_facts(connection, active, stage, before, district, hand_in.by, now)
    kind = active.cycle.work_of(stage)
    try:
        found = missing(kind, read_evidence(kind, hand_in.evidence), facts)
    except EvidenceError as error:
        raise GateRefused(place, error.findings) from None
    stopping = {Severity.ERROR} if hand_in.confirmed else {Severity.ERROR, Severity.CONFIRM}
    if any(finding.severity in stopping for finding in found):
        raise GateRefused(place, found)


def read_facts(
    connection: Connection,
    active: Active,
    stage: Stage,
    standing: Standing,
    district: District,
    by: str,
    now: datetime,
) -> GateFacts:
    """What a gate knows of a district's work besides the work itself."""
    return GateFacts(
        due_on=standing.due_on or stage.dates.due.on,
        today=now.astimezone(district.zone).date(),
        schools=district.schools or 0,
        carried=() if stage.kind is StageKind.MILESTONE else _carried(connection, active, district.code),
        handed_in_by=by,
    )


def _carried(connection: Connection, active: Active, code: str) -> tuple[Carried, ...]:
    """What the district's earlier stages pass on."""
    passed = []
    for stage_key, evidence in standings.newest_evidence(connection, active.key, code).items():
        kind = active.stages[stage_key].kind
        if kind is not StageKind.REVIEW:
            passed.append(carry_forward(kind, read_evidence(kind, evidence)))
    return tuple(carried for carried in passed if carried is not None)
