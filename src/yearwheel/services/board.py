"""The board: where every district stands in every stage, at one moment."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.cycle import Cycle, Deadline, Stage, StageKind
from yearwheel.notifications.planner import turn_of
from yearwheel.roster.people import District
from yearwheel.services.active import Active
from yearwheel.services.app import App
from yearwheel.services.contacts import Gap, list_gaps
from yearwheel.services.reader_link import SIGNAL_LABELS, Signal, last_signals
from yearwheel.services.waiting import Waiting, read_waiting
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import HANDED_IN, LABELS, OWED, WAIVED, Status
from yearwheel.store import rosters, standings, unheard


@dataclass(frozen=True, slots=True)
class Cell:
    """One district in one stage. `days_late` counts local days since a due day that passed unmet.

    `waits_for` names the earlier stages that hold it up although its window is open. Nobody owes a review
    that no plan has reached.
    """

    status: Status
    due_on: date
    days_late: int = 0
    signal: Signal | None = None  # what the district said last: on track, need help
    waits_for: tuple[str, ...] = ()
    is_owed: bool = False

    @property
    def standing(self) -> str:
        """Where it stands, in words."""
        return f"waits for {' and '.join(self.waits_for)}" if self.waits_for else LABELS[self.status]

    @property
    def label(self) -> str:
        late = f", {days(self.days_late)} late" if self.days_late else ""
        said = f', says "{SIGNAL_LABELS[self.signal]}"' if self.signal else ""
        return f"{self.standing}{late}{said}"


@dataclass(frozen=True, slots=True)
class Line:
    """One district's row; stages it does not owe are absent."""

    district: District
    cells: Mapping[str, Cell]

    @property
    def is_late(self) -> bool:
        return any(cell.days_late for cell in self.cells.values())

    @property
    def asks_for_help_in(self) -> tuple[str, ...]:
        """The keys of the stages of which the district said last that it needs help."""
        return tuple(key for key, cell in self.cells.items() if cell.signal is Signal.NEED_HELP)


@dataclass(frozen=True, slots=True)
class Board:
    """The rows in code order. `shown` are the stages asked for.

    `unheard`: for each way in which a reminder can fail its reader, how many did in which district;
    `letters`: in how many letters those were that had been written.
    `gaps`: the roles in which nobody can be told.
    """

    cycle: Cycle
    at: datetime
    shown: tuple[Stage, ...]
    everyone: tuple[Line, ...]
    unheard: Mapping[str, Mapping[str, int]]
    letters: Mapping[str, int]
    gaps: tuple[Gap, ...]
    names: Mapping[str, str]  # code -> name, of every district
    late_only: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """The rows asked for."""
        return tuple(line for line in self.everyone if line.is_late or not self.late_only)

    def totals(self, stage_key: str) -> dict[str, int]:
        """How many of all districts have handed in, owe it still, are late with it, or are let off.

        Plans that a review has not got yet are owed in an earlier stage, and are in none of these counts.
        """
        cells = [line.cells[stage_key] for line in self.everyone if stage_key in line.cells]
        counts: Counter[str] = Counter({"in": 0, "owed": 0, "late": 0, "waived": 0})
        for cell in cells:
            counts["in"] += cell.status in HANDED_IN
            counts["owed"] += cell.is_owed
            counts["waived"] += cell.status in WAIVED
            counts["late"] += cell.days_late > 0
        return dict(counts)


def read_board(app: App, active: Active, stages: Iterable[Stage] = (), *, late_only: bool = False) -> Board:
    """The board as it is now, of all stages or some; with `late_only` only rows of who is late somewhere."""
    now = app.clock.now()
    shown = tuple(stages) or active.cycle.stages
    by_key = {stage.key: stage for stage in shown}
    with app.database.reading() as connection:
        roster = rosters.load(connection, active.state, active.key)
        found = standings.find(connection, active.key, stage_keys=by_key)
        said = last_signals(connection, active.key)
        lost = unheard.count(connection, active.key, by_key)
        letters = unheard.count_letters(connection, active.key, by_key)
        waiting = read_waiting(connection, active, shown)
    cells: dict[str, dict[str, Cell]] = {}
    for standing in found:
        stage = by_key[standing.stage_key]
        signal = said.get((stage.key, standing.district_code))
        cell = read_cell(active, stage, standing, now, waiting, signal)
        cells.setdefault(standing.district_code, {})[stage.key] = cell
    names = {district.code: district.name for district in roster.districts.values()}
    lines = tuple(Line(roster.districts[code], cells[code]) for code in sorted(cells) if code in names)
    gaps = tuple(list_gaps(roster, active, shown))
    return Board(active.cycle, now, shown, lines, lost, letters, gaps, names, late_only)


def read_cell(
    active: Active,
    stage: Stage,
    standing: Standing,
    now: datetime,
    waiting: Waiting,
    signal: Signal | None = None,
) -> Cell:
    """A standing as the board shows it: late only while somebody owes something, open from its day on."""
    turn = turn_of(stage, standing)
    waits_for = waiting.of(stage, standing, now)
    if turn is None:
        return Cell(standing.status, standing.due_on or stage.dates.due.on, waits_for=waits_for)
    due = Deadline(turn.due_on, stage.dates.due.at, stage.dates.due.zone)
    late = max((active.day(now) - turn.due_on).days, 1) if now > due.moment else 0
    opened = standing.status is Status.NOT_OPEN and now >= stage.dates.opens.moment and not waits_for
    status = Status.OPEN if opened else standing.status
    return Cell(status, turn.due_on, late, signal, waits_for, is_owed(stage, status))


def is_owed(stage: Stage, status: Status) -> bool:
    """Whether a district owes its work in a stage. Nobody owes a review before the plan came back."""
    return status in OWED and (stage.kind is not StageKind.REVIEW or status is Status.RETURNED)


def count_owed(stage: Stage, counts: Mapping[str, int]) -> int:
    """How many of the districts that stand so in a stage owe their work."""
    return sum(counts.get(status, 0) for status in Status if is_owed(stage, status))


def days(count: int) -> str:
    """A number of days in words."""
    return f"{count} day" if count == 1 else f"{count} days"
