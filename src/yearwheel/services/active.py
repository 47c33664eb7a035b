"""A stored cycle with its calendar worked out, ready to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.config.cycle_file import load_cycle
from yearwheel.services.app import Refused
from yearwheel.store import Connection, cycles, versions
from yearwheel.store.cycles import StoredCycle
from yearwheel.store.versions import Version


@dataclass(frozen=True)
class Active:
    """A cycle and how far it is. `former` are the calendars that were in force before, oldest first."""

    cycle: Cycle
    stored: StoredCycle
    former: tuple[Cycle, ...] = ()

    @property
    def key(self) -> str:
        return self.cycle.key

    @property
    def state(self) -> str:
        return self.cycle.state

    @property
    def since(self) -> date:
        """The local day it was published; before that nothing was promised. Refused for a draft."""
        if self.stored.published_at is None:
            raise Refused(f"{self.key} is a draft; publish it first: yearwheel cycle publish {self.key}")
        return self.stored.published_at.astimezone(self.cycle.zone).date()

    @property
    def version(self) -> int:
        """Which of its calendars is in force: 1 for the one that was published."""
        return len(self.former) + 1

    @cached_property
    def stages(self) -> Mapping[str, Stage]:
        """Every stage there ever was, as it was last: the ledger still speaks of removed ones."""
        return {stage.key: stage for cycle in (*self.former, self.cycle) for stage in cycle.stages}

    def day(self, moment: datetime) -> date:
        """The cycle's local day of a moment."""
        return moment.astimezone(self.cycle.zone).date()


def read_active(connection: Connection, key: str) -> Active:
    """The cycle of that key; Refused names the ones there are."""
    stored = cycles.find(connection, key)
    if stored is None:
        known = ", ".join(c.key for c in cycles.list_cycles(connection)) or "none yet"
        raise Refused(f"there is no cycle {key!r}; cycles here: {known}")
    if stored.version < 2:
        return Active(read_calendar(stored.source, key), stored)
    *former, cycle = in_force(key, tuple(versions.list_versions(connection, key)))
    return Active(cycle, stored, tuple(former))


@lru_cache(maxsize=16)
def read_calendar(source: str, key: str) -> Cycle:
    """A stored calendar's text with every date worked out."""
    return load_cycle(source, name=f"{key}.yaml")


@lru_cache(maxsize=16)
def in_force(key: str, kept: tuple[Version, ...]) -> tuple[Cycle, ...]:
    """The calendar of each version, whose stages know since when their due day holds."""
    found = [read_calendar(kept[0].source, key)]
    for version in kept[1:]:
        found.append(following(found[-1], read_calendar(version.source, key), version.made_at))
    return tuple(found)


def following(old: Cycle, new: Cycle, at: datetime) -> Cycle:
    """The calendar that takes another's place at a moment.

    A due day that moves holds from that day on; a stage whose opening comes to lie before it opens on it.
    """
    was = {stage.key: stage for stage in old.stages}
    today = at.astimezone(new.zone).date()
    stages = tuple(
        replace(
            stage,
            due_since=_since(was[stage.key], stage, today) if stage.key in was else today,
            opened_on=_opened_on(was.get(stage.key), stage, today),
        )
        for stage in new.stages
    )
    return replace(new, stages=stages, revision=old.revision + 1)


def _since(old: Stage, new: Stage, today: date) -> date | None:
    return old.due_since if old.dates.due.on == new.dates.due.on else today


def _opened_on(old: Stage | None, new: Stage, today: date) -> date | None:
    if new.dates.opens.on >= today:
        return None
    if old is None or old.dates.opens.on > today:
        return today
    return old.opened_on
