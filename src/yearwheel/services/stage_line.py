"""One district in one stage: where it stands, and the dates that hold for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from yearwheel.calendar.cycle import Stage, StageDates
from yearwheel.services.active import Active
from yearwheel.services.board import Cell, read_cell
from yearwheel.services.reader_link import last_signals
from yearwheel.services.waiting import read_waiting
from yearwheel.stages.standing import SET_BY_OFFICE, Standing
from yearwheel.stages.status import OWED, Status
from yearwheel.store import Connection, standings

AT_THE_END = dict.fromkeys(OWED, "not handed in") | {Status.RETURNED: "not handed in again"}
AT_THE_END_OF_A_REVIEW = {
    Status.NOT_OPEN: "not begun",
    Status.SUBMITTED: "not decided",
    Status.UNDER_REVIEW: "not decided",
}


@dataclass(frozen=True, slots=True)
class StageLine:
    """A district's line for a stage. `days_left` runs to the due day and is below zero after it."""

    stage: Stage
    standing: Standing
    cell: Cell
    dates: StageDates
    days_left: int
    is_over: bool  # the year was closed: nothing is asked in it any more
    has_closed: bool  # its last day is past, and the work is not in

    @property
    def is_owed(self) -> bool:
        """Whether the district has something to do, now or once the stage opens."""
        return self.cell.status in OWED and not self.is_over

    @property
    def words(self) -> str:
        """Where it stands, in words. What can no longer be handed in is not called open."""
        if self.is_over:
            of_review = AT_THE_END_OF_A_REVIEW if self.stage.review else {}
            ended = of_review.get(self.cell.status) or AT_THE_END.get(self.cell.status)
            return ended or self.cell.standing
        return "closed without it" if self.has_closed else self.cell.standing

    @property
    def is_late(self) -> bool:
        """Whether the district itself is late; a reviewer's lateness is not the district's."""
        return self.is_owed and self.cell.days_late > 0

    @property
    def is_granted(self) -> bool:
        """Whether its due day is one that the office gave the district."""
        return self.standing.due_because in SET_BY_OFFICE

    @property
    def later_from(self) -> date:
        """The first day that can be asked for instead: after the due day, and not past."""
        return self.dates.due.on + timedelta(days=max(1, -self.days_left))

    @property
    def has_own_day(self) -> bool:
        """Whether the district's due day is another than the published one."""
        return self.dates.due != self.stage.dates.due


def has_closed(stage: Stage, dates: StageDates, status: Status, now: datetime) -> bool:
    """Whether work that is not in comes too late. A review waits for the plan also after its last day."""
    return stage.review is None and now > dates.close.moment and status in OWED


def read_lines(connection: Connection, active: Active, code: str, now: datetime) -> list[StageLine]:
    """A district's line for every stage it has a part in, by due day."""
    here = {s.stage_key: s for s in standings.find(connection, active.key, codes=[code])}
    said = last_signals(connection, active.key, code)
    waiting = read_waiting(connection, active, active.cycle.stages)
    is_over = active.stored.closed_at is not None
    found = []
    for stage in active.cycle.stages:
        if standing := here.get(stage.key):
            cell = read_cell(active, stage, standing, now, waiting, said.get((stage.key, code)))
            dates = stage.dates_for(standing.due_on, active.cycle.workdays)
            left = (cell.due_on - active.day(now)).days
            shut = has_closed(stage, dates, cell.status, now)
            found.append(StageLine(stage, standing, cell, dates, left, is_over, shut))
    return sorted(found, key=lambda line: line.cell.due_on)
