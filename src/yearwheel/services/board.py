"""The board: where every district stands in every stage, at one moment."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.cycle import Cycle, Deadline, Stage
from yearwheel.notifications.planner import turn_of
from yearwheel.roster.people import District
from yearwheel.services.active import Active
from yearwheel.services.app import App
from yearwheel.services.reader_link import SIGNAL_LABELS, Signal, last_signals
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import HANDED_IN, LABELS, OWED, WAIVED, Status
from yearwheel.store import rosters, standings


@dataclass(frozen=True, slots=True)
class Cell:
    """One district in one stage. `days_late` counts local days since a due day that passed unmet."""

    status: Status
    due_on: date
    days_late: int = 0
    signal: Signal | None = None  # what the district said last: on track, need help

    @property
    def label(self) -> str:
        late = f", {days(self.days_late)} late" if self.days_late else ""
        said = f', says "{SIGNAL_LABELS[self.signal]}"' if self.signal else ""
        return f"{LABELS[self.status]}{late}{said}"


@dataclass(frozen=True, slots=True)
class Line:
    """One district's row; stages it does not owe are absent."""

    district: District
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Board:
    """The rows in code order. `shown` are the stages asked for."""

    cycle: Cycle
    at: datetime
    shown: tuple[Stage, ...]
    lines: tuple[Line, ...]

    def totals(self, stage_key: str) -> dict[str, int]:
        """How many districts have handed in, owe it still, are late with it, or are let off."""
        cells = [line.cells[stage_key] for line in self.lines if stage_key in line.cells]
        counts: Counter[str] = Counter({"in": 0, "owed": 0, "late": 0, "waived": 0})
        for cell in cells:
            counts["in"] += cell.status in HANDED_IN
            counts["owed"] += cell.status in OWED
            counts["waived"] += cell.status in WAIVED
            counts["late"] += cell.days_late > 0
        return dict(counts)


def read_board(app: App, active: Active, stages: Iterable[Stage] = (), *, late_only: bool = False) -> Board:
    """The board as it is now, of all stages or some; `late_only` leaves out who is late nowhere."""
    now = app.clock.now()
    shown = tuple(stages) or active.cycle.stages
    by_key = {stage.key: stage for stage in shown}
    with app.database.reading() as connection:
        roster = rosters.load(connection, active.state, active.key)
        found = standings.find(connection, active.key, stage_keys=by_key)
        said = last_signals(connection, active.key)
    cells: dict[str, dict[str, Cell]] = {}
    for standing in found:
        stage = by_key[standing.stage_key]
        signal = said.get((stage.key, standing.district_code))
        cell = read_cell(active, stage, standing, now, signal)
        cells.setdefault(standing.district_code, {})[stage.key] = cell
    lines = tuple(
        Line(roster.districts[code], cells[code]) for code in sorted(cells) if code in roster.districts
    )
    if late_only:
        lines = tuple(line for line in lines if any(cell.days_late for cell in line.cells.values()))
    return Board(active.cycle, now, shown, lines)


def read_cell(
    active: Active, stage: Stage, standing: Standing, now: datetime, signal: Signal | None = None
) -> Cell:
    """A standing as the board shows it: late only while somebody owes something."""
    turn = turn_of(stage, standing)
    if turn is None:
        return Cell(standing.status, standing.due_on or stage.dates.due.on)
    due = Deadline(turn.due_on, stage.dates.due.at, stage.dates.due.zone)
    late = max((active.day(now) - turn.due_on).days, 1) if now > due.moment else 0
    return Cell(standing.status, turn.due_on, late, signal)


def days(count: int) -> str:
    """A number of days in words."""
    return f"{count} day" if count == 1 else f"{count} days"
