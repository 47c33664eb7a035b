"""Works out every stage's dates from its rules, which may lean on each other across stages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.rules import Context, IfClosed, Point, Rule, RuleError, StageDay, roll, stage_day_of
from yearwheel.calendar.workdays import WorkCalendar

MOST_YEARS_AWAY = 5


@dataclass(frozen=True, slots=True)
class StageRules:
    """How one stage's dates are worked out. Without a grace it ends on the due day; it closes with the grace."""

    opens: Rule
    due: Rule
    if_closed: IfClosed
    grace: Offset | None = None
    close: Rule | None = None


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
    needs = {
        StageDay(key, point): _leans_on(key, point, rules) for key, rules in stages.items() for point in Point
    }
    days: dict[StageDay, date] = {}
    moved: dict[StageDay, str] = {}
    faults = _dead_ends(needs) | _rings(needs)
    for place in TopologicalSorter({p: n for p, n in needs.items() if p not in faults}).static_order():
        if place not in needs or place in faults or not needs[place] <= days.keys():
            continue
        assert place.stage is not None
        try:
            on = _day(place.point, place.stage, stages[place.stage], Context(year, workdays, days))
            _refuse_far_away(on, year)
        except RuleError as error:
            faults[place] = error
            continue
        if place.point is Point.DUE:
            on, because = roll(on, stages[place.stage].if_closed, workdays)
            if because:
                moved[place] = because
        days[place] = on
    return Timetable(days, moved, faults)


def _rule(point: Point, rules: StageRules) -> Rule | Offset:
    """What gives a point its day; an Offset counts from the due day."""
    if point is Point.OPENS:
        return rules.opens
    if point is Point.DUE:
        return rules.due
    if point is Point.CLOSE and rules.close is not None:
        return rules.close
    if point is Point.GRACE and rules.grace is not None:
        return rules.grace
    return StageDay(None, Point.GRACE if point is Point.CLOSE else Point.DUE)


def _leans_on(key: str, point: Point, rules: StageRules) -> frozenset[StageDay]:
    rule = _rule(point, rules)
    day = StageDay(None, Point.DUE) if isinstance(rule, Offset) else stage_day_of(rule)
    return frozenset({StageDay(day.stage or key, day.point)} if day else ())


def _day(point: Point, key: str, rules: StageRules, context: Context) -> date:
    own = {StageDay(None, p): context.stage_days.get(StageDay(key, p)) for p in Point}
    days = {**context.stage_days, **{place: on for place, on in own.items() if on}}
    rule = _rule(point, rules)
    if isinstance(rule, Offset):
        return rule.from_day(days[StageDay(None, Point.DUE)], context.workdays)
    return rule.on(Context(context.year, context.workdays, days))


def _refuse_far_away(on: date, year: int) -> None:
    if abs(on.year - year) > MOST_YEARS_AWAY:
        raise RuleError(f"this comes to {on.isoformat()}, which is far from the cycle's year {year}")


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
