"""Date rules: what a sentence such as "last workday of January" means, and the sentence it prints back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from yearwheel.calendar.holidays import MONDAY, NAMED, nth_weekday
from yearwheel.calendar.offsets import CLOCK_STOPPED, Offset, Unit
from yearwheel.calendar.workdays import DAY, WorkCalendar

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
LAST = -1
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
YEAR_WORDS = {-1: " of the year before", 0: "", 1: " of the year after"}


class RuleError(ValueError):
    """A rule that cannot be read or gives no date.

    `fix` is what was meant, in words to paste; `example` only shows the form of such a rule.
    """

    def __init__(self, message: str, fix: str = "", example: str = "") -> None:
        words = f"; write {fix!r}" if fix else f"; write for example {example!r}" if example else ""
        super().__init__(f"{message}{words}")
        self.message = message
        self.fix = fix
        self.example = example


class Point(StrEnum):
    """The dates of a stage that another rule may refer to."""

    OPENS = "opens"
    DUE = "due"
    GRACE = "grace"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class StageDay:
    """A date of a stage: "drafting.due"; without a stage, of the stage the rule stands in: "due"."""

    stage: str | None
    point: Point

    def __str__(self) -> str:
        return f"{self.stage}.{self.point}" if self.stage else str(self.point)

    def on(self, context: "Context") -> date:
        return context.stage_days[self]


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule needs to become a date. `stage_days` holds every stage day the rule refers to.

    `spans` are the fiscal and school years; `meetings` the days one district's board meets.
    """

    year: int
    workdays: WorkCalendar
    stage_days: Mapping[StageDay, date]
    spans: "Mapping[str, YearSpan] | None" = None
    meetings: tuple[date, ...] = ()


def ordinal(nth: int) -> str:
    """ "first" to "fifth", "6th" and so on, "last"."""
    return ORDINALS.get(nth) or f"{nth}th"


@dataclass(frozen=True, slots=True)
class FixedDay:
    """ "January 31". February 29 is not one, since most years lack it."""

    month: int
    day: int
    years: int = 0

    def __str__(self) -> str:
        return f"{MONTHS[self.month - 1]} {self.day}{YEAR_WORDS[self.years]}"

    def on(self, context: Context) -> date:
        return date(context.year + self.years, self.month, self.day)


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """ "last day of February"."""

    month: int
    years: int = 0

    def __str__(self) -> str:
        return f"last day of {MONTHS[self.month - 1]}{YEAR_WORDS[self.years]}"

    def on(self, context: Context) -> date:
        return _month_end(context.year + self.years, self.month)


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """ "first Monday of May". A month without a fifth one gives a RuleError."""

    nth: int
    weekday: int
    month: int
    years: int = 0

    def __str__(self) -> str:
        return (
            f"{ordinal(self.nth)} {WEEKDAYS[self.weekday]} of "
            f"{MONTHS[self.month - 1]}{YEAR_WORDS[self.years]}"
        )

    def on(self, context: Context) -> date:
        year = context.year + self.years
        found = nth_weekday(year, self.month, self.weekday, self.nth)
        if found is None:
            last = NthWeekday(LAST, self.weekday, self.month, self.years)
            raise RuleError(f"{MONTHS[self.month - 1]} {year} has no {ordinal(self.nth)} "
                            f"{WEEKDAYS[self.weekday]}", example=str(last))  # fmt: skip
        return found


@dataclass(frozen=True, slots=True)
class NthWorkday:
    """ "last workday of January", "2nd workday of July"; up to the 15th, which every month has."""

    nth: int
    month: int
    years: int = 0

    def __str__(self) -> str:
        return f"{ordinal(self.nth)} workday of {MONTHS[self.month - 1]}{YEAR_WORDS[self.years]}"

    def on(self, context: Context) -> date:
        year = context.year + self.years
        if self.nth == LAST:
            return context.workdays.on_or_before(_month_end(year, self.month))
        return context.workdays.shift(date(year, self.month, 1) - DAY, self.nth)


@dataclass(frozen=True, slots=True)
class HolidayDay:
    """ "Memorial Day": the real day, even when it is observed on another."""

    name: str
    years: int = 0

    def __str__(self) -> str:
        return f"{self.name}{YEAR_WORDS[self.years]}"

    def on(self, context: Context) -> date:
        return NAMED[self.name](context.year + self.years)


@dataclass(frozen=True, slots=True)
class NthWeek:
    """ "third week of March": its Monday, which is the month's third one."""

    nth: int
    month: int
    years: int = 0

    def __str__(self) -> str:
        return f"{ordinal(self.nth)} week of {MONTHS[self.month - 1]}{YEAR_WORDS[self.years]}"

    def on(self, context: Context) -> date:
        return NthWeekday(self.nth, MONDAY, self.month, self.years).on(context)


@dataclass(frozen=True, slots=True)
class YearSpan:
    """A fiscal or school year, named by the calendar year in which it ends."""

    first: FixedDay | NthWeekday | MonthEnd | HolidayDay
    last: FixedDay | NthWeekday | MonthEnd | HolidayDay

    def ends(self, year: int, workdays: WorkCalendar) -> tuple[date, date]:
        """The first and last day of the one named by that year."""
        last = self.last.on(Context(year, workdays, {}))
        first = self.first.on(Context(year, workdays, {}))
        return (first if first <= last else self.first.on(Context(year - 1, workdays, {}))), last


FISCAL = {"fiscal": YearSpan(FixedDay(7, 1), FixedDay(6, 30))}
SPAN_WORDS = {-1: "previous ", 0: "", 1: "next "}


