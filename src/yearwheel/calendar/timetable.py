"""Works out every stage's dates from its rules, which may lean on each other across stages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.rules import (
    Away,
    Context,
    IfClosed,
    Leaning,
    Point,
    Rule,
    RuleError,
    StageDay,
    roll,
    stage_day_of,
)
from yearwheel.calendar.workdays import WorkCalendar

MOST_YEARS_AWAY = 5


@dataclass(frozen=True, slots=True)
class StageRules:
    """How one stage's dates are worked out. Without `close` it closes when its grace ends.

    An opening or due day of None could not be read: it and what leans on it stay unknown, without a fault.
    """

    opens: Rule | None
    due: Rule | None
    if_closed: IfClosed
    grace: Offset | None = None
    close: Rule | None = None

    def of(self, point: Point) -> Rule | None:
        """The rule of a point, written or implied."""
        if point is Point.OPENS:
            return self.opens
        if point is Point.DUE:
            return self.due
        if point is Point.GRACE:
            due = StageDay(None, Point.DUE)
            return Away(self.grace, due) if self.grace else due
        return self.close or StageDay(None, Point.GRACE)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The days worked out, why some moved off a closed day, and what could not be worked out.

    Every StageDay here names its stage. A day that only leans on a faulty one is in neither mapping.
    """

    days: Mapping[StageDay, date]
    moved: Mapping[StageDay, str]
    faults: Mapping[StageDay, RuleError]


def work_out(stages: Mapping[str, StageRules], year: int, workdays: WorkCalendar) -> Timetable:
    """Every date of every stage, for a cycle of that year. Raises nothing; faults are part of the answer."""
    rules = {
        StageDay(key, point): _named(stage.of(point), key) for key, stage in stages.items() for point in Point
    }
    needs = {place: _needs(rule) for place, rule in rules.items()}
    faults = _dead_ends(needs) | _rings(needs)
    days: dict[StageDay, date] = {}
    moved: dict[StageDay, str] = {}
    sound = {place: needed for place, needed in needs.items() if place not in faults}
    for place in TopologicalSorter(sound).static_order():
        rule = rules.get(place)
        if rule is None or place in faults or not needs[place] <= days.keys():
            continue
        try:
            on = _near(rule.on(Context(year, workdays, days)), year)
        except RuleError as error:
            faults[place] = error
            continue
        if place.point is Point.DUE:
            on, because = roll(on, stages[str(place.stage)].if_closed, workdays)
            if because:
                moved[place] = because
        days[place] = on
    return Timetable(days, moved, faults)


def _named(rule: Rule | None, key: str) -> Rule | None:
    """The rule with the stage's own days, such as "due", given the stage's name."""
    if isinstance(rule, StageDay):
        return StageDay(rule.stage or key, rule.point)
    if isinstance(rule, Leaning) and isinstance(rule.day, StageDay):
        return replace(rule, day=StageDay(rule.day.stage or key, rule.day.point))
    return rule


def _needs(rule: Rule | None) -> frozenset[StageDay]:
    day = stage_day_of(rule) if rule else None
    return frozenset({day} if day else ())


def _near(on: date, year: int) -> date:
    if abs(on.year - year) > MOST_YEARS_AWAY:
        raise RuleError(f"this comes to {on.isoformat()}, which is far from the cycle's year {year}")
    return on


def _dead_ends(needs: Mapping[StageDay, frozenset[StageDay]]) -> dict[StageDay, RuleError]:
    stages = sorted({place.stage for place in needs if place.stage})
    faults = {}
    for place, leans_on in needs.items():
        for missing in leans_on - needs.keys():
            near = get_close_matches(missing.stage or "", stages, n=1) or stages[:1]
            faults[place] = RuleError(f"there is no stage {missing.stage!r}", f"{near[0]}.{missing.point}")
    return faults


def _rings(needs: Mapping[StageDay, frozenset[StageDay]]) -> dict[StageDay, RuleError]:
    """Each ring of dates that wait for each other, reported at its first date in the file."""
    order = list(needs)
    graph = dict(needs)
    faults: dict[StageDay, RuleError] = {}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            ring: list[StageDay] = error.args[1][:-1]
            first = min(ring, key=order.index)
            turned = ring[ring.index(first) :] + ring[: ring.index(first)]
            # graphlib lists a ring from what is needed to what needs it.
            names = [str(place) for place in (turned[0], *reversed(turned[1:]), turned[0])]
            faults[first] = RuleError("these dates wait for each other: " + ", which needs ".join(names))
            graph = {p: n - set(ring) if p in ring else n for p, n in graph.items()}
        else:
            return faults
