from datetime import date

import pytest

from yearwheel.calendar.holidays import work_calendar
from yearwheel.calendar.rule_words import EXAMPLES, parse_rule
from yearwheel.calendar.rules import Context, IfClosed, Point, RuleError, StageDay, roll, stage_day_of

KENTUCKY = work_calendar("kentucky-state-offices")
DRAFTING_DUE = StageDay("drafting", Point.DUE)
IN_2027 = Context(
    2027, KENTUCKY, {DRAFTING_DUE: date(2027, 4, 15), StageDay(None, Point.DUE): date(2027, 1, 29)}
)

MEANINGS = {
    "January 31": "2027-01-31",
    "December 1 of the year before": "2026-12-01",
    "January 10 of the year after": "2028-01-10",
    "last day of February": "2027-02-28",
    "last day of February of the year after": "2028-02-29",
    "first Monday of May": "2027-05-03",
    "second Tuesday of June": "2027-06-08",
    "third Wednesday of June": "2027-06-16",
    "fourth Thursday of November": "2027-11-25",
    "fifth Monday of March": "2027-03-29",
    "last Friday of December": "2027-12-31",
    "first workday of January": "2027-01-04",
    "second workday of January": "2027-01-05",
    "7th workday of July": "2027-07-12",
    "last workday of January": "2027-01-29",
    "last workday of December": "2027-12-29",
    "Memorial Day": "2027-05-31",
    "New Year's Day of the year after": "2028-01-01",
    "drafting.due": "2027-04-15",
    "due": "2027-01-29",
    "20 workdays after drafting.due": "2027-05-13",
    "28 days before drafting.due": "2027-03-18",
    "1 week after drafting.due": "2027-04-22",
    "5 workdays after due": "2027-02-05",
    "2 weeks before Thanksgiving": "2027-11-11",
    "10 days after March 1": "2027-03-11",
    "1 workday before January 31": "2027-01-29",
    "3 days after first Monday of May": "2027-05-06",
    "Friday before Memorial Day": "2027-05-28",
    "Monday before Memorial Day": "2027-05-24",
    "Monday on or before Memorial Day": "2027-05-31",
    "Monday on or after Memorial Day": "2027-05-31",
    "Monday after Memorial Day": "2027-06-07",
    "Tuesday after November 1": "2027-11-02",
    "on or before January 31": "2027-01-29",
    "on or after January 31": "2027-02-01",
    "on or after July 1": "2027-07-01",
    "the week of Thanksgiving": "2027-11-22",
    "the week of September 6": "2027-09-06",
    "first week of March": "2027-03-01",
    "last week of March": "2027-03-29",
    "first week of August": "2027-08-02",
    "first day of the fiscal year": "2026-07-01",
    "last day of the fiscal year": "2027-06-30",
    "first workday of the fiscal year": "2026-07-01",
    "last workday of the previous fiscal year": "2026-06-30",
    "first day of the next fiscal year": "2027-07-01",
    "30 days before last day of the fiscal year": "2027-05-31",
    "last board meeting before January 31": "2027-01-31",
    "10 workdays after due, clock stopped": "2027-02-12",
}


@pytest.mark.parametrize(("words", "meaning"), MEANINGS.items())
def test_a_rule_means_its_date_in_2027_and_prints_back_as_its_words(words: str, meaning: str):
    rule = parse_rule(words)
    assert rule.on(IN_2027).isoformat() == meaning
    assert str(rule) == words


@pytest.mark.parametrize("words", EXAMPLES)
def test_every_example_we_offer_can_be_read(words: str):
    assert str(parse_rule(words)) == words


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("  january   31 ", "January 31"),
        ("LAST WORKDAY OF JANUARY", "last workday of January"),
        ("2nd workday of July", "second workday of July"),
        ("the first monday of may", "first Monday of May"),
        ("six weeks after drafting.due", "6 weeks after drafting.due"),
        ("The Third Week of March", "third week of March"),
        ("the last board meeting on or before january 31", "last board meeting on or before January 31"),
        ("the Friday before memorial day", "Friday before Memorial Day"),
        ("week of thanksgiving day", "the week of Thanksgiving"),
        ("1 workdays before drafting.due", "1 workday before drafting.due"),
        ("sixth workday of July", "6th workday of July"),
        ("the fifteenth workday of July", "15th workday of July"),
        ("thirteen days after May 1", "13 days after May 1"),
        ("sixteen weeks after due", "16 weeks after due"),
        ("twenty workdays before drafting.due", "20 workdays before drafting.due"),
        ("July 4th", "July 4"),
        ("Washington’s Birthday", "Washington's Birthday"),
        ("Presidents' Day", "Washington's Birthday"),
        ("presidents day", "Washington's Birthday"),
        ("MLK Day", "Martin Luther King Jr. Day"),
        ("Martin Luther King, Jr. Day", "Martin Luther King Jr. Day"),
        ("Friday before the Fourth of July", "Friday before Independence Day"),
    ],
)
def test_what_can_be_meant_in_one_way_only_is_read(written: str, canonical: str):
    assert str(parse_rule(written)) == canonical


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("Januray 31", "January 31"),
        ("Feb. 3", "February 3"),
        ("third Monday in May", "third Monday of May"),
        ("Fryday before Memorial Day", "Friday before Memorial Day"),
        ("6th workday before drafting.due", "6 workdays before drafting.due"),
        ("first workday after Labor Day", "1 workday after Labor Day"),
        ("Labour Day", "Labor Day"),
    ],
)
def test_an_unreadable_rule_that_can_be_repaired_is_said_back_as_it_was_meant(written: str, fix: str):
    with pytest.raises(RuleError) as caught:
        parse_rule(written)
    assert str(caught.value) == f"'{written}' is not a date rule; write {fix!r}"
    assert (caught.value.fix, caught.value.example) == (fix, "")