@dataclass(frozen=True, slots=True)
class YearEdge:
    """ "first day of the fiscal year", "last workday of the next school year"."""

    nth: int
    unit: Unit
    name: str
    years: int = 0

    def __str__(self) -> str:
        return f"{ordinal(self.nth)} {self.unit} of the {SPAN_WORDS[self.years]}{self.name} year"

    def on(self, context: Context) -> date:
        span = (FISCAL if context.spans is None else context.spans).get(self.name)
        if span is None:
            raise RuleError(
                f"the file does not say when the {self.name} year begins and ends",
                example=f"years: {{{self.name}: {{first: August 11, last: May 21}}}}",
            )
        first, last = span.ends(context.year + self.years, context.workdays)
        if self.unit is Unit.DAY:
            return last if self.nth == LAST else first
        return (
            context.workdays.on_or_before(last) if self.nth == LAST else context.workdays.on_or_after(first)
        )


Day = FixedDay | MonthEnd | NthWeekday | NthWorkday | HolidayDay | NthWeek | YearEdge | StageDay


@dataclass(frozen=True, slots=True)
class Away:
    """ "20 workdays after drafting.due"."""

    offset: Offset
    day: Day

    def __str__(self) -> str:
        return f"{self.offset.length} {self.offset.side} {self.day}" + (
            CLOCK_STOPPED if self.offset.clock_stopped else ""
        )

    def on(self, context: Context) -> date:
        return self.offset.from_day(self.day.on(context), context.workdays)


class Near(StrEnum):
    """On which side of a day to look for the nearest weekday or workday."""

    BEFORE = "before"
    AFTER = "after"
    ON_OR_BEFORE = "on or before"
    ON_OR_AFTER = "on or after"


@dataclass(frozen=True, slots=True)
class WeekdayNear:
    """ "Friday before Memorial Day"."""

    weekday: int
    near: Near
    day: Day

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.near} {self.day}"

    def on(self, context: Context) -> date:
        start = self.day.on(context)
        if self.near in (Near.BEFORE, Near.ON_OR_BEFORE):
            start -= DAY if self.near is Near.BEFORE else 0 * DAY
            return start - timedelta(days=(start.weekday() - self.weekday) % 7)
        start += DAY if self.near is Near.AFTER else 0 * DAY
        return start + timedelta(days=(self.weekday - start.weekday()) % 7)


@dataclass(frozen=True, slots=True)
class WorkdayNear:
    """ "on or before January 31": that day if it is a workday, else the nearest one on that side."""

    near: Near
    day: Day

    def __str__(self) -> str:
        return f"{self.near} {self.day}"

    def on(self, context: Context) -> date:
        start = self.day.on(context)
        if self.near is Near.ON_OR_BEFORE:
            return context.workdays.on_or_before(start)
        return context.workdays.on_or_after(start)


@dataclass(frozen=True, slots=True)
class WeekOf:
    """ "the week of Thanksgiving": its Monday."""

    day: Day

    def __str__(self) -> str:
        return f"the week of {self.day}"

    def on(self, context: Context) -> date:
        start = self.day.on(context)
        return start - timedelta(days=start.weekday())


# Boards meet every month; a meeting farther away belongs to another month's business.
FARTHEST_MEETING = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class BoardMeeting:
    """ "last board meeting before January 31": each district's own; the day itself where none is known."""

    near: Near
    day: Day

    def __str__(self) -> str:
        first_or_last = "last" if self.near in (Near.BEFORE, Near.ON_OR_BEFORE) else "first"
        return f"{first_or_last} board meeting {self.near} {self.day}"

    def on(self, context: Context) -> date:
        return self.meeting(context) or self.day.on(context)

    def meeting(self, context: Context) -> date | None:
        """The meeting of the context's district, if one is near enough."""
        start = self.day.on(context)
        near = [on for on in context.meetings if abs(on - start) <= FARTHEST_MEETING]
        if self.near in (Near.BEFORE, Near.ON_OR_BEFORE):
            end = start if self.near is Near.ON_OR_BEFORE else start - DAY
            return max((on for on in near if on <= end), default=None)
        begin = start if self.near is Near.ON_OR_AFTER else start + DAY
        return min((on for on in near if on >= begin), default=None)


Leaning = Away | WeekdayNear | WorkdayNear | WeekOf | BoardMeeting
Rule = Day | Leaning


def stage_day_of(rule: Rule) -> StageDay | None:
    """The date of a stage that the rule leans on, if it does."""
    day = rule.day if isinstance(rule, Leaning) else rule
    return day if isinstance(day, StageDay) else None


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - DAY


class IfClosed(StrEnum):
    """Where a date goes when the agency is closed that day."""

    NEXT = "next workday"
    PREVIOUS = "previous workday"
    NEAREST = "nearest workday"  # the previous one when both are as near
    NONE = "none"


def roll(on: date, if_closed: IfClosed, workdays: WorkCalendar) -> tuple[date, str | None]:
    """Where a date goes if its day is closed, and the reason in words when it moved."""
    closed = workdays.closed_words(on)
    if closed is None or if_closed is IfClosed.NONE:
        return on, None
    before, after = workdays.on_or_before(on), workdays.on_or_after(on)
    moved = {
        IfClosed.PREVIOUS: before,
        IfClosed.NEXT: after,
        IfClosed.NEAREST: before if on - before <= after - on else after,
    }[if_closed]
    place = in_words(moved) if moved.year != on.year else f"{moved:%B} {moved.day}"
    return moved, f"{in_words(on)} {closed}, so the {if_closed}, {place}"


def in_words(on: date) -> str:
    """ "January 31, 2027"."""
    return f"{on:%B} {on.day}, {on.year}"
