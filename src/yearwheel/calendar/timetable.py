"""Works out every stage's dates from its rules, which may lean on each other across stages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from yearwheel.calendar.holidays import amended
from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.rules import (
    FISCAL,
    Away,
    BoardMeeting,
    Context,
    IfClosed,
    Leaning,
    Point,
    Rule,
    RuleError,
    StageDay,
    YearSpan,
    in_words,
    roll,
    stage_day_of,
)
from yearwheel.calendar.workdays import WorkCalendar

MOST_YEARS_AWAY = 5


@dataclass(frozen=True, slots=True)
class StageRules:
    """How one stage's dates are worked out. Without `close` it closes when its grace ends.

    `if_break` is where the due day goes for a district that is on a break of its own then.
    An opening or due day of None could not be read: it and what leans on it stay unknown, without a fault.
    """

    opens: Rule | None
    due: Rule | None
    if_closed: IfClosed
    grace: Offset | None = None
    close: Rule | None = None
    if_break: IfClosed = IfClosed.NONE

    @property
    def is_local(self) -> bool:
        """Whether a district's own days can move the due day."""
        return self.if_break is not IfClosed.NONE or isinstance(self.due, BoardMeeting)

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
class YearRules:
    """Everything a year's dates follow from. `spans` are the fiscal and school years."""

    stages: Mapping[str, StageRules]
    year: int
    workdays: WorkCalendar
    spans: Mapping[str, YearSpan] = field(default_factory=lambda: FISCAL)


@dataclass(frozen=True, slots=True)
class DistrictDays:
    """What one district's own calendar says: the days its board meets, its breaks with their names."""

    meetings: tuple[date, ...] = ()
    breaks: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The days worked out, why some moved off a closed day, and what could not be worked out.

    Every StageDay here names its stage. A day that only leans on a faulty one is in neither mapping.
    `written` holds the due days as their rules say, before any move.
    """

    days: Mapping[StageDay, date]
    moved: Mapping[StageDay, str]
    faults: Mapping[StageDay, RuleError]
    written: Mapping[StageDay, date]


NO_DAYS = DistrictDays()


def work_out(given: YearRules, district: DistrictDays = NO_DAYS) -> Timetable:
    """Every date of every stage, for one district or (without its days) for the state.

    Raises nothing; faults are part of the answer.
    """
    rules = {
        StageDay(key, point): _named(stage.of(point), key)
        for key, stage in given.stages.items()
        for point in Point
    }
    needs = {place: _needs(rule) for place, rule in rules.items()}
    faults = _dead_ends(needs) | _rings(needs)
    days: dict[StageDay, date] = {}
    moved: dict[StageDay, str] = {}
    written: dict[StageDay, date] = {}
    context = Context(given.year, given.workdays, days, given.spans, district.meetings)
    sound = {place: needed for place, needed in needs.items() if place not in faults}
    for place in TopologicalSorter(sound).static_order():
        rule = rules.get(place)
        if rule is None or place in faults or not needs[place] <= days.keys():
            continue
        try:
            on = _near(rule.on(context), given.year)
        except RuleError as error:
            faults[place] = error
            continue
        if place.point is Point.DUE:
            written[place] = on
            on, because = _settle(on, rule, given.stages[str(place.stage)], context, district)
            if because:
                moved[place] = because
        days[place] = on
    return Timetable(days, moved, faults, written)


def _settle(
    on: date, rule: Rule, stage: StageRules, context: Context, district: DistrictDays
) -> tuple[date, str | None]:
    """Where a due day ends up: off closed days, off the district's breaks, on its board's meeting."""
    if isinstance(rule, BoardMeeting) and rule.meeting(context):
        return on, f"the {rule} is on {in_words(on)}"
    on, because = roll(on, stage.if_closed, context.workdays)
    if stage.if_break is IfClosed.NONE or on not in district.breaks:
        return on, because
    return roll(on, stage.if_break, amended(context.workdays, district.breaks, frozenset()))


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
            message = f"there is no stage {missing.stage!r}"
            near = get_close_matches(missing.stage or "", stages, n=1)
            faults[place] = (
                RuleError(message, f"{near[0]}.{missing.point}")
                if near
                else RuleError(message, example=f"{stages[0]}.{missing.point}")
            )
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
            words = "these dates wait for each other: " + ", which needs ".join(names)
            faults[first] = RuleError(words, example="April 15")
            graph = {p: n - set(ring) if p in ring else n for p, n in graph.items()}
        else:
            return faults
