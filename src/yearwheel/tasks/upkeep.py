"""Keeping the house: leases and backups. Each may be done again at any time."""

import asyncio
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from yearwheel.bootstrap import current_app
from yearwheel.services import upkeep
from yearwheel.services.read_bounces import BounceReport, read_imap_bounces


@task(task_run_name="sweep leases that ran out", retries=1, retry_delay_seconds=5, cache_policy=NO_CACHE)
async def sweep_leases() -> int:
    """Mark messages whose sender died as uncertain; says how many."""
    return await asyncio.to_thread(upkeep.sweep_leases, current_app())


@task(task_run_name="read bounces", retries=1, retry_delay_seconds=5, cache_policy=NO_CACHE)
async def read_bounces() -> BounceReport | None:
    """Take in what came back to the mailbox that the settings name; None if they name none."""
    return await asyncio.to_thread(read_imap_bounces, current_app())


@task(task_run_name="back up", retries=1, retry_delay_seconds=5, cache_policy=NO_CACHE)
async def backup() -> Path | None:
    """Copy the database; None where the database's own tools do that."""
    return await asyncio.to_thread(upkeep.backup, current_app())
