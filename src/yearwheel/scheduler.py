"""The bells of one machine. The same table gives `yearwheel deploy` its schedules; never ring both."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from yearwheel.clock import Clock

# A machine that slept rings the bell it missed, once; APScheduler's own default gives up after one second.
GRACE = 3600

NEW_CYCLES = 10  # minutes between looks for a cycle that was published meanwhile

Cycles = Callable[[], list[tuple[str, str]]]
Ring = Callable[[str, str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bell:
    """When a flow is run: five cron words, in the cycle's zone or, without a cycle, in UTC."""

    name: str
    cron: str
    flow: str
    each_cycle: bool


# Inside any sensible send window and never between one and three, when a night in spring or autumn has that
# hour not at all or twice.
BELLS = (
    # Every hour of the day: a reader's window may open later than the cycle's own, and receipts are awaited.
    Bell("round", "5 8-15 * * *", "advance", each_cycle=True),
    Bell("postman", "*/15 * * * *", "deliver", each_cycle=False),
    Bell("upkeep", "40 4 * * *", "upkeep", each_cycle=False),
)


def make_scheduler(cycles: Cycles, ring: Ring, clock: Clock) -> AsyncIOScheduler:
    """A scheduler that calls `ring(flow, cycle key or "", as_of)`, one ring at a time.

    `cycles` tells the running cycles' keys and zones; one published later gets its bells within minutes.
    Memory only: what is due lives in our tables, so a lost bell loses nothing, and two processes sharing a
    job store would ring twice.
    """
    scheduler = AsyncIOScheduler(
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE}, timezone=UTC
    )
    # One machine, one writer to SQLite: rounds, postman and upkeep wait for each other.
    turn = asyncio.Lock()

    def job(bell: Bell, cycle_key: str, zone: ZoneInfo) -> Callable[[], Awaitable[None]]:
        # APScheduler takes a Prefect flow for a plain function and never awaits it; this it awaits.
        async def rung() -> None:
            async with turn:
                await ring(bell.flow, cycle_key, as_of(clock.now(), zone))

        return rung

    def hang() -> None:
        """Give every running cycle its bells; those that hang already are left alone."""
        hanging = {each.id for each in scheduler.get_jobs()}
        for bell in BELLS:
            for key, zone_key in cycles() if bell.each_cycle else [("", "UTC")]:
                name, zone = f"{bell.name} {key}".strip(), ZoneInfo(zone_key)
                if name not in hanging:
                    trigger = CronTrigger.from_crontab(bell.cron, timezone=zone)
                    scheduler.add_job(job(bell, key, zone), trigger, id=name, name=bell.name)

    hang()
    scheduler.add_job(hang, "interval", minutes=NEW_CYCLES, id="new cycles", name="new cycles")
    return scheduler


def as_of(now: datetime, zone: ZoneInfo) -> str:
    """How a run is named: the local day and hour, so that a bell rung twice in a minute is one round."""
    return now.astimezone(zone).strftime("%Y-%m-%d %H:%M")
