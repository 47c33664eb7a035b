"""Everything about one district in one cycle: its stages, receipts, extensions, next reminders and people."""

from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.cycle import Stage
from yearwheel.notifications.history import OWN_DAY
from yearwheel.notifications.ledger import ReminderStatus
from yearwheel.roster.people import Contact, District
from yearwheel.services.active import Active
from yearwheel.services.app import App
from yearwheel.services.board import Cell
from yearwheel.services.rounds import still_to_tell
from yearwheel.services.stage_line import read_lines
from yearwheel.stages.standing import Submission
from yearwheel.store import Connection, events, reminders, rosters, standings
from yearwheel.store.events import Event
from yearwheel.store.tables import reminders as ledger


@dataclass(frozen=True, slots=True)
class Receipt:
    """One version that was handed in."""

    number: str
    version: int
    sha256: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NextReminder:
    """A reminder that waits for its day or, where that has come, for the next round."""

    on: date
    rung: str
    contact_key: str
    with_next_round: bool


@dataclass(frozen=True, slots=True)
class StagePart:
    """One stage of the page. `days_left` runs to the due day and is below zero after it."""

    stage: Stage
    cell: Cell
    days_left: int
    receipts: tuple[Receipt, ...]
    moved: tuple[Event, ...]  # extensions, and days of its own, given and taken back; oldest first
    waiting: tuple[NextReminder, ...]


@dataclass(frozen=True, slots=True)
class DistrictPage:
    district: District
    contacts: tuple[Contact, ...]
    parts: tuple[StagePart, ...]


def read_district(app: App, active: Active, district: District) -> DistrictPage:
    """The district's page as it is now."""
    now = app.clock.now()
    with app.database.reading() as connection:
        roster = rosters.load(connection, active.state, active.key)
        moved = events.list_events(
            connection,
            active.key,
            district_code=district.code,
            kinds=["deadline_moved", "date_moved", OWN_DAY],
        )
        waiting = _waiting(connection, active, district.code, now)
        parts = []
        for line in read_lines(connection, active, district.code, now):
            key = line.stage.key
            handed_in = standings.find_submissions(connection, active.key, key, district.code)
            part = StagePart(
                line.stage,
                line.cell,
                line.days_left,
                tuple(read_receipt(active.key, submission) for submission in handed_in),
                tuple(event for event in moved if event.stage_key == key),
                tuple(waiting.get(key, ())),
            )
            parts.append(part)
    people = tuple(c for c in roster.contacts.values() if c.district_code == district.code)
    return DistrictPage(district, people, tuple(parts))


def read_receipt(cycle_key: str, submission: Submission) -> Receipt:
    """What was acknowledged when a version came in."""
    number = f"{cycle_key}/{submission.stage_key}/{submission.district_code}/{submission.version}"
    return Receipt(
        number, submission.version, submission.sha256, submission.submitted_by, submission.submitted_at
    )


def _waiting(
    connection: Connection, active: Active, code: str, now: datetime
) -> dict[str, list[NextReminder]]:
    """For each stage, the reminders that are still to go, soonest first.

    Of those whose moment has come only what a round would tell: who is new has rungs of days long past.
    """
    rows = reminders.list_outcomes(
        connection, active.key, ledger.c.district_code == code, ledger.c.status == ReminderStatus.PLANNED
    )
    now_due = {reminder.id for reminder in still_to_tell(connection, active, now)}
    found: dict[str, list[NextReminder]] = {}
    for row in sorted(rows, key=lambda row: (row["due_on"], row["contact_key"])):
        if row["due_at"] > now or row["id"] in now_due:
            reminder = NextReminder(row["due_on"], row["rung"], row["contact_key"], row["id"] in now_due)
            found.setdefault(row["stage_key"], []).append(reminder)
    return found
