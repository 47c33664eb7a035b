"""Distances from a deadline, in words: "7 days before", "1 workday after", "on the day", "when it opens"."""

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from yearwheel.calendar.workdays import WorkCalendar


class Unit(StrEnum):
    DAY = "day"
    WORKDAY = "workday"
    WEEK = "week"


class Side(StrEnum):
    """On which side of the deadline an offset lies."""

    OPENING = "opening"
    BEFORE = "before"
    ON = "on"
    AFTER = "after"


NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    "twenty",
)
CLOCK_STOPPED = ", clock stopped"
MOST_COUNT = 999
DAYS_IN = {Unit.DAY: 1, Unit.WORKDAY: 7 / 5, Unit.WEEK: 7}

_COUNT = re.compile(rf"(?<![\w-])({'|'.join(NUMBERS)})(?= (?:day|workday|week)s?\b)")
_WORDS = re.compile(
    r"(?P<count>\d+) (?P<unit>day|workday|week)s? (?P<side>before|after)(?P<stopped>, clock stopped)?"
)


def with_digits(text: str) -> str:
    """The text with a count that was spelled out in digits: "six weeks" becomes "6 weeks"."""
    return _COUNT.sub(lambda match: str(NUMBERS.index(match[1]) + 1), text)


class TooFar(ValueError):
    """A distance that nobody means."""


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance from a deadline. Calendar days unless it says workdays.

    With `clock_stopped` the days of the cycle's clock stops are not counted.
    """

    count: int
    unit: Unit
    side: Side
    clock_stopped: bool = False

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read an offset; ValueError says what would be right, TooFar how much is counted at most."""
        text = with_digits(" ".join(words.split()).lower())
        if text == "on the day":
            return cls(0, Unit.DAY, Side.ON)
        if text == "when it opens":
            return cls(0, Unit.DAY, Side.OPENING)
        match = _WORDS.fullmatch(text)
        if not match or match["count"] == "0":
            raise ValueError(
                f"{words!r} is not a distance from a deadline; write for example "
                "'7 days before', '1 workday after', 'on the day' or 'when it opens'"
            )
        if int(match["count"]) > MOST_COUNT:
            raise TooFar(f"{words!r} is more than {MOST_COUNT}, the most that is counted")
        stopped = match["stopped"] is not None
        return cls(int(match["count"]), Unit(match["unit"]), Side(match["side"]), stopped)

    def __str__(self) -> str:
        if self.side is Side.ON:
            return "on the day"
        if self.side is Side.OPENING:
            return "when it opens"
        return f"{self.length} {self.side}{CLOCK_STOPPED if self.clock_stopped else ''}"

    @property
    def length(self) -> str:
        """The distance alone: "7 days"."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    @property
    def slug(self) -> str:
        """The words as a key: "7-days-before"."""
        return str(self).replace(",", "").replace(" ", "-")

    @property
    def nominal_days(self) -> float:
        """About how many days from the deadline, negative before it; the opening comes before all."""
        if self.side is Side.OPENING:
            return -math.inf
        return self._sign * self.count * DAYS_IN[self.unit]

    @property
    def _sign(self) -> int:
        return {Side.BEFORE: -1, Side.AFTER: 1}.get(self.side, 0)

    def from_day(self, on: date, workdays: WorkCalendar) -> date:
        """The day this far from `on`, before any rolling off closed days."""
        count = self._sign * self.count * (7 if self.unit is Unit.WEEK else 1)
        if self.clock_stopped:
            return workdays.shift_running(on, count, workdays_only=self.unit is Unit.WORKDAY)
        if self.unit is Unit.WORKDAY:
            return workdays.shift(on, count)
        return on + timedelta(days=count)
