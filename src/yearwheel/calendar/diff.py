"""What changed between two readings of a calendar: stages, dates, and the dates that follow from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yearwheel.calendar.cycle import Cycle, Stage, StageDates
from yearwheel.calendar.rules import Point, Rule, StageDay, stage_day_of

POINT_WORDS = {
    Point.OPENS: "opens",
    Point.DUE: "is due",
    Point.GRACE: "ends its grace",
    Point.CLOSE: "closes",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A date of a stage that is another day now. `follows` is what it leans on, its rule being unchanged."""

    stage: str
    title: str
    point: Point
    old: date
    new: date
    old_words: str
    new_words: str
    follows: StageDay | None
    because: str | None  # why the new date is not the rule's own day

    @property
    def days(self) -> int:
        """How many days later; negative when earlier."""
        return (self.new - self.old).days

    def __str__(self) -> str:
        days = "1 day" if abs(self.days) == 1 else f"{abs(self.days)} days"
        way = f"{days} {'later' if self.days > 0 else 'earlier'}"
        line = (
            f"{self.title} {POINT_WORDS[self.point]} on {_day(self.new)} instead of {_day(self.old)}, {way}"
        )
        if self.follows:
            line += f" (follows {self.follows})"
        elif self.old_words != self.new_words:
            line += f" ({self.new_words!r} instead of {self.old_words!r})"
        return line + (f"; {self.because}" if self.because else "")


@dataclass(frozen=True, slots=True)
class CycleDiff:
    """The difference between two calendars, in the order of the new one."""

    old: Cycle
    new: Cycle
    added: tuple[Stage, ...]
    removed: tuple[Stage, ...]
    moves: tuple[Move, ...]
    other: tuple[str, ...]  # changes that move no date: words, people, rungs
    closed_days: tuple[str, ...]  # working days won and lost

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moves or self.other or self.closed_days)

    @property
    def chosen(self) -> tuple[Move, ...]:
        """The dates that were changed."""
        return tuple(move for move in self.moves if move.follows is None)

    @property
    def downstream(self) -> tuple[Move, ...]:
        """The dates that follow from others."""
        return tuple(move for move in self.moves if move.follows is not None)

    def lines(self) -> list[str]:
        """The difference in sentences."""
        return [
            *(f"{stage.title} is new, due on {_day(stage.dates.due.on)}" for stage in self.added),
            *(f"{stage.title} is gone; it was due on {_day(stage.dates.due.on)}" for stage in self.removed),
            *(str(move) for move in (*self.chosen, *self.downstream)),
            *self.other,
            *self.closed_days,
        ]

    def as_json(self) -> dict[str, Any]:
        """The difference as plain values."""
        return {
            "old": self.old.key,
            "new": self.new.key,
            "added": [{"stage": s.key, "due": s.dates.due.on.isoformat()} for s in self.added],
            "removed": [{"stage": s.key, "due": s.dates.due.on.isoformat()} for s in self.removed],
            "moves": [
                {
                    "stage": move.stage,
                    "point": str(move.point),
                    "old": move.old.isoformat(),
                    "new": move.new.isoformat(),
                    "days": move.days,
                    "old_words": move.old_words,
                    "new_words": move.new_words,
                    "follows": str(move.follows) if move.follows else None,
                    "because": move.because,
                }
                for move in self.moves
            ],
            "other": list(self.other),
            "closed_days": list(self.closed_days),
        }


def diff_cycles(old: Cycle, new: Cycle) -> CycleDiff:
    """What changed from one calendar to the other. The two may be of different years."""
    before = {stage.key: stage for stage in old.stages}
    after = {stage.key: stage for stage in new.stages}
    both = [(before[key], stage) for key, stage in after.items() if key in before]
    return CycleDiff(
        old,
        new,
        added=tuple(stage for key, stage in after.items() if key not in before),
        removed=tuple(stage for key, stage in before.items() if key not in after),
        moves=tuple(move for one, other in both for move in _moves(old, new, one, other)),
        other=(*_cycle_changes(old, new), *(line for pair in both for line in _other_changes(*pair))),
        closed_days=tuple(_closed_days(old, new)),
    )


