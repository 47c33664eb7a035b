"""Proposals to put another person in a contact's place."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from yearwheel.store.tables import hand_overs as table


@dataclass(frozen=True, slots=True)
class HandOver:
    """A proposal that waits for somebody to confirm it."""

    state: str
    contact_key: str
    name: str
    email: str
    proposed_at: datetime
    id: int = 0


_NAMES = tuple(HandOver.__dataclass_fields__)


def add(connection: Connection, proposal: HandOver) -> int:
    values = {name: getattr(proposal, name) for name in _NAMES if name != "id"}
    row: int = connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()
    return row


def list_open(connection: Connection, state: str, contact_key: str | None = None) -> list[HandOver]:
    """Proposals nobody has decided, oldest first."""
    query = select(*(table.c[name] for name in _NAMES)).where(
        table.c.state == state, table.c.decided_at.is_(None)
    )
    if contact_key is not None:
        query = query.where(table.c.contact_key == contact_key)
    return [HandOver(*row) for row in connection.execute(query.order_by(table.c.id))]


def newest_refused(
    connection: Connection, state: str, contact_key: str, since: datetime | None
) -> HandOver | None:
    """A contact's last proposal, if it was decided against, and that after `since`."""
    query = select(*(table.c[name] for name in _NAMES), table.c.accepted, table.c.decided_at).where(
        table.c.state == state, table.c.contact_key == contact_key
    )
    row = connection.execute(query.order_by(table.c.id.desc()).limit(1)).first()
    if row is None or row.accepted is not False or (since is not None and row.decided_at <= since):
        return None
    return HandOver(*row[: len(_NAMES)])


def decide(connection: Connection, row: int, by: str, at: datetime, *, accepted: bool) -> None:
    values = {"decided_by": by, "decided_at": at, "accepted": accepted}
    connection.execute(update(table).where(table.c.id == row).values(**values))
