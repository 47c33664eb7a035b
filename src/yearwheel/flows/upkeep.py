"""Keeping the house: what must not depend on anybody remembering it."""

from prefect import flow

from yearwheel.flows.moments import name_of_run
from yearwheel.flows.runs import NOWHERE
from yearwheel.tasks.upkeep import backup, read_bounces, sweep_leases


@flow(flow_run_name=name_of_run, persist_result=False, result_storage=NOWHERE)
async def upkeep(as_of: str = "") -> None:  # noqa: ARG001 - names the run
    """Put messages whose sender died before a person, copy the database, and take in what came back."""
    await sweep_leases()
    await backup()
    await read_bounces()  # last: a mail server that does not answer must not cost the backup
