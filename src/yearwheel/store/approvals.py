"""Which words a person has approved: a kind of message at one version of its templates, for one cycle."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from yearwheel.store.tables import template_approvals as table


def read(connection: Connection, cycle_key: str, template_version: str) -> set[str]:
    """The kinds that may go without asking."""
    query = select(table.c.kind).where(
        table.c.cycle_key == cycle_key, table.c.template_version == template_version
    )
    return set(connection.scalars(query))


def add(
    connection: Connection, cycle_key: str, kinds: Iterable[str], template_version: str, by: str, at: datetime
) -> list[str]:
    """Approve kinds; those that were not approved before come back."""
    new = sorted(set(kinds) - read(connection, cycle_key, template_version))
    rows = [
        {
            "cycle_key": cycle_key,
            "kind": kind,
            "template_version": template_version,
            "approved_by": by,
            "approved_at": at,
        }
        for kind in new
    ]
    if rows:
        connection.execute(table.insert(), rows)
    return new
