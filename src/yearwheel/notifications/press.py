"""The press: from letters to finished messages, on this core or on a second one beside it."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Protocol, Self

from yearwheel.notifications.letter import Letter
from yearwheel.notifications.mime import HeaderInjection, to_bytes
from yearwheel.notifications.render import Renderer

WORTH_SHARING = 40  # letters; fewer are printed sooner than handed over


@dataclass(frozen=True, slots=True)
class Printed:
    """A message ready for the outbox."""

    subject: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A letter that cannot be a message: what HeaderInjection said of it."""

    header: str
    problem: str


class Press(Protocol):
    """Prints letters, in their order."""

    def print(self, letters: Sequence[Letter]) -> list[Printed | Spoiled]: ...


class OnePress:
    """Prints here."""

    def print(self, letters: Sequence[Letter]) -> list[Printed | Spoiled]:
        return print_letters(letters)


class TwoPresses:
    """Prints half of a large run in a process of its own, which takes a second to come up: open it early."""

    def __init__(self) -> None:
        # Not forked: this process may hold threads and database connections that must not be doubled.
        self._second = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)
        self._second.submit(print_letters, ())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._second.shutdown(cancel_futures=True)

    def print(self, letters: Sequence[Letter]) -> list[Printed | Spoiled]:
        if len(letters) < WORTH_SHARING:
            return print_letters(letters)
        half = len(letters) // 2
        try:
            other = self._second.submit(print_letters, letters[half:])
            return print_letters(letters[:half]) + other.result()
        except BrokenProcessPool:  # the second press was killed: a slower year is better than none
            return print_letters(letters)


def _end_with_parent() -> None:
    """Leave no press behind when the process that opened it is killed outright."""

    def watch() -> None:
        parent = parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def print_letters(letters: Sequence[Letter]) -> list[Printed | Spoiled]:
    """Print them one after the other."""
    return [_print_one(letter) for letter in letters]


def _print_one(letter: Letter) -> Printed | Spoiled:
    rendered = renderer().render(letter)
    try:
        return Printed(rendered.subject, to_bytes(letter, rendered))
    except HeaderInjection as fault:
        return Spoiled(fault.header, fault.problem)


@cache
def renderer() -> Renderer:
    """The process's one renderer: it compiles every template."""
    return Renderer()
