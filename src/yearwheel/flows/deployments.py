"""The bells on a Prefect server of somebody's: one deployment each, with the bell as its schedule.

What is registered is tagged with the installation it rings for, so that two on one server stay apart.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker

from yearwheel.flows.advance import advance
from yearwheel.flows.deliver import deliver
from yearwheel.flows.upkeep import upkeep
from yearwheel.services.app import Refused
from yearwheel.services.bells import Hung

FLOWS: dict[str, Flow[..., Any]] = {"advance": advance, "deliver": deliver, "upkeep": upkeep}
TAG = "yearwheel"
PATIENCE = 60  # seconds a server has to schedule what is new; left alone it takes five
# A worker's runs must outlive it and its pipe, and call nobody but its server.
ALWAYS = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_CLASS": "logging.StreamHandler",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


async def register(
    api_url: str,
    installation: str,
    pool: str,
    bells: Sequence[Hung],
    settings: Mapping[str, str],
    *,
    one_writer: bool,
) -> None:
    """Let the server ring exactly these bells; a work pool is made if there is none of that name.

    Runs find `settings` in their environment. Refused when the server does not answer, when it schedules no
    runs, and when the pool rings for another installation.
    """
    async with _prefect(api_url) as client:
        await _have_pool(client, pool, one_writer=one_writer)
        here = [d for d in await _tagged(client, TAG) if d.work_pool_name == pool]
        if any(_tag(installation) not in deployment.tags for deployment in here):
            raise Refused(
                f"the work pool {pool} rings for another installation already; give this one its own: --pool"
            )
        ids = [await (await _deployment(installation, pool, bell, settings)).aapply() for bell in bells]
        wanted = {name_in(pool, bell) for bell in bells}
        await _delete(client, [deployment for deployment in here if deployment.name not in wanted])
        if not await _are_scheduled(client, ids):
            await _delete(client, await _tagged(client, _tag(installation)))
            raise Refused(
                f"Prefect on {api_url} took the bells and scheduled no run of them in {PATIENCE} s, "
                "so they were taken away again; its log says why. The scheduler of Prefect 3.8 fails where "
                "SQLAlchemy 2.1 is installed: let its server run with sqlalchemy<2.1"
            )


async def remove(api_url: str, installation: str) -> None:
    """Take away an installation's bells; the work pool stays. Refused when the server does not answer."""
    async with _prefect(api_url) as client:
        await _delete(client, await _tagged(client, _tag(installation)))


def name_in(pool: str, bell: Hung) -> str:
    """What a bell's deployment is called."""
    return f"{pool} {bell.name}"


async def _deployment(
    installation: str, pool: str, bell: Hung, settings: Mapping[str, str]
) -> RunnerDeployment:
    return await FLOWS[bell.bell.flow].ato_deployment(
        name_in(pool, bell),
        work_pool_name=pool,
        schedules=[Cron(bell.bell.cron, timezone=bell.zone.key, slug=bell.bell.name)],
        parameters={"cycle": bell.cycle_key} if bell.cycle_key else {},
        tags=[TAG, _tag(installation)],
        # Two rounds of a cycle beside each other gain nothing: the next bell finds what is left.
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
        ),
        job_variables={"env": {**ALWAYS, **settings}},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


async def _have_pool(client: PrefectClient, pool: str, *, one_writer: bool) -> None:
    try:
        await client.read_work_pool(pool)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        await client.create_work_pool(
            WorkPoolCreate(
                name=pool,
                type=ProcessWorker.type,
                base_job_template=template,
                concurrency_limit=1 if one_writer else None,
            )
        )


async def _tagged(client: PrefectClient, tag: str) -> list[DeploymentResponse]:
    return await client.read_deployments(
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[tag]))
    )


async def _are_scheduled(client: PrefectClient, deployments: Collection[UUID]) -> bool:
    """Whether the server makes runs of every one of them: a bell that is only registered never rings."""
    scheduled = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
    )
    left = set(deployments)
    for _ in range(PATIENCE):
        ours = DeploymentFilter(id=DeploymentFilterId(any_=list(left)))
        runs = await client.read_flow_runs(deployment_filter=ours, flow_run_filter=scheduled)
        left -= {run.deployment_id for run in runs if run.deployment_id}
        if not left:
            return True
        await asyncio.sleep(1)
    return False


async def _delete(client: PrefectClient, deployments: Sequence[DeploymentResponse]) -> None:
    for deployment in deployments:
        await client.delete_deployment(deployment.id)


def _tag(installation: str) -> str:
    return f"{TAG}:{installation}"


@asynccontextmanager
async def _prefect(api_url: str) -> AsyncIterator[PrefectClient]:
    with temporary_settings({PREFECT_API_URL: api_url}):
        async with get_client() as client:
            try:
                yield client
            except httpx.HTTPError as error:
                raise Refused(
                    f"Prefect on {api_url} does not do it: {error or type(error).__name__}; "
                    "check PREFECT_API_URL and that the server runs"
                ) from error
