"""Keeping the house: what must not depend on anybody remembering it."""

from prefect import flow

from yearwheel.flows.runs import NOWHERE
from yearwheel.tasks.upkeep import backup, read_bounces, sweep_leases


@flow(flow_run_name="upkeep · {as_of}", persist_result=False, result_storage=NOWHERE)
async def upkeep(as_of: str) -> None:  # noqa: ARG001 - names the run
    """Put messages whose sender died before a person, take in what came back, and copy the database."""
    await sweep_leases()
    await read_bounces()
    await backup()
