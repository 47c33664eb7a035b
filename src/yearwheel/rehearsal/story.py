"""The story of one cycle as plain figures: who handed in what, what was mailed, what is proved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from yearwheel.calendar.cycle import Cycle
from yearwheel.stages.status import WAIVED, Status


class Outcome(StrEnum):
    """How one stage stands for one district on the day the story is told."""

    ON_TIME = "on_time"  # handed in by its deadline, extensions counted
    LATE = "late"  # handed in after it
    RETURNED = "returned"  # handed in, sent back, not yet in again
    NEVER = "never"  # the deadline has passed and nothing came
    WAITING = "waiting"  # the deadline lies ahead
    WAIVED = "waived"  # excused, or not required
    UNREACHED = "unreached"  # a review that no plan has reached: nobody owes anything in it


@dataclass(frozen=True, slots=True)
class CellStanding:
    """One district in one stage. `deadline_on` counts extensions; `days_late` is None while nothing came.

    `is_owed`: whether anybody had anything to do. A review begins when the plan arrives.
    """

    status: Status
    deadline_on: date
    handed_in_on: date | None = None
    days_late: int | None = None
    extended: bool = False
    is_owed: bool = True

    def outcome(self, as_of: date) -> Outcome:
        if self.status in WAIVED:
            return Outcome.WAIVED
        if self.status is Status.RETURNED:
            return Outcome.RETURNED
        if self.handed_in_on is None:
            over = Outcome.NEVER if self.is_owed else Outcome.UNREACHED
            return over if self.deadline_on < as_of else Outcome.WAITING
        return Outcome.LATE if self.days_late else Outcome.ON_TIME


@dataclass(frozen=True, slots=True)
class DistrictLine:
    """A district and where it stands; `cells` by stage key, without the stages it does not owe."""

    code: str
    name: str
    county: str
    zone_label: str
    enrollment: int | None
    cells: Mapping[str, CellStanding]


@dataclass(frozen=True, slots=True)
class StageCount:
    """What became of one stage. Every body that owed it is in exactly one of the first four."""

    stage_key: str
    on_time: int = 0
    late: int = 0
    never: int = 0
    excused: int = 0
    returned: int = 0  # sent back for changes at least once
    reminders_sent: int = 0
    escalations_sent: int = 0

    @property
    def owed(self) -> int:
        """How many had to hand in; those excused did not."""
        return self.on_time + self.late + self.never

    @property
    def on_time_rate(self) -> float | None:
        """Share of those who had to hand in; None when nobody had to."""
        return self.on_time / self.owed if self.owed else None


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """The sums of the ledger, named as in `summary.json`."""

    planned: int = 0  # rows of the ledger = sent + all reasons
    sent: int = 0
    messages: int = 0  # a digest carries several reminders
    reasons: Mapping[str, int] = field(default_factory=dict)
    missed: int = 0
    duplicates: int = 0
    uncertain: int = 0
    proof: str = "holds"  # or "broken"
    ledger_digest: str = ""
    seconds: float = 0
    flow_runs: int = 0


@dataclass(frozen=True, slots=True)
class SampleMail:
    """A message worth opening; `path` is relative to the report."""

    subject: str
    to: str
    path: str


def busiest_day(mails_per_day: Mapping[date, int]) -> tuple[date, int] | None:
    """The day with most mail (the earlier of equals) and how many went out on it; None without any mail."""
    sent = {on: count for on, count in mails_per_day.items() if count}
    return min(sent.items(), key=lambda day: (-day[1], day[0])) if sent else None


@dataclass(frozen=True, slots=True)
class YearStory:
    """Everything the report tells."""

    cycle: Cycle
    as_of: date
    generated_for: str  # "rehearsal, seed 1, through Prefect"
    command: str  # what to type to see the same year again
    ledger: LedgerFigures
    districts: tuple[DistrictLine, ...] = ()
    stage_counts: tuple[StageCount, ...] = ()
    mails_per_day: Mapping[date, int] = field(default_factory=dict)
    progress: Mapping[str, tuple[tuple[date, float], ...]] = field(default_factory=dict)
    behaviours: Mapping[str, int] = field(default_factory=dict)
    sample_mails: tuple[SampleMail, ...] = ()
    problems: tuple[str, ...] = ()

    def count_for(self, stage_key: str) -> StageCount:
        """The stage's figures; all zero when none were given."""
        return next((c for c in self.stage_counts if c.stage_key == stage_key), StageCount(stage_key))
