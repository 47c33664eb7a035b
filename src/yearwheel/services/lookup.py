"""Finding what a person named, and saying what is near when there is no such thing."""

from collections.abc import Iterable
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.roster.people import District, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.see_roster import see_roster
from yearwheel.store import cycles, events, rosters


def find_cycle(app: App, key: str = "") -> Active:
    """The cycle of that key; without one, the only published cycle. Refused says which there are."""
    with app.database.reading() as connection:
        stored = cycles.list_cycles(connection)
        known = [cycle.key for cycle in stored]
        if key and key not in known:
            raise Refused(f"there is no cycle {key!r}{did_you_mean(key, known)}; {_listed(known)}")
        if key:
            return read_active(connection, key)
        running = [cycle.key for cycle in stored if cycle.published_at and not cycle.closed_at]
        if len(running) != 1:
            why = f"{len(running)} cycles are published" if running else "no cycle is published"
            raise Refused(f"{why}; say which one with --cycle KEY; {_listed(running or known)}")
        return read_active(connection, running[0])


def list_running(app: App) -> list[str]:
    """The keys of all cycles that are published and not closed: one delivery sends the mail of each."""
    with app.database.reading() as connection:
        return [c.key for c in cycles.list_cycles(connection) if c.published_at and not c.closed_at]


def newest_running(app: App) -> list[str]:
    """For each state the newest of its cycles that are published and not closed."""
    with app.database.reading() as connection:
        stored = cycles.list_cycles(connection)
    return list({c.state: c.key for c in stored if c.published_at and not c.closed_at}.values())


def zone_of(app: App, state: str) -> ZoneInfo | None:
    """The zone that a state's newest cycle is in, draft or not; None where the state has no cycle."""
    with app.database.reading() as connection:
        stored = [cycle.key for cycle in cycles.list_cycles(connection) if cycle.state == state]
        return read_active(connection, stored[-1]).cycle.zone if stored else None


def refuse_the_past(app: App, active: Active) -> None:
    """OutOfOrder where the app's clock stands before the newest round: what was then is not kept apart."""
    with app.database.reading() as connection:
        events.refuse_before(connection, active.key, app.clock.now())


def find_stage(cycle: Cycle, key: str) -> Stage:
    """The stage of that key; Refused names the nearest and all there are."""
    known = [stage.key for stage in cycle.stages]
    if key not in known:
        raise Refused(
            f"{cycle.key} has no stage {key!r}{did_you_mean(key, known)}; it has {', '.join(known)}"
        )
    return cycle.stage(key)


def find_district(app: App, active: Active, code: str) -> District:
    """The district of that code; Refused suggests codes that look or are named alike."""
    if not code.strip():
        raise Refused(f"name a district by its code, such as 001; {see_roster(active.state)}")
    with app.database.reading() as connection:
        roster = rosters.load(connection, active.state, active.key)
    if code in roster.districts:
        return roster.districts[code]
    raise Refused(f"{active.state} has no district {code!r}{_districts_near(code, roster, active.state)}")


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest known word, as a question in brackets, or nothing."""
    near = get_close_matches(given, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _districts_near(given: str, roster: Roster, state: str) -> str:
    named = [d for d in roster.districts.values() if given.casefold() in d.name.casefold()]
    padded = [
        d for d in roster.districts.values() if given.isdecimal() and d.code.lstrip("0") == given.lstrip("0")
    ]
    alike = [roster.districts[code] for code in get_close_matches(given, roster.districts, n=3)]
    found = (padded or named or alike)[:5]
    if not found:
        return f"; {see_roster(state)}"
    return "; did you mean " + " or ".join(f"{d.code} ({d.name})" for d in found) + "?"


def _listed(keys: list[str]) -> str:
    if not keys:
        return "none is stored yet: yearwheel cycle create FILE"
    return f"stored here: {', '.join(keys)}"
