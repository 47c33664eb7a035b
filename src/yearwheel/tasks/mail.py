"""Sending. Never retried: what a pass leaves behind waits for the next, or for a person if it is in doubt."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from yearwheel.bootstrap import current_app
from yearwheel.services import deliver
from yearwheel.services.deliver import DeliveryReport


@task(task_run_name="send what waits", cache_policy=NO_CACHE)
async def send() -> DeliveryReport:
    """Empty the outbox as far as the readers' windows are open; several may run at once."""
    return await asyncio.to_thread(deliver.deliver, current_app())
