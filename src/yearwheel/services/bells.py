"""The bells: when each flow is run. One table feeds both ringers, `serve` and Prefect; never ring both."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Bell:
    """When a flow is run: five cron words, in the cycle's zone or, without a cycle, in UTC."""

    name: str
    cron: str
    flow: str
    each_cycle: bool


# Inside any sensible send window and never between one and three, when a night in spring or autumn has that
# hour not at all or twice.
BELLS = (
    # Every hour of the day: a reader's window may open later than the cycle's own, and receipts are awaited.
    Bell("round", "5 8-15 * * *", "advance", each_cycle=True),
    Bell("postman", "*/15 * * * *", "deliver", each_cycle=False),
    Bell("upkeep", "40 4 * * *", "upkeep", each_cycle=False),
)
EACH_MINUTE = "* * * * *"


@dataclass(frozen=True, slots=True)
class Hung:
    """A bell that hangs: for one cycle in its zone, or for the whole installation in UTC."""

    bell: Bell
    cycle_key: str
    zone: ZoneInfo

    @property
    def name(self) -> str:
        return f"{self.bell.name} {self.cycle_key}".strip()

    @property
    def words(self) -> str:
        return f"{self.name}: {self.bell.cron} {self.zone.key}"


def hang(cycles: Iterable[tuple[str, str]], *, each_minute: bool = False) -> Iterator[Hung]:
    """Every bell that has to hang while these cycles run, given as keys and zones.

    With `each_minute` the postman comes that often; else so many messages a minute would be so many in a
    quarter of an hour.
    """
    running = list(cycles)
    for bell in (_hurried(bell) for bell in BELLS) if each_minute else BELLS:
        for key, zone in running if bell.each_cycle else [("", "UTC")]:
            yield Hung(bell, key, ZoneInfo(zone))


def _hurried(bell: Bell) -> Bell:
    return replace(bell, cron=EACH_MINUTE) if bell.flow == "deliver" else bell


def as_of(now: datetime, zone: ZoneInfo) -> str:
    """How a run is named: the local day and minute, so that a bell rung twice in a minute is one round."""
    return now.astimezone(zone).strftime("%Y-%m-%d %H:%M")
