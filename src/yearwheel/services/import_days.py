"""Taking in districts' own days: read with every fault, followed by the ledgers of published cycles."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from yearwheel.calendar.timetable import DistrictDays
from yearwheel.roster.district_days import DayKind, read_board_meetings, read_breaks, read_breaks_ics
from yearwheel.roster.table import told
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.local_days import own_days, since_today, to_own_days, with_news
from yearwheel.services.moves import Move, make_moves
from yearwheel.services.replan import replan, take_back_waiting
from yearwheel.services.see_roster import see_roster
from yearwheel.stages.standing import Standing
from yearwheel.store import Connection, cycles, district_days, events, rosters, standings
from yearwheel.store.events import Event


@dataclass(frozen=True, slots=True)
class DaysFile:
    """What a file says: the days of one kind, by district code."""

    kind: DayKind
    districts: Mapping[str, DistrictDays]
    name: str
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many days it has."""
        return sum(len(own.meetings) + len(own.breaks) for own in self.districts.values())


def read_days_file(
    path: Path, kind: DayKind, district: str = "", district_codes: Collection[str] | None = None
) -> DaysFile:
    """Read a file of board meetings or breaks. Refused with every fault of it, codes of no district included
    where `district_codes` says which there are.

    A calendar feed (.ics) holds the breaks of one district, which has to be named.
    """
    if path.suffix.lower() == ".ics":
        if kind is not DayKind.BREAK or not district:
            raise Refused("a calendar feed holds one district's breaks: --breaks --district CODE")
        try:
            return DaysFile(kind, {district: read_breaks_ics(path.read_bytes())}, path.name)
        except ValueError as fault:
            raise Refused(f"{path.name}: {fault}") from None
    read_kind = read_board_meetings if kind is DayKind.MEETING else read_breaks
    read = read_kind(path, district_codes)
    if read.errors:
        faults = (f"{path.name}: {words}" for words in told(read.errors))
        raise Refused("\n".join([*faults, "nothing was changed"]))
    return DaysFile(kind, read.districts, path.name, read.warnings)


@dataclass(slots=True)
class Followed:
    """What running cycles did: the due days that move, and how many reminders do, with them or alone."""

    moves: list[Move] = field(default_factory=list)
    reminders: int = 0


def import_days(app: App, state: str, file: DaysFile, *, by: str, save: bool = True) -> Followed:
    """Keep the days in place of those of the file's districts; running cycles follow.

    Refused for codes that the state does not have.
    """
    now = app.clock.now()
    with app.database.writing() as work:
        known = rosters.load(work.connection, state).districts
        if strangers := sorted(file.districts.keys() - known.keys()):
            raise Refused(f"{state} has no district {', '.join(strangers)}; {see_roster(state)}")
        district_days.replace(work.connection, state, file.kind, file.districts, now)
        running = [c for c in cycles.list_cycles(work.connection) if c.state == state and not c.closed_at]
        detail = {"source": file.name, "kind": str(file.kind), "districts": len(file.districts)}
        done = Followed()
        for stored in running:
            if stored.published_at is not None:
                _follow(work.connection, read_active(work.connection, stored.key), file, now, by, done)
            events.append(work.connection, [Event(now, by, "days_imported", stored.key, detail=detail)])
        if not running:
            events.append(work.connection, [Event(now, by, "days_imported", detail=detail)])
        if save:
            work.commit()
    return done


def _follow(
    connection: Connection, active: Active, file: DaysFile, now: datetime, by: str, done: Followed
) -> None:
    """Bring the file's districts, and what they are told, to the days that their calendars give them now."""
    moves, reminders = follow_days(connection, active, list(file.districts), now, by)
    done.moves += moves
    done.reminders += reminders
    if file.kind is DayKind.BREAK:
        moved = {(m.after.stage_key, m.after.district_code) for m in moves}
        here = _here(connection, active, list(file.districts))
        resting = [s for s in here if (s.stage_key, s.district_code) not in moved]
        done.reminders += replan(connection, active, resting, now).count


def follow_days(
    connection: Connection, active: Active, codes: Collection[str] | None, now: datetime, by: str
) -> tuple[list[Move], int]:
    """Bring districts, or all of them, to the due days of their own calendars; says how many reminders
    that touched."""
    own = own_days(active.cycle, district_days.read(connection, active.state, codes))
    here = _here(connection, active, codes)
    moves = list(to_own_days(here, own, since_today(connection, active, now), by))
    take_back_waiting(connection, active, {(m.after.stage_key, m.after.district_code) for m in moves}, now)
    told = with_news(connection, active, active.cycle, moves)
    return told, make_moves(connection, active, told, now)


def _here(connection: Connection, active: Active, codes: Collection[str] | None) -> list[Standing]:
    stages = [stage.key for stage in active.cycle.stages]
    return standings.find(connection, active.key, stage_keys=stages, codes=codes)
