"""Keeping on record who is told of a district, and since when: no reminder is owed from before they came."""

from collections.abc import Collection
from datetime import datetime

from yearwheel.notifications.ledger import SYSTEM
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.presence import Told
from yearwheel.roster.people import STATE_ROLES, Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.newcomers import tell_newcomers
from yearwheel.store import Connection, events
from yearwheel.store.events import Event


def note_people(connection: Connection, active: Active, before: Roster, after: Roster, now: datetime) -> None:
    """Write down who is told in a district from now on and was not before, and who no longer is.

    Who comes is told the dates of the year.
    """
    note_changes(connection, active, told_by(before), after, now)


def note_changes(
    connection: Connection, active: Active, told: Collection[Told], after: Roster, now: datetime
) -> None:
    """The same, where only those who were told are known."""
    was, is_now = set(told), told_by(after)
    if was != is_now:
        came, left = sorted(is_now - was), sorted(was - is_now)
        new_districts = after.districts.keys() - {code for code, _, _ in was}
        told_year = tell_newcomers(connection, active, after, came, new_districts, now)
        detail = {"came": list(map(list, came)), "left": list(map(list, left)), "told_year": told_year}
        events.append(connection, [Event(now, SYSTEM, "people_changed", active.key, detail=detail)])


def told_at_closing(connection: Connection, active: Active, roster: Roster) -> set[Told]:
    """Who was told when the cycle was closed last; where that is not on record, who is told now."""
    closed = events.list_events(connection, active.key, kinds=["cycle_closed"])
    known = {
        (code, role, who) for event in closed[-1:] for code, role, who in (event.detail or {}).get("told", ())
    }
    return known or told_by(roster)


def told_by(roster: Roster) -> set[Told]:
    """Everyone who holds a role for a district. The office's people stand under the office alone."""
    found: set[Told] = set()
    for code, district in roster.districts.items():
        for role in Role:
            by_office = role in STATE_ROLES and not (role is Role.REVIEWER and code in roster.reviewers)
            if by_office and not district.is_state_office:
                continue
            holders = roster.holders(code, role)
            found |= {(code, str(role), contact.key) for contact in holders}
            if not holders:
                found.add((code, str(role), NOBODY + role))
    return found
