"""Distances from a deadline, in words: "7 days before", "1 workday after", "on the day", "when it opens"."""

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


_WORDS = re.compile(r"(?P<count>\d{1,3}) (?P<unit>day|workday|week)s? (?P<side>before|after)")


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance from a deadline. Calendar days unless it says workdays."""

    count: int
    unit: Unit
    side: Side

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read an offset; ValueError says what would be right."""
        text = " ".join(words.split()).lower()
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
        return cls(int(match["count"]), Unit(match["unit"]), Side(match["side"]))

    def __str__(self) -> str:
        if self.side is Side.ON:
            return "on the day"
        if self.side is Side.OPENING:
            return "when it opens"
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'} {self.side}"

    @property
    def slug(self) -> str:
        """The words as a key: "7-days-before"."""
        return str(self).replace(" ", "-")

    def from_day(self, on: date, workdays: WorkCalendar) -> date:
        """The day this far from `on`, before any rolling off closed days."""
        sign = {Side.BEFORE: -1, Side.AFTER: 1}.get(self.side, 0)
        if self.unit is Unit.WORKDAY:
            return workdays.shift(on, sign * self.count)
        return on + timedelta(days=sign * self.count * (7 if self.unit is Unit.WEEK else 1))
