"""Letters that came back: which they were, and which came back only for now."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from yearwheel.notifications.ledger import MAY_HAVE_LEFT, OutboxStatus
from yearwheel.store.tables import events
from yearwheel.store.tables import outbox as table

HAD_LEFT = (OutboxStatus.SENT, OutboxStatus.UNCERTAIN)
MAY_COME_BACK = sorted(MAY_HAVE_LEFT)


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that had left, or is being sent."""

    id: int
    cycle_key: str
    contact_key: str
    recipient: str
    status: OutboxStatus


def find_letter(connection: Connection, digest: str) -> Sent | None:
    """The letter whose Message-ID begins with a digest, if it may have left."""
    names = Sent.__dataclass_fields__
    query = select(*(table.c[name] for name in names)).where(
        table.c.message_id.startswith(f"<{digest}@", autoescape=True),
        table.c.status.in_(MAY_COME_BACK),
    )
    row = connection.execute(query).first()
    return Sent(*row) if row else None


def find_letter_to(connection: Connection, recipient: str, subject: str) -> Sent | None:
    """The newest letter with a subject that may have left for an address."""
    names = Sent.__dataclass_fields__
    query = (
        select(*(table.c[name] for name in names))
        .where(func.lower(table.c.recipient) == recipient.lower(), table.c.subject == subject)
        .where(table.c.status.in_(MAY_COME_BACK))
        .order_by(table.c.id.desc())
    )
    row = connection.execute(query.limit(1)).first()
    return Sent(*row) if row else None


def soft(connection: Connection, cycle_key: str) -> set[int]:
    """Letters that came back only for now."""
    query = select(events.c.detail).where(events.c.cycle_key == cycle_key, events.c.kind == "bounced_for_now")
    return {detail["outbox"] for detail in connection.scalars(query)}


def newest_letters(connection: Connection, cycle_key: str, contact_key: str, limit: int) -> list[int]:
    """The newest letters to a person that had left."""
    query = (
        select(table.c.id)
        .where(table.c.cycle_key == cycle_key, table.c.contact_key == contact_key)
        .where(table.c.status.in_((*HAD_LEFT, OutboxStatus.BOUNCED)))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return list(connection.scalars(query))
