"""The weekly digest for the state's admins, written by the first round of a week."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from yearwheel.notifications import weekly
from yearwheel.notifications.ledger import NoticeKind, OutboxStatus, PlannedReminder, ReminderStatus
from yearwheel.notifications.weekly import Week
from yearwheel.notifications.whole_cycle import tell
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.requests import unanswered
from yearwheel.store import Connection, outbox, reminders, standings

DOUBTS = (OutboxStatus.UNCERTAIN, OutboxStatus.FAILED, OutboxStatus.BOUNCED, OutboxStatus.HELD)
WAITING = (OutboxStatus.UNCERTAIN, OutboxStatus.HELD)  # for a person's word, and then no longer in doubt


def weekly_digest(
    connection: Connection, active: Active, roster: Roster, written: Collection[str], now: datetime
) -> list[PlannedReminder]:
    """This week's digest for each state admin; none if it is `written`, or there is nothing to say."""
    on = active.day(now)
    rung = weekly.rung_of(on)
    if rung in written or not weekly.is_due(active.cycle, active.since, on):
        return []
    begun = [stage.key for stage in active.cycle.stages if stage.dates.opens.on <= on]
    table = weekly.write_week(
        active.cycle,
        Week(
            on,
            standings.find(connection, active.key, stage_keys=begun),
            {district.code: district.name for district in roster.districts.values()},
            _doubts(connection, active.key, roster),
            unanswered(connection, active, roster, on),
        ),
    )
    if not table:
        return []
    return tell(active.cycle, roster, [Role.STATE_ADMIN], NoticeKind.WEEKLY, rung, table, now)


def _doubts(connection: Connection, cycle_key: str, roster: Roster) -> dict[str, int]:
    """What there is to settle, as it stands now.

    A letter that was refused or came back counts until a later one to its reader is accepted, or the reader
    is of the roster no more: then the trouble is mended, though that letter stays what it was.
    """
    waiting = outbox.count_by_status(connection, cycle_key, WAITING)
    unmended = outbox.list_unmended(connection, cycle_key)
    mail = Counter(waiting) + Counter(status for _, status, reader in unmended if reader in roster.contacts)
    rows = reminders.count_by_status(connection, cycle_key, [ReminderStatus.MISSED])
    return {str(status): mail[status] for status in DOUBTS} | {"missed": rows.get(ReminderStatus.MISSED, 0)}
