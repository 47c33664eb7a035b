"""The press: from letters to finished messages, on this core or on a second one beside it."""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Protocol, Self

from yearwheel.notifications.letter import Letter
from yearwheel.notifications.mime import HeaderInjection, to_bytes
from yearwheel.notifications.packed import Packed, pack
from yearwheel.notifications.render import Renderer

SHEAF = 16  # letters printed together: enough to be worth handing over, few enough to be soon back
AHEAD = 2  # sheaves at the second press: one it prints, and one so that it need not wait for the next


@dataclass(frozen=True, slots=True)
class Printed:
    """A message ready for the outbox. `template_version` pins its words."""

    subject: str
    raw: Packed
    template_version: str


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A letter that cannot be a message: what HeaderInjection said of it."""

    header: str
    problem: str


Sheaf = tuple[Printed | Spoiled, ...]


class Press(Protocol):
    """Prints letters in their order, in sheaves: the first are put away while later ones are printed."""

    def print(self, letters: Iterable[Letter]) -> Iterator[Sheaf]: ...


class OnePress:
    """Prints here."""

    def print(self, letters: Iterable[Letter]) -> Iterator[Sheaf]:
        return map(print_letters, _sheaves(letters))


class TwoPresses:
    """Prints as much as it can in a process of its own, which takes a second to come up: open it early."""

    def __init__(self) -> None:
        # Not forked: this process may hold threads and database connections that must not be doubled.
        self._second = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)
        with _deaf_to_ctrl_c():
            self._second.submit(print_letters, ())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._second.shutdown(cancel_futures=True)

    def print(self, letters: Iterable[Letter]) -> Iterator[Sheaf]:
        under_way: deque[tuple[tuple[Letter, ...], Future[Sheaf]]] = deque()
        for sheaf in _sheaves(letters):
            busy = sum(not job.done() for _, job in under_way)
            under_way.append((sheaf, self._hand_over(sheaf) if busy < AHEAD else _print_here(sheaf)))
            while under_way and under_way[0][1].done():
                yield _outcome(*under_way.popleft())
        while under_way:
            yield _outcome(*under_way.popleft())

    def _hand_over(self, sheaf: tuple[Letter, ...]) -> Future[Sheaf]:
        try:
            return self._second.submit(print_letters, sheaf)
        except BrokenProcessPool:
            return _print_here(sheaf)


def _outcome(sheaf: tuple[Letter, ...], job: Future[Sheaf]) -> Sheaf:
    try:
        return job.result()
    except BrokenProcessPool:  # the second press was killed: a slower year is better than none
        return print_letters(sheaf)


def _print_here(sheaf: tuple[Letter, ...]) -> Future[Sheaf]:
    done: Future[Sheaf] = Future()
    done.set_result(print_letters(sheaf))
    return done


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process begun in this block never hears Ctrl-C: a terminal tells all, and only the first decides."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_with_parent() -> None:
    """Leave no press behind when the process that opened it is killed outright."""

    def watch() -> None:
        parent = parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _sheaves(letters: Iterable[Letter]) -> Iterator[tuple[Letter, ...]]:
    rest = iter(letters)
    while sheaf := tuple(islice(rest, SHEAF)):
        yield sheaf


def print_letters(letters: Iterable[Letter]) -> Sheaf:
    """Print them one after the other."""
    return tuple(_print_one(letter) for letter in letters)


def _print_one(letter: Letter) -> Printed | Spoiled:
    rendered = renderer().render(letter)
    try:
        return Printed(rendered.subject, pack(to_bytes(letter, rendered)), rendered.template_version)
    except HeaderInjection as fault:
        return Spoiled(fault.header, fault.problem)


@cache
def renderer() -> Renderer:
    """The process's one renderer: it compiles every template."""
    return Renderer()
