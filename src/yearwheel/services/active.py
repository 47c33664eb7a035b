"""A stored cycle with its calendar worked out, ready to be asked."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from yearwheel.calendar.cycle import Cycle
from yearwheel.config.cycle_file import load_cycle
from yearwheel.services.app import Refused
from yearwheel.store import Connection, cycles
from yearwheel.store.cycles import StoredCycle


@dataclass(frozen=True, slots=True)
class Active:
    """A cycle and how far it is."""

    cycle: Cycle
    stored: StoredCycle

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

    def day(self, moment: datetime) -> date:
        """The cycle's local day of a moment."""
        return moment.astimezone(self.cycle.zone).date()


def read_active(connection: Connection, key: str) -> Active:
    """The cycle of that key; Refused names the ones there are."""
    stored = cycles.find(connection, key)
    if stored is None:
        known = ", ".join(c.key for c in cycles.list_cycles(connection)) or "none yet"
        raise Refused(f"there is no cycle {key!r}; cycles here: {known}")
    return Active(_resolved(stored.source, key), stored)


@lru_cache(maxsize=16)
def _resolved(source: str, key: str) -> Cycle:
    return load_cycle(source, name=f"{key}.yaml")
