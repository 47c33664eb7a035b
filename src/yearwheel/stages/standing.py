"""Where one district stands in one stage, and one version of what it handed in."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from yearwheel.calendar.cycle import Stage
from yearwheel.stages.status import Status


class DueBecause(StrEnum):
    """Why a district's due day is not the stage's own."""

    LOCAL = "local"  # its own board's meetings or breaks
    EXTENSION = "extension"
    RELIEF = "relief"  # its clock stood still in a disaster
    RETURNED = "returned"
    RECEIVED = "received"  # a review's clock starts when the work arrives


SET_BY_OFFICE = frozenset({DueBecause.EXTENSION, DueBecause.RELIEF, DueBecause.RETURNED})


@dataclass(frozen=True, slots=True)
class Standing:
    """One district in one stage. Without `due_on` the stage's own due day holds.

    `due_since` is the local day that due day came into force; rungs before it are not called. `opens_on` is
    the day its opening is told, where a relief stood over the stage's own.
    """

    stage_key: str
    district_code: str
    status: Status
    due_on: date | None = None
    due_since: date | None = None
    due_because: str | None = None
    version: int = 0
    rounds: int = 0
    opens_on: date | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Its stage key and district code."""
        return self.stage_key, self.district_code


def own_due(stage: Stage, standing: Standing) -> date | None:
    """The due day that a district has of its own. A reviewer's day for its plan is none of the district's."""
    if stage.review is not None and standing.status is not Status.RETURNED:
        return None
    return standing.due_on


@dataclass(frozen=True, slots=True)
class Submission:
    """One version of a district's work, kept as it was handed in."""

    stage_key: str
    district_code: str
    version: int
    evidence: dict[str, Any]
    sha256: str
    submitted_by: str
    submitted_at: datetime
