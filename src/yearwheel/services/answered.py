"""Requests that are answered: their tasks end, and no letter says any more that somebody waits."""

from datetime import datetime

from yearwheel.notifications.ledger import NoticeKind, Reason, ReminderStatus
from yearwheel.notifications.requests import read_numbers
from yearwheel.services.replan import take_back_letters
from yearwheel.store import Connection, reminders, tasks


def close_request(
    connection: Connection, state: str, kind: str, code: str, subject: str, by: str, now: datetime
) -> None:
    """Close the task of a request that is answered, inside the caller's transaction."""
    tasks.close_about(connection, state, kind, code, subject, by, now)
    retire_answered(connection, now)


def retire_answered(connection: Connection, now: datetime) -> None:
    """Take back the letters that have not left and tell of a request that is answered.

    The rest of each is written afresh; a reminder with nothing left to tell ends.
    """
    answered = tasks.answered(connection)
    untold = reminders.list_untold(connection, NoticeKind.REQUESTS)
    stale = [row for row in untold if read_numbers(row.note) & answered.keys()]
    take_back_letters(connection, {row.outbox_id for row in stale if row.outbox_id is not None}, now)
    over = [row.id for row in stale if read_numbers(row.note) <= answered.keys()]
    ending = (ReminderStatus.CANCELLED, Reason.UNDONE)
    reminders.settle(connection, [(row, *ending) for row in over], now)
