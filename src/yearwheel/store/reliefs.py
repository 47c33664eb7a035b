"""Times in which districts struck by a disaster are asked for nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, update

from yearwheel.store.tables import reliefs as table


@dataclass(frozen=True, slots=True)
class Relief:
    """From one day to another, both included; it ends by itself, or sooner by a person."""

    id: int
    districts: tuple[str, ...]
    first_on: date
    last_on: date
    why: str
    declared_by: str
    declared_at: datetime
    act: str
    ended_by: str | None = None
    ended_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        return self.ended_at is None and self.first_on <= day <= self.last_on


def list_reliefs(connection: Connection, cycle_key: str) -> list[Relief]:
    """Every relief of a cycle, oldest first."""
    query = select(*(table.c[name] for name in Relief.__dataclass_fields__))
    query = query.where(table.c.cycle_key == cycle_key).order_by(table.c.id)
    return [
        Relief(**{**row, "districts": tuple(row["districts"])})
        for row in connection.execute(query).mappings()
    ]


def add(
    connection: Connection,
    cycle_key: str,
    codes: Collection[str],
    first_on: date,
    last_on: date,
    *,
    why: str,
    by: str,
    at: datetime,
    act: str,
) -> int:
    """Declare a relief. Returns its number."""
    row = {"districts": sorted(codes), "first_on": first_on, "last_on": last_on, "why": why, "act": act}
    row |= {"cycle_key": cycle_key, "declared_by": by, "declared_at": at}
    number: int = connection.scalars(table.insert().values(**row).returning(table.c.id)).one()
    return number


def end(connection: Connection, relief_id: int, by: str, at: datetime) -> None:
    connection.execute(update(table).where(table.c.id == relief_id).values(ended_by=by, ended_at=at))


def quiet_until(connection: Connection, cycle_key: str, day: date) -> dict[str, date]:
    """The districts that are asked for nothing that day, and the last day on which that holds."""
    found: dict[str, date] = {}
    for relief in list_reliefs(connection, cycle_key):
        if relief.holds_on(day):
            for code in relief.districts:
                found[code] = max(relief.last_on, found.get(code, relief.last_on))
    return found
