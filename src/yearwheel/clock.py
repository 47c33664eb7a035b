"""The only place that asks what time it is. Everything else is handed a Clock."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def uptime() -> float:
    """Seconds since the machine began, also those that it slept; unlike the clock nobody can put it back."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class VirtualClock:
    """A clock that stands where it is put: rehearsals, tests and rounds run for another moment."""

    def __init__(self, moment: datetime) -> None:
        self.set(moment)

    def now(self) -> datetime:
        return self._moment

    def set(self, moment: datetime) -> None:
        """Put the clock at an aware moment; going back is allowed, naive moments are not."""
        self._moment = aware(moment)


def aware(moment: datetime) -> datetime:
    """The moment in UTC; ValueError when it carries no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; write for example 2027-01-31T23:59-05:00")
    return moment.astimezone(UTC)
