"""Holidays: named days a rule may mention, and the closed days of agencies by the calendar's name."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache

from dateutil.easter import easter

from yearwheel.calendar.workdays import DAY, WorkCalendar

MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    """The nth Monday (0) to Sunday (6) of a month, -1 for the last; None when the month has no such day."""
    if nth < 0:
        on = date(year + month // 12, month % 12 + 1, 1) - DAY
        return on - timedelta(days=(on.weekday() - weekday) % 7)
    first = date(year, month, 1)
    on = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return on if on.month == month else None


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _nth(nth: int, weekday: int, month: int, plus: int = 0) -> Callable[[int], date]:
    def on(year: int) -> date:
        day = nth_weekday(year, month, weekday, nth)
        assert day is not None
        return day + plus * DAY

    return on


# The real day of each holiday, not the day it is observed.
NAMED: Mapping[str, Callable[[int], date]] = {
    "New Year's Day": _fixed(1, 1),
    "Martin Luther King Jr. Day": _nth(3, MONDAY, 1),
    "Washington's Birthday": _nth(3, MONDAY, 2),
    "Good Friday": lambda year: easter(year) - 2 * DAY,
    "Memorial Day": _nth(-1, MONDAY, 5),
    "Juneteenth": _fixed(6, 19),
    "Independence Day": _fixed(7, 4),
    "Labor Day": _nth(1, MONDAY, 9),
    "Columbus Day": _nth(2, MONDAY, 10),
    "Election Day": _nth(1, MONDAY, 11, plus=1),
    "Veterans Day": _fixed(11, 11),
    "Thanksgiving": _nth(4, THURSDAY, 11),
    "Christmas": _fixed(12, 25),
}


def observed(on: date) -> date:
    """The weekday a holiday is kept on: Friday for a Saturday, Monday for a Sunday."""
    return on + {SATURDAY: -DAY, SUNDAY: DAY}.get(on.weekday(), 0 * DAY)


def _kept(on: date, name: str) -> Iterator[tuple[date, str]]:
    yield on, name
    if observed(on) != on:
        yield observed(on), f"{name} (observed)"


def _weekday_before(on: date) -> date:
    on -= DAY
    while on.weekday() >= SATURDAY:
        on -= DAY
    return on


def _kentucky_days(year: int) -> Iterator[tuple[date, str]]:
    for name in ("New Year's Day", "Christmas"):
        on = NAMED[name](year)
        yield from _kept(on, name)
        yield _weekday_before(observed(on)), f"the extra day of {name}"
    for name in (
        "Martin Luther King Jr. Day",
        "Memorial Day",
        "Independence Day",
        "Labor Day",
        "Veterans Day",
        "Thanksgiving",
    ):
        yield from _kept(NAMED[name](year), name)
    yield NAMED["Thanksgiving"](year) + DAY, "the day after Thanksgiving"
    if year % 4 == 0:
        yield NAMED["Election Day"](year), "presidential election day"


@cache
def kentucky_state_offices(year: int) -> Mapping[date, str]:
    """The days Kentucky's state offices are closed by KRS 18A.190 (and 2.190, presidential election day).

    Good Friday is half a holiday there: the offices work the other half, so it counts as a working day.
    Washington's Birthday and Juneteenth are not in the statute. New Year's and Christmas each bring an extra
    day that the Governor designates; until it is announced we take the weekday before the observed holiday
    (a cycle file corrects it with `also_closed` and `open`). Thanksgiving's extra day is the Friday after it.
    """
    # New Year's Day of the next year may be kept in December.
    days = [*_kentucky_days(year), *_kentucky_days(year + 1)]
    return {on: name for on, name in sorted(days) if on.year == year}


def _from_library(code: str) -> WorkCalendar:
    import holidays  # 0.1 s, and most installations never need it

    country, _, part = code.partition("-")
    empty = holidays.country_holidays(country, subdiv=part or None)

    @cache
    def closed(year: int) -> Mapping[date, str]:
        # The neighbours are asked too: an observed day may lie in the year before or after its holiday.
        found = holidays.country_holidays(country, subdiv=part or None, years=(year - 1, year, year + 1))
        return {on: name for on, name in sorted(found.items()) if on.year == year}

    return WorkCalendar(code, closed, frozenset(empty.weekend))


CALENDARS = ("kentucky-state-offices", "us-federal")
_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@cache
def work_calendar(name: str) -> WorkCalendar:
    """The working days of an agency: one of CALENDARS, or a code such as "US-TN" of the holidays library.

    ValueError names what may be written.
    """
    if name == "kentucky-state-offices":
        return WorkCalendar(name, kentucky_state_offices)
    if name == "us-federal":
        return WorkCalendar(name, _from_library("US").holidays)
    try:
        if _CODE.fullmatch(name):
            return _from_library(name)
    except NotImplementedError:
        pass
    near = get_close_matches(name, CALENDARS, n=1)
    raise ValueError(
        f"no calendar of holidays is called {name!r}; "
        + (f"did you mean {near[0]!r}?" if near else f"write {', '.join(CALENDARS)} or a code such as US-TN")
    )


def joined(one: WorkCalendar, other: WorkCalendar) -> WorkCalendar:
    """The calendar of those who are closed whenever either is; the first one's name for a day wins."""

    @cache
    def closed(year: int) -> Mapping[date, str]:
        return dict(sorted({**other.holidays(year), **one.holidays(year)}.items()))

    return WorkCalendar(f"{one.name} and {other.name}", closed, one.weekend | other.weekend)


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A row of the closed days of a year, as an office signs them off."""

    on: date
    name: str
    on_weekend: bool  # closed anyway


def closed_days(calendar: WorkCalendar, year: int) -> list[ClosedDay]:
    """The named closed days of a year in order, for sign-off; plain weekends are left out."""
    days = sorted(calendar.holidays(year).items())
    return [ClosedDay(on, name, on.weekday() in calendar.weekend) for on, name in days]


def amended(
    calendar: WorkCalendar, also_closed: Mapping[date, str], also_open: frozenset[date]
) -> WorkCalendar:
    """The calendar with days added (with their reasons) and holidays taken back."""
    if not also_closed and not also_open:
        return calendar

    @cache
    def closed(year: int) -> Mapping[date, str]:
        days = {on: name for on, name in calendar.holidays(year).items() if on not in also_open}
        return days | {on: name for on, name in also_closed.items() if on.year == year}

    return replace(calendar, holidays=closed)
