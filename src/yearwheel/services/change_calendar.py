"""Changing a published calendar: see what it would do, then put a new version in force as one act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from yearwheel.calendar.cycle import Cycle, LocalDue, StageKind
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.config.cycle_file import load_cycle
from yearwheel.notifications.ledger import LedgerRow, NoticeKind, Reason, ReminderStatus
from yearwheel.notifications.planner import turn_of
from yearwheel.notifications.what_if import (
    WhatIf,
    first_standings,
    nothing_to_collect,
    replanned_stages,
    what_if,
)
from yearwheel.roster.people import Roster
from yearwheel.services.active import Active, following, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.local_days import (
    Place,
    Since,
    own_days,
    since_today,
    to_own_days,
    with_news,
    with_own_day,
)
from yearwheel.services.moves import Move, make_moves, tell, told_days
from yearwheel.services.replan import replan, take_back_waiting
from yearwheel.services.tracks import enter_on_tracks
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.store import Connection, district_days, events, reminders, rosters, standings, versions
from yearwheel.store.events import Event
from yearwheel.store.versions import Version


@dataclass(frozen=True, slots=True)
class _Change:
    """A calendar about to take another's place, and where districts will stand under it."""

    old: Cycle
    new: Cycle
    roster: Roster
    standings: tuple[Standing, ...]  # those there are, `overtaken` and `own` already made
    overtaken: tuple[Move, ...]  # extensions that the new days reach
    own: tuple[Move, ...]  # to the days that districts' own calendars now give, or back from them
    entering: tuple[Standing, ...]
    entered: tuple[Move, ...]  # of the entering: let off by their track, or due on a day of their own
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
        return _foresee(active, change, now)


def save_change(
    app: App, cycle_key: str, new_source: str, *, by: str, why: str, name: str = "calendar file"
) -> WhatIf:
    """Put a calendar in force as a new version. The ledger follows; who was told an old day is told the new.

    Refused without a reason, when nothing would change, and as in `preview_change`.
    """
    if not why.strip():
        raise Refused("a change of a published calendar needs a reason: --why '...'")
    now = app.clock.now()
    with app.database.writing() as work:
        before = read_active(work.connection, cycle_key)
        change = _prepare(work.connection, before, new_source, name, now, by=by)
        foreseen = _foresee(before, change, now)
        if before.stored.source == new_source:
            raise Refused(f"this is the calendar of {cycle_key} as it stands; nothing would change")
        number = versions.add(work.connection, cycle_key, new_source, now, by, why)
        detail = {"version": number, "writes": dict(foreseen.writes)}
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
    there = f"it has {len(known)}" if known else "it was not published yet"
    raise Refused(f"{cycle_key} has no version {number}; {there}")


def _prepare(
    connection: Connection, active: Active, new_source: str, name: str, now: datetime, *, by: str
) -> _Change:
    new = following(active.cycle, _read(active, new_source, name), now)
    roster = rosters.load(connection, active.state, active.key)
    here = standings.find(connection, active.key)
    days = district_days.read(connection, active.state)
    following_days, since = own_days(new, days), since_today(connection, active, now)
    overtaken = _overtaken(new, here, following_days, since, by)
    here = _after(here, overtaken)
    own = list(
        to_own_days(
            (s for s in here if s.stage_key in {t.key for t in new.stages}), following_days, since, by
        )
    )
    replanned = replanned_stages(active.cycle, new)
    touched = {s for s in here if s.stage_key in replanned} | {move.before for move in own}
    take_back_waiting(connection, active, _places(touched), now)
    there = {stage.key for stage in active.cycle.stages}
    present = {(s.stage_key, s.district_code) for s in here}
    added = first_standings(new, roster, {stage.key for stage in new.stages} - there)
    entering, let_off = enter_on_tracks(
        connection,
        replace(active, cycle=new),
        [s for s in added if (s.stage_key, s.district_code) not in present],
        by=by,
    )
    own_from_start = list(to_own_days(entering, following_days, since, by))
    return _Change(
        active.cycle,
        new,
        roster,
        tuple(_after(here, own)),
        tuple(overtaken),
        tuple(own),
        tuple(_after(entering, own_from_start)),
        (*let_off, *own_from_start),
        tuple(reminders.list_ladder(connection, active.key, _places(touched))),
        days,
    )


