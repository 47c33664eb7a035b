"""Keeping on record since when somebody is told of a district: nobody is owed what came before them."""

from datetime import datetime

from yearwheel.notifications.planner import NOBODY
from yearwheel.roster.people import STATE_ROLES, Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.rounds import SYSTEM
from yearwheel.store import Connection, events
from yearwheel.store.events import Event

Told = tuple[str, str, str]  # district code, role, and the contact, or "nobody:<role>" where there is none


def note_arrivals(
    connection: Connection, active: Active, before: Roster, after: Roster, now: datetime
) -> None:
    """Write down who is told in a district, from now on, and was not under the roster before."""
    came = sorted(_told(after) - _told(before))
    if came:
        detail = {"came": [list(told) for told in came]}
        events.append(connection, [Event(now, SYSTEM, "people_changed", active.key, detail=detail)])


def _told(roster: Roster) -> set[Told]:
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
