"""Which words a person has approved: a kind of message at one version of its templates, for one cycle."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from yearwheel.notifications.words import Words
from yearwheel.store import bulk
from yearwheel.store.tables import template_approvals as table


def read(connection: Connection, cycle_key: str) -> set[Words]:
    """The words that may go without asking."""
    query = select(table.c.kind, table.c.template_version).where(table.c.cycle_key == cycle_key)
    return {(kind, version) for kind, version in connection.execute(query)}


def add(connection: Connection, cycle_key: str, words: Iterable[Words], by: str, at: datetime) -> list[Words]:
    """Approve words; those that were not approved before come back."""
    new = sorted(set(words) - read(connection, cycle_key))
    rows = [
        {
            "cycle_key": cycle_key,
            "kind": kind,
            "template_version": version,
            "approved_by": by,
            "approved_at": at,
        }
        for kind, version in new
    ]
    bulk.insert(connection, table, rows)
    return new
