"""The days of districts' own calendars: when their boards meet, and their breaks."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection, delete, select

from yearwheel.calendar.timetable import DistrictDays
from yearwheel.roster.district_days import DayKind
from yearwheel.store.tables import district_days as table


def read(connection: Connection, state: str, codes: Collection[str] | None = None) -> dict[str, DistrictDays]:
    """The days of each district of a state that has some, narrowed where asked."""
    query = select(table.c.district_code, table.c.kind, table.c.on_day, table.c.name)
    query = query.where(table.c.state == state).order_by(table.c.district_code, table.c.on_day)
    if codes is not None:
        query = query.where(table.c.district_code.in_(codes))
    meetings: dict[str, list[date]] = defaultdict(list)
    breaks: dict[str, dict[date, str]] = defaultdict(dict)
    for code, kind, on, name in connection.execute(query):
        if kind is DayKind.MEETING:
            meetings[code].append(on)
        else:
            breaks[code][on] = name
    codes = sorted(meetings.keys() | breaks.keys())
    return {code: DistrictDays(tuple(meetings.get(code, ())), breaks.get(code, {})) for code in codes}


def replace(connection: Connection, state: str, kind: DayKind, days: Mapping[str, DistrictDays]) -> None:
    """Put the days of a kind in the place of those that these districts had."""
    was = (table.c.state == state) & (table.c.kind == kind) & table.c.district_code.in_(days)
    connection.execute(delete(table).where(was))
    rows = [
        {"state": state, "district_code": code, "kind": kind, "on_day": on, "name": name}
        for code, own in days.items()
        for on, name in (
            own.breaks.items() if kind is DayKind.BREAK else dict.fromkeys(own.meetings, "").items()
        )
    ]
    if rows:
        connection.execute(table.insert(), rows)
