"""Working days: which days an agency is closed, and counting around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClockStop:
    """A season in which a clock may stand still, both ends included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The days an agency works. `holidays` gives a year's closed days with their names; weekends are closed.

    `stops` are seasons that only distances marked "clock stopped" leave out.
    """

    name: str
    holidays: Callable[[int], Mapping[date, str]]
    weekend: frozenset[int] = frozenset({5, 6})
    stops: tuple[ClockStop, ...] = ()

    def closed_because(self, on: date) -> str | None:
        """Why the agency is closed that day ("Labor Day", "a Saturday"), or None on a working day."""
        holiday = self.holidays(on.year).get(on)
        if holiday:
            return holiday
        return f"a {on:%A}" if on.weekday() in self.weekend else None

    def closed_words(self, on: date) -> str | None:
        """What to say of a closed day: "is a Saturday", "is closed: Labor Day"; None on a working day."""
        closed = self.closed_because(on)
        if closed and on in self.holidays(on.year):
            return f"is closed: {closed}"
        return closed and f"is {closed}"

    def is_workday(self, on: date) -> bool:
        return self.closed_because(on) is None

    def on_or_after(self, on: date) -> date:
        """That day if it is a working day, else the next one."""
        while not self.is_workday(on):
            on += DAY
        return on

    def on_or_before(self, on: date) -> date:
        """That day if it is a working day, else the previous one."""
        while not self.is_workday(on):
            on -= DAY
        return on

    def shift(self, on: date, workdays: int) -> date:
        """The nth working day after (or, if negative, before) that day; the day itself is never counted.

        Zero working days is the day itself, open or closed.
        """
        step = DAY if workdays > 0 else -DAY
        for _ in range(abs(workdays)):
            on += step
            while not self.is_workday(on):
                on += step
        return on

    def shift_running(self, on: date, days: int, *, workdays_only: bool) -> date:
        """The nth day (or working day) away, counting none on which the clock stands still."""
        step = DAY if days > 0 else -DAY
        for _ in range(abs(days)):
            on += step
            while self._is_stopped(on) or (workdays_only and not self.is_workday(on)):
                on += step
        return on

    def _is_stopped(self, on: date) -> bool:
        return any(stop.first <= on <= stop.last for stop in self.stops)

    def count(self, after: date, until: date) -> int:
        """How many working days lie after one day up to and including another; negative backwards."""
        if until < after:
            return -self.count(until, after)
        days = (until - after).days
        return sum(self.is_workday(after + timedelta(days=n)) for n in range(1, days + 1))
