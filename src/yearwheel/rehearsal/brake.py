"""Ctrl-C while a year is walked: the day under way is finished first, and a second one stops at once."""

import logging
import signal
from datetime import date
from types import FrameType, TracebackType
from typing import Any, Self


class Stopped(Exception):
    """A rehearsal was asked to stop, and did at the end of `day`; it can be resumed."""

    def __init__(self, day: date) -> None:
        super().__init__(f"stopped at the end of {day}")
        self.day = day


class Brake:
    """Holds Ctrl-C back inside its block, until `day_is_over` is told that a day has ended."""

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> Self:
        self._before: Any = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def day_is_over(self, day: date) -> None:
        """Raise Stopped when Ctrl-C was pressed since."""
        if self._asked:
            raise Stopped(day)

    def _pressed(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            logging.disable()  # what it cuts off would cry for help, run by run
            raise KeyboardInterrupt
        self._asked = True
