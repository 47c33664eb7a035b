"""A reviewer's decision: return work for changes, or approve it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.offsets import Offset
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, find_standing, make_moves, with_status
from yearwheel.services.others_days import warning
from yearwheel.services.reader_link import BY_LINK
from yearwheel.services.relief import first_day
from yearwheel.services.works import Work, read_works
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import HANDED_IN, LABELS, Status
from yearwheel.store import Connection

REVISE = Offset.parse("10 workdays after")  # for kinds of stage whose file names no time for changes


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says about one district's work. With `changes` it goes back, without it is approved."""

    stage_key: str
    district_code: str
    by: str
    changes: str = ""


def decide(app: App, cycle_key: str, decisions: Sequence[Decision]) -> list[Standing]:
    """Carry out decisions together. Refused, all of them, if one is not allowed."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        decided = make_decisions(work.connection, active, decisions, now)
        work.commit()
    return decided


def make_decisions(
    connection: Connection, active: Active, decisions: Sequence[Decision], now: datetime
) -> list[Standing]:
    """The same inside the caller's transaction."""
    moves = [_move(connection, active, decision, now) for decision in decisions]
    make_moves(connection, active, moves, now)
    return [move.after for move in moves]


def _move(connection: Connection, active: Active, decision: Decision, now: datetime) -> Move:
    before = find_standing(connection, active, decision.stage_key, decision.district_code)
    if before.status not in HANDED_IN:
        raise Refused(
            f"{before.district_code} is {LABELS[before.status]} in {before.stage_key}; nothing to decide"
        )
    _two_people(connection, active, before, decision.by)
    if not decision.changes.strip():
        if before.status is Status.APPROVED:
            raise Refused(f"{before.district_code} is approved already in {before.stage_key}")
        return Move(
            before, with_status(before, Status.APPROVED), decision.by, "approved", notice=NoticeKind.APPROVED
        )
    since = first_day(connection, active, before.district_code, active.day(now))
    due_on = _due_back(active, before, since)
    after = with_status(
        before,
        Status.RETURNED,
        due_on=due_on,
        due_since=since,
        due_because=DueBecause.RETURNED,
        rounds=before.rounds + 1,
    )
    said = warning(active.cycle.stage(before.stage_key), after)
    detail = {"warning": said} if said else None
    words = decision.changes
    return Move(before, after, decision.by, "returned", words, NoticeKind.RETURNED, words, detail)


def _two_people(connection: Connection, active: Active, before: Standing, by: str) -> None:
    stage = active.cycle.stage(before.stage_key)
    if handed_in_by(read_works(connection, active, stage, before.district_code), by.removesuffix(BY_LINK)):
        raise Refused(f"{by} handed this in and cannot decide on it; another person has to")


def handed_in_by(works: Sequence[Work], name: str) -> bool:
    """Whether somebody handed in themselves what is to be decided on."""
    return bool(works) and works[0].submission.submitted_by == name


def _due_back(active: Active, before: Standing, today: date) -> date:
    """When returned work is due again: in time for the changes, and never before it was due anyway."""
    stage = active.cycle.stage(before.stage_key)
    offset = stage.review.revise if stage.review else REVISE
    due_on = active.cycle.workdays.on_or_after(offset.from_day(today, active.cycle.workdays))
    return due_on if stage.review else max(due_on, before.due_on or stage.dates.due.on)
