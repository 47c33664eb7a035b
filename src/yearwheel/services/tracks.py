"""Plans of several years: which track a district is on, and the stages its track leaves out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from yearwheel.calendar.cycle import Track
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, make_moves, with_status
from yearwheel.services.see_roster import see_roster
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import MOVES, Status
from yearwheel.store import Connection, events, rosters, standings, tracks
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
    chosen = PlanTrack(code, Track.FULL if year == 1 else Track.UPDATE, year, of)
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
            here = standings.find(work.connection, cycle_key, codes=[code])
            off = (
                replace(move, kind=LET_OFF, notice=NoticeKind.EXCUSED, note=str(chosen))
                for move in _let_off(active, chosen, here, by)
            )
            moves = [*off, *_bring_back(work.connection, active, chosen, here, by)]
            make_moves(work.connection, active, moves, now)
        work.commit()
    return chosen, [move.after for move in moves]


def enter_on_tracks(
    connection: Connection, active: Active, entering: Sequence[Standing], *, by: str
) -> tuple[list[Standing], list[Move]]:
    """Where districts stand when they enter stages, and the moves that let some off by their track.

    The moves are already in the standings; they have to be told of.
    """
    known = tracks.read(connection, active.key)
    moves = [
        move
        for standing in entering
        if (chosen := known.get(standing.district_code))
        for move in _let_off(active, chosen, [standing], by)
    ]
    settled = {(move.after.stage_key, move.after.district_code): move.after for move in moves}
    return [settled.get((s.stage_key, s.district_code), s) for s in entering], moves


def _let_off(active: Active, chosen: PlanTrack, here: Iterable[Standing], by: str) -> Iterable[Move]:
    """The moves out of stages that a track leaves out; work that was handed in stays in."""
    for standing in here:
        left_out = chosen.track not in active.stages[standing.stage_key].tracks
        if left_out and Status.NOT_REQUIRED in MOVES[standing.status]:
            yield Move(
                standing, with_status(standing, Status.NOT_REQUIRED), by, OFF, f"{chosen}: update only"
            )


def _bring_back(
    connection: Connection, active: Active, chosen: PlanTrack, here: Iterable[Standing], by: str
) -> Iterable[Move]:
    """The moves back into stages that only an earlier track left out."""
    last = {
        event.stage_key: event.kind
        for event in events.list_events(connection, active.key, district_code=chosen.district_code)
        if event.after in set(Status)
    }
    for standing in here:
        owed = chosen.track in active.stages[standing.stage_key].tracks
        if owed and standing.status is Status.NOT_REQUIRED and last.get(standing.stage_key) in (OFF, LET_OFF):
            after, why = with_status(standing, Status.NOT_OPEN), str(chosen)
            yield Move(standing, after, by, BROUGHT_BACK, why, NoticeKind.REINSTATED, why)
