"""Which track of planning each district is on in a cycle; who is not named does a full plan."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select

from yearwheel.calendar.cycle import Track
from yearwheel.store.tables import plan_tracks as table


@dataclass(frozen=True, slots=True)
class PlanTrack:
    """Year `plan_year` of a plan that runs for `plan_years`."""

    district_code: str
    track: Track
    plan_year: int
    plan_years: int

    def a_year_on(self) -> "PlanTrack":
        """Where the district is in the year after: once a plan has run for its years a new one is written."""
        year = self.plan_year % self.plan_years + 1
        return PlanTrack(self.district_code, Track.of_year(year), year, self.plan_years)

    def __str__(self) -> str:
        return f"year {self.plan_year} of {self.plan_years}"


def read(connection: Connection, cycle_key: str) -> dict[str, PlanTrack]:
    """The track of each district that was given one."""
    query = select(*(table.c[name] for name in PlanTrack.__dataclass_fields__))
    query = query.where(table.c.cycle_key == cycle_key).order_by(table.c.district_code)
    return {row["district_code"]: PlanTrack(**row) for row in connection.execute(query).mappings()}


def save(connection: Connection, cycle_key: str, chosen: PlanTrack) -> None:
    """Put a district on a track, in place of the one it was on."""
    here = (table.c.cycle_key == cycle_key) & (table.c.district_code == chosen.district_code)
    connection.execute(delete(table).where(here))
    connection.execute(table.insert().values(cycle_key=cycle_key, **asdict(chosen)))
