"""Reads date rules from words. Case and spaces are forgiven; everything else is said back with a repair."""

import re
from difflib import get_close_matches

from yearwheel.calendar.holidays import NAMED
from yearwheel.calendar.offsets import Offset, TooFar, Unit, with_digits
from yearwheel.calendar.rules import (
    LAST,
    MONTH_LENGTHS,
    MONTHS,
    SPAN_WORDS,
    WEEKDAYS,
    Away,
    BoardMeeting,
    Day,
    FixedDay,
    HolidayDay,
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
)

# One for each form of the language; a rule that cannot be read is answered with the closest of them.
EXAMPLES = (
    "January 31",
    "December 1 of the year before",
    "last day of February",
    "first Monday of May",
    "last workday of January",
    "third week of March",
    "Memorial Day",
    "first day of the fiscal year",
    "last workday of the next fiscal year",
    "drafting.due",
    "due",
    "20 workdays after drafting.due",
    "15 workdays after drafting.due, clock stopped",
    "2 weeks before Thanksgiving",
    "10 days after March 1",
    "Friday before Memorial Day",
    "Monday on or after September 1",
    "on or before January 31",
    "on or after July 1",
    "the week of Thanksgiving",
    "last board meeting before January 31",
)

_MONTH_NUMBERS = {name.lower(): n for n, name in enumerate(MONTHS, start=1)}
_WEEKDAY_NUMBERS = {name.lower(): n for n, name in enumerate(WEEKDAYS)}
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": LAST}
_HOLIDAYS = {name.lower(): name for name in NAMED} | {
    "thanksgiving day": "Thanksgiving",
    "christmas day": "Christmas",
    "new year's": "New Year's Day",
    "presidents' day": "Washington's Birthday",
}
_SPANS = {words: years for years, words in SPAN_WORDS.items()}
_MOST_WORKDAYS = 15

_MONTH = f"(?P<month>{'|'.join(_MONTH_NUMBERS)})"
_WEEKDAY = f"(?P<weekday>{'|'.join(_WEEKDAY_NUMBERS)})"
_ORDINAL = rf"(?P<nth>{'|'.join(_NTH)}|[0-9]{{1,2}}(?:st|nd|rd|th))"

_AWAY = re.compile(
    r"(?P<offset>[0-9]+ (?:day|workday|week)s? (?:before|after)) (?P<day>.+?)(?P<stopped>, clock stopped)?"
)
_BOARD_MEETING = re.compile(
    r"(?:the )?(?:last board meeting (?P<before>on or before|before)"
    r"|first board meeting (?P<after>on or after|after)) (?P<day>.+)"
)
_WORKDAY_NEAR = re.compile(r"(?P<near>on or before|on or after) (?P<day>.+)")
_WEEK_OF = re.compile(r"(?:the )?week of (?P<day>.+)")
_WEEKDAY_NEAR = re.compile(
    rf"(?:the )?{_WEEKDAY} (?P<near>on or before|on or after|before|after) (?P<day>.+)"
)
_OTHER_YEAR = re.compile(r"(?P<day>.+) of the year (?P<side>before|after)")
_FIXED = re.compile(rf"{_MONTH} (?P<number>[0-9]{{1,2}})")
_MONTH_END = re.compile(rf"(?:the )?last day of {_MONTH}")
_NTH_WEEKDAY = re.compile(rf"(?:the )?{_ORDINAL} {_WEEKDAY} of {_MONTH}")
_NTH_WORKDAY = re.compile(rf"(?:the )?{_ORDINAL} workday of {_MONTH}")
_NTH_WEEK = re.compile(rf"(?:the )?{_ORDINAL} week of {_MONTH}")
_YEAR_EDGE = re.compile(
    r"(?:the )?(?P<nth>first|last) (?P<unit>day|workday) of the "
    r"(?P<which>previous |next |)(?P<name>fiscal|school) year"
)
_STAGE_DAY = re.compile(rf"(?:(?P<stage>[a-z][a-z0-9_]*)\.)?(?P<point>{'|'.join(Point)})")


def parse_rule(words: str) -> Rule:
    """Read a date rule; RuleError says what would be right."""
    text = with_digits(" ".join(words.split()).lower())
    rule = _rule(text)
    if rule is None:
        raise RuleError(f"{_short(words)} is not a date rule", _repaired(text) or _closest(text))
    return rule