def _moves(old: Cycle, new: Cycle, before: Stage, after: Stage) -> Iterator[Move]:
    for point in Point:
        was, is_now = _on(before.dates, point), _on(after.dates, point)
        # A stage that closes with its grace says so once.
        if was == is_now or (point is Point.CLOSE and "close" not in before.words | after.words):
            continue
        if point is Point.GRACE and not (before.grace or after.grace):
            continue
        yield Move(
            after.key,
            after.title,
            point,
            was,
            is_now,
            before.words.get(point, ""),
            after.words.get(point, ""),
            _follows(old, new, after.key, point),
            after.words.get("due_moved") if point is Point.DUE else None,
        )


def _on(dates: StageDates, point: Point) -> date:
    deadline = {
        Point.OPENS: dates.opens,
        Point.DUE: dates.due,
        Point.GRACE: dates.grace_end,
        Point.CLOSE: dates.close,
    }[point]
    return deadline.on


def _follows(old: Cycle, new: Cycle, key: str, point: Point) -> StageDay | None:
    """The date that an unchanged rule leans on."""
    was, is_now = _rule(old, key, point), _rule(new, key, point)
    leans_on = stage_day_of(is_now) if is_now and was == is_now else None
    return StageDay(leans_on.stage or key, leans_on.point) if leans_on else None


def _rule(cycle: Cycle, key: str, point: Point) -> Rule | None:
    return cycle.rules.stages[key].of(point) if cycle.rules else None


def _cycle_changes(old: Cycle, new: Cycle) -> Iterator[str]:
    names = {"office": "office", "help_address": "address for help"}
    if old.year == new.year:  # of another year every title differs
        names["title"] = "title"
    yield from (f"The {change}" for change in _word_changes(old, new, names))
    if old.send_window != new.send_window:
        yield f"Mail leaves from {new.send_window} instead of from {old.send_window}"


def _other_changes(before: Stage, after: Stage) -> Iterator[str]:
    names = {"title": "title", "ask": "ask", "basis": "basis", "set_by": "body that sets its day"}
    yield from (f"{after.title}: the {change}" for change in _word_changes(before, after, names))
    if before.statutory != after.statutory:
        yield f"{after.title}: its day is set by law" + (" no more" if before.statutory else "")
    if before.dates.due.at != after.dates.due.at:
        yield f"{after.title}: due at {after.dates.due.at:%H:%M} instead of {before.dates.due.at:%H:%M}"
    if before.after != after.after:
        yield f"{after.title}: waits for {_list(after.after)} instead of {_list(before.after)}"
    if before.tracks != after.tracks:
        yield f"{after.title}: owed on the tracks {_list(tuple(sorted(after.tracks)))}"
    yield from _rung_changes(before, after)


def _word_changes(before: object, after: object, names: Mapping[str, str]) -> Iterator[str]:
    for name, words in names.items():
        was, is_now = getattr(before, name), getattr(after, name)
        if was != is_now:
            yield f"{words} is {_quoted(is_now)} instead of {_quoted(was)}"


def _quoted(text: str) -> str:
    return repr(text) if text else "none"


def _rung_changes(before: Stage, after: Stage) -> Iterator[str]:
    was = {rung.key: rung for rung in before.ladder}
    is_now = {rung.key: rung for rung in after.ladder}
    for key in is_now.keys() - was.keys():
        yield f"{after.title}: {str(is_now[key].offset)!r} is a new message to {_list(is_now[key].to)}"
    for key in was.keys() - is_now.keys():
        yield f"{after.title}: no message {str(was[key].offset)!r} any more"
    for key in was.keys() & is_now.keys():
        if was[key].to != is_now[key].to:
            yield f"{after.title}: {str(is_now[key].offset)!r} goes to {_list(is_now[key].to)}"
    if before.review != after.review:
        yield f"{after.title}: the rounds of its review are different"


def _closed_days(old: Cycle, new: Cycle) -> Iterator[str]:
    if old.year != new.year:
        return  # every day differs
    was, is_now = _year_of(old), _year_of(new)
    for on in sorted(is_now.keys() - was.keys()):
        yield f"{_day(on)} is closed now: {is_now[on]}"
    for on in sorted(was.keys() - is_now.keys()):
        yield f"{_day(on)} is a working day now; it was closed for {was[on]}"


def _year_of(cycle: Cycle) -> Mapping[date, str]:
    years = (cycle.year - 1, cycle.year, cycle.year + 1)
    return {on: name for year in years for on, name in cycle.workdays.holidays(year).items()}


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(word.replace("_", " ") for word in words) or "nothing"


def _day(on: date) -> str:
    return f"{on:%A}, {on:%B} {on.day}, {on.year}"
