"""How long the calendar takes: Kentucky's file read and linted, and a moved date weighed for a nation.

Run it as `python -m benchmarks.planning_calendar`. With `--whole` the change is also weighed on a database
of the nation, from the question to the answer; to make that takes minutes. It exits with 1 when a bound is
broken.
"""

import gc
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks.nation import KEY, nations_year

from yearwheel.calendar.cycle import Cycle
from yearwheel.calendar.lint import lint
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.notifications.alike import Place, alike
from yearwheel.notifications.ledger import LedgerRow, ReminderStatus
from yearwheel.notifications.planner import Planner
from yearwheel.notifications.what_if import WhatIf, first_standings, replanned_stages, what_if
from yearwheel.roster.people import Roster
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.change_calendar import preview_change
from yearwheel.services.lint import load_of
from yearwheel.stages.standing import Standing

DISTRICTS_OF_THE_NATION = 13_318
SINCE, TODAY = date(2026, 12, 1), date(2027, 3, 10)


def main() -> int:
    source = read_shipped(KEY)
    people = shipped_roster()
    load = load_of(people)
    old = load_cycle(source)
    moved = source.replace("on: April 15, basis", "on: April 29, basis")
    new = load_cycle(moved)
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
            f"the same against {len(ledger):,} rows of their ledger",
            2.0,
            lambda: against(old, new, nation, standings, ledger),
        ),
    ]
    broken = sum(_is_broken(name, bound, best_of(3, run)) for name, bound, run in bounds)
    if "--whole" in sys.argv:
        broken += weigh_a_database(moved)
    return 1 if broken else 0


def weigh_a_database(moved: str) -> int:
    """Preview a change on a nation's database; says how many bounds broke."""
    with tempfile.TemporaryDirectory() as folder:
        app = nations_year(Path(folder), DISTRICTS_OF_THE_NATION)
        gc.collect()
        gc.freeze()  # what making the nation left in memory is not what a new process would search
        first = best_of(1, lambda: preview_change(app, KEY, moved))
        again = best_of(3, lambda: preview_change(app, KEY, moved))
        app.database.close()
    return _is_broken("the same asked of a database, its roster read first", 2.0, first) + _is_broken(
        "the same asked of a database again", 2.0, again
    )


def _is_broken(name: str, bound: float, took: float) -> bool:
    print(f"{name}: {took * 1000:,.0f} ms (at most {bound * 1000:,.0f})", flush=True)
    return took > bound


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


def against(
    old: Cycle, new: Cycle, roster: Roster, standings: list[Standing], ledger: list[LedgerRow]
) -> WhatIf:
    """The comparison as the services make it: one place of each group stands for all of it."""
    outline: dict[Place, list[tuple[object, ...]]] = defaultdict(list)
    for row in ledger:
        _, _, rung, contact, deadline_on = row.key
        outline[row.key[:2]].append((contact, rung, deadline_on, row.status, row.reason, row.due_at))
    moving = replanned_stages(old, new)
    groups = alike((old, new), roster, [s for s in standings if s.stage_key in moving], outline)
    rows = [row for row in ledger if row.key[:2] in groups]
    return what_if(old, new, roster, standings, SINCE, TODAY, rows, groups)


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
