"""The days of districts' own calendars: when their boards meet, and their breaks, now and before."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select, update

from yearwheel.calendar.timetable import DistrictDays
from yearwheel.notifications.history import FOREVER, Breaks
from yearwheel.roster.district_days import DayKind
from yearwheel.store import bulk, roster_version
from yearwheel.store.tables import district_days as table


def read(connection: Connection, state: str, codes: Collection[str] | None = None) -> dict[str, DistrictDays]:
    """The days of each district of a state that has some, as they are now, narrowed where asked."""
    query = select(table.c.district_code, table.c.kind, table.c.on_day, table.c.name)
    query = query.where(table.c.state == state, table.c.until_at.is_(None))
    if codes is not None:
        query = query.where(table.c.district_code.in_(codes))
    meetings: dict[str, list[date]] = defaultdict(list)
    breaks: dict[str, dict[date, str]] = defaultdict(dict)
    for code, kind, on, name in connection.execute(query.order_by(table.c.district_code, table.c.on_day)):
        if kind is DayKind.MEETING:
            meetings[code].append(on)
        else:
            breaks[code][on] = name
    codes = sorted(meetings.keys() | breaks.keys())
    return {code: DistrictDays(tuple(meetings.get(code, ())), breaks.get(code, {})) for code in codes}


def read_history(connection: Connection, state: str, code: str | None = None) -> dict[str, Sequence[Breaks]]:
    """For each district (or only this one), the breaks it had from which moment on, oldest first."""
    query = select(table.c.district_code, table.c.on_day, table.c.name, table.c.from_at, table.c.until_at)
    query = query.where(table.c.state == state, table.c.kind == DayKind.BREAK).order_by(table.c.on_day)
    if code is not None:
        query = query.where(table.c.district_code == code)
    rows = defaultdict(list)
    for of, *day in connection.execute(query):
        rows[of].append(day)
    found: dict[str, Sequence[Breaks]] = {}
    for of, days in rows.items():
        moments = sorted({at for *_, from_at, until_at in days for at in (from_at, until_at) if at})
        found[of] = [
            Breaks(at, {on: name for on, name, since, until in days if since <= at < (until or FOREVER)})
            for at in moments
        ]
    return found


def replace(
    connection: Connection, state: str, kind: DayKind, days: Mapping[str, DistrictDays], at: datetime
) -> None:
    """Put the days of a kind in the place of those these districts had; the old ones stay on record."""
    ours = (table.c.state == state, table.c.kind == kind, table.c.until_at.is_(None))
    query = select(table.c.id, table.c.district_code, table.c.on_day, table.c.name)
    was = {
        (code, on, name): row
        for row, code, on, name in connection.execute(query.where(*ours, table.c.district_code.in_(days)))
    }
    is_now = {
        (code, on, name)
        for code, own in days.items()
        for on, name in (own.breaks if kind is DayKind.BREAK else dict.fromkeys(own.meetings, "")).items()
    }
    gone = [row for day, row in was.items() if day not in is_now]
    if gone:
        connection.execute(update(table).where(table.c.id.in_(gone)).values(until_at=at))
    new = [
        {"state": state, "district_code": code, "kind": kind, "on_day": on, "name": name, "from_at": at}
        for code, on, name in sorted(is_now - was.keys())
    ]
    bulk.insert(connection, table, new)
    roster_version.renew(connection, state)
