"""What messages about a whole cycle are written from: earlier ones, and what went wrong since."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from yearwheel.notifications.ledger import NoticeKind, OutboxStatus, Reason, ReminderStatus
from yearwheel.notifications.mailers import Result
from yearwheel.store.outbox import ONCE_NOT_TAKEN
from yearwheel.store.tables import contacts, deliveries, outbox, reminders, tasks
from yearwheel.store.tasks import BAD_ADDRESS


def written(
    connection: Connection, cycle_key: str, place: tuple[str, str], kinds: Collection[NoticeKind]
) -> dict[str, datetime]:
    """The rungs of the notices of these kinds at a (stage, district) place, and when each was written."""
    query = (
        select(reminders.c.rung, func.max(reminders.c.planned_at))
        .where(reminders.c.cycle_key == cycle_key)
        .where(reminders.c.stage_key == place[0], reminders.c.district_code == place[1])
        .where(reminders.c.kind.in_(kinds))
        .group_by(reminders.c.rung)
    )
    return dict(connection.execute(query).all())


def waiting_since(connection: Connection, cycle_key: str, now: datetime) -> datetime | None:
    """When the oldest message that waits for its letter fell due."""
    oldest: datetime | None = connection.scalar(
        select(func.min(reminders.c.due_at)).where(
            reminders.c.cycle_key == cycle_key,
            reminders.c.status == ReminderStatus.PLANNED,
            reminders.c.due_at <= now,
        )
    )
    return oldest


def refused_mail(connection: Connection, cycle_key: str, since: datetime) -> list[tuple[str, Result]]:
    """Recipient of each message refused for good since a moment, and the mail server's last answer."""
    its_last = and_(deliveries.c.outbox_id == outbox.c.id, deliveries.c.attempt == outbox.c.attempts)
    query = (
        select(outbox.c.recipient, deliveries.c.outcome, deliveries.c.code, deliveries.c.detail)
        .join(deliveries, its_last)
        .where(outbox.c.id.in_(ONCE_NOT_TAKEN), outbox.c.status == OutboxStatus.FAILED)
        .where(outbox.c.cycle_key == cycle_key, outbox.c.settled_at > since)
        .order_by(outbox.c.recipient, outbox.c.id)
    )
    return [(recipient, Result(*answer)) for recipient, *answer in connection.execute(query)]


def given_up(connection: Connection, state: str, cycle_key: str, since: datetime) -> list[tuple[str, str]]:
    """Address and district of each contact given up, since a moment, for a message that came back."""
    query = (
        select(contacts.c.email, contacts.c.district_code)
        .distinct()
        .join(tasks, and_(tasks.c.state == contacts.c.state, tasks.c.subject == contacts.c.key))
        .join(
            outbox,
            and_(outbox.c.contact_key == contacts.c.key, outbox.c.recipient == contacts.c.email),
        )
        .where(tasks.c.state == state, tasks.c.kind == BAD_ADDRESS)
        .where(tasks.c.closed_at.is_(None), tasks.c.opened_at > since)
        .where(outbox.c.cycle_key == cycle_key, outbox.c.status == OutboxStatus.BOUNCED)
        .order_by(contacts.c.email)
    )
    return [(email, code) for email, code in connection.execute(query).all()]


def empty_roles(connection: Connection, cycle_key: str, since: datetime) -> list[tuple[str, str]]:
    """Role and district of each reminder that had no reader since a moment."""
    query = (
        select(reminders.c.role, reminders.c.district_code)
        .distinct()
        .where(reminders.c.cycle_key == cycle_key, reminders.c.status == ReminderStatus.NO_ADDRESS)
        .where(reminders.c.reason == Reason.ROLE_EMPTY, reminders.c.settled_at > since)
        .order_by(reminders.c.role, reminders.c.district_code)
    )
    return list(connection.execute(query).all())
