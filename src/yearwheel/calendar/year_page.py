"""The year on paper: its dates as a list, as bars and month by month, to print and sign off."""

import re
from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from yearwheel.calendar.cycle import Cycle, OwedBy, Stage
from yearwheel.calendar.day_words import hour_words
from yearwheel.calendar.holidays import ClosedDay, closed_days
from yearwheel.calendar.rules import Point
from yearwheel.calendar.workdays import DAY

BARS_WIDTH, ROW_HEIGHT, TOP, LABELS = 1000, 26, 24, 300

_HAPPENS = {Point.OPENS: "opens", Point.DUE: "is due", Point.GRACE: "is late", Point.CLOSE: "closes"}
_POINT = re.compile(rf"\b([a-z0-9_]+)\.({'|'.join(Point)})\b")


@dataclass(frozen=True, slots=True)
class Row:
    """A stage under its number, as in the list."""

    number: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage's window in the chart, in its units: the opening, the due day, the end of grace, the close."""

    number: int
    title: str
    y: int
    opens: float
    due: float
    grace: float
    close: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a month: why it is closed, and the numbers of the stages that open or are due."""

    on: date
    closed: str | None
    opens: tuple[int, ...]
    due: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month with its weeks from Sunday on; days of other months are None."""

    first: date
    weeks: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """The chart of all windows. `months` holds where each month begins."""

    height: int
    months: tuple[tuple[str, float], ...]
    bars: tuple[Bar, ...]


def year_page(cycle: Cycle, *, wheel: str = "", for_districts: bool = False) -> str:
    """The page as HTML that holds all it needs, without scripts and without any request.

    `wheel` is the year wheel's SVG, trusted markup. `for_districts` leaves out what only the state owes.
    """
    words = _contents(cycle, for_districts=for_districts)
    drawn = Markup(wheel)  # noqa: S704 - drawn by our own code, which escapes its words
    return _templates().get_template("year.html.jinja").render(words, wheel=drawn, to_sign=True)


def year_sections(cycle: Cycle) -> Markup:
    """The list, the bars, the months and the closed days, to stand on another page beside `year_style`."""
    page = _templates().get_template("year_sections.html.jinja")
    return Markup(page.render(_contents(cycle), wheel="", to_sign=False))  # noqa: S704 - the template escapes


def year_style() -> str:
    """The style sheet of the sections; it takes its colours from the page they stand on."""
    return _templates().get_template("year.css").render()


def _contents(cycle: Cycle, *, for_districts: bool = False) -> dict[str, Any]:
    shown = (s for s in cycle.stages if not for_districts or s.owed_by is OwedBy.DISTRICTS)
    by_due_day = sorted(shown, key=lambda stage: stage.dates.due.on)
    rows = tuple(Row(number, stage) for number, stage in enumerate(by_due_day, start=1))
    return {
        "cycle": cycle,
        "rows": rows,
        "titled": partial(titled, cycle),
        "bars": lay_bars(rows),
        "months": tuple(month_grid(cycle, rows)),
        "closed": _closed(cycle),
    }


def titled(cycle: Cycle, rule: str) -> str:
    """A rule with its stages by title: "28 days before E-rate Form 471 is due" for "... erate_471.due"."""
    titles = {stage.key: stage.title for stage in cycle.stages}
    return _POINT.sub(
        lambda found: f"{titles[found[1]]} {_HAPPENS[Point(found[2])]}" if found[1] in titles else found[0],
        rule,
    )


def lay_bars(rows: tuple[Row, ...]) -> Bars:
    """Where each stage's window lies, from the month of the first opening to the month of the last close."""
    first, last = _span(rows)
    days = (last - first).days or 1

    def x(on: date) -> float:
        return round(LABELS + (BARS_WIDTH - LABELS) * (on - first).days / days, 1)

    bars = []
    for place, row in enumerate(rows):
        dates = row.stage.dates
        # A bar ends with its day, so the due day itself is inside.
        due, grace, close = (x(end.on + DAY) for end in (dates.due, dates.grace_end, dates.close))
        y = TOP + place * ROW_HEIGHT
        bars.append(Bar(row.number, row.stage.title, y, x(dates.opens.on), due, grace, close))
    months = tuple((f"{month:%b}", x(month)) for month in _months(first, last))
    return Bars(TOP + len(rows) * ROW_HEIGHT + 6, months, tuple(bars))


def month_grid(cycle: Cycle, rows: tuple[Row, ...]) -> Iterator[Month]:
    """The months of the year, each day with what opens and what is due."""
    first, last = _span(rows)
    weeks_from_sunday = Calendar(firstweekday=6)
    for month in _months(first, last):
        weeks = weeks_from_sunday.monthdatescalendar(month.year, month.month)
        cells = (tuple(_cell(cycle, rows, on, month) for on in week) for week in weeks)
        yield Month(month, tuple(cells))


def _cell(cycle: Cycle, rows: tuple[Row, ...], on: date, month: date) -> Cell | None:
    if on.month != month.month:
        return None
    closed = cycle.workdays.closed_because(on)
    opens = [row for row in rows if row.stage.dates.opens.on == on]
    due = [row for row in rows if row.stage.dates.due.on == on]
    words = [f"{row.stage.title} is due" for row in due] + [f"{row.stage.title} opens" for row in opens]
    if closed and on.weekday() not in cycle.workdays.weekend:
        words.append(closed)
    return Cell(on, closed, _numbers(opens), _numbers(due), "; ".join(words))


def _numbers(rows: list[Row]) -> tuple[int, ...]:
    return tuple(row.number for row in rows)


def _span(rows: tuple[Row, ...]) -> tuple[date, date]:
    """From the first day of the first month to the first day after the last."""
    first = min(row.stage.dates.opens.on for row in rows).replace(day=1)
    last = max(row.stage.dates.close.on for row in rows)
    return first, (last.replace(day=28) + timedelta(days=4)).replace(day=1)


def _months(first: date, last: date) -> Iterator[date]:
    while first < last:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)


def _closed(cycle: Cycle) -> list[ClosedDay]:
    first, last = _span(tuple(Row(0, stage) for stage in cycle.stages))
    years = range(first.year, last.year + 1)
    days = (day for year in years for day in closed_days(cycle.workdays, year))
    return [day for day in days if first <= day.on < last]


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("yearwheel.calendar"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["hour"] = hour_words
    environment.filters["day"] = lambda on: f"{on:%a}, {on:%b} {on.day}, {on.year}"
    return environment
