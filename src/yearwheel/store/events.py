"""The append-only record of who changed what, when, and why. The database refuses to alter it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from yearwheel.store import bulk
from yearwheel.store.columns import as_row
from yearwheel.store.tables import cycles, events, rounds


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


class OutOfOrder(Exception):
    """An act before its cycle was published, or before its newest round: the ledger could no longer be told
    from its events."""

    def __init__(self, what: str, newest: datetime) -> None:
        super().__init__(
            f"{what} {newest:%Y-%m-%d %H:%M} UTC, and this lies before it; "
            "a year that is acted out goes on with --at, a real one needs a data folder of its own"
        )
        self.newest = newest


TOLERANCE = timedelta(days=1)  # clocks are put back by minutes; a year that was acted out lies further ahead


def append(connection: Connection, new: Iterable[Event]) -> None:
    """Write events, in order. OutOfOrder where one lies before the newest round of its cycle.

    So does what happened to a district's work before that was promised.
    """
    written = list(new)
    for cycle_key in {event.cycle_key for event in written} - {None}:
        of_cycle = [event for event in written if event.cycle_key == cycle_key]
        refuse_before(connection, cycle_key, min(event.at for event in of_cycle))
        if moments := [event.at for event in of_cycle if event.stage_key]:
            _refuse_unpromised(connection, cycle_key, min(moments))
    bulk.insert(connection, events, [as_row(event) for event in written])


def refuse_before(connection: Connection, cycle_key: str | None, at: datetime) -> None:
    """OutOfOrder for a moment before the newest round of a cycle."""
    newest = connection.scalar(_NEWEST_ROUND, {"of_cycle": cycle_key})
    if newest is not None and at < newest - TOLERANCE:
        raise OutOfOrder(f"the newest round of {cycle_key} was for", newest)


def _refuse_unpromised(connection: Connection, cycle_key: str | None, at: datetime) -> None:
    published_at = connection.scalar(_PUBLISHED, {"of_cycle": cycle_key})
    if published_at is not None and at < published_at - TOLERANCE:
        raise OutOfOrder(f"{cycle_key} was published at", published_at)


_PUBLISHED = select(cycles.c.published_at).where(cycles.c.key == bindparam("of_cycle"))
_NEWEST_ROUND = select(func.max(rounds.c.as_of)).where(rounds.c.cycle_key == bindparam("of_cycle"))


def letters_by_hand(connection: Connection, cycle_key: str) -> set[int]:
    """Outbox ids of the copies that people changed and put in letters' places."""
    edits = list_events(connection, cycle_key, kinds=["mail_edited"])
    return {event.detail["outbox"][1] for event in edits if event.detail}


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
