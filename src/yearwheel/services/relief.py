"""Disaster relief: for chosen districts the clock stands still until a day, and nothing is asked of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.planner import turn_of
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, make_moves
from yearwheel.services.reasons import need_reason
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import OWED
from yearwheel.store import Connection, events, reliefs, standings
from yearwheel.store.events import Event
from yearwheel.store.reliefs import Relief

DAY = timedelta(days=1)


def first_day(connection: Connection, active: Active, code: str, today: date) -> date:
    """The first day a district may be asked for something: today, or the day after its relief."""
    return first_days(connection, active, today)(code)


def first_days(connection: Connection, active: Active, today: date) -> Callable[[str], date]:
    """The same for every district's code, asked of the database once."""
    quiet = reliefs.quiet_until(connection, active.key, today)
    return lambda code: quiet[code] + DAY if code in quiet else today


def list_reliefs(app: App, cycle_key: str) -> list[Relief]:
    """Every relief of a cycle, oldest first."""
    with app.database.reading() as connection:
        return reliefs.list_reliefs(connection, read_active(connection, cycle_key).key)


def standing_still(
    active: Active, before: Standing, first: date, last: date, by: str, why: str
) -> Move | None:
    """What a relief does to a district in a stage: its deadline moves by the working days that are lost.

    What is late already stays late, but is not reminded of. An opening that was not told yet is told on the
    day after. None where the relief takes nothing away.
    """
    turn = turn_of(active.cycle.stage(before.stage_key), before)
    if turn is None or before.status not in OWED or turn.opens_on > last:
        return None
    workdays = active.cycle.workdays
    begun = max(first, turn.opens_on)
    left = workdays.count(begun - DAY, turn.due_on) if turn.due_on >= begun else 0
    moved = first <= last and turn.due_on >= begun
    due_on = (
        (workdays.shift(last, left) if left else workdays.on_or_after(last + DAY)) if moved else turn.due_on
    )
    if due_on <= turn.due_on and moved:
        return None
    told_on = workdays.on_or_after(turn.opens_on)  # on the first day it may have been told, or may yet be
    opens_on = last + DAY if told_on >= first else before.opens_on
    after = replace(
        before, due_on=due_on, due_since=last + DAY, due_because=DueBecause.RELIEF, opens_on=opens_on
    )
    if not moved:
        return Move(before, after, by, "relieved", why)
    return Move(before, after, by, "deadline_moved", why, NoticeKind.EXTENSION, why)


def end_relief(app: App, cycle_key: str, relief_id: int, *, by: str, why: str) -> Relief:
    """End a relief before its day. The days it moved stay as they were promised; reminders go again."""
    need_reason(why, "ending a relief needs a reason")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        today = active.day(now)
        known = {relief.id: relief for relief in reliefs.list_reliefs(work.connection, cycle_key)}
        relief = known.get(relief_id)
        if relief is None or not (relief.ended_at is None and today <= relief.last_on):
            running = [str(r.id) for r in known.values() if r.ended_at is None and today <= r.last_on]
            raise Refused(
                f"{cycle_key} has no relief {relief_id} to end; running: {', '.join(running) or 'none'}"
            )
        reliefs.end(work.connection, relief_id, by, now)
        detail = {"relief": relief_id}
        events.append(work.connection, [Event(now, by, "relief_ended", cycle_key, why=why, detail=detail)])
        here = standings.find(work.connection, cycle_key, codes=relief.districts)
        resuming = [s for s in here if relief.last_on + DAY in (s.due_since, s.opens_on) and s.status in OWED]
        moves = [Move(s, _resumed(s, relief, today), by, "relief_ended", why) for s in resuming]
        make_moves(work.connection, active, moves, now)
        work.commit()
    return relief


def _resumed(standing: Standing, relief: Relief, today: date) -> Standing:
    """A deadline that was extended on top of a relief is asked for again, too, and an opening told."""
    after = relief.last_on + DAY
    opens_on, since = (today if on == after else on for on in (standing.opens_on, standing.due_since))
    return replace(standing, due_since=since, opens_on=opens_on)
