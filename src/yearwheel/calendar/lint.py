"""The linter: what would go wrong in the year, found before anyone is promised a date."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

from yearwheel.calendar.counted import counted
from yearwheel.calendar.cycle import Cycle, OwedBy, Rung, RungKind, Stage, StageKind, Waiver
from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.rules import YEAR_WORDS, Point, StageDay, in_words
from yearwheel.calendar.timetable import work_out
from yearwheel.calendar.workdays import DAY

LEAST_WORKDAYS = 10
MOST_DAYS = 10  # listed by name in one finding
MOST_BODIES = 5
SUMMER = "clock_stops: [{name: summer, from: Friday before Memorial Day, until: Friday after Labor Day}]"


class Code(StrEnum):
    """What a finding is about; a waiver names it."""

    UNREADABLE = "unreadable"  # the file cannot be used as it is written
    CIRCULAR_AFTER = "circular-after"
    DUE_BEFORE_OPEN = "due-before-open"
    IMPOSSIBLE_AFTER = "impossible-after"
    DUE_ON_CLOSED_DAY = "due-on-closed-day"
    SHORT_WINDOW = "short-window"
    STATUTORY_MISSED = "statutory-missed"
    BASIS_MISSING = "basis-missing"
    RUNG_BEFORE_OPEN = "rung-before-open"
    RUNG_AFTER_CLOSE = "rung-after-close"
    RUNG_NEVER_FIRES = "rung-never-fires"
    RUNG_DOUBLED = "rung-doubled"
    BUSY_WEEK = "busy-week"
    REVIEW_TOO_SHORT = "review-too-short"
    ROLE_EMPTY = "role-empty"
    NO_CLOCK_STOPS = "no-clock-stops"
    KEY_OF_OTHER_YEAR = "key-of-other-year"
    DAY_OF_OTHER_YEAR = "day-of-other-year"
    OPEN_ANYWAY = "open-anyway"
    UNUSED_WAIVER = "unused-waiver"


class Severity(StrEnum):
    ERROR = "error"  # the year will not go as written
    WARNING = "warning"  # it may, but somebody will suffer


ERRORS = frozenset(
    {
        Code.UNREADABLE,
        Code.CIRCULAR_AFTER,
        Code.DUE_BEFORE_OPEN,
        Code.IMPOSSIBLE_AFTER,
        Code.STATUTORY_MISSED,
        Code.BASIS_MISSING,
        Code.RUNG_BEFORE_OPEN,
        Code.RUNG_AFTER_CLOSE,
        Code.RUNG_NEVER_FIRES,
        Code.ROLE_EMPTY,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: at which line, why, and what to paste there, or an example of its form.

    `waived` is why the file accepts it.
    """

    code: Code
    line: int
    stage: str  # "" for the cycle as a whole
    why: str
    fix: str
    example: str = ""
    waived: str | None = None

    @property
    def severity(self) -> Severity:
        return Severity.ERROR if self.code in ERRORS else Severity.WARNING

    def __str__(self) -> str:
        place = f"{self.line}: {self.severity} [{self.code}] " + (f"{self.stage}: " if self.stage else "")
        example = f"; for example: {self.example}" if self.example else ""
        fix = f"; fix: {self.fix}" if self.fix else example
        return f"{place}{self.why}{fix}" + (f" (waived: {self.waived})" if self.waived else "")


@dataclass(frozen=True, slots=True)
class Load:
    """Who has to do the year's work. `unheld` names for each role the bodies in which nobody holds it."""

    districts: int
    reviewers: int
    unheld: Mapping[str, Sequence[str]] = field(default_factory=dict)
    plans_a_day: int = 2  # read by one reviewer


def lint(cycle: Cycle, load: Load | None = None, least_workdays: int = LEAST_WORKDAYS) -> list[Finding]:
    """Everything found, waived findings included, in the order of the file.

    Without a load, what depends on the roster is not looked at.
    """
    found = [finding for stage in cycle.stages for finding in _of_stage(cycle, stage, load, least_workdays)]
    found += _busy_weeks(cycle)
    found += _key(cycle)
    found += _by_hand(cycle)
    judged = [_judged(cycle, finding) for finding in found]
    judged += _unused_waivers(cycle, found)
    return sorted(judged, key=lambda finding: finding.line)


