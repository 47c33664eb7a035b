"""Calendar feeds: who may read what by a token, of which only the digest is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from yearwheel.calendar.feed import FeedScope
from yearwheel.store.tables import feeds as table


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. `subject` is a district's code or a contact's key; empty for the state's own."""

    id: int
    cycle_key: str
    scope: FeedScope
    subject: str
    made_by: str
    made_at: datetime
    revoked_at: datetime | None = None


_COLUMNS = [table.c[name] for name in Feed.__dataclass_fields__]


def add(
    connection: Connection,
    digest: str,
    cycle_key: str,
    scope: FeedScope,
    subject: str,
    *,
    by: str,
    at: datetime,
) -> int:
    """Keep a feed by its token's SHA-256. Returns its number."""
    row = {"token_sha256": digest, "cycle_key": cycle_key, "scope": scope, "subject": subject}
    query = table.insert().values(**row, made_by=by, made_at=at).returning(table.c.id)
    number: int = connection.scalars(query).one()
    return number


def find(connection: Connection, digest: str) -> Feed | None:
    """The feed of a token that is still good."""
    query = select(*_COLUMNS).where(table.c.token_sha256 == digest, table.c.revoked_at.is_(None))
    row = connection.execute(query).mappings().one_or_none()
    return Feed(**row) if row else None


def list_feeds(connection: Connection, cycle_key: str) -> list[Feed]:
    """Every feed of a cycle, revoked ones included, oldest first."""
    query = select(*_COLUMNS).where(table.c.cycle_key == cycle_key).order_by(table.c.id)
    return [Feed(**row) for row in connection.execute(query).mappings()]


def revoke(connection: Connection, feed_id: int, at: datetime) -> None:
    connection.execute(update(table).where(table.c.id == feed_id).values(revoked_at=at))
