"""What holds for every rule, every year from 2024 to 2060, and every text anyone may write."""

from dataclasses import replace
from datetime import date, timedelta

from dateutil.relativedelta import MO, relativedelta, weekday
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from yearwheel.calendar.holidays import NAMED, nth_weekday, work_calendar
from yearwheel.calendar.offsets import Offset, Side, Unit
from yearwheel.calendar.rule_words import EXAMPLES, parse_rule
from yearwheel.calendar.rules import (
    LAST,
    WEEKDAYS,
    Away,
    BoardMeeting,
    Context,
    FixedDay,
    HolidayDay,
    IfClosed,
    MonthEnd,
    Near,
    NthWeek,
    NthWeekday,
    NthWorkday,
    Point,
    Rule,
    RuleError,
    StageDay,
    WeekdayNear,
    WeekOf,
    WorkdayNear,
    YearEdge,
    roll,
)
from yearwheel.calendar.workdays import ClockStop
from yearwheel.config.cycle_file import CycleFileError, Problem, load_cycle, read_shipped
from yearwheel.services.lint import read_far

CALENDARS = [work_calendar("kentucky-state-offices"), work_calendar("us-federal")]
YEARS = range(2024, 2061)
DAY = timedelta(days=1)

# The first look at a year's holidays loads them, which is slow once.
unhurried = settings(deadline=None)

years = st.sampled_from(YEARS)
days = st.dates(date(2024, 1, 1), date(2060, 12, 31))
calendars = st.sampled_from(CALENDARS)
months = st.integers(1, 12)
other_year = st.sampled_from([-1, 0, 1])
weekdays = st.integers(0, 6)
stage_days = st.builds(StageDay, st.sampled_from(["drafting", "erate_471", None]), st.sampled_from(Point))
fixed = st.dates(date(2027, 1, 1), date(2027, 12, 31)).flatmap(
    lambda on: st.builds(FixedDay, st.just(on.month), st.just(on.day), other_year)
)
plain_days = st.one_of(
    fixed,
    st.builds(MonthEnd, months, other_year),
    # A fifth weekday may not exist; the unit tests say what happens then.
    st.builds(NthWeekday, st.sampled_from([1, 2, 3, 4, LAST]), weekdays, months, other_year),
    st.builds(NthWorkday, st.sampled_from([*range(1, 16), LAST]), months, other_year),
    st.builds(HolidayDay, st.sampled_from(sorted(NAMED)), other_year),
    stage_days,
    st.builds(NthWeek, st.sampled_from([1, 2, 3, 4, LAST]), months, other_year),
    st.builds(
        YearEdge,
        st.sampled_from([1, LAST]),
        st.sampled_from([Unit.DAY, Unit.WORKDAY]),
        st.just("fiscal"),
        other_year,
    ),
)
offsets = st.builds(
    Offset,
    st.integers(1, 99),
    st.sampled_from(Unit),
    st.sampled_from([Side.BEFORE, Side.AFTER]),
    st.booleans(),
)
rules: st.SearchStrategy[Rule] = st.one_of(
    plain_days,
    st.builds(Away, offsets, plain_days),
    st.builds(WeekdayNear, weekdays, st.sampled_from(Near), plain_days),
    st.builds(WorkdayNear, st.sampled_from([Near.ON_OR_BEFORE, Near.ON_OR_AFTER]), plain_days),
    st.builds(WeekOf, plain_days),
    st.builds(BoardMeeting, st.sampled_from(Near), plain_days),
)


def context(year: int, calendar=CALENDARS[0]) -> Context:
    known = {StageDay(s, p): date(year, 4, 15) for s in ("drafting", "erate_471", None) for p in Point}
    meetings = tuple(nth for month in range(1, 13) if (nth := nth_weekday(year, month, 3, 2)))
    return Context(year, replace(calendar, stops=summers(year)), known, meetings=meetings)