def _rule(text: str) -> Rule | None:
    if match := _AWAY.fullmatch(text):
        day = _day(match["day"])
        return day and Away(_offset(match["offset"] + (match["stopped"] or "")), day)
    if match := _BOARD_MEETING.fullmatch(text):
        day = _day(match["day"])
        return day and BoardMeeting(Near(match["before"] or match["after"]), day)
    if match := _WORKDAY_NEAR.fullmatch(text):
        day = _day(match["day"])
        return day and WorkdayNear(Near(match["near"]), day)
    if match := _WEEK_OF.fullmatch(text):
        day = _day(match["day"])
        return day and WeekOf(day)
    if match := _WEEKDAY_NEAR.fullmatch(text):
        day = _day(match["day"])
        return day and WeekdayNear(_WEEKDAY_NUMBERS[match["weekday"]], Near(match["near"]), day)
    return _day(text)


def _offset(words: str) -> Offset:
    try:
        return Offset.parse(words)
    except TooFar as error:
        raise RuleError(str(error), "20 workdays after drafting.due") from None
    except ValueError:
        raise RuleError(f"{_short(words)} is not a distance", "20 workdays after drafting.due") from None


def _day(text: str) -> Day | None:
    if match := _STAGE_DAY.fullmatch(text):
        return StageDay(match["stage"], Point(match["point"]))
    if match := _YEAR_EDGE.fullmatch(text):
        return YearEdge(_NTH[match["nth"]], Unit(match["unit"]), match["name"], _SPANS[match["which"]])
    if match := _OTHER_YEAR.fullmatch(text):
        return _day_of_year(match["day"], -1 if match["side"] == "before" else 1)
    return _day_of_year(text, 0)


def _day_of_year(text: str, years: int) -> Day | None:
    if text in _HOLIDAYS:
        return HolidayDay(_HOLIDAYS[text], years)
    if match := _FIXED.fullmatch(text):
        return _fixed_day(_MONTH_NUMBERS[match["month"]], int(match["number"]), years)
    if match := _MONTH_END.fullmatch(text):
        return MonthEnd(_MONTH_NUMBERS[match["month"]], years)
    if match := _NTH_WEEKDAY.fullmatch(text):
        month, weekday = _MONTH_NUMBERS[match["month"]], _WEEKDAY_NUMBERS[match["weekday"]]
        return NthWeekday(_nth(match["nth"], 5, text), weekday, month, years)
    if match := _NTH_WEEK.fullmatch(text):
        return NthWeek(_nth(match["nth"], 5, text), _MONTH_NUMBERS[match["month"]], years)
    if match := _NTH_WORKDAY.fullmatch(text):
        return NthWorkday(_nth(match["nth"], _MOST_WORKDAYS, text), _MONTH_NUMBERS[match["month"]], years)
    return None


def _fixed_day(month: int, number: int, years: int) -> FixedDay:
    if 1 <= number <= MONTH_LENGTHS[month - 1]:
        return FixedDay(month, number, years)
    name = MONTHS[month - 1]
    often = " in most years" if (month, number) == (2, 29) else ""
    raise RuleError(f"{name} has no day {number}{often}", str(MonthEnd(month, years)))


def _nth(word: str, most: int, text: str) -> int:
    nth = _NTH.get(word) or int(word[:-2])
    if nth == LAST or 1 <= nth <= most:
        return nth
    last = _day_of_year(text.replace(word, "last"), 0)
    raise RuleError(f"{_short(text)} does not exist in every month", str(last))


_VOCABULARY = {
    word.lower(): word.lower()
    for word in re.findall(r"[A-Za-z.']+", " ".join([*EXAMPLES, *MONTHS, *WEEKDAYS, *_NTH, *NAMED]))
    if "_" not in word and "drafting" not in word
}


def _repaired(text: str) -> str:
    """The rule with each unknown word replaced by the nearest word of the language, if that can be read."""
    if len(text) > 100:
        return ""
    words = (_nearest_word(word) for word in text.split())
    try:
        return str(_rule(" ".join(words)) or "")
    except RuleError as error:
        return error.hint


def _nearest_word(word: str) -> str:
    if word in _VOCABULARY or not word.isalpha():
        return word
    return next(iter(get_close_matches(word, _VOCABULARY, n=1, cutoff=0.7)), word)


def _closest(text: str) -> str:
    return get_close_matches(text[:100], EXAMPLES, n=1, cutoff=0.0)[0]


def _short(words: str) -> str:
    return repr(words if len(words) <= 60 else words[:57] + "...")
