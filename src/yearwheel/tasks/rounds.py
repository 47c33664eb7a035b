"""The steps of a round. Each is one transaction that finds what it did before and leaves it."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from yearwheel.bootstrap import current_app
from yearwheel.services import queue_mail as queueing
from yearwheel.services import rounds
from yearwheel.services.app import Refused
from yearwheel.services.queue_mail import QueueReport
from yearwheel.services.rounds import StageReport

# A locked database or a lost connection is over in seconds.
WAITS = [1.0, 5.0]


async def may_help(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """Whether another try may end otherwise: a refusal is an answer, not an accident."""
    return not isinstance(await state.aresult(raise_on_failure=False), Refused)


@task(
    task_run_name="work {stage}",
    retries=len(WAITS),
    retry_delay_seconds=WAITS,
    retry_condition_fn=may_help,
    cache_policy=NO_CACHE,
)
async def work_stage(cycle: str, stage: str) -> StageReport:
    """Open, take in and call what one stage has to do now."""
    return await asyncio.to_thread(rounds.work_stage, current_app(), cycle, stage)


@task(
    task_run_name="queue the mail",
    retries=len(WAITS),
    retry_delay_seconds=WAITS,
    retry_condition_fn=may_help,
    cache_policy=NO_CACHE,
)
async def queue_mail(cycle: str) -> QueueReport:
    """Write the letters that are due into the outbox."""
    return await asyncio.to_thread(queueing.queue_mail, current_app(), cycle)
