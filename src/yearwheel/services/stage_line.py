"""One district in one stage: where it stands, and the dates that hold for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from yearwheel.calendar.cycle import Stage, StageDates
from yearwheel.services.active import Active
from yearwheel.services.board import Cell, read_cell
from yearwheel.services.reader_link import last_signals
from yearwheel.services.waiting import read_waiting
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import OWED
from yearwheel.store import Connection, standings


@dataclass(frozen=True, slots=True)
class StageLine:
    """A district's line for a stage. `days_left` runs to the due day and is below zero after it."""

    stage: Stage
    standing: Standing
    cell: Cell
    dates: StageDates
    days_left: int

    @property
    def is_owed(self) -> bool:
        """Whether the district has something to do, now or once the stage opens."""
        return self.cell.status in OWED

    @property
    def is_late(self) -> bool:
        """Whether the district itself is late; a reviewer's lateness is not the district's."""
        return self.is_owed and self.cell.days_late > 0

    @property
    def later_from(self) -> date:
        """The first day that can be asked for instead: after the due day, and not past."""
        return self.dates.due.on + timedelta(days=max(1, -self.days_left))

    @property
    def has_own_day(self) -> bool:
        """Whether the district's due day is another than the published one."""
        return self.dates.due != self.stage.dates.due


def read_lines(connection: Connection, active: Active, code: str, now: datetime) -> list[StageLine]:
    """A district's line for every stage it has a part in, by due day."""
    here = {s.stage_key: s for s in standings.find(connection, active.key, codes=[code])}
    said = last_signals(connection, active.key, code)
    waiting = read_waiting(connection, active, active.cycle.stages)
    found = []
    for stage in active.cycle.stages:
        if standing := here.get(stage.key):
            cell = read_cell(active, stage, standing, now, waiting, said.get((stage.key, code)))
            dates = stage.dates_for(standing.due_on, active.cycle.workdays)
            left = (cell.due_on - active.day(now)).days
            found.append(StageLine(stage, standing, cell, dates, left))
    return sorted(found, key=lambda line: line.cell.due_on)
