"""The versions of a published calendar: each file that was in force, from when, by whom and why."""

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select, update

from yearwheel.store.tables import cycle_versions as table
from yearwheel.store.tables import cycles


@dataclass(frozen=True, slots=True)
class Version:
    """One version. Number 1 is the calendar as it was published."""

    number: int
    source: str
    sha256: str
    made_at: datetime
    made_by: str
    why: str = ""


def add(connection: Connection, cycle_key: str, source: str, at: datetime, by: str, why: str) -> int:
    """Put a calendar in force. Returns its number."""
    newest = select(cycles.c.version).where(cycles.c.key == cycle_key)
    number = int(connection.scalars(newest).one()) + 1
    digest = sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
    version = Version(number, source, digest, at, by, why)
    connection.execute(table.insert().values(cycle_key=cycle_key, **asdict(version)))
    here = update(cycles).where(cycles.c.key == cycle_key)
    connection.execute(here.values(source=source, version=number))
    return number


def list_versions(connection: Connection, cycle_key: str) -> list[Version]:
    """Every version of a cycle, oldest first; none for a draft."""
    query = select(*(table.c[name] for name in Version.__dataclass_fields__))
    query = query.where(table.c.cycle_key == cycle_key).order_by(table.c.number)
    return [Version(**row) for row in connection.execute(query).mappings()]
