"""Changing a published calendar: see what it would do, then put a new version in force as one act."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.config.cycle_file import load_cycle
from yearwheel.notifications.alike import Groups, alike
from yearwheel.notifications.ledger import LedgerRow, NoticeKind, Reason, ReminderStatus
from yearwheel.notifications.planner import turn_of
from yearwheel.notifications.what_if import WhatIf, nothing_to_collect, replanned_stages, what_if
from yearwheel.roster.people import Roster
from yearwheel.services.active import Active, following, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.local_days import Place, own_days, since_today, with_news
from yearwheel.services.moves import Move, count_notices, find_told, make_moves, tell
from yearwheel.services.newcomers import year_again
from yearwheel.services.reapply import record
from yearwheel.services.reasons import need_reason
from yearwheel.services.replan import replan, take_back_waiting, take_back_year
from yearwheel.services.under_new import Led, UnderNew
from yearwheel.services.untold import retire_untold
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import OWED, Status
from yearwheel.store import Connection, district_days, events, reminders, rosters, standings, versions
from yearwheel.store.events import Event
from yearwheel.store.versions import Version


@dataclass(frozen=True, slots=True)
class _Change:
    """A calendar about to take another's place, and where districts will stand under it.

    `led` leaves out what it cannot touch. `rows` are those of one place for each of `groups`.
    """

    old: Cycle
    new: Cycle
    roster: Roster
    led: Led
    entering: Sequence[Standing]
    entered: Sequence[Move]  # of the entering: let off by their track, or due on a day of their own
    groups: Groups
    rows: tuple[LedgerRow, ...]
    days: Mapping[str, DistrictDays]


@nothing_to_collect()
def preview_change(app: App, cycle_key: str, new_source: str, name: str = "calendar file") -> WhatIf:
    """What saving a calendar over a published one would do, counted on the ledger itself.

    CycleFileError lists a file's faults; Refused for a file of another cycle, a draft and a closed cycle.
    """
    now = app.clock.now()
    # Nothing is committed: letters that wait are taken back first, so that their reminders count as planned.
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        change = _prepare(work.connection, active, new_source, name, now, by="")
        return _foresee(work.connection, active, change, now)


def save_change(
    app: App, cycle_key: str, new_source: str, *, by: str, why: str, name: str = "calendar file"
) -> WhatIf:
    """Put a calendar in force as a new version. The ledger follows; who was told an old day is told the new.

    Refused without a reason, when nothing would change, and as in `preview_change`.
    """
    need_reason(why, "a change of a published calendar needs a reason")
    now = app.clock.now()
    with app.database.writing() as work:
        before = read_active(work.connection, cycle_key)
        change = _prepare(work.connection, before, new_source, name, now, by=by)
        foreseen = _foresee(work.connection, before, change, now)
        if before.stored.source == new_source:
            raise Refused(f"this is the calendar of {cycle_key} as it stands; nothing would change")
        number = versions.add(work.connection, cycle_key, new_source, now, by, why)
        detail = {"version": number, "writes": dict(foreseen.writes), "notices": foreseen.notices}
        events.append(
            work.connection, [Event(now, by, "calendar_changed", cycle_key, why=why, detail=detail)]
        )
        _carry_out(work.connection, read_active(work.connection, cycle_key), change, now, by, why)
        work.commit()
    return foreseen


def list_versions(app: App, cycle_key: str) -> list[Version]:
    """Every calendar a cycle was run by, oldest first."""
    with app.database.reading() as connection:
        read_active(connection, cycle_key)
        return versions.list_versions(connection, cycle_key)


def find_version(app: App, cycle_key: str, number: int) -> Version:
    """One of a cycle's calendars; Refused says which there are."""
    known = list_versions(app, cycle_key)
    for version in known:
        if version.number == number:
            return version
    there = f"there are: {', '.join(str(v.number) for v in known)}" if known else "it was not published yet"
    raise Refused(f"{cycle_key} has no version {number}; {there}")


def _prepare(
    connection: Connection, active: Active, new_source: str, name: str, now: datetime, *, by: str
) -> _Change:
    new = following(active.cycle, _read(active, new_source, name), now)
    roster = rosters.load(connection, active.state, active.key)
    days = district_days.read(connection, active.state)
    ground = UnderNew(
        connection,
        active.cycle,
        replace(active, cycle=new),
        own_days(new, days),
        since_today(connection, active, now),
        now,
        by,
    )
    replanned = replanned_stages(active.cycle, new)
    here = ground.find_touched(replanned)
    led = ground.lead(here)
    touched = [s for s in led.after if s.stage_key in replanned or s.place in led.moved]
    take_back_waiting(connection, active, _places(touched), now)
    entering, entered = ground.enter(roster, _places(here))
    outline = reminders.outline(connection, active.key, {s.stage_key for s in touched})
    groups = alike((active.cycle, new), roster, [*touched, *entering], outline)
    return _Change(
        active.cycle,
        new,
        roster,
        led,
        entering,
        entered,
        groups,
        tuple(reminders.list_ladder(connection, active.key, set(groups))),
        days,
    )


