"""Acts that changed many places at once: the events that carry their name, and what came after them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from yearwheel.store.events import Event
from yearwheel.store.tables import events as table


class Numbered(NamedTuple):
    """An event and its place in the log."""

    id: int
    event: Event


def find(connection: Connection, cycle_key: str, act: str) -> list[Numbered]:
    """The events of an act, oldest first; none for an unknown one."""
    query = select(table).where(table.c.cycle_key == cycle_key, table.c.detail["act"].as_string() == act)
    return _read(connection, query)


def find_later(
    connection: Connection, cycle_key: str, after_id: int, places: Collection[tuple[str, str]]
) -> list[Numbered]:
    """What changed in these (stage, district) places after an event, oldest first."""
    query = (
        select(table)
        .where(table.c.cycle_key == cycle_key, table.c.id > after_id, table.c.after.is_not(None))
        .where(table.c.stage_key.in_({stage for stage, _ in places}))
        .where(table.c.district_code.in_({code for _, code in places}))
    )
    found = _read(connection, query)
    return [one for one in found if (one.event.stage_key, one.event.district_code) in places]


def _read(connection: Connection, query: Select[Any]) -> list[Numbered]:
    rows = connection.execute(query.order_by(table.c.id)).mappings()
    names = Event.__dataclass_fields__
    return [Numbered(row["id"], Event(**{name: row[name] for name in names})) for row in rows]
