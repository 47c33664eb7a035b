"""The dates of the year told in the middle of it: to who comes, and to all where a stage is new."""

from collections.abc import Collection, Iterable
from datetime import datetime

from yearwheel.calendar.cycle import Cycle, OwedBy
from yearwheel.notifications.ledger import PlannedReminder
from yearwheel.notifications.news import TOLD_THE_YEAR
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.presence import Told
from yearwheel.notifications.whole_cycle import anchors, publication
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import WAIVED
from yearwheel.store import Connection, reminders


def tell_newcomers(
    connection: Connection,
    active: Active,
    roster: Roster,
    came: Iterable[Told],
    new_districts: Collection[str],
    now: datetime,
) -> int:
    """Enter the dates of the year into the ledger for them, and say for how many.

    Nobody is told twice of one calendar, nor is one who only stands in for somebody, nor anyone when the last
    day has passed.
    """
    wanted = {
        (code, reader)
        for code, role, reader in came
        if role in TOLD_THE_YEAR and _is_to_know(roster, code, role, reader, new_districts)
    }
    codes = {code for code, _ in wanted}
    if not codes or not _anything_ahead(active, now):
        return 0
    there = anchors((*active.former, active.cycle))
    # Who was told by an earlier calendar, and comes back, may have missed what changed meanwhile.
    known = reminders.readers_of_year(connection, active.key, there, codes, version=active.version)
    # A row that ended when its reader left before its letter waits again.
    again = reminders.revive_year(connection, active.key, there, wanted - known, active.version, now)
    year = publication(active.cycle, roster, sorted(codes), now, active.version)
    new = _to(wanted - known - again, year)
    reminders.add(connection, active.key, new, now, active.stored.version)
    return len(new)


def _to(readers: Collection[tuple[str, str]], year: Iterable[PlannedReminder]) -> list[PlannedReminder]:
    return [notice for notice in year if (notice.key.district_code, notice.key.contact_key) in readers]


def year_again(
    connection: Connection,
    active: Active,
    roster: Roster,
    old: Cycle,
    entering: Iterable[Standing],
    now: datetime,
) -> list[PlannedReminder]:
    """The dates of the year once more, where stages have come into them that were in no letter.

    Not to those for whom the first letter still waits: it is written with the dates that then hold.
    """
    known = {stage.key for stage in old.stages}
    added = [stage for stage in active.cycle.stages if stage.key not in known]
    codes = {standing.district_code for standing in entering if standing.status not in WAIVED}
    if not added or not codes:
        return []
    there = anchors((old, *active.former, active.cycle))
    waiting = reminders.readers_of_year(connection, active.key, there, codes, waiting=True)
    year = publication(active.cycle, roster, sorted(codes), now, active.version, added)
    readers = {
        (n.key.district_code, n.key.contact_key) for n in year if not n.key.contact_key.startswith(NOBODY)
    }
    return _to(readers - waiting, year)


def _is_to_know(roster: Roster, code: str, role: str, reader: str, new_districts: Collection[str]) -> bool:
    """Whether somebody holds a role themselves; one that a new district leaves empty is on record as well."""
    if reader.startswith(NOBODY):
        return code in new_districts
    contact = roster.contacts[reader]
    return Role(role) in contact.roles and contact.district_code == code


def _anything_ahead(active: Active, now: datetime) -> bool:
    owed = (stage for stage in active.cycle.stages if stage.owed_by is OwedBy.DISTRICTS)
    return any(stage.dates.due.on >= active.day(now) for stage in owed)
