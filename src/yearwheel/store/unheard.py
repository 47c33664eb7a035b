"""Messages that did not reach their reader, counted where they belong."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select

from yearwheel.notifications.ledger import OutboxStatus, ReminderStatus
from yearwheel.store.tables import outbox, reminders

OF_LEDGER = (ReminderStatus.MISSED, ReminderStatus.NO_ADDRESS)
OF_OUTBOX = (OutboxStatus.UNCERTAIN, OutboxStatus.FAILED, OutboxStatus.BOUNCED, OutboxStatus.HELD)


def count(
    connection: Connection, cycle_key: str, stage_keys: Collection[str]
) -> Mapping[str, Mapping[str, int]]:
    """For each such ending, how many reminders of each district's in these stages ended so."""
    ours = (reminders.c.cycle_key == cycle_key, reminders.c.stage_key.in_(stage_keys))
    unsent = (
        select(reminders.c.status, reminders.c.district_code, func.count())
        .where(*ours, reminders.c.status.in_(OF_LEDGER))
        .group_by(reminders.c.status, reminders.c.district_code)
    )
    carried = (
        select(outbox.c.status, reminders.c.district_code, func.count())
        .join(reminders, reminders.c.outbox_id == outbox.c.id)
        .where(*ours, outbox.c.status.in_(OF_OUTBOX))
        .group_by(outbox.c.status, reminders.c.district_code)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for query in (unsent, carried):
        for status, code, times in connection.execute(query):
            found[str(status)][code] = times
    return {str(word): dict(sorted(found[word].items())) for word in (*OF_LEDGER, *OF_OUTBOX)}


def count_letters(connection: Connection, cycle_key: str, stage_keys: Collection[str]) -> Mapping[str, int]:
    """For each ending of a letter, how many letters with reminders of these stages ended so."""
    query = (
        select(outbox.c.status, func.count(outbox.c.id.distinct()))
        .join(reminders, reminders.c.outbox_id == outbox.c.id)
        .where(reminders.c.cycle_key == cycle_key, reminders.c.stage_key.in_(stage_keys))
        .where(outbox.c.status.in_(OF_OUTBOX))
        .group_by(outbox.c.status)
    )
    return {str(status): letters for status, letters in connection.execute(query)}
