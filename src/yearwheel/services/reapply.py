"""A changed calendar under a running relief: what the relief takes away, it takes from the new dates, too."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from yearwheel.calendar.cycle import LocalDue, StageKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services import as_it_was
from yearwheel.services.active import Active
from yearwheel.services.local_days import Place, with_own_day
from yearwheel.services.moves import Move
from yearwheel.services.relief import standing_still
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import OWED
from yearwheel.store import Connection, acts, events, reliefs
from yearwheel.store.events import Event
from yearwheel.store.reliefs import Relief

MOVED = (DueBecause.EXTENSION, DueBecause.RELIEF)


def reapply(
    connection: Connection,
    active: Active,
    here: Iterable[Standing],
    own: Mapping[Place, LocalDue],
    now: datetime,
    by: str,
) -> dict[Place, Move | None]:
    """What the running reliefs come to under the calendar of `active`, by place; None where nothing changes.

    A move belongs to the act of its relief, and is undone with it.
    """
    today = active.day(now)
    running = [r for r in reliefs.list_reliefs(connection, active.key) if r.holds_on(today)]
    of_district = {code: relief for relief in running for code in relief.districts}
    before = {relief.act: _before(connection, active, relief) for relief in running}
    stages = {s.key for s in active.cycle.stages if s.kind is not StageKind.REVIEW}
    found: dict[Place, Move | None] = {}
    for standing in here:
        relief = of_district.get(standing.district_code)
        if relief is None or standing.stage_key not in stages or standing.status not in OWED:
            continue
        struck = standing.place in before[relief.act]
        if standing.due_because in MOVED and not (standing.due_because == DueBecause.RELIEF and struck):
            continue  # given in another act, which counts as it is
        due = own.get(standing.place)
        earlier = before[relief.act].get(standing.place)
        base = with_own_day(standing, due, lambda code: of_district[code].first_on)
        if earlier:
            base = replace(base, opens_on=earlier.opens_on)
        if earlier and earlier.due_because in MOVED:
            base = _later(active, base, earlier)
        found[standing.place] = _again(active, standing, base, relief, by)
    return found


def record(connection: Connection, active: Active, moves: Iterable[Move], now: datetime, by: str) -> None:
    """Keep that reliefs were applied again: one event for each of them."""
    places: dict[str, int] = {}
    for move in moves:
        act = str((move.detail or {})["act"])
        places[act] = places.get(act, 0) + 1
    events.append(
        connection,
        [
            Event(now, by, "relief_reapplied", active.key, detail={"act": act, "places": count})
            for act, count in places.items()
        ],
    )


def _again(active: Active, standing: Standing, base: Standing, relief: Relief, by: str) -> Move | None:
    still = standing_still(active, base, relief.first_on, relief.last_on, by, relief.why)
    after = still.after if still else base
    if (after.due_on, after.due_since, after.opens_on) == (
        standing.due_on,
        standing.due_since,
        standing.opens_on,
    ):
        return None
    detail = {"act": relief.act, "was": as_it_was.write(base)}
    if still is None:
        return Move(standing, after, by, "extension_overtaken", notice=NoticeKind.DATE_MOVED, detail=detail)
    own_day = active.cycle.stage(standing.stage_key).dates.due.on
    if (after.due_on or own_day) == (standing.due_on or own_day):
        return replace(still, before=standing, kind="relieved", notice=None, detail=detail)
    return replace(
        still,
        before=standing,
        kind="deadline_moved",
        notice=NoticeKind.EXTENSION,
        note=relief.why,
        detail=detail,
    )


def _later(active: Active, base: Standing, earlier: Standing) -> Standing:
    """An extension from before the relief still counts where it is later than the calendar's day."""
    own_day = base.due_on or active.cycle.stage(base.stage_key).dates.due.on
    if earlier.due_on is None or earlier.due_on <= own_day:
        return base
    return replace(base, due_on=earlier.due_on, due_since=earlier.due_since, due_because=earlier.due_because)


def _before(connection: Connection, active: Active, relief: Relief) -> dict[Place, Standing]:
    """How the districts that a relief moved stood before it."""
    found: dict[Place, Standing] = {}
    for _, event in acts.find(connection, active.key, relief.act):
        if event.stage_key and event.district_code:
            place = (event.stage_key, event.district_code)
            found.setdefault(place, as_it_was.read(place, (event.detail or {})["was"]))
    return found
