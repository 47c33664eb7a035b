"""APScheduler rings the bells on one machine. Where Prefect rings them, this does not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from yearwheel.clock import Clock
from yearwheel.services.bells import Hung, as_of, hang

# A machine that slept rings the bell it missed, once; APScheduler's own default gives up after one second.
GRACE = 3600

NEW_CYCLES = 10  # minutes between looks for a cycle that was published meanwhile

Cycles = Callable[[], list[tuple[str, str]]]
Ring = Callable[[str, str, str], Awaitable[None]]


def make_scheduler(
    cycles: Cycles, ring: Ring, clock: Clock, *, each_minute: bool = False
) -> AsyncIOScheduler:
    """A scheduler that calls `ring(flow, cycle key or "", as_of)`, one ring at a time.

    With `each_minute` it sends the postman that often, see `hang`.

    `cycles` tells the running cycles' keys and zones; one published later gets its bells within minutes.
    Memory only: what is due lives in our tables, so a lost bell loses nothing, and two processes sharing a
    job store would ring twice.
    """
    scheduler = AsyncIOScheduler(
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE}, timezone=UTC
    )
    # One machine, one writer to SQLite: rounds, postman and upkeep wait for each other.
    turn = asyncio.Lock()

    def job(hung: Hung) -> Callable[[], Awaitable[None]]:
        # APScheduler takes a Prefect flow for a plain function and never awaits it; this it awaits.
        async def rung() -> None:
            async with turn:
                await ring(hung.bell.flow, hung.cycle_key, as_of(clock.now(), hung.zone))

        return rung

    def hang_all() -> None:
        """Give every running cycle its bells; those that hang already are left alone."""
        hanging = {each.id for each in scheduler.get_jobs()}
        for hung in hang(cycles(), each_minute=each_minute):
            if hung.name not in hanging:
                trigger = CronTrigger.from_crontab(hung.bell.cron, timezone=hung.zone)
                scheduler.add_job(job(hung), trigger, id=hung.name, name=hung.bell.name)

    hang_all()
    scheduler.add_job(hang_all, "interval", minutes=NEW_CYCLES, id="new cycles", name="new cycles")
    return scheduler
