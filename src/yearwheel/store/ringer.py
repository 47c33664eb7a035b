"""Who rings the bells: a row means that Prefect does, no row that `serve` does."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from yearwheel.store.tables import ringers as table


class Ringer(NamedTuple):
    """The Prefect that rings for this installation. `bells` are its schedules in words."""

    installation: str  # the name its deployments know us by
    pool: str
    api_url: str
    bells: tuple[str, ...]
    by: str
    since: datetime


def find(connection: Connection) -> Ringer | None:
    row = connection.execute(select(table)).one_or_none()
    return None if row is None else Ringer(*row)._replace(bells=tuple(row.bells))


def put(connection: Connection, ringer: Ringer) -> None:
    """Let this one be the only one."""
    clear(connection)
    connection.execute(insert(table).values(**ringer._asdict() | {"bells": list(ringer.bells)}))


def clear(connection: Connection) -> None:
    connection.execute(delete(table))
