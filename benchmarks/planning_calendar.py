"""How long the calendar takes: Kentucky's file read and linted, and a moved date weighed for a nation.

Run it as `python benchmarks/planning_calendar.py`. It exits with 1 when a bound is broken.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from yearwheel.calendar.cycle import Cycle
from yearwheel.calendar.lint import lint
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.notifications.ledger import LedgerRow, ReminderStatus
from yearwheel.notifications.planner import Planner
from yearwheel.notifications.what_if import first_standings, replanned_stages, what_if
from yearwheel.roster.people import Roster
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.lint import load_of
from yearwheel.stages.standing import Standing

DISTRICTS_OF_THE_NATION = 13_318
SINCE, TODAY = date(2026, 12, 1), date(2027, 3, 10)


def main() -> int:
    source = read_shipped("kentucky-2027")
    people = shipped_roster()
    load = load_of(people)
    old = load_cycle(source)
    new = load_cycle(source.replace("on: April 15, basis", "on: April 29, basis"))
    nation = many(people, DISTRICTS_OF_THE_NATION)
    standings = first_standings(old, nation)
    ledger = as_planned(old, new, nation, standings)
    bounds: list[tuple[str, float, Callable[[], object]]] = [
        ("load, resolve and lint Kentucky", 0.150, lambda: lint(load_cycle(source), load)),
        (
            f"what a moved date changes for {DISTRICTS_OF_THE_NATION:,} districts",
            2.0,
            lambda: what_if(old, new, nation, standings, SINCE, TODAY),
        ),
        (
            f"the same against {len(ledger):,} rows of their ledger, each one weighed",
            2.0,
            lambda: what_if(old, new, nation, standings, SINCE, TODAY, ledger),
        ),
    ]
    broken = 0
    for name, bound, run in bounds:
        took = best_of(3, run)
        broken += took > bound
        print(f"{name}: {took * 1000:,.0f} ms (at most {bound * 1000:,.0f})")
    return 1 if broken else 0


def best_of(times: int, run: Callable[[], object]) -> float:
    """Seconds of the fastest run."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def as_planned(old: Cycle, new: Cycle, roster: Roster, standings: list[Standing]) -> list[LedgerRow]:
    """The ledger's rows of the stages that move, as the old calendar planned them; none has gone yet."""
    moving = replanned_stages(old, new)
    planned = Planner(old, roster, SINCE).plan(s for s in standings if s.stage_key in moving)
    return [
        LedgerRow(number, one.key, one.kind, ReminderStatus.PLANNED, None, one.due_at)
        for number, one in enumerate(planned)
    ]


def many(roster: Roster, count: int) -> Roster:
    """The roster's districts and their people over and over, under new codes."""
    owing = [d for d in roster.districts.values() if not d.is_state_office]
    districts = {d.code: d for d in roster.districts.values() if d.is_state_office}
    contacts = {c.key: c for c in roster.contacts.values() if c.district_code in districts}
    of_district: dict[str, list[str]] = {}
    for contact in roster.contacts.values():
        of_district.setdefault(contact.district_code, []).append(contact.key)
    for number in range(count):
        like = owing[number % len(owing)]
        code = f"{number:05}"
        districts[code] = replace(like, code=code)
        for key in of_district[like.code]:
            contacts[f"{code}.{key}"] = replace(roster.contacts[key], key=f"{code}.{key}", district_code=code)
    return Roster(districts, contacts)


if __name__ == "__main__":
    sys.exit(main())
