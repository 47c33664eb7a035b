"""Dates checked against what shares no code with ours: dateutil, the holidays library, walking day by day."""

from datetime import date, timedelta

import holidays
import pytest
from dateutil.easter import easter
from dateutil.relativedelta import FR, MO, TH, TU, relativedelta

from yearwheel.calendar.holidays import NAMED, work_calendar
from yearwheel.config.cycle_file import load_cycle, read_shipped

YEARS = range(2024, 2061)
DAY = timedelta(days=1)
FEDERAL_NAMES = {
    "New Year's Day": "New Year's Day",
    "Martin Luther King Jr. Day": "Martin Luther King Jr. Day",
    "Washington's Birthday": "Washington's Birthday",
    "Memorial Day": "Memorial Day",
    "Juneteenth": "Juneteenth National Independence Day",
    "Independence Day": "Independence Day",
    "Labor Day": "Labor Day",
    "Columbus Day": "Columbus Day",
    "Veterans Day": "Veterans Day",
    "Thanksgiving": "Thanksgiving Day",
    "Christmas": "Christmas Day",
}
SHIPPED = read_shipped("kentucky-2027")


@pytest.mark.parametrize("year", YEARS)
def test_named_holidays_agree_with_the_holidays_library(year: int):
    library = {name: on for on, name in holidays.country_holidays("US", years=year, observed=False).items()}
    assert {ours: NAMED[ours](year) for ours in FEDERAL_NAMES} == {
        ours: library[theirs] for ours, theirs in FEDERAL_NAMES.items()
    }


@pytest.mark.parametrize("year", YEARS)
def test_the_holidays_that_are_not_federal_agree_with_dateutil(year: int):
    assert NAMED["Good Friday"](year) == easter(year) + relativedelta(weekday=FR(-1))
    assert NAMED["Election Day"](year) == date(year, 11, 2) + relativedelta(weekday=TU(1))


def closed_by_krs_18a_190(year: int) -> set[date]:
    """The statute's days, weekends left out, in dateutil's words."""
    thanksgiving = date(year, 11, 1) + relativedelta(weekday=TH(4))
    days = {
        date(year, 1, 1) + relativedelta(weekday=MO(3)),
        date(year, 5, 31) + relativedelta(weekday=MO(-1)),
        date(year, 9, 1) + relativedelta(weekday=MO(1)),
        thanksgiving,
        thanksgiving + DAY,
        *(kept(date(year, *day)) for day in ((7, 4), (11, 11))),
    }
    for holiday in (date(year, 12, 25), date(year, 1, 1), date(year + 1, 1, 1)):
        extra = kept(holiday) - DAY
        while extra.weekday() > 4:
            extra -= DAY
        days |= {kept(holiday), extra}
    if year % 4 == 0:
        days.add(date(year, 11, 2) + relativedelta(weekday=TU(1)))
    return {on for on in days if on.year == year}


def kept(on: date) -> date:
    return on - DAY if on.weekday() == 5 else on + DAY if on.weekday() == 6 else on


@pytest.mark.parametrize("year", YEARS)
def test_kentuckys_closed_weekdays_are_the_statutes(year: int):
    closed = work_calendar("kentucky-state-offices").holidays(year)
    assert {on for on in closed if on.weekday() < 5} == closed_by_krs_18a_190(year)


def is_open(on: date) -> bool:
    return on.weekday() < 5 and on not in closed_by_krs_18a_190(on.year)


def walk(on: date, step: timedelta) -> date:
    while not is_open(on):
        on += step
    return on


@pytest.mark.parametrize("year", YEARS)
def test_kentuckys_due_days_are_those_a_walk_day_by_day_comes_to(year: int):
    cycle = load_cycle(SHIPPED.replace("year: 2027", f"year: {year}"))
    back = {"budget_preparation": (1, 31), "local_approval": (5, 30), "readiness_survey": (9, 30),
            "working_budget": (9, 30), "close": (12, 31)}  # fmt: skip
    on = {"cycle_setup": (1, 4), "stakeholder_input": (3, 15), "drafting": (4, 15), "alignment": (5, 15),
          "plan_submission": (6, 15), "oet_review": (7, 31), "progress_check": (11, 30),
          "inventory_validation": (12, 15)}  # fmt: skip
    expected = {key: walk(date(year, *day), -DAY) for key, day in back.items()}
    expected |= {key: walk(date(year, *day), DAY) for key, day in on.items()}
    expected["erate_471"] = date(year, 4, 1)
    expected["erate_470"] = walk(date(year, 4, 1) - 28 * DAY, -DAY)
    assert {stage.key: stage.dates.due.on for stage in cycle.stages} == expected
