"""Reads the sections of a cycle file key by key; what is wrong is noted and reading goes on."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from yearwheel.calendar.cycle import Cycle
from yearwheel.calendar.lint import Code
from yearwheel.config.yaml_text import Entries, FieldError, Items, Node, Text

LONGEST_TEXT = 500

T = TypeVar("T")
S = TypeVar("S")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a cycle file: where, what, and what to write instead, or an example of its form."""

    file: str
    line: int
    key: str  # the path of the key, such as "stages[3].due"
    message: str
    fix: str = ""
    example: str = ""
    code: Code = Code.UNREADABLE
    stage: str = ""  # the key of the stage it is in, where that has one

    @property
    def where(self) -> str:
        """The key as a person finds it, within its stage if that is known: "due"."""
        return re.sub(r"^stages\[\d+\]\.?", "", self.key) if self.stage else self.key

    def __str__(self) -> str:
        steps = (f"{self.file}:{self.line}", self.stage, self.where)
        place = "".join(f"{step}: " for step in steps if step)
        example = f"; write for example: {self.example}" if self.example else ""
        return place + self.message + (f"; write: {self.fix}" if self.fix else example)


class CycleFileError(ValueError):
    """A cycle file that cannot be used. `problems` holds everything wrong with it, in file order.

    `sound` is the cycle of the stages without a problem, where their dates can be relied on.
    """

    def __init__(self, problems: Iterable[Problem], sound: Cycle | None = None) -> None:
        self.sound = sound
        self.problems = sorted(problems, key=lambda p: p.line)
        super().__init__("\n".join(str(p) for p in self.problems))


@dataclass
class Report:
    """Collects the problems of one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def note(
        self, node: Node, message: str, fix: str = "", example: str = "", code: Code = Code.UNREADABLE
    ) -> None:
        self.problems.append(Problem(self.file, node.line, node.path, message, fix, example, code))

    def take(self, fault: FieldError) -> None:
        self.note(fault.node, fault.message, fault.fix, fault.example)

    def add_new(self, other: "Report") -> None:
        """Take over the other's problems, except at places that have one: a repeated stage is wrong once."""
        known = {(problem.line, problem.key) for problem in self.problems}
        self.problems += [p for p in other.problems if (p.line, p.key) not in known]

    def attempt(self, read: Callable[[Node], T], node: Node, stand_in: S) -> T | S:
        """What the node says, or the stand-in after noting why it cannot be read."""
        try:
            return read(node)
        except FieldError as fault:
            self.take(fault)
            return stand_in

    def raise_if_any(self) -> None:
        if self.problems:
            raise CycleFileError(self.problems)


class Section:
    """A mapping of the file whose keys are known; unknown ones are noted with the closest known one."""

    def __init__(self, node: Node, keys: tuple[str, ...], report: Report) -> None:
        self.node = node
        self.report = report
        self._entries = node.entries if isinstance(node, Entries) else {}
        if not isinstance(node, Entries):
            report.note(node, f"expected keys with values, found {_form(node)}", example=f"{keys[0]}: ...")
            return
        for key in node.entries.keys() - set(keys):
            place = self.place(key)
            near = get_close_matches(key, keys, n=1)
            fix = f"{near[0]}: ..." if near else ""
            example = "" if near else f"{' or '.join(keys)}: ..."
            report.note(place, f"unknown key {key!r}", fix, example)

    def place(self, key: str) -> Node:
        """Where a key stands; the section itself when it is absent."""
        if isinstance(self.node, Entries) and key in self.node.key_lines:
            return Node(self.node.key_lines[key], self._entries[key].path)
        return self.node

    def get(self, key: str) -> Node | None:
        return self._entries.get(key)

    def need(self, key: str, read: Callable[[Node], T], stand_in: S, example: str) -> T | S:
        """A key that must be there."""
        node = self._entries.get(key)
        if node is None:
            if isinstance(self.node, Entries):
                self.report.note(self.node, f"{key!r} is missing", example=f"{key}: {example}")
            return stand_in
        return self.report.attempt(read, node, stand_in)

    def may(self, key: str, read: Callable[[Node], T], default: S) -> T | S:
        """A key that may be left out."""
        node = self._entries.get(key)
        return default if node is None else self.report.attempt(read, node, default)

    def lines(self) -> dict[str, int]:
        """The line of each key that is written, and of the section itself under ""."""
        written = self.node.key_lines if isinstance(self.node, Entries) else {}
        return {"": self.node.line, **written}

    def each(self, key: str) -> tuple[Node, ...]:
        """The items of a list; one value alone counts as a list of one."""
        node = self._entries.get(key)
        if node is None:
            return ()
        return node.items if isinstance(node, Items) else (node,)


def text(node: Node) -> str:
    """A line of text that is not empty."""
    if not isinstance(node, Text):
        raise FieldError(node, f"expected a text, found {_form(node)}")
    if not node.value:
        raise FieldError(node, "this is empty")
    if len(node.value) > LONGEST_TEXT:
        raise FieldError(node, f"this has {len(node.value)} characters; at most {LONGEST_TEXT} are read")
    return " ".join(node.value.split())


def one_of(choices: type[E]) -> Callable[[Node], E]:
    """Reads one value of an enumeration, with the closest one as the fix."""

    def read(node: Node) -> E:
        written = text(node)
        try:
            return choices(written)
        except ValueError:
            raise unknown(node, written, [str(c) for c in choices]) from None

    return read


def yes_or_no(node: Node) -> bool:
    answers = {"yes": True, "true": True, "no": False, "false": False}
    written = text(node)
    if written.lower() not in answers:
        raise FieldError(node, f"{written!r} is neither yes nor no", example="yes")
    return answers[written.lower()]


def unknown(node: Node, written: str, choices: Iterable[str]) -> FieldError:
    """The fault of a word that is none of the choices."""
    known = list(choices)
    near = get_close_matches(written, known, n=1)
    message = f"{written!r} is not one of {', '.join(known)}"
    return FieldError(node, message, near[0]) if near else FieldError(node, message, example=known[0])


def _form(node: Node) -> str:
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Entries):
        return "keys with values"
    return f"the text {node.value!r}" if isinstance(node, Text) and node.value else "nothing"
