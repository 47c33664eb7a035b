"""Extensions: a later deadline for one district, granted with a reason and taken back as one act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.planner import turn_of
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.local_days import back_on_own_day
from yearwheel.services.moves import Move, find_standing, make_moves
from yearwheel.services.others_days import warning
from yearwheel.services.reasons import check_reason, need_reason
from yearwheel.services.relief import first_day
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import LABELS, OWED

FARTHEST = timedelta(days=366)  # past the cycle's last day; later is a slip of the hand


@dataclass(frozen=True, slots=True)
class Extension:
    """A later due day for one district in one stage."""

    stage_key: str
    district_code: str
    until: date
    asked: str = ""  # who asked for it, in a sentence for those who are told


def extend(
    app: App, cycle_key: str, extensions: Sequence[Extension], *, by: str, why: str, force: bool = False
) -> list[Standing]:
    """Give districts a later due day, all or none; the ledger follows at once.

    Refused without a reason, for a day that is not later, for work that is already in, and past the
    stage's close unless forced. A day past one that the law or others set keeps a warning with its event.
    """
    need_reason(why, "an extension needs a reason")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        moves = []
        for extension in extensions:
            before = find_standing(work.connection, active, extension.stage_key, extension.district_code)
            check_later(active, before, extension.until, active.day(now), force=force)
            after = replace(
                before,
                due_on=extension.until,
                due_since=first_day(work.connection, active, before.district_code, active.day(now)),
                due_because=DueBecause.EXTENSION,
            )
            said = warning(active.cycle.stage(before.stage_key), after)
            detail = {"warning": said} if said else None
            note = f"{why}\n{extension.asked}".rstrip()
            moves.append(Move(before, after, by, "deadline_moved", why, NoticeKind.EXTENSION, note, detail))
        make_moves(work.connection, active, moves, now)
        work.commit()
    return [move.after for move in moves]


def take_back_extension(
    app: App, cycle_key: str, stage_key: str, code: str, *, by: str, why: str
) -> Standing:
    """Return a district to the day that held before; what the extension superseded comes alive again.

    That is the day its own calendar gives it, or else the stage's. Refused where nothing is owed.
    """
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        before = find_standing(work.connection, active, stage_key, code)
        if before.due_because != DueBecause.EXTENSION:
            raise Refused(f"{code} has no extension in {stage_key}")
        if before.status not in OWED:
            raise Refused(f"{code} is {LABELS[before.status]} in {stage_key}; its day matters no more")
        after = back_on_own_day(work.connection, active, before, now)
        move = Move(before, after, by, "deadline_moved", why, NoticeKind.EXTENSION, note=why)
        make_moves(work.connection, active, [move], now)
        work.commit()
    return after


def check_later(active: Active, before: Standing, until: date, today: date, *, force: bool) -> None:
    """Refuse a day that is past or not later, where nothing is owed, and past the close unless forced."""
    stage = active.cycle.stage(before.stage_key)
    turn = turn_of(stage, before)
    if turn is None:
        raise Refused(
            f"{before.district_code} is {LABELS[before.status]} in {stage.title}; nothing to extend"
        )
    if until < today:
        raise Refused(f"{until} is past; give {today} or a later day")
    if until <= turn.due_on:
        raise Refused(f"{until} is not later than the present due day {turn.due_on}")
    check_close(active.cycle, stage, before, until, force=force)


def check_close(cycle: Cycle, stage: Stage, before: Standing, until: date, *, force: bool) -> None:
    """Refuse a day past the district's close unless forced, and in any case one far past the cycle."""
    last = max(stage.dates.close.on for stage in cycle.stages)
    if until > last + FARTHEST:
        raise Refused(
            f"{until} is more than a year after {cycle.key} ends on {last}; nobody is given so late a day"
        )
    close = stage.dates_for(before.due_on, cycle.workdays).close.on
    if until > close and not force:
        own = f" for {before.district_code}" if close != stage.dates.close.on else ""
        raise Refused(f"{stage.title} closes on {close}{own}; to go past it use --force with a reason")


def notes(cycle: Cycle, stage: Stage, after: Standing) -> list[str]:
    """What whoever gives a day should know of it: others set another, nobody works, the stage is closed."""
    due_on, said = after.due_on, warning(stage, after)
    found = [said] if said else []
    closed = cycle.workdays.closed_words(due_on) if due_on else None
    if closed and after.due_because == DueBecause.EXTENSION:
        found.append(f"{due_on} {closed}; the office is closed, the day stands")
    published, close = stage.dates.close.on, stage.dates_for(due_on, cycle.workdays).close.on
    if due_on and due_on > published:
        found.append(f"{due_on} is past the stage's close, {published}; this work is taken in until {close}")
    elif close > published and stage.review is None:
        found.append(f"the stage closes on {published}; with its grace this work is taken in until {close}")
    return found
