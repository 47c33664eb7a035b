"""Plans and ledgers without a database: what was planned becomes the rows that exist."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tests.apps import CYCLE, PEOPLE
from yearwheel.calendar.cycle import Cycle
from yearwheel.notifications.ledger import LedgerRow, PlannedReminder, ReminderKey, ReminderStatus
from yearwheel.notifications.planner import Difference, Planner, compare
from yearwheel.roster.people import Roster
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status

PUBLISHED = date(2027, 1, 4)


def standing(stage_key: str = "budget", code: str = "001", status: Status = Status.OPEN, **facts) -> Standing:
    return Standing(stage_key, code, status, **facts)


def plan(
    *standings: Standing, roster: Roster = PEOPLE, cycle: Cycle = CYCLE, since: date = PUBLISHED
) -> list[PlannedReminder]:
    return Planner(cycle, roster, since).plan(standings)


def told(reminders: Iterable[PlannedReminder]) -> list[tuple[str, str, str]]:
    """Who is told what on which day, in order of days."""
    rows = sorted((r.due_on, r.key.rung, r.key.contact_key) for r in reminders)
    return [(f"{on:%b %d}", rung, contact) for on, rung, contact in rows]


class Ledger:
    """The rows of a ledger, changed by differences as the store would."""

    def __init__(self) -> None:
        self.rows: dict[ReminderKey, LedgerRow] = {}

    def follow(
        self, *standings: Standing, roster: Roster = PEOPLE, cycle: Cycle = CYCLE, since: date = PUBLISHED
    ) -> Difference:
        """Plan these standings, write the difference, and give it back."""
        desired = plan(*standings, roster=roster, cycle=cycle, since=since)
        here = {(s.stage_key, s.district_code): s for s in standings}
        existing = [row for key, row in self.rows.items() if key[:2] in here]
        difference = compare(cycle, desired, existing, here)
        self._apply(difference)
        return difference

    def _apply(self, difference: Difference) -> None:
        for new in difference.new:
            assert new.key not in self.rows, "the natural key would refuse this row"
            number = len(self.rows) + 1
            self.rows[new.key] = LedgerRow(
                number, new.key, new.kind, ReminderStatus.PLANNED, None, new.due_at
            )
        for row, reminder in difference.revived:
            self.rows[row.key] = replace(
                row, status=ReminderStatus.PLANNED, reason=None, due_at=reminder.due_at
            )
        for row, status, reason in difference.closed:
            assert self.rows[row.key].status is ReminderStatus.PLANNED, "only planned rows end"
            self.rows[row.key] = replace(row, status=status, reason=reason)

    def queue(self, until: date) -> set[ReminderKey]:
        """Put every planned row due by that day into the outbox."""
        due = {k for k, r in self.rows.items() if r.due_at.date() <= until and k in self.open}
        for key in due:
            self.rows[key] = replace(self.rows[key], status=ReminderStatus.QUEUED)
        return due

    @property
    def open(self) -> set[ReminderKey]:
        return {key for key, row in self.rows.items() if row.status is ReminderStatus.PLANNED}

    def endings(self) -> dict[ReminderKey, tuple[str, str | None]]:
        return {key: (row.status, row.reason) for key, row in self.rows.items()}
