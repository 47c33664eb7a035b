"""Which kinds of message people asked not to get."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from yearwheel.store import bulk
from yearwheel.store.tables import declines as table


def read(connection: Connection, cycle_key: str) -> dict[str, set[str]]:
    """For each contact who declined something: the kinds."""
    found: dict[str, set[str]] = {}
    query = select(table.c.contact_key, table.c.kind).where(table.c.cycle_key == cycle_key)
    for contact_key, kind in connection.execute(query):
        found.setdefault(contact_key, set()).add(kind)
    return found


def add(
    connection: Connection, cycle_key: str, contact_key: str, kinds: Collection[str], at: datetime
) -> list[str]:
    """Decline kinds; those that were not declined before come back."""
    new = sorted(set(kinds) - read(connection, cycle_key).get(contact_key, set()))
    rows = [
        {"cycle_key": cycle_key, "contact_key": contact_key, "kind": kind, "declined_at": at} for kind in new
    ]
    bulk.insert(connection, table, rows)
    return new


def remove(connection: Connection, cycle_key: str, contact_key: str, kinds: Collection[str]) -> list[str]:
    """Get kinds again; those that had been declined come back."""
    known = sorted(read(connection, cycle_key).get(contact_key, set()) & set(kinds))
    same = (table.c.cycle_key == cycle_key) & (table.c.contact_key == contact_key)
    connection.execute(delete(table).where(same, table.c.kind.in_(known)))
    return known
