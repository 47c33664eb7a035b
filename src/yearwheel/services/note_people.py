"""Keeping on record who is told of a district, and since when: nobody is owed what came before them."""

from datetime import datetime

from yearwheel.notifications.ledger import SYSTEM
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.presence import Told
from yearwheel.roster.people import STATE_ROLES, Role, Roster
from yearwheel.services.active import Active
from yearwheel.store import Connection, events
from yearwheel.store.events import Event


def note_people(connection: Connection, active: Active, before: Roster, after: Roster, now: datetime) -> None:
    """Write down who is told in a district from now on and was not before, and who no longer is."""
    was, is_now = _told(before), _told(after)
    if was != is_now:
        detail = {"came": [list(told) for told in sorted(is_now - was)]}
        detail["left"] = [list(told) for told in sorted(was - is_now)]
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