def summers(year: int) -> tuple[ClockStop, ...]:
    """Friday before Memorial Day to Friday after Labor Day, worked out with dateutil."""
    return tuple(
        ClockStop(
            "summer",
            date(y, 5, 31) + relativedelta(weekday=MO(-1)) - 3 * DAY,
            date(y, 9, 1) + relativedelta(weekday=MO(1)) + 4 * DAY,
        )
        for y in range(year - 2, year + 3)
    )


def walked(start: date, steps: int, calendar) -> date:
    """The nth working day away, found by listing every day: slow, and plainly right."""
    sign = 1 if steps > 0 else -1
    open_days = (
        start + sign * n * DAY
        for n in range(1, 2000)
        if (start + sign * n * DAY).weekday() < 5
        and (start + sign * n * DAY) not in calendar.holidays((start + sign * n * DAY).year)
    )
    for _ in range(abs(steps) - 1):
        next(open_days)
    return next(open_days)


def test_every_form_of_rule_gives_a_date_in_every_year():
    for year in YEARS:
        for words in EXAMPLES:
            assert abs(parse_rule(words).on(context(year)).year - year) <= 1


@unhurried
@given(rules, years)
def test_any_rule_gives_a_date(rule: Rule, year: int):
    assert isinstance(rule.on(context(year)), date)


@unhurried
@given(rules)
def test_a_rule_prints_the_words_it_is_read_from(rule: Rule):
    assert parse_rule(str(rule)) == rule
    assert parse_rule(str(rule).upper()) == rule


@unhurried
@given(days, st.integers(-60, 60).filter(bool), calendars)
def test_counting_workdays_agrees_with_walking_day_by_day(start: date, steps: int, calendar):
    assert calendar.shift(start, steps) == walked(start, steps, calendar)


@unhurried
@given(days, st.integers(-60, 60).filter(bool), calendars)
def test_counting_workdays_never_lands_on_a_closed_day_and_can_be_counted_back(start, steps, calendar):
    landed = calendar.shift(start, steps)
    assert calendar.closed_because(landed) is None
    between = calendar.count(start, landed)
    assert between == steps if steps > 0 else between in (steps, steps + 1)


@unhurried
@given(years, months, weekdays, st.sampled_from([1, 2, 3, 4, LAST]))
def test_the_nth_weekday_agrees_with_dateutil(year: int, month: int, day: int, nth: int):
    if nth == LAST:
        expected = date(year, month, 1) + relativedelta(day=31, weekday=weekday(day)(-1))
    else:
        expected = date(year, month, 1) + relativedelta(weekday=weekday(day)(nth))
    assert NthWeekday(nth, day, month).on(context(year)) == expected


@unhurried
@given(years, months)
def test_the_month_end_agrees_with_dateutil(year: int, month: int):
    assert MonthEnd(month).on(context(year)) == date(year, month, 1) + relativedelta(day=31)


@unhurried
@given(years, plain_days, weekdays, st.sampled_from(Near))
def test_a_weekday_near_a_day_is_the_first_one_met_walking_that_way(year, day, on_weekday, near):
    found = WeekdayNear(on_weekday, near, day).on(context(year))
    start = day.on(context(year))
    step = DAY if near in (Near.AFTER, Near.ON_OR_AFTER) else -DAY
    walk = start if near in (Near.ON_OR_AFTER, Near.ON_OR_BEFORE) else start + step
    while f"{walk:%A}" != WEEKDAYS[on_weekday]:
        walk += step
    assert found == walk


@unhurried
@given(
    years, st.integers(1, 60).flatmap(lambda n: st.sampled_from([n, -n])), st.booleans(), st.integers(0, 364)
)
def test_a_stopped_clock_agrees_with_crossing_off_days_one_by_one(year, count, workdays_only, day):
    start, calendar = date(year, 1, 1) + day * DAY, context(year).workdays
    step = DAY if count > 0 else -DAY
    off = {s.first + n * DAY for s in calendar.stops for n in range((s.last - s.first).days + 1)}
    on, left = start, abs(count)
    while left:
        on += step
        if on not in off and not (workdays_only and calendar.closed_because(on)):
            left -= 1
    unit, side = Unit.WORKDAY if workdays_only else Unit.DAY, Side.AFTER if count > 0 else Side.BEFORE
    assert Offset(abs(count), unit, side, clock_stopped=True).from_day(start, calendar) == on


