"""docs/rules.md means what it says."""

import re
from datetime import date
from pathlib import Path

import pytest

from yearwheel.calendar.holidays import NAMED, work_calendar
from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.rule_words import parse_rule
from yearwheel.calendar.rules import Context, IfClosed, Point, StageDay

DOC = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
RULES = re.findall(r"^\| `(.+)` \| (\d{4}-\d{2}-\d{2}) \|$", DOC, re.MULTILINE)
DISTANCES = re.findall(r"^\| `(.+)` \|$", DOC, re.MULTILINE)
IN_2027 = Context(
    2027, work_calendar("kentucky-state-offices"), {StageDay("drafting", Point.DUE): date(2027, 4, 15)}
)


@pytest.mark.parametrize(("words", "day"), RULES)
def test_each_documented_rule_means_its_day(words: str, day: str):
    rule = parse_rule(words)
    assert (str(rule), rule.on(IN_2027).isoformat()) == (words, day)


def test_each_form_of_rule_is_documented():
    forms = {type(parse_rule(words)).__name__ for words, _ in RULES}
    assert forms == {
        "FixedDay", "MonthEnd", "NthWeekday", "NthWorkday", "HolidayDay", "StageDay",
        "Away", "WeekdayNear", "WorkdayNear", "WeekOf",
    }  # fmt: skip


@pytest.mark.parametrize("words", DISTANCES)
def test_each_documented_distance_can_be_read(words: str):
    assert str(Offset.parse(words)) == words


def test_every_holiday_and_every_way_to_roll_is_documented():
    prose = " ".join(DOC.split())
    assert [name for name in NAMED if name not in prose] == []
    assert [way for way in IfClosed if f"`{way}`" not in DOC] == []
