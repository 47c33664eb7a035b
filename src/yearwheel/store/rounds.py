"""The rounds that were run: one row for each cycle and moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from yearwheel.store.tables import rounds as table

TELLS_THE_STATE = "tells_the_state"  # of a round's report: its mail could go to the state's admins


def add(connection: Connection, cycle_key: str, as_of: datetime, finished_at: datetime, report: Any) -> None:
    """Record a finished round; one run again for the same moment takes the older one's place."""
    connection.execute(delete(table).where(table.c.cycle_key == cycle_key, table.c.as_of == as_of))
    connection.execute(
        table.insert().values(cycle_key=cycle_key, as_of=as_of, finished_at=finished_at, report=report)
    )


def newest(connection: Connection, cycle_key: str) -> datetime | None:
    """The moment of the newest round, or None before the first."""
    newest_at: datetime | None = connection.scalar(
        select(func.max(table.c.as_of)).where(table.c.cycle_key == cycle_key)
    )
    return newest_at


def list_telling(connection: Connection, cycle_key: str) -> list[datetime]:
    """The moments of the rounds that wrote to the state's admins where there was cause, oldest first."""
    query = select(table.c.as_of).where(
        table.c.cycle_key == cycle_key, table.c.report[TELLS_THE_STATE].as_boolean()
    )
    return list(connection.scalars(query.order_by(table.c.as_of)))


def list_newest(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest rounds of all cycles, newest first."""
    query = select(table).order_by(table.c.as_of.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]
