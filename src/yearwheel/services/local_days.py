"""The due days that districts' own calendars give them: board meetings and breaks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from yearwheel.calendar.cycle import Cycle, LocalDue, StageKind
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.notifications.history import OWN_DAY
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.planner import turn_of
from yearwheel.services.active import Active
from yearwheel.services.moves import Move, find_told
from yearwheel.services.relief import first_days
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.store import Connection, district_days, events

Place = tuple[str, str]  # stage key, district code
Since = Callable[[str], date]  # for a district's code, the first day it may be asked for something


def own_days(cycle: Cycle, days: Mapping[str, DistrictDays]) -> dict[Place, LocalDue]:
    """The due days that differ from the stage's. A review's clock starts when the work arrives."""
    reviews = {stage.key for stage in cycle.stages if stage.kind is StageKind.REVIEW}
    return {
        (stage_key, code): due
        for code, own in days.items()
        for stage_key, due in cycle.for_district(own).items()
        if stage_key not in reviews
    }


def since_today(connection: Connection, active: Active, now: datetime) -> Since:
    """From when a due day that is given today counts: today, or the day after a district's relief."""
    return first_days(connection, active, active.day(now))


def with_own_day(standing: Standing, due: LocalDue | None, since: Since) -> Standing:
    """The standing on the day of the district's own calendar, or without one on the stage's."""
    if due is None:
        return replace(standing, due_on=None, due_since=None, due_because=None)
    since_on = since(standing.district_code)
    return replace(standing, due_on=due.on, due_since=since_on, due_because=DueBecause.LOCAL)


def to_own_days(
    here: Iterable[Standing], own: Mapping[Place, LocalDue], since: Since, by: str
) -> Iterator[Move]:
    """The moves that bring districts to their own days, or back from them. An extension or a return wins."""
    for standing in here:
        due = own.get((standing.stage_key, standing.district_code))
        if standing.due_because not in (None, DueBecause.LOCAL):
            continue
        if standing.due_on != (due.on if due else None):
            why = due.because if due else "the district's own calendar moves it no more"
            yield Move(standing, with_own_day(standing, due, since), by, OWN_DAY, why)


def with_news(connection: Connection, active: Active, old: Cycle, moves: Sequence[Move]) -> list[Move]:
    """The moves, those with a notice whose districts a letter has told another day under the old calendar."""
    if not moves:
        return []
    places = {(move.before.stage_key, move.before.district_code) for move in moves}
    is_told = find_told(connection, active, places)
    was = {stage.key: stage for stage in old.stages}

    def with_its_news(move: Move) -> Move:
        place = (move.before.stage_key, move.before.district_code)
        turn = turn_of(was[place[0]], move.before) if place[0] in was else None
        due_on = move.after.due_on or active.stages[place[0]].dates.due.on
        if turn is None or turn.due_on == due_on or not is_told(place, turn.due_on):
            return move
        instead = {"instead_of": str(turn.due_on)}
        return replace(move, kind="date_moved", notice=NoticeKind.DATE_MOVED, note=move.why, detail=instead)

    return [with_its_news(move) for move in moves]


def enter_on_own_days(
    connection: Connection, active: Active, entering: Sequence[Standing], now: datetime, *, by: str
) -> tuple[list[Standing], list[Move]]:
    """Where districts stand when they enter stages, and the moves to days of their own.

    The moves are already in the standings; they have to be told of.
    """
    own = own_days(active.cycle, district_days.read(connection, active.state))
    moves = list(to_own_days(entering, own, since_today(connection, active, now), by)) if own else []
    moved = {(move.after.stage_key, move.after.district_code): move.after for move in moves}
    return [moved.get((s.stage_key, s.district_code), s) for s in entering], moves


def back_on_own_day(connection: Connection, active: Active, standing: Standing, now: datetime) -> Standing:
    """The standing without its extension. A day of its own counts since it was first given."""
    place = (standing.stage_key, standing.district_code)
    due = own_days(active.cycle, district_days.read(connection, active.state, [place[1]])).get(place)
    given = [
        (event.detail or {})["in_force_from"]
        for event in events.list_events(
            connection, active.key, district_code=place[1], stage_key=place[0], kinds=(OWN_DAY, "date_moved")
        )
        if due and event.after == str(due.on) and (event.detail or {}).get("own_day")
    ]
    since = since_today(connection, active, now)
    return with_own_day(standing, due, lambda code: date.fromisoformat(given[-1]) if given else since(code))
