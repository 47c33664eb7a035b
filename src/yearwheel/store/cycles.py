"""Cycles and the calendar file each was made from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from yearwheel.store.tables import cycles


@dataclass(frozen=True, slots=True)
class StoredCycle:
    """A cycle as the database keeps it: the calendar file's own text, and how far it is."""

    key: str
    state: str
    title: str
    source: str
    created_at: datetime
    published_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 0  # of the calendar in force; 0 is a draft


_FIND = select(*(cycles.c[name] for name in StoredCycle.__dataclass_fields__)).where(
    cycles.c.key == bindparam("of_key")
)
# PostgreSQL would let two rounds decide on the same facts; SQLite has one writer and ignores this.
_FIND_AND_LOCK = _FIND.with_for_update(key_share=True)


def find(connection: Connection, key: str) -> StoredCycle | None:
    """The cycle, if there is one. A unit of work that asks has the cycle to itself until it ends."""
    writing = connection.get_execution_options().get("writing")
    row = connection.execute(_FIND_AND_LOCK if writing else _FIND, {"of_key": key}).one_or_none()
    return StoredCycle(*row) if row else None


def list_cycles(connection: Connection) -> list[StoredCycle]:
    """Every cycle, oldest first."""
    rows = connection.execute(select(cycles).order_by(cycles.c.created_at, cycles.c.key)).mappings()
    return [StoredCycle(**row) for row in rows]


def add(connection: Connection, cycle: StoredCycle) -> None:
    connection.execute(
        cycles.insert().values(**{n: getattr(cycle, n) for n in StoredCycle.__dataclass_fields__})
    )


def replace_draft(connection: Connection, key: str, title: str, source: str) -> None:
    """Put another calendar file in a draft's place."""
    connection.execute(update(cycles).where(cycles.c.key == key).values(title=title, source=source))


def publish(connection: Connection, key: str, at: datetime) -> None:
    connection.execute(update(cycles).where(cycles.c.key == key).values(published_at=at))


def close(connection: Connection, key: str, at: datetime) -> None:
    connection.execute(update(cycles).where(cycles.c.key == key).values(closed_at=at))


def reopen(connection: Connection, key: str) -> None:
    connection.execute(update(cycles).where(cycles.c.key == key).values(closed_at=None))
