"""Next year's calendar from this year's: rules stay, the year moves, what needs a person is named."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from yearwheel.calendar.rules import Point, stage_day_of
from yearwheel.config.cycle_file import load_cycle
from yearwheel.config.enclosed import file_lines

ASKED_FOR = re.compile(r"#.*\b(confirm|check) (every|each) year\b", re.IGNORECASE)
FAR = 20  # years: further ahead a key's number is no year that anybody plans
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


class NotLater(ValueError):
    """A calendar rolls forward only."""


def roll_over(source: str, key: str, name: str = "cycle.yaml") -> RolledOver:
    """Move a calendar file to the year its new key names, or to the next.

    Only the lines `cycle`, `title` and `year` change; comments and rules stay as they were written.
    CycleFileError lists the faults of a file that is not sound; NotLater a key whose year is not one after
    the file's.
    """
    year = load_cycle(source, name).year
    named = re.search(r"(\d{4})$", key)
    new_year = int(named[1]) if named else year + 1
    if not year < new_year <= year + FAR:
        raise NotLater(
            f"{key} is for {new_year}, and the calendar is for {year}; name one of the years after it: "
            f"{re.sub(r'[0-9]{4}$', str(year + 1), key)}"
        )
    text = re.sub(r"(?m)^cycle:\s*[^\s#]+", f"cycle: {key}", source, count=1)
    text = re.sub(r"(?m)^year:\s*[^\s#]+", f"year: {new_year}", text, count=1)
    title = re.compile(r"(?m)^title:.*$")
    text = title.sub(lambda found: found[0].replace(str(year), str(new_year)), text, count=1)
    asked = {*_set_by_others(source), *_of_districts(source, new_year), *_enclosed(text, new_year)}
    found = sorted({*asked, *_spoken_of(text, year)}, key=lambda line: line.line)
    return RolledOver(text, new_year, tuple(found))


def _set_by_others(source: str) -> Iterator[ToConfirm]:
    """The due days that somebody else sets anew; one that follows from another stage follows by itself."""
    cycle = load_cycle(source)
    assert cycle.rules is not None
    for stage in cycle.stages:
        rule = cycle.rules.stages[stage.key].of(Point.DUE)
        if stage.set_by and not (rule and stage_day_of(rule)):
            why = f"{stage.set_by} sets this day every year: {stage.words['due']}"
            yield ToConfirm(stage.line_of("due"), stage.key, why)


def _of_districts(source: str, new_year: int) -> Iterator[ToConfirm]:
    """The due days that districts' boards and breaks decide, which nobody has told yet."""
    cycle = load_cycle(source)
    assert cycle.rules is not None
    for stage in cycle.stages:
        if cycle.rules.stages[stage.key].is_local:
            why = f"districts' own days of {new_year} decide it: yearwheel roster days import --help"
            yield ToConfirm(stage.line_of("due"), stage.key, why)


def _enclosed(text: str, new_year: int) -> Iterator[ToConfirm]:
    """The files that the calendar brings with it, which hold days of the years they were made for."""
    for name, line in file_lines(text).items():
        yield ToConfirm(line, "", f"the file {name} is as it was; put the days of {new_year} into it")


def _spoken_of(text: str, year: int) -> Iterator[ToConfirm]:
    """Remarks that ask to be confirmed, and mentions of the year that was."""
    lines = text.splitlines()
    of_year = re.compile(rf"\b{year}\b")
    enclosed = set(file_lines(text).values())
    for number, line in enumerate(lines, start=1):
        if number in enclosed:
            continue
        if ASKED_FOR.search(line):
            yield ToConfirm(number, _stage_of(lines, number), _words(line))
        elif of_year.search(line):
            yield ToConfirm(number, _stage_of(lines, number), f"still speaks of {year}: {_words(line)}")


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