@unhurried
@given(years, months, st.sampled_from([1, 2, 3, 4, LAST]))
def test_the_nth_week_begins_on_the_months_nth_monday_as_dateutil_counts(year: int, month: int, nth: int):
    start = date(year, month, 1)
    expected = start + (
        relativedelta(day=31, weekday=MO(-1)) if nth == LAST else relativedelta(weekday=MO(nth))
    )
    assert NthWeek(nth, month).on(context(year)) == expected


@unhurried
@given(years, plain_days, st.sampled_from(Near))
def test_a_board_meeting_is_the_nearest_one_on_its_side_or_the_day_itself(year, day, near):
    here = context(year)
    start = day.on(here)
    allowed = {
        Near.BEFORE: lambda on: on < start,
        Near.ON_OR_BEFORE: lambda on: on <= start,
        Near.AFTER: lambda on: on > start,
        Near.ON_OR_AFTER: lambda on: on >= start,
    }[near]
    close = [on for on in here.meetings if allowed(on) and abs((on - start).days) <= 45]
    assert BoardMeeting(near, day).on(here) == min(close, key=lambda on: abs(on - start), default=start)


@unhurried
@given(days, st.sampled_from(IfClosed), calendars)
def test_a_roll_ends_on_an_open_day_and_speaks_only_when_it_moved(on: date, if_closed: IfClosed, calendar):
    moved, because = roll(on, if_closed, calendar)
    assert (because is None) == (moved == on)
    assert if_closed is IfClosed.NONE or calendar.is_workday(moved)
    assert if_closed is not IfClosed.PREVIOUS or moved <= on
    assert if_closed is not IfClosed.NEXT or moved >= on


RULE_WORDS = """first last 2nd 99th Monday workday of January May 31 0 7 days before after on or the week due
    drafting.due Thanksgiving year . -1 ² İ"""
words = st.sampled_from([*RULE_WORDS.split(), "\x00"])


def problems_of(text: str) -> list[Problem]:
    try:
        load_cycle(text)
    except CycleFileError as error:
        return error.problems
    return []


@unhurried
@given(st.one_of(st.text(max_size=80), st.lists(words, max_size=8).map(" ".join)))
@example("1 day before " * 40)
@example("٣ days before due")
@example("January ３１")
def test_no_text_crashes_the_reader_of_rules(text: str):
    try:
        rule = parse_rule(text)
    except RuleError:
        return
    assert parse_rule(str(rule)) == rule


YAML_WORDS = """cycle: stages: - key due: {on: [ ] } & * ! | > ' " # --- ... ? : , %YAML kind opens ~ null
    \\U99999999"""
yaml_words = st.sampled_from([*YAML_WORDS.split(), "\n", "\t", "\n  ", "\x07", "\ufeff"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=200), st.lists(yaml_words, max_size=30).map(" ".join)))
@example("? [a]\n: b")
@example('"\\U99999999"')
@example("\ud800")
@example("a: !!float x")
@example("%YAML 9.9\n---\na: b")
@example("{}")
@example("<<: {a: b}")
def test_no_text_crashes_the_reader_of_cycle_files(text: str):
    assert problems_of(text) != []


SHIPPED = read_shipped("kentucky-2027")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_sound_file_crashes_its_reader_or_the_linter(data):
    lines = SHIPPED.splitlines(keepends=True)
    start = data.draw(st.integers(0, len(lines) - 1))
    length = data.draw(st.integers(0, 6))
    put = data.draw(
        st.one_of(st.text(max_size=20), st.lists(yaml_words, max_size=4).map(" ".join), st.just(""))
    )
    damaged = "".join([*lines[:start], put, *lines[start + length :]])
    findings = read_far(damaged).findings()
    assert all(1 <= finding.line <= damaged.count("\n") + 1 for finding in findings)
