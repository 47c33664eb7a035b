"""docs/rules.md means what it says."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from yearwheel.calendar.holidays import NAMED, work_calendar
from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.rule_words import parse_rule
from yearwheel.calendar.rules import (
    FISCAL,
    Context,
    FixedDay,
    IfClosed,
    NthWeekday,
    Point,
    StageDay,
    YearSpan,
)
from yearwheel.calendar.workdays import ClockStop
from yearwheel.config.cycle_file import load_cycle

DOC = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
SAMPLE = (Path(__file__).parents[1] / "cycles" / "sample.yaml").read_text("utf-8")
RULES = re.findall(r"^\| `(.+)` \| (\d{4}-\d{2}-\d{2}) \|$", DOC, re.MULTILINE)
DISTANCES = re.findall(r"^\| `(.+)` \|$", DOC, re.MULTILINE)
REPEATED = re.findall(r"^\| `(.+)` \| (\w+ \d+) \|$", DOC, re.MULTILINE)
OFFICES = work_calendar("kentucky-state-offices")
SUMMER = ClockStop("summer", date(2027, 5, 28), date(2027, 9, 10))
IN_2027 = Context(
    2027,
    OFFICES,
    {StageDay("drafting", Point.DUE): date(2027, 4, 15)},
    FISCAL | {"school": YearSpan(NthWeekday(2, 2, 8), FixedDay(5, 22))},
    (date(2027, 1, 25), date(2027, 2, 22), date(2027, 3, 22)),
)


@pytest.mark.parametrize(("words", "day"), RULES)
def test_each_documented_rule_means_its_day(words: str, day: str):
    rule = parse_rule(words)
    context = replace(IN_2027, workdays=replace(OFFICES, stops=(SUMMER,)))
    assert (str(rule), rule.on(context).isoformat()) == (words, day)


def test_each_form_of_rule_is_documented():
    forms = {type(parse_rule(words)).__name__ for words, _ in RULES}
    assert forms == {
        "FixedDay", "MonthEnd", "NthWeekday", "NthWorkday", "HolidayDay", "StageDay",
        "Away", "WeekdayNear", "WorkdayNear", "WeekOf", "NthWeek", "YearEdge", "BoardMeeting",
    }  # fmt: skip


@pytest.mark.parametrize(("words", "day"), REPEATED)
def test_each_documented_rule_of_a_repeated_stage_means_its_day(words: str, day: str):
    every, key = ("quarter", "report_q2") if "quarter" in words else ("month", "report_april")
    text = SAMPLE + (
        f"  - {{key: report, kind: milestone, every: {every}, ask: Report., "
        f"opens: first day of the fiscal year, due: {{on: {words}, if_closed: none}}, tell: principal}}\n"
    )
    due = load_cycle(text).stage(key).dates.due.on
    assert f"{due:%B} {due.day}" == day


def test_the_documented_holidays_and_stops_can_be_read():
    blocks = "\n".join(re.findall(r"```yaml\n((?:holidays|years|clock_stops):\n.*?)```", DOC, re.DOTALL))
    text = SAMPLE.replace("holidays: kentucky-state-offices\n", blocks)
    cycle = load_cycle(text, files={"closures.csv": b"date,reason\n2027-02-15,snow\n"})
    assert cycle.workdays.closed_because(date(2027, 1, 20)) == "ice storm"
    assert cycle.workdays.closed_because(date(2027, 2, 15)) == "snow"
    assert SUMMER in cycle.workdays.stops


@pytest.mark.parametrize("words", DISTANCES)
def test_each_documented_distance_can_be_read(words: str):
    assert str(Offset.parse(words)) == words


def test_every_holiday_and_every_way_to_roll_is_documented():
    prose = " ".join(DOC.split())
    assert [name for name in NAMED if name not in prose] == []
    assert [way for way in IfClosed if f"`{way}`" not in DOC] == []
