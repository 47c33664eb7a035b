"""The append-only record of who changed what, when, and why. The database refuses to alter it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from yearwheel.store.columns import as_row
from yearwheel.store.tables import events


@dataclass(frozen=True, slots=True)
class Event:
    """One change of state. `kind` is a past-tense word such as "submitted" or "deadline_moved"."""

    at: datetime
    actor: str
    kind: str
    cycle_key: str | None = None
    stage_key: str | None = None
    district_code: str | None = None
    before: str | None = None
    after: str | None = None
    why: str = ""
    detail: dict[str, Any] | None = None


def append(connection: Connection, new: Iterable[Event]) -> None:
    """Write events, in order."""
    rows = [as_row(event) for event in new]
    if rows:
        connection.execute(events.insert(), rows)


def list_events(
    connection: Connection,
    cycle_key: str,
    *,
    district_code: str | None = None,
    stage_key: str | None = None,
    kinds: Iterable[str] | None = None,
) -> list[Event]:
    """The events of a cycle, oldest first, narrowed where asked."""
    query = select(events).where(events.c.cycle_key == cycle_key).order_by(events.c.id)
    if district_code is not None:
        query = query.where(events.c.district_code == district_code)
    if stage_key is not None:
        query = query.where(events.c.stage_key == stage_key)
    if kinds is not None:
        query = query.where(events.c.kind.in_(list(kinds)))
    return [
        Event(**{name: row[name] for name in Event.__dataclass_fields__})
        for row in connection.execute(query).mappings()
    ]
