"""One flow for each kind of stage.

A round does the same four things in every stage: open what may open, take in what arrived, call what is due,
tell what it did. What differs is what the districts hand in, and that lives in `yearwheel.stages`. So the
flows are made from one table, whose words are what operators read in Prefect.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from yearwheel.calendar.cycle import StageKind
from yearwheel.flows.runs import NOWHERE
from yearwheel.services.rounds import StageReport
from yearwheel.stages.status import LABELS, Status
from yearwheel.tasks.rounds import work_stage

StageFlow = Callable[[str, str, str, str], Coroutine[Any, Any, StageReport]]


def _stage_flow(name: str, story: str) -> StageFlow:
    @flow(
        name=name,
        description=story,
        flow_run_name="{cycle} · {stage} · {as_of}",
        persist_result=False,
        result_storage=NOWHERE,
    )
    async def run(cycle: str, stage: str, as_of: str, why: str = "asked for by hand") -> StageReport:
        report = await work_stage(cycle, stage)
        await acreate_table_artifact(
            key=artifact_key(cycle, stage),
            table=what_happened(report),
            description=f"**{report.title}**, {as_of}: {why}",
        )
        return report

    return run


budget_preparation = _stage_flow(
    "budget preparation",
    "Districts hand in the technology budget by KETS code, with its sources and the board's date. "
    "It opens on its day; what it yields are the funds that drafting may plan with.",
)
stakeholder_input = _stage_flow(
    "stakeholder input",
    "Districts record whom they heard and what was said. It opens on its day, beside the budget; "
    "its list of needs goes to drafting.",
)
drafting = _stage_flow(
    "drafting",
    "Districts write the plan by the eight gears. It opens for a district when its earlier stages are in; "
    "strategies go on to alignment.",
)
alignment = _stage_flow(
    "alignment",
    "Districts tie each strategy to a goal of the improvement plan or say why not. "
    "It opens for a district when its draft is in.",
)
oet_review = _stage_flow(
    "OET review",
    "The state takes in what arrived, new or revised, and gives each plan to its reviewer with a date of "
    "its own. Reviewers are reminded of theirs, districts with a returned plan of theirs.",
)
inventory_validation = _stage_flow(
    "inventory validation",
    "Districts validate what they own, school by school. It opens on its day; "
    "what must be replaced goes into next January's budget.",
)
milestone = _stage_flow("milestone", "A date and the proof that it was kept.")

STAGE_FLOWS: dict[StageKind, StageFlow] = {
    StageKind.BUDGET: budget_preparation,
    StageKind.INPUT: stakeholder_input,
    StageKind.DRAFTING: drafting,
    StageKind.ALIGNMENT: alignment,
    StageKind.REVIEW: oet_review,
    StageKind.INVENTORY: inventory_validation,
    StageKind.MILESTONE: milestone,
}


def what_happened(report: StageReport) -> list[dict[str, str | int]]:
    """A stage's round as a table: what was done, to how many, and what that means."""
    done = [
        ("opened", report.opened, "districts that may begin"),
        ("taken in", report.taken_in, "plans given to their reviewers"),
        ("called", report.called, "reminders that go out when the reader's window is open"),
        ("collapsed", report.collapsed, "held back: a later reminder of the same round says it all"),
        ("no address", report.no_address, "held back: nobody holds the role, or mail cannot reach them"),
        ("missed", report.missed, "held back: the stage had closed before they could go"),
    ]
    looked_at = [
        (LABELS[Status(status)], count, "districts standing there after the round")
        for status, count in sorted(report.standing.items())
    ]
    return [
        {"what": what, "how many": count, "meaning": meaning}
        for what, count, meaning in (*(row for row in done if row[1]), *looked_at)
    ]


def artifact_key(*parts: str) -> str:
    """A key Prefect accepts: lower-case letters, digits and dashes."""
    return "-".join(parts).lower().replace("_", "-")
