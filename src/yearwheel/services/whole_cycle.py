"""Tell the state's admins of their week, of requests and of what went wrong, as the mail is queued."""

from datetime import datetime

from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.whole_cycle import anchor
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.alerts import alerts
from yearwheel.services.requests import tell_requests
from yearwheel.services.weekly_digest import weekly_digest
from yearwheel.store import Connection, notices, reminders, rosters

_KINDS = (NoticeKind.WEEKLY, NoticeKind.REQUESTS, NoticeKind.ALERT)


def has_admins(roster: Roster) -> bool:
    """Whether there is anybody to tell."""
    return roster.office is not None and bool(roster.holders(roster.office.code, Role.STATE_ADMIN))


def tell_the_state(connection: Connection, active: Active, now: datetime) -> None:
    """Enter what they have to hear into the ledger, once each; the letters of this pass carry it."""
    roster = rosters.load(connection, active.state, active.key)
    if roster.office is None or not has_admins(roster):
        return
    place = anchor(active.cycle, roster, roster.office.code)
    written = notices.written(connection, active.key, place, _KINDS)
    told = weekly_digest(connection, active, roster, written, now)
    told += tell_requests(connection, active, roster, written, now)
    told += alerts(connection, active, roster, written, now)
    reminders.add(connection, active.key, told, now, active.stored.version)
