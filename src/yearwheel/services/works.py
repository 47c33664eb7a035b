"""What a district handed in, as far as a decision in a stage is about it."""

from dataclasses import dataclass

from yearwheel.calendar.cycle import Stage
from yearwheel.services.active import Active
from yearwheel.stages.standing import Submission
from yearwheel.store import Connection, standings


@dataclass(frozen=True, slots=True)
class Work:
    """The newest version of what a district handed in for a stage."""

    stage: Stage
    submission: Submission


def read_works(connection: Connection, active: Active, stage: Stage, code: str) -> list[Work]:
    """The stage's own newest version and, for a review, of every stage that leads to it.

    What is to be decided on comes first: a version that came back in the review, or else the plan.
    """
    before = leading_to(active, stage) if stage.review else []
    kind = active.cycle.work_of(stage)
    plan = next((one.key for one in before if one.kind is kind), "")
    found = []
    for one in active.cycle.stages:
        if (one is stage or one in before) and one.owed_by is stage.owed_by:
            versions = standings.find_submissions(connection, active.key, one.key, code)
            found += [Work(one, version) for version in versions[-1:]]
    return sorted(found, key=lambda work: (work.stage is not stage, work.stage.key != plan))


def leading_to(active: Active, stage: Stage) -> list[Stage]:
    """All stages that have to be done before one, the nearest first."""
    found: list[Stage] = []
    waiting = list(stage.after)
    for key in waiting:  # grows while it is read
        found.append(active.cycle.stage(key))
        waiting += [earlier for earlier in found[-1].after if earlier not in waiting]
    return found