def _after(here: Iterable[Standing], moves: Iterable[Move]) -> list[Standing]:
    """Where districts stand once these moves are made."""
    moved = {(move.after.stage_key, move.after.district_code): move.after for move in moves}
    return [moved.get((s.stage_key, s.district_code), s) for s in here]


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
    return new


def _overtaken(
    new: Cycle, here: Sequence[Standing], own: Mapping[Place, LocalDue], since: Since, by: str
) -> list[Move]:
    """Extensions that the calendar's new day reaches: the later day counts, so they end."""
    stages = {stage.key: stage for stage in new.stages}
    moves = []
    for standing in here:
        stage = stages.get(standing.stage_key)
        extended = standing.due_because in (DueBecause.EXTENSION, DueBecause.RELIEF)
        if stage is None or not extended or stage.kind is StageKind.REVIEW:
            continue
        due = own.get((standing.stage_key, standing.district_code))
        if standing.due_on is None or standing.due_on > (due.on if due else stage.dates.due.on):
            continue
        after = with_own_day(standing, due, since)
        moves.append(Move(standing, after, by, "extension_overtaken", notice=NoticeKind.DATE_MOVED))
    return moves


def _foresee(active: Active, change: _Change, now: datetime) -> WhatIf:
    return what_if(
        change.old,
        change.new,
        change.roster,
        change.standings,
        active.since,
        active.day(now),
        change.rows,
        change.days,
        change.entering,
        {move.after.stage_key for move in change.own},
    )


def _carry_out(
    connection: Connection, active: Active, change: _Change, now: datetime, by: str, why: str
) -> None:
    """Make the ledger follow the calendar that `active` has now."""
    removed = {stage.key for stage in change.old.stages} - {stage.key for stage in active.cycle.stages}
    replanned = replanned_stages(change.old, active.cycle)
    standings.add(connection, active.key, change.entering, now)
    tell(connection, active, change.entered, now)
    own = with_news(connection, active, change.old, change.own)
    ended = [replace(move, why=why, note=why) for move in change.overtaken]
    make_moves(connection, active, [*ended, *own], now)
    here = [s for s in (*change.standings, *change.entering) if s.stage_key in replanned - removed]
    replan(connection, active, here, now)
    gone = [s for s in change.standings if s.stage_key in removed]
    _end_removed(connection, active, gone, now)
    tell(connection, active, _news(connection, active, change, by, why), now)


def _end_removed(connection: Connection, active: Active, gone: Sequence[Standing], now: datetime) -> None:
    rows = reminders.list_ladder(connection, active.key, _places(gone))
    planned = [row for row in rows if row.status is ReminderStatus.PLANNED]
    endings = [(row.id, ReminderStatus.CANCELLED, Reason.RUNG_REMOVED) for row in planned]
    reminders.settle(connection, endings, now)


def _news(connection: Connection, active: Active, change: _Change, by: str, why: str) -> list[Move]:
    """What those who had been told of a day have to hear: that it moved, or that nothing is due any more."""
    was = {stage.key: stage for stage in change.old.stages}
    is_now = {stage.key: stage for stage in active.cycle.stages}
    told = told_days(connection, active, _places(change.standings))
    news = []
    for standing in change.standings:
        old, new = was.get(standing.stage_key), is_now.get(standing.stage_key)
        turn = turn_of(old, standing) if old else None
        if (
            old is None
            or turn is None
            or (standing.stage_key, standing.district_code, turn.due_on) not in told
        ):
            continue
        if new is None:
            notice, kind = NoticeKind.EXCUSED, "withdrawn"
        elif standing.due_on is None and old.dates.due.on != new.dates.due.on:
            notice, kind = NoticeKind.DATE_MOVED, "date_moved"
        else:
            continue
        news.append(Move(standing, standing, by, kind, why, notice, note=why))
    return news


def _places(here: Iterable[Standing]) -> set[tuple[str, str]]:
    return {(standing.stage_key, standing.district_code) for standing in here}
