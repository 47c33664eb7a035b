"""The whole cycle as the state office sees it: how many districts stand where, who is late, what to read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from yearwheel.calendar.cycle import OwedBy, Stage, StageKind
from yearwheel.roster.people import District, Role
from yearwheel.services.board import Cell, count_owed, read_cell
from yearwheel.services.reader_link import Reader
from yearwheel.services.stage_line import has_closed
from yearwheel.services.waiting import Waiting
from yearwheel.stages.status import HANDED_IN, WAIVED, Status
from yearwheel.store import Connection, standings

MOST_LATE = 12  # districts named under each stage
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Place:
    """One district in one stage. `days_left` runs to the due day and is below zero after it."""

    district: District
    stage: Stage
    cell: Cell
    days_left: int
    has_closed: bool


@dataclass(frozen=True, slots=True)
class StageTally:
    """How many districts stand where in a stage. `late` names the latest ones of the `late_count`."""

    stage: Stage
    handed_in: int
    owed: int
    waived: int
    late_count: int
    late: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class CycleView:
    """What the office sees. `found` are the districts that answer to what was `wanted`."""

    tallies: tuple[StageTally, ...]
    to_read: tuple[Place, ...]  # plans that wait for this reader's review, the most urgent first
    wanted: str
    found: tuple[District, ...]


def read_cycle_view(connection: Connection, reader: Reader, wanted: str = "") -> CycleView:
    """The cycle at the reader's moment."""
    stages = [stage for stage in reader.active.cycle.stages if stage.owed_by is OwedBy.DISTRICTS]
    counts = standings.count_by_status(connection, reader.active.key)
    places = _read_open_places(connection, reader, stages)
    wanted = " ".join(wanted.split())
    return CycleView(
        tuple(_tally(stage, counts.get(stage.key, {}), places[stage.key]) for stage in stages),
        tuple(sorted(_to_read(reader, places), key=lambda place: (place.cell.due_on, place.district.code))),
        wanted,
        tuple(find_districts(reader.roster.districts.values(), wanted))[:MOST_FOUND] if wanted else (),
    )


def find_districts(districts: Iterable[District], wanted: str) -> list[District]:
    """The district of that code, leading zeros or not; else those with these words in their name."""
    everyone = sorted(districts, key=lambda d: d.name)
    code = wanted.casefold().lstrip("0")
    coded = [d for d in everyone if d.code.casefold().lstrip("0") == code]
    return coded or [d for d in everyone if wanted.casefold() in d.name.casefold()]


def _read_open_places(
    connection: Connection, reader: Reader, stages: Sequence[Stage]
) -> Mapping[str, list[Place]]:
    """For each stage, the places in which something is still to be done.

    There are none before it opens, nor in a closed year.
    """
    found: dict[str, list[Place]] = {stage.key: [] for stage in stages}
    if reader.active.stored.closed_at is not None:
        return found
    begun = {stage.key: stage for stage in stages if stage.dates.opens.moment <= reader.now}
    reviews = [stage.key for stage in begun.values() if stage.kind is StageKind.REVIEW]
    for standing in standings.find_unfinished(connection, reader.active.key, begun, reviews):
        if district := reader.roster.districts.get(standing.district_code):
            stage = begun[standing.stage_key]
            cell = read_cell(reader.active, stage, standing, reader.now, Waiting(reader.active))
            dates = stage.dates_for(standing.due_on, reader.active.cycle.workdays)
            shut = has_closed(stage, dates, cell.status, reader.now)
            found[stage.key].append(Place(district, stage, cell, (cell.due_on - reader.today).days, shut))
    return found


def _tally(stage: Stage, counts: Mapping[str, int], places: Iterable[Place]) -> StageTally:
    late = sorted((p for p in places if p.cell.days_late), key=lambda p: (-p.cell.days_late, p.district.name))
    handed_in, waived = (sum(counts.get(s, 0) for s in group) for group in (HANDED_IN, WAIVED))
    return StageTally(stage, handed_in, count_owed(stage, counts), waived, len(late), tuple(late[:MOST_LATE]))


def _to_read(reader: Reader, places: Mapping[str, list[Place]]) -> Iterable[Place]:
    return (
        place
        for here in places.values()
        for place in here
        if place.cell.status is Status.UNDER_REVIEW
        and reader.contact in reader.roster.holders(place.district.code, Role.REVIEWER)
    )