def standing(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that no waiver accepts."""
    return [finding for finding in findings if finding.waived is None]


def _of_stage(cycle: Cycle, stage: Stage, load: Load | None, least: int) -> Iterator[Finding]:
    yield from _due_day(cycle, stage)
    yield from _statute(cycle, stage)
    yield from _needed_first(cycle, stage)
    yield from _window(cycle, stage, least)
    yield from _rungs(cycle, stage)
    yield from _clocks(cycle, stage)
    if load:
        yield from _review_load(cycle, stage, load)
        yield from _roles(stage, load)


def _find(stage: Stage, code: Code, place: str, why: str, fix: str) -> Finding:
    return Finding(code, stage.line_of(place), stage.key, why, fix)


def _due_day(cycle: Cycle, stage: Stage) -> Iterator[Finding]:
    due = stage.dates.due.on
    closed = cycle.workdays.closed_words(due)
    if closed:
        fix = f"if_closed: {'previous' if stage.statutory else 'next'} workday"
        yield _find(
            stage, Code.DUE_ON_CLOSED_DAY, "due", f"it is due on {in_words(due)}, which {closed}", fix
        )


def _statute(cycle: Cycle, stage: Stage) -> Iterator[Finding]:
    if not stage.statutory:
        return
    if not stage.basis:
        why = "the date is statutory, but no law is named"
        yield _find(stage, Code.BASIS_MISSING, "due", why, 'basis: "KRS 160.470(6)(a)"')
    legal = work_out(cycle.rules).written.get(StageDay(stage.key, Point.DUE)) if cycle.rules else None
    if legal and stage.dates.due.on > legal:
        why = f"the law says {in_words(legal)}, but it is due on {in_words(stage.dates.due.on)}"
        yield _find(stage, Code.STATUTORY_MISSED, "due", why, "if_closed: previous workday")


def _needed_first(cycle: Cycle, stage: Stage) -> Iterator[Finding]:
    for needed in map(cycle.stage, stage.after):
        if needed.dates.due.on > stage.dates.due.on:
            why = (
                f"it waits for {needed.key}, which is due on {in_words(needed.dates.due.on)}, "
                f"after its own due day {in_words(stage.dates.due.on)}"
            )
            fix = f"due: 10 workdays after {needed.key}.due"
            yield _find(stage, Code.IMPOSSIBLE_AFTER, "after", why, fix)


def _window(cycle: Cycle, stage: Stage, least: int) -> Iterator[Finding]:
    due = stage.dates.due.on
    eve = stage.dates.opens.on - DAY  # the opening day itself can be worked on
    if cycle.workdays.count(eve, due) < least:
        why = f"from its opening to its due day it has {_workdays(cycle, eve, due)}, fewer than {least}"
        yield _find(stage, Code.SHORT_WINDOW, "opens", why, f"opens: {least} workdays before due")
        return
    for needed in map(cycle.stage, stage.after):
        begins = needed.dates.due.on
        if begins <= due and cycle.workdays.count(begins, due) < least:
            why = f"once {needed.key} is due it has {_workdays(cycle, begins, due)} left, fewer than {least}"
            fix = f"due: {least} workdays after {needed.key}.due"
            yield _find(stage, Code.SHORT_WINDOW, "due", why, fix)


def _workdays(cycle: Cycle, after: date, until: date) -> str:
    return counted(cycle.workdays.count(after, until), "workday")


def _rungs(cycle: Cycle, stage: Stage) -> Iterator[Finding]:
    opens, due, close = stage.dates.opens.on, stage.dates.due.on, stage.dates.close.on
    heard = _walk(cycle, stage.ladder, due, opens, close)
    for rung in stage.ladder:
        on = cycle.rung_day(rung, due, opens)[0]
        place = "escalate" if rung.kind is RungKind.ESCALATION else "reminders"
        what = f"{str(rung.offset)!r} comes on {in_words(on)}"
        if on < opens:
            why = f"{what}, before the stage opens on {in_words(opens)}"
            years = YEAR_WORDS.get(on.year - cycle.year)
            fix = f"leave out {str(rung.offset)!r}" if years is None else f"opens: {on:%B} {on.day}{years}"
            yield _find(stage, Code.RUNG_BEFORE_OPEN, place, why, fix)
        elif on > close:
            why = f"{what}, after the stage closes on {in_words(close)}"
            fix = f"close: {cycle.workdays.count(due, on)} workdays after due"
            yield _find(stage, Code.RUNG_AFTER_CLOSE, place, why, fix)
        elif rung.key not in heard:
            why = f"{what} with a later one to the same people, who hear only that one"
            yield _find(stage, Code.RUNG_DOUBLED, place, why, f"leave out {str(rung.offset)!r}")
    yield from _review_rungs(cycle, stage)


def _walk(cycle: Cycle, ladder: Iterable[Rung], due: date, opens: date, close: date) -> set[str]:
    """The rungs that somebody hears, found by walking the window day by day as the rounds do.

    A person told by several rungs on one day hears the last of them.
    """
    by_day: dict[date, list[Rung]] = defaultdict(list)
    for rung in ladder:
        by_day[cycle.rung_day(rung, due, opens)[0]].append(rung)
    heard: set[str] = set()
    day = opens
    while day <= close:
        last_word = {role: rung.key for rung in by_day.get(day, ()) for role in rung.to}
        heard.update(last_word.values())
        day += DAY
    return heard


def _review_rungs(cycle: Cycle, stage: Stage) -> Iterator[Finding]:
    """Rungs of a review's rounds that no plan's clock reaches, whenever in the window it begins."""
    review = stage.review
    if review is None:
        return
    ladders = (
        ("reviewer_reminders", review.reviewer_ladder, (review.first_look, review.second_look)),
        ("revision_reminders", review.revision_ladder, (review.revise,)),
    )
    for place, ladder, lengths in ladders:
        heard = {key for length in lengths for key in _walk_rounds(cycle, stage, ladder, length)}
        for rung in ladder:
            if rung.key not in heard:
                why = (
                    f"no round is long enough for {str(rung.offset)!r} in {place}, or a later one replaces it"
                )
                fix = f"leave out {str(rung.offset)!r}"
                yield _find(stage, Code.RUNG_NEVER_FIRES, "review", why, fix)


def _walk_rounds(cycle: Cycle, stage: Stage, ladder: Iterable[Rung], length: Offset) -> set[str]:
    workdays = cycle.workdays
    ladder = tuple(ladder)
    heard: set[str] = set()
    begins = workdays.on_or_after(stage.dates.opens.on)
    while begins <= stage.dates.close.on and len(heard) < len(ladder):
        due = workdays.on_or_after(length.from_day(begins, workdays))
        # A review ends with its decision, not on a day: late rungs have all the time they need.
        heard |= _walk(cycle, ladder, due, begins, due + timedelta(days=120))
        begins = workdays.shift(begins, 1)
    return heard


def _clocks(cycle: Cycle, stage: Stage) -> Iterator[Finding]:
    review = stage.review
    distances = [(stage.grace, "grace"), *((rung.offset, "reminders") for rung in stage.ladder)]
    if review:
        distances += [(length, "review") for length in (review.first_look, review.revise, review.second_look)]
    stopped = [(str(length), place) for length, place in distances if length and length.clock_stopped]
    stopped += [(rule, point) for point, rule in stage.words.items() if "clock stopped" in rule]
    for distance, place in stopped:
        if not cycle.workdays.stops:
            why = f"{distance!r} leaves out clock stops, but the file has none"
            yield _find(stage, Code.NO_CLOCK_STOPS, place, why, SUMMER)


def _review_load(cycle: Cycle, stage: Stage, load: Load) -> Iterator[Finding]:
    """Whether all plans, arriving on the last day they may, can be read in the first look."""
    if stage.review is None:
        return
    arrive = max((cycle.stage(key).dates.due.on for key in stage.after), default=stage.dates.opens.on)
    arrive = max(arrive, stage.dates.opens.on)
    until = cycle.workdays.on_or_after(stage.review.first_look.from_day(arrive, cycle.workdays))
    days = cycle.workdays.count(arrive, until)
    daily = load.reviewers * load.plans_a_day
    if days * daily < load.districts:
        why = (
            f"{load.districts} plans may arrive on {in_words(arrive)}; {load.reviewers} reviewers reading "
            f"{load.plans_a_day} a day read {days * daily} of them in the first look's {days} workdays"
        )
        need = -(-load.districts // daily) if daily else 0
        fix = f"first_look: {need} workdays" if need else "a contact with the role reviewer"
        yield _find(stage, Code.REVIEW_TOO_SHORT, "review", why, fix)


def _roles(stage: Stage, load: Load) -> Iterator[Finding]:
    told: dict[str, str] = {}
    for rung in stage.ladder:
        for role in rung.to:
            told.setdefault(role, "escalate" if rung.kind is RungKind.ESCALATION else "reminders")
    if stage.review:
        for rung in (*stage.review.reviewer_ladder, *stage.review.revision_ladder):
            told.update({role: "review" for role in rung.to if role not in told})
    for role, place in told.items():
        if missing := load.unheld.get(role):
            why = f"it writes to the {role.replace('_', ' ')}, whom {_bodies(missing, load)} not have"
            yield _find(stage, Code.ROLE_EMPTY, place, why, f"a contact with the role {role}")


def _bodies(names: Sequence[str], load: Load) -> str:
    """Those who do not have a role; of very many the first ones, and how many more there are."""
    if len(names) == load.districts > 1:
        return f"all {load.districts} districts do"
    if len(names) > MOST_BODIES:
        return f"{', '.join(names[:MOST_BODIES])} and {len(names) - MOST_BODIES} more do"
    *most, last = names
    return f"{', '.join(most)} and {last} do" if most else f"{last} does"


def _busy_weeks(cycle: Cycle) -> Iterator[Finding]:
    """Two stages that are real work, due in one week from the same role."""
    heavy = [s for s in cycle.stages if s.kind is not StageKind.MILESTONE and s.owed_by is OwedBy.DISTRICTS]
    heavy.sort(key=lambda stage: stage.dates.due.on)
    for first, second in combinations(heavy, 2):
        shared = [role for role in second.tell if role in first.tell]
        one, two = first.dates.due.on, second.dates.due.on
        if shared and one.isocalendar()[:2] == two.isocalendar()[:2]:
            why = f"the {shared[0].replace('_', ' ')} owes {first.key} in the same week, on {in_words(one)}"
            yield _find(second, Code.BUSY_WEEK, "due", why, f"due: 5 workdays after {first.key}.due")


def years_named(key: str) -> list[str]:
    """The years that a cycle's key names: those of "plan-2026-2027"."""
    return re.findall(r"(?<!\d)20\d\d(?!\d)", key)


def _key(cycle: Cycle) -> Iterator[Finding]:
    named = years_named(cycle.key)
    if named and str(cycle.year) not in named:
        why = f"the key {cycle.key} names {named[-1]}, but the dates are those of {cycle.year}"
        line = cycle.lines.get("cycle", 0)
        yield Finding(Code.KEY_OF_OTHER_YEAR, line, "", why, "", example=f"year: {named[-1]}")


def _by_hand(cycle: Cycle) -> Iterator[Finding]:
    """Days closed or opened by hand that change nothing: of a year no date lies in, or open anyway."""
    ends = [day.on.year for stage in cycle.stages for day in (stage.dates.opens, stage.dates.close)]
    first, last = min(ends, default=cycle.year), max(ends, default=cycle.year)
    years = range(min(first, cycle.year), max(last, cycle.year) + 1)
    span = f"{years[0]} to {years[-1]}" if len(years) > 1 else f"{years[0]}"
    for given in cycle.corrections:
        if outside := [on for on in given.days if on.year not in years]:
            why = f"{given.name} names {_listed(outside)}, but the calendar's dates lie in {span}"
            fix = f"leave out {_listed(outside)}"
            yield Finding(Code.DAY_OF_OTHER_YEAR, given.line, "", why, fix)
        if idle := [on for on in given.idle if on.year in years]:
            why = f"{given.name} names {_listed(idle)}, on which no holiday falls, so nothing is opened"
            yield Finding(Code.OPEN_ANYWAY, given.line, "", why, f"leave out {_listed(idle)}")


def _listed(days: Sequence[date]) -> str:
    """The days as the file writes them; of very many the first ones, and how many more there are."""
    more = f" and {len(days) - MOST_DAYS} more" if len(days) > MOST_DAYS else ""
    return ", ".join(map(str, sorted(days)[:MOST_DAYS])) + more


def _judged(cycle: Cycle, finding: Finding) -> Finding:
    waiver = next((w for w in _waivers_for(cycle, finding.stage) if w.finding == finding.code), None)
    return replace(finding, waived=waiver.why) if waiver else finding


def _waivers_for(cycle: Cycle, stage_key: str) -> tuple[Waiver, ...]:
    own = cycle.stage(stage_key).waivers if stage_key else ()
    return own + cycle.waivers


def _unused_waivers(cycle: Cycle, found: Iterable[Finding]) -> Iterator[Finding]:
    """Waivers of things that are not so, or no longer. A repeated stage uses its waiver if one of it does."""
    used = {
        (waiver.line, waiver.finding)
        for finding in found
        for waiver in _waivers_for(cycle, finding.stage)
        if waiver.finding == finding.code
    }
    seen = set(used)
    places = [("", waiver) for waiver in cycle.waivers]
    places += [(stage.key, waiver) for stage in cycle.stages for waiver in stage.waivers]
    for stage_key, waiver in places:
        if (waiver.line, waiver.finding) not in seen:
            seen.add((waiver.line, waiver.finding))
            why = f"nothing here is {str(waiver.finding)!r} (any more)"
            yield Finding(Code.UNUSED_WAIVER, waiver.line, stage_key, why, "delete the waiver")
