"""What holds a stage up although its window is open: earlier work that has to come first and is not in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from yearwheel.calendar.cycle import OwedBy, Stage, StageKind
from yearwheel.services.active import Active
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status
from yearwheel.store import Connection, standings


@dataclass(frozen=True, slots=True)
class Waiting:
    """The earlier work that is not in: by stage, the codes of those who owe it."""

    active: Active
    undone: Mapping[str, set[str]] = field(default_factory=dict)

    def of(self, stage: Stage, standing: Standing, now: datetime) -> tuple[str, ...]:
        """The titles of the stages a district waits for; none before the window opens and once it began.

        Work that the state owes holds up every district.
        """
        if standing.status is not Status.NOT_OPEN or now < stage.dates.opens.moment:
            return ()
        earlier = [self.active.stages[key] for key in stage.after if self.undone.get(key)]
        return tuple(
            one.title
            for one in earlier
            if standing.district_code in self.undone[one.key]
            or (one.owed_by is OwedBy.STATE and stage.owed_by is OwedBy.DISTRICTS)
        )


def read_waiting(connection: Connection, active: Active, stages: Iterable[Stage]) -> Waiting:
    """What these stages wait for, of every district."""
    before = {key for stage in stages for key in stage.after}
    if not before:
        return Waiting(active)
    reviews = [stage.key for stage in active.cycle.stages if stage.kind is StageKind.REVIEW]
    undone: dict[str, set[str]] = {}
    for standing in standings.find_unfinished(connection, active.key, before, reviews):
        undone.setdefault(standing.stage_key, set()).add(standing.district_code)
    return Waiting(active, undone)
