"""Ctrl-C while a year is walked, as a real signal to this process."""

import logging
import os
import signal
from collections.abc import Iterator
from datetime import date

import pytest

from yearwheel.rehearsal.brake import Brake, Stopped

DAY = date(2027, 3, 15)


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """Whatever started the tests may have had them ignore it, as a shell does with what runs behind it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    logging.disable(logging.NOTSET)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_day_that_nobody_stopped_ends_like_any_other() -> None:
    with Brake() as brake:
        brake.day_is_over(DAY)


def test_the_day_is_finished_before_the_walk_stops() -> None:
    with Brake() as brake:
        press_ctrl_c()
        with pytest.raises(Stopped) as stopped:
            brake.day_is_over(DAY)

    assert stopped.value.day == DAY


def test_pressed_again_it_stops_at_once() -> None:
    with Brake():
        press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()


def test_outside_the_walk_ctrl_c_is_as_ever() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Brake():
        assert signal.getsignal(signal.SIGINT) != before

    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()
