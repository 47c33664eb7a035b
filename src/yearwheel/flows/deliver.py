"""The postman between rounds: mail that waited for a window, a person's approval, or a mail server."""

import asyncio

from prefect import flow

from yearwheel.flows.moments import name_of_run
from yearwheel.flows.runs import NOWHERE
from yearwheel.services.deliver import DeliveryReport
from yearwheel.tasks.mail import send


@flow(flow_run_name=name_of_run, persist_result=False, result_storage=NOWHERE)
async def deliver(as_of: str = "", shards: int = 1) -> list[DeliveryReport]:  # noqa: ARG001 - names the run
    """Empty the outbox; each shard claims its own messages, so none goes twice."""
    return list(await asyncio.gather(*(send() for _ in range(shards))))
