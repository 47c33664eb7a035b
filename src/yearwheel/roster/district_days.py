"""Reads what districts' own calendars say: the days their boards meet, and their breaks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain

from icalendar import Calendar

from yearwheel.calendar.timetable import DistrictDays
from yearwheel.roster.districts_csv import parse_code, unknown_districts
from yearwheel.roster.table import Column, Row, RowError, Source, parse_day, read_table, sound_rows


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


def read_board_meetings(source: Source, district_codes: Collection[str] | None = None) -> DistrictDaysFile:
    """Read board meetings from text, bytes or a path. Needs the columns code and date. With `district_codes`,
    a code that is not among them is an error."""
    table = read_table(
        source, (Column("code", parse_code, required=True), Column("date", parse_day, required=True))
    )
    errors = _in_order(table.errors, _strangers(table.rows, district_codes))
    meetings: dict[str, set[date]] = defaultdict(set)
    for row in sound_rows(table.rows, errors):
        meetings[row.values["code"]].add(row.values["date"])
    days = {code: DistrictDays(meetings=tuple(sorted(on))) for code, on in sorted(meetings.items())}
    return DistrictDaysFile(days, errors, table.warnings)


def read_breaks(source: Source, district_codes: Collection[str] | None = None) -> DistrictDaysFile:
    """The same for breaks. Needs the columns code, first and reason; `last` may be blank."""
    table = read_table(
        source,
        (
            Column("code", parse_code, required=True),
            Column("first", parse_day, required=True),
            Column("last", parse_day),
            Column("reason", str, required=True),
        ),
    )
    errors = _in_order(table.errors, _strangers(table.rows, district_codes), _wrong_lengths(table.rows))
    breaks: dict[str, dict[date, str]] = defaultdict(dict)
    for row in sound_rows(table.rows, errors):
        for on in _each_day(*_ends(row)):
            breaks[row.values["code"]][on] = row.values["reason"]
    days = {code: DistrictDays(breaks=closed) for code, closed in sorted(breaks.items())}
    return DistrictDaysFile(days, errors, table.warnings)


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


def _in_order(*errors: Iterable[RowError]) -> tuple[RowError, ...]:
    return tuple(sorted(chain(*errors), key=lambda error: error.row))


def _strangers(rows: Iterable[Row], codes: Collection[str] | None) -> list[RowError]:
    return [] if codes is None else unknown_districts(rows, "code", codes)


def _ends(row: Row) -> tuple[date, date]:
    return row.values["first"], row.values.get("last", row.values["first"])


def _wrong_lengths(rows: Iterable[Row]) -> Iterator[RowError]:
    for row in rows:
        if "first" in row.values and not timedelta() <= _ends(row)[1] - _ends(row)[0] <= LONGEST_BREAK:
            why = f"must be on or after the first day, and at most {LONGEST_BREAK.days} days later"
            yield RowError(row.number, "last", row.cells.get("last", ""), why)


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
