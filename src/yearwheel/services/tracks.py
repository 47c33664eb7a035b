"""Plans of several years: which track a district is on, and the stages its track leaves out."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from yearwheel.calendar.cycle import Cycle, Track
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, find_told, make_moves, with_status
from yearwheel.services.see_roster import see_roster
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import MOVES, Status
from yearwheel.store import Connection, cycles, events, rosters, standings, tracks
from yearwheel.store.events import Event
from yearwheel.store.tracks import PlanTrack

LONGEST_PLAN = 5  # years
OFF = "off_track"  # the event of who enters a stage that their track leaves out
LET_OFF, BROUGHT_BACK = "let_off", "brought_back"  # those of who was told the year before: they hear of it


def set_track(
    app: App, cycle_key: str, code: str, year: int, of: int, *, by: str
) -> tuple[PlanTrack, list[Standing]]:
    """Say which year of its plan a district is in: in the first it writes one, later it updates it.

    In a published cycle the stages its track leaves out are no longer required of it at once, and those it
    owes again come back. Returns the track and the standings that changed. Refused for an unknown district
    and a year outside the plan.
    """
    if not 1 <= year <= of <= LONGEST_PLAN:
        raise Refused(
            f"there is no year {year} of {of}: a plan runs for up to {LONGEST_PLAN} years; --year 2 --of 3"
        )
    chosen = PlanTrack(code, Track.of_year(year), year, of)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state, cycle_key)
        if code not in roster.districts:
            raise Refused(f"{active.state} has no district {code!r}; {see_roster(active.state)}")
        tracks.save(work.connection, cycle_key, chosen)
        detail = {"district": code, "track": str(chosen.track), "year": year, "of": of}
        events.append(work.connection, [Event(now, by, "track_set", cycle_key, detail=detail)])
        moves: list[Move] = []
        if active.stored.published_at is not None:
            there = [stage.key for stage in active.cycle.stages]  # one that comes again looks at tracks then
            here = standings.find(work.connection, cycle_key, stage_keys=there, codes=[code])
            moves = list(to_tracks(work.connection, active, here, {code: chosen}, by))
            make_moves(work.connection, active, moves, now)
        work.commit()
    return chosen, [move.after for move in moves]


def find_track(app: App, cycle_key: str, code: str) -> PlanTrack | None:
    """The track of a district; None where it was given none, and writes a full plan."""
    with app.database.reading() as connection:
        return tracks.read(connection, cycle_key).get(code)


def carry_tracks(connection: Connection, cycle: Cycle, by: str, now: datetime) -> None:
    """Let districts go on in their plans, as a cycle is created: a year on from the cycle of the year before.

    Publishing then leaves out what their tracks do; until then, and later, `set_track` says otherwise.
    """
    before = _tracks_of_year_before(connection, cycle)
    carried = [track.a_year_on() for track in before.values()]
    for track in carried:
        tracks.save(connection, cycle.key, track)
    if carried:
        detail = {"districts": {track.district_code: str(track) for track in carried}}
        events.append(connection, [Event(now, by, "tracks_carried", cycle.key, detail=detail)])


def _tracks_of_year_before(connection: Connection, cycle: Cycle) -> Mapping[str, PlanTrack]:
    """Of the newest published cycle of that year in which any district was given a track."""
    for stored in reversed(cycles.list_cycles(connection)):
        if stored.state != cycle.state or stored.published_at is None:
            continue
        if read_active(connection, stored.key).cycle.year == cycle.year - 1 and (
            found := tracks.read(connection, stored.key)
        ):
            return found
    return {}


def count_tracks(app: App, cycle_key: str) -> Mapping[str, int]:
    """How many districts are in each year of their plans, "year 2 of 3" say; the others write one."""
    with app.database.reading() as connection:
        return Counter(str(track) for track in tracks.read(connection, cycle_key).values())


def to_tracks(
    connection: Connection,
    active: Active,
    here: Iterable[Standing],
    known: Mapping[str, PlanTrack],
    by: str,
    out: Collection[str] = (),
) -> Iterator[Move]:
    """The moves that bring districts to what their tracks ask of them, each with its news.

    What was let off for another reason than a track is not asked again. That nothing is due is told where a
    letter had said that something is, and not again of the stages that were `out` of the calendar until now.
    """
    here = [standing for standing in here if standing.district_code in known]
    is_told = cache(lambda: find_told(connection, active, {standing.place for standing in here}))
    for standing in here:
        chosen = known[standing.district_code]
        owed = chosen.track in active.stages[standing.stage_key].tracks
        why, is_off = str(chosen), standing.status is Status.NOT_REQUIRED
        if _is_left_out(active, chosen, standing):
            off = _let_off(standing, chosen, by)
            due_on = standing.due_on or active.stages[standing.stage_key].dates.due.on
            knew = standing.stage_key not in out and is_told()(standing.place, due_on)
            yield replace(off, kind=LET_OFF, notice=NoticeKind.EXCUSED, note=why) if knew else off
        elif owed and is_off and _left_by_track(connection, active, standing):
            after = with_status(standing, Status.NOT_OPEN)
            yield Move(standing, after, by, BROUGHT_BACK, why, NoticeKind.REINSTATED, why)


def enter_on_tracks(
    connection: Connection, active: Active, entering: Sequence[Standing], *, by: str
) -> tuple[list[Standing], list[Move]]:
    """Where districts stand when they enter stages, and the moves that let some off by their track.

    The moves are already in the standings; they have to be told of.
    """
    known = tracks.read(connection, active.key)
    moves = [
        _let_off(standing, chosen, by)
        for standing in entering
        if (chosen := known.get(standing.district_code)) and _is_left_out(active, chosen, standing)
    ]
    settled = {(move.after.stage_key, move.after.district_code): move.after for move in moves}
    return [settled.get((s.stage_key, s.district_code), s) for s in entering], moves


def _is_left_out(active: Active, chosen: PlanTrack, standing: Standing) -> bool:
    """Whether the track leaves the stage out; work that was handed in stays in."""
    left_out = chosen.track not in active.stages[standing.stage_key].tracks
    return left_out and Status.NOT_REQUIRED in MOVES[standing.status]


def _let_off(standing: Standing, chosen: PlanTrack, by: str) -> Move:
    return Move(standing, with_status(standing, Status.NOT_REQUIRED), by, OFF, str(chosen))


def _left_by_track(connection: Connection, active: Active, standing: Standing) -> bool:
    """Whether it was a track, and no other act, that last let the district off."""
    here = {"stage_key": standing.stage_key, "district_code": standing.district_code}
    changes = [e.kind for e in events.list_events(connection, active.key, **here) if e.after in set(Status)]
    return bool(changes) and changes[-1] in (OFF, LET_OFF)
