"""Reads what districts' own calendars say: the days their boards meet, and their breaks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from icalendar import Calendar

from yearwheel.calendar.timetable import DistrictDays
from yearwheel.roster.districts_csv import parse_code
from yearwheel.roster.table import Column, Row, RowError, Source, read_table, sound_rows


class DayKind(StrEnum):
    """What a day of a district's own calendar is."""

    MEETING = "meeting"  # its board meets
    BREAK = "break"


LONGEST_BREAK = timedelta(days=120)
MOST_EVENTS = 2000


@dataclass(frozen=True, slots=True)
class DistrictDaysFile:
    """The days of the rows without fault, by district code, and every fault found."""

    districts: dict[str, DistrictDays]
    errors: tuple[RowError, ...]
    warnings: tuple[str, ...]


def read_board_meetings(source: Source) -> DistrictDaysFile:
    """Read board meetings from text, bytes or a path. Needs the columns code and date."""
    table = read_table(
        source, (Column("code", parse_code, required=True), Column("date", _day, required=True))
    )
    meetings: dict[str, set[date]] = defaultdict(set)
    for row in sound_rows(table.rows, table.errors):
        meetings[row.values["code"]].add(row.values["date"])
    days = {code: DistrictDays(meetings=tuple(sorted(on))) for code, on in sorted(meetings.items())}
    return DistrictDaysFile(days, table.errors, table.warnings)


def read_breaks(source: Source) -> DistrictDaysFile:
    """Read breaks from text, bytes or a path. Needs the columns code, first and reason;
    `last` may be blank."""
    table = read_table(
        source,
        (
            Column("code", parse_code, required=True),
            Column("first", _day, required=True),
            Column("last", _day),
            Column("reason", str, required=True),
        ),
    )
    errors = sorted((*table.errors, *_wrong_lengths(table.rows)), key=lambda error: error.row)
    breaks: dict[str, dict[date, str]] = defaultdict(dict)
    for row in sound_rows(table.rows, errors):
        for on in _each_day(*_ends(row)):
            breaks[row.values["code"]][on] = row.values["reason"]
    days = {code: DistrictDays(breaks=closed) for code, closed in sorted(breaks.items())}
    return DistrictDaysFile(days, tuple(errors), table.warnings)


def read_breaks_ics(source: bytes) -> DistrictDays:
    """Read one district's breaks from its calendar feed: its all-day events, by their summaries.

    ValueError when it is no calendar. Events with a time of day are meetings and the like, no breaks.
    """
    try:
        events = Calendar.from_ical(source).walk("VEVENT")
    except (ValueError, IndexError, KeyError, AttributeError, TypeError) as fault:
        raise ValueError(
            f"this is not a calendar feed (.ics): {(str(fault) or 'unreadable').splitlines()[0]}"
        ) from None
    breaks: dict[date, str] = {}
    for event in events[:MOST_EVENTS]:
        start = event.get("dtstart")
        first = getattr(start, "dt", None)
        if not isinstance(first, date) or isinstance(first, datetime):
            continue
        after = getattr(event.get("dtend"), "dt", None)
        last = after - timedelta(days=1) if isinstance(after, date) and after > first else first
        if last - first <= LONGEST_BREAK:
            reason = " ".join(str(event.get("summary", "")).split())[:80] or "a break"
            breaks.update(dict.fromkeys(_each_day(first, last), reason))
    return DistrictDays(breaks=dict(sorted(breaks.items())))


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("not a date; write for example 2027-03-15") from None


def _ends(row: Row) -> tuple[date, date]:
    return row.values["first"], row.values.get("last", row.values["first"])


def _wrong_lengths(rows: Iterable[Row]) -> Iterator[RowError]:
    for row in rows:
        if "first" in row.values and not timedelta() <= _ends(row)[1] - _ends(row)[0] <= LONGEST_BREAK:
            why = f"must be on or after the first day, and at most {LONGEST_BREAK.days} days later"
            yield RowError(row.number, "last", row.cells.get("last", ""), why)


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
