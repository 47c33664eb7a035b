"""What anybody may read: the published dates of a cycle, without names and without standings."""

from dataclasses import dataclass

from yearwheel.calendar.cycle import Cycle, OwedBy, Stage
from yearwheel.roster.people import District
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App
from yearwheel.services.reader_link import NotThere
from yearwheel.store import Connection, cycles, rosters


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A district's published dates in a cycle: of its year, or of one stage."""

    cycle: Cycle
    district: District
    stages: tuple[Stage, ...]


def read_published(app: App, key: str) -> Cycle:
    """The calendar in force of a published cycle; NotThere for a draft and for one nobody knows."""
    with app.database.reading() as connection:
        return _published(connection, key).cycle


def read_public_district(app: App, key: str, code: str) -> PublicPage:
    """The dates every district of its sort has in the cycle. NotThere for a district nobody knows."""
    with app.database.reading() as connection:
        active = _published(connection, key)
        district = rosters.load(connection, active.state, key).districts.get(code)
    if district is None:
        raise NotThere
    side = OwedBy.STATE if district.is_state_office else OwedBy.DISTRICTS
    owed = (stage for stage in active.cycle.stages if stage.owed_by is side)
    return PublicPage(active.cycle, district, tuple(sorted(owed, key=lambda stage: stage.dates.due.on)))


def read_public_stage(app: App, key: str, code: str, stage_key: str) -> PublicPage:
    """The published dates of one stage. NotThere for a stage that such a district has no part in."""
    page = read_public_district(app, key, code)
    stages = tuple(stage for stage in page.stages if stage.key == stage_key)
    if not stages:
        raise NotThere
    return PublicPage(page.cycle, page.district, stages)


def _published(connection: Connection, key: str) -> Active:
    stored = cycles.find(connection, key)
    if stored is None or stored.published_at is None:
        raise NotThere
    return read_active(connection, key)
