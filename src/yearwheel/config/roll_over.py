"""Next year's calendar from this year's: rules stay, the year moves, what needs a person is named."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

YEARLY = re.compile(
    r"\b(announced?|announces|confirm|check) (every|each) year\b|\bannounce[ds]?\b", re.IGNORECASE
)
STAGE = re.compile(r"\s*-\s+key:\s*([a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """A line of the new file that only a person can vouch for, and why."""

    line: int
    stage: str  # empty for a line outside of any stage
    why: str

    def __str__(self) -> str:
        return f"line {self.line}{f', {self.stage}' if self.stage else ''}: {self.why}"


@dataclass(frozen=True, slots=True)
class RolledOver:
    """The text of the new file, and what in it needs a person."""

    source: str
    year: int
    confirm: tuple[ToConfirm, ...]


def roll_over(source: str, year: int, key: str) -> RolledOver:
    """Move a sound calendar file of a year to the one its new key names, or to the next.

    Only the lines `cycle`, `title` and `year` change; comments and rules stay as they were written.
    """
    named = re.search(r"(20\d\d)$", key)
    new_year = int(named[1]) if named else year + 1
    text = re.sub(r"(?m)^cycle:\s*[^\s#]+", f"cycle: {key}", source, count=1)
    text = re.sub(r"(?m)^year:\s*[^\s#]+", f"year: {new_year}", text, count=1)
    title = re.compile(r"(?m)^title:.*$")
    text = title.sub(lambda found: found[0].replace(str(year), str(new_year)), text, count=1)
    return RolledOver(text, new_year, tuple(_to_confirm(text, year)))


def _to_confirm(text: str, year: int) -> Iterator[ToConfirm]:
    """Dates that somebody else announces, and mentions of the year that was."""
    lines = text.splitlines()
    of_year = re.compile(rf"\b{year}\b")
    for number, line in enumerate(lines, start=1):
        stage = _stage_of(lines, number)
        if YEARLY.search(line):
            yield ToConfirm(number, stage, f"set by others every year: {_words(line)}")
        elif of_year.search(line):
            yield ToConfirm(number, stage, f"still speaks of {year}: {_words(line)}")


def _stage_of(lines: list[str], number: int) -> str:
    """The stage a line belongs to; a comment belongs to the stage that it stands above."""
    if lines[number - 1].lstrip().startswith("#"):
        below = (line for line in lines[number:] if not line.lstrip().startswith("#"))
        match = STAGE.match(next(below, ""))
        if match:
            return match[1]
    above = (match[1] for line in reversed(lines[:number]) if (match := STAGE.match(line)))
    return next(above, "")


def _words(line: str) -> str:
    return " ".join(line.split()).lstrip("# ")
