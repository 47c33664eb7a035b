"""The bells: when they ring, for whom, and that they wait for each other."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Mail
from yearwheel.scheduler import GRACE, make_scheduler
from yearwheel.services.bells import BELLS, as_of, hang

NEW_YORK = ZoneInfo("America/New_York")
CLOCK = VirtualClock(datetime(2027, 3, 15, 12, 5, tzinfo=UTC))


async def nobody(_flow: str, _cycle: str, _as_of: str) -> None:
    return None


def test_each_cycle_has_its_own_rounds_in_its_own_zone() -> None:
    cycles = [("kentucky-2027", "America/New_York"), ("utah-2027", "America/Denver")]
    jobs = {
        job.id: str(job.trigger.timezone)
        for job in make_scheduler(lambda: cycles, nobody, CLOCK).get_jobs()
        if job.id != "new cycles"
    }
    assert jobs == {
        "round kentucky-2027": "America/New_York",
        "round utah-2027": "America/Denver",
        "postman": "UTC",
        "upkeep": "UTC",
    }


def test_no_round_falls_into_the_hours_a_change_of_clocks_repeats_or_skips() -> None:
    hours = [bell.cron.split()[1] for bell in BELLS if bell.each_cycle]
    assert hours == ["8-15"]


def test_a_bell_missed_while_the_machine_slept_rings_once() -> None:
    scheduler = make_scheduler(lambda: [("kentucky-2027", "America/New_York")], nobody, CLOCK)
    assert scheduler._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE}


def test_the_postman_comes_each_minute_while_so_many_messages_a_minute_may_leave() -> None:
    scheduler = make_scheduler(list, nobody, CLOCK, each_minute=True)
    (postman,) = [job for job in scheduler.get_jobs() if job.name == "postman"]
    assert str(postman.trigger) == "cron[month='*', day='*', day_of_week='*', hour='*', minute='*']"
    assert {hung.bell.cron for hung in hang([], each_minute=True)} == {"* * * * *", "40 4 * * *"}
    assert [Mail(per_minute=60).has_rate, Mail(per_domain_per_minute=9).has_rate, Mail().has_rate] == [
        True,
        True,
        False,
    ]


def test_bells_wait_for_each_other() -> None:
    rung: list[str] = []

    async def slow(flow: str, cycle: str, _as_of: str) -> None:
        rung.append(f"{flow} {cycle} begins")
        await asyncio.sleep(0.01)
        rung.append(f"{flow} {cycle} ends")

    async def ring_two() -> None:
        jobs = make_scheduler(lambda: [("kentucky-2027", "America/New_York")], slow, CLOCK).get_jobs()
        await asyncio.gather(*(job.func() for job in jobs if job.name in ("round", "upkeep")))

    asyncio.run(ring_two())
    assert rung == [
        "advance kentucky-2027 begins",
        "advance kentucky-2027 ends",
        "upkeep  begins",
        "upkeep  ends",
    ]


def test_a_cycle_published_later_gets_its_bells() -> None:
    cycles: list[tuple[str, str]] = []
    scheduler = make_scheduler(lambda: cycles, nobody, CLOCK)
    cycles.append(("kentucky-2027", "America/New_York"))
    next(job for job in scheduler.get_jobs() if job.id == "new cycles").func()
    assert {job.id for job in scheduler.get_jobs()} == {
        "round kentucky-2027",
        "postman",
        "upkeep",
        "new cycles",
    }


def test_a_run_is_named_by_the_local_day_and_minute() -> None:
    assert as_of(datetime(2027, 3, 15, 12, 5, tzinfo=UTC), NEW_YORK) == "2027-03-15 08:05"