def _read(active: Active, new_source: str, name: str) -> Cycle:
    new = load_cycle(new_source, name=name)
    if active.stored.published_at is None:
        raise Refused(f"{active.key} is a draft and promises nothing yet; a change needs no version")
    if active.stored.closed_at is not None:
        raise Refused(f"{active.key} is closed; what it promised stays as it was")
    for what in ("key", "state", "zone"):
        was, is_now = getattr(active.cycle, what), getattr(new, what)
        if was != is_now:
            raise Refused(f"{name} has the {what} {is_now}; {active.key} has {was}, and that cannot change")
    was = {stage.key: stage for stage in active.cycle.stages}
    for stage in new.stages:
        before = was.get(stage.key)
        if before and (before.kind, before.owed_by) != (stage.kind, stage.owed_by):
            raise Refused(
                f"{name}, line {stage.line_of('kind')}: {stage.key} was published as another kind of stage, "
                "or as owed by others, and that cannot change; give it another key to make a new stage of it"
            )
    return new


def _foresee(connection: Connection, active: Active, change: _Change, now: datetime) -> WhatIf:
    under_new = replace(active, cycle=change.new, former=(*active.former, active.cycle))
    news = _news(connection, under_new, change, by="", why="")
    news += [*change.led.tracked, *change.led.relieved, *change.led.overtaken]
    news += [*with_news(connection, under_new, change.old, change.led.own)]
    again = year_again(connection, under_new, change.roster, change.old, change.entering, now)
    foreseen = what_if(
        change.old,
        change.new,
        change.roster,
        change.led.after,
        active.since,
        active.day(now),
        change.rows,
        change.groups,
        change.days,
        change.entering,
        change.led.moved,
    )
    return replace(foreseen, notices=count_notices(under_new, news, change.roster, now) + len(again))


def _carry_out(
    connection: Connection, active: Active, change: _Change, now: datetime, by: str, why: str
) -> None:
    """Make the ledger follow the calendar that `active` has now."""
    removed = {stage.key for stage in change.old.stages} - {stage.key for stage in active.cycle.stages}
    replanned = replanned_stages(change.old, active.cycle)
    standings.add(connection, active.key, change.entering, now)
    tell(connection, active, change.entered, now)
    own = with_news(connection, active, change.old, change.led.own)
    ended = [replace(move, why=why, note=why) for move in change.led.overtaken]
    make_moves(connection, active, [replace(move, why=why) for move in change.led.tracked], now)
    make_moves(connection, active, [*change.led.relieved, *ended, *own], now)
    record(connection, active, change.led.relieved, now, by)
    here = [s for s in (*change.led.after, *change.entering) if s.stage_key in replanned - removed]
    replan(connection, active, here, now)
    if replanned:
        codes = {s.district_code for s in (*change.led.after, *change.entering)}
        take_back_year(connection, active, codes, now)
    again = year_again(connection, active, change.roster, change.old, change.entering, now)
    if again:
        reminders.add(connection, active.key, again, now, active.stored.version)
        told = {"told": len(again)}
        events.append(connection, [Event(now, by, "year_told_again", active.key, why=why, detail=told)])
    gone = [s for s in change.led.after if s.stage_key in removed]
    _end_removed(connection, active, gone, now)
    tell(connection, active, _news(connection, active, change, by, why), now)
    retire_untold(connection, active, [s for s in change.led.after if s.stage_key in replanned], now)


def _end_removed(connection: Connection, active: Active, gone: Sequence[Standing], now: datetime) -> None:
    rows = reminders.list_ladder(connection, active.key, _places(gone))
    planned = [row for row in rows if row.status is ReminderStatus.PLANNED]
    endings = [(row.id, ReminderStatus.CANCELLED, Reason.RUNG_REMOVED) for row in planned]
    reminders.settle(connection, endings, now)


def _news(connection: Connection, active: Active, change: _Change, by: str, why: str) -> list[Move]:
    """What those who had been told of a day have to hear: that it moved, or that nothing is due any more.

    What a move tells that is made anyway is not told again.
    """
    is_told = find_told(connection, active, _places(change.led.after))
    telling = {m.after.place for m in (*change.led.tracked, *change.led.relieved, *change.led.overtaken)}
    there = {stage.key for stage in change.old.stages}
    news = []
    for standing in change.led.after:
        if standing.stage_key in there:
            told = _what_moved(change, active.cycle, standing, is_told, by, why)
        else:
            told = _what_came_again(standing, by, why)
        if told and standing.place not in telling:
            news.append(told)
    return news


def _what_came_again(standing: Standing, by: str, why: str) -> Move | None:
    """A stage had been taken out of the calendar, and is asked for once more."""
    if standing.status not in OWED:
        return None
    return Move(standing, standing, by, "restored", why, NoticeKind.REINSTATED, note=why)


def _what_moved(
    change: _Change,
    new: Cycle,
    standing: Standing,
    is_told: Callable[[Place, date], bool],
    by: str,
    why: str,
) -> Move | None:
    was = change.old.stage(standing.stage_key)
    is_now = next((stage for stage in new.stages if stage.key == standing.stage_key), None)
    due_on = _expected_on(was, standing)
    if due_on is None or not is_told(standing.place, due_on):
        return None
    if is_now is None:
        return Move(standing, standing, by, "withdrawn", why, NoticeKind.EXCUSED, note=why)
    if standing.due_on is not None or was.dates.due.on == is_now.dates.due.on:
        return None
    instead = {"instead_of": str(due_on)}
    return Move(standing, standing, by, "date_moved", why, NoticeKind.DATE_MOVED, why, instead)


def _expected_on(stage: Stage, standing: Standing) -> date | None:
    """By when something is expected of a district, or of its reviewer once the work is there."""
    if turn := turn_of(stage, standing):
        return turn.due_on
    return stage.dates.due.on if standing.status is Status.NOT_OPEN else None


def _places(here: Iterable[Standing]) -> set[tuple[str, str]]:
    return {standing.place for standing in here}