@pytest.mark.parametrize(("written", "message"), [
    ("February 30", "February has no day 30"),
    ("February 29", "February has no day 29 in most years"),
])  # fmt: skip
def test_who_writes_a_day_past_the_end_of_a_month_means_its_last_one(written: str, message: str):
    with pytest.raises(RuleError) as caught:
        parse_rule(written)
    assert (caught.value.message, caught.value.fix) == (message, "last day of February")


@pytest.mark.parametrize(
    ("written", "message", "example"),
    [
        ("Easter Monday", "'Easter Monday' is not a date rule", "first Monday of May"),
        ("May 0", "May has no day 0", "last day of May"),
        ("April 35", "April has no day 35", "last day of April"),
        ("2027-02-01", "'2027-02-01' is not a date rule, which names no year", "February 1"),
        ("Juny 5", "'Juny 5' is not a date rule", "January 31"),
        ("sixteenth workday of May", "'sixteenth workday of May' is not a date rule",
         "last workday of January"),
        ("20th workday of May", "'20th workday of may' does not exist in every month", "last workday of May"),
        ("0 days before due", "'0 days before' is not a distance", "20 workdays after drafting.due"),
        ("20 workdays from drafting.due", "'20 workdays from drafting.due' is not a date rule",
         "20 workdays after drafting.due"),
        ("twenty-one days after due", "'twenty-one days after due' is not a date rule",
         "20 workdays after drafting.due"),
        ("last board meeting after May 1", "'last board meeting after May 1' is not a date rule",
         "last board meeting before January 31"),
        ("drafting.deadline", "'drafting.deadline' is not a date rule", "drafting.due"),
    ],
)  # fmt: skip
def test_what_an_unreadable_rule_may_have_meant_is_not_guessed(written: str, message: str, example: str):
    with pytest.raises(RuleError) as caught:
        parse_rule(written)
    assert (caught.value.message, caught.value.fix, caught.value.example) == (message, "", example)
    assert str(caught.value) == f"{message}; write for example {example!r}"


def test_a_school_year_that_the_file_does_not_say_is_asked_for():
    with pytest.raises(RuleError, match="does not say when the school year begins and ends"):
        parse_rule("last day of the school year").on(IN_2027)


def test_a_month_without_a_fifth_monday_says_so_instead_of_guessing():
    with pytest.raises(RuleError, match="February 2027 has no fifth Monday") as caught:
        parse_rule("fifth Monday of February").on(IN_2027)
    assert (caught.value.fix, caught.value.example) == ("", "last Monday of February")


@pytest.mark.parametrize(
    ("on", "if_closed", "moved", "because"),
    [
        ("2027-01-31", "previous workday", "2027-01-29",
         "January 31, 2027 is a Sunday, so the previous workday, January 29"),
        ("2027-01-31", "next workday", "2027-02-01",
         "January 31, 2027 is a Sunday, so the next workday, February 1"),
        ("2027-01-31", "nearest workday", "2027-02-01",
         "January 31, 2027 is a Sunday, so the nearest workday, February 1"),
        ("2027-01-31", "none", "2027-01-31", None),
        ("2027-05-31", "previous workday", "2027-05-28",
         "May 31, 2027 is closed: Memorial Day, so the previous workday, May 28"),
        ("2027-01-01", "previous workday", "2026-12-30",
         "January 1, 2027 is closed: New Year's Day, so the previous workday, December 30, 2026"),
        ("2027-02-01", "previous workday", "2027-02-01", None),
    ],
)  # fmt: skip
def test_a_roll_says_its_reason(on: str, if_closed: str, moved: str, because: str | None):
    rolled = roll(date.fromisoformat(on), IfClosed(if_closed), KENTUCKY)
    assert rolled == (date.fromisoformat(moved), because)


def test_the_nearest_workday_is_the_previous_one_when_both_are_as_near():
    assert roll(date(2027, 11, 11), IfClosed.NEAREST, KENTUCKY)[0] == date(2027, 11, 10)


def test_a_rule_knows_the_stage_day_it_leans_on():
    assert stage_day_of(parse_rule("20 workdays after drafting.due")) == DRAFTING_DUE
    assert stage_day_of(parse_rule("Friday before Memorial Day")) is None
