"""The round: the only thing that has to happen every day for a year to run."""

import asyncio
from dataclasses import asdict

from prefect import flow
from prefect.artifacts import acreate_progress_artifact

from yearwheel.bootstrap import current_app
from yearwheel.flows.moments import moment_of_run, name_of_run
from yearwheel.flows.runs import NOWHERE
from yearwheel.flows.stages import STAGE_FLOWS, artifact_key
from yearwheel.services.advance import RoundReport
from yearwheel.services.rounds import finish_round, stages_with_work
from yearwheel.services.status import progress
from yearwheel.tasks.mail import send
from yearwheel.tasks.rounds import queue_mail


@flow(flow_run_name=name_of_run, persist_result=False, result_storage=NOWHERE)
async def advance(cycle: str, as_of: str = "", worked: list[str] | None = None) -> RoundReport:
    """Work every stage that has something to do, queue the mail, send it.

    `as_of` only names the round, by default after the moment it is scheduled for; the App's clock says what
    is due. Running it again finds nothing left.
    `worked` names the stages whose flows were run for this round already; without it they are run inside.
    """
    app = current_app()
    as_of = as_of or await asyncio.to_thread(moment_of_run, cycle)
    report = RoundReport()
    if worked is None:
        for work in await asyncio.to_thread(stages_with_work, app, cycle):
            report.stages.append(await STAGE_FLOWS[work.kind](cycle, work.stage_key, as_of, work.why))
        worked = [stage.stage_key for stage in report.stages]
    report.queued = await queue_mail(cycle)
    await asyncio.to_thread(finish_round, app, cycle, {"stages": worked, "queued": asdict(report.queued)})
    report.delivered = await send()
    if worked:
        await acreate_progress_artifact(
            progress=await asyncio.to_thread(progress, app, cycle),
            key=artifact_key(cycle, "progress"),
            description=f"Work of the year that is in or not owed, as of {as_of}",
        )
    return report


async def advance_side_by_side(cycle: str, as_of: str) -> None:
    """The same round with each stage's flow as a run of its own, before the round's, not inside it.

    A run inside a run costs Prefect as much as three that stand alone; a rehearsal has hundreds.
    """
    worked = []
    for work in await asyncio.to_thread(stages_with_work, current_app(), cycle):
        await STAGE_FLOWS[work.kind](cycle, work.stage_key, as_of, work.why)
        worked.append(work.stage_key)
    await advance(cycle, as_of, worked)
