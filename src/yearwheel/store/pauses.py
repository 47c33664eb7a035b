"""When a cycle was paused, and until when."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from yearwheel.store.tables import pauses as table


class Pause(NamedTuple):
    """A stretch in which nothing was queued or delivered; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    by: str
    why: str


def list_pauses(connection: Connection, cycle_key: str) -> list[Pause]:
    """Every pause of a cycle, oldest first."""
    query = select(table.c.paused_at, table.c.resumed_at, table.c.paused_by, table.c.why)
    query = query.where(table.c.cycle_key == cycle_key).order_by(table.c.paused_at)
    return [Pause(*row) for row in connection.execute(query)]


def find_open(connection: Connection, cycle_key: str) -> Pause | None:
    """The pause that lasts, if there is one."""
    return next((pause for pause in list_pauses(connection, cycle_key) if pause.until is None), None)


def begin(connection: Connection, cycle_key: str, by: str, why: str, at: datetime) -> None:
    """Begin one. Another that ended the moment it began kept nothing back, and makes room."""
    connection.execute(
        delete(table).where(table.c.cycle_key == cycle_key, table.c.paused_at == at, table.c.resumed_at == at)
    )
    connection.execute(table.insert().values(cycle_key=cycle_key, paused_at=at, paused_by=by, why=why))


def end(connection: Connection, cycle_key: str, by: str, at: datetime) -> None:
    same = (table.c.cycle_key == cycle_key) & table.c.resumed_at.is_(None)
    connection.execute(update(table).where(same).values(resumed_at=at, resumed_by=by))
