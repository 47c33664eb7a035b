"""Reads date rules from words. Case and spaces are forgiven; the rest is said back, repaired if it can be."""

import re
from difflib import get_close_matches

from yearwheel.calendar.day_words import meant_day
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

# One for each form of the language; a rule that cannot be repaired is answered with the closest of them.
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
_COUNTING = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
)
_NTH = {word: n for n, word in enumerate(_COUNTING, start=1)} | {"last": LAST}
_SIGNS = str.maketrans("", "", "'‘’.,")  # of a holiday's name, where everybody writes them differently
_HOLIDAYS = {name.lower().translate(_SIGNS): name for name in NAMED} | {
    "thanksgiving day": "Thanksgiving",
    "christmas day": "Christmas",
    "new years": "New Year's Day",
    "presidents day": "Washington's Birthday",
    "mlk day": "Martin Luther King Jr. Day",
    "martin luther king day": "Martin Luther King Jr. Day",
    "fourth of july": "Independence Day",
}
_SPANS = {words: years for years, words in SPAN_WORDS.items()}
_MOST_WORKDAYS = 15
_MONTH_ENDS = (29, 30, 31)  # who writes one of a shorter month means its end
_SHORTEST_MONTH = 3  # letters of one cut short: "Feb"
_UNREAD_COUNTS = ("eenth", "ieth")  # what a sixteenth or twentieth is near to is another day

_MONTH = f"(?P<month>{'|'.join(_MONTH_NUMBERS)})"
_WEEKDAY = f"(?P<weekday>{'|'.join(_WEEKDAY_NUMBERS)})"
_ORDINAL = rf"(?P<nth>{'|'.join(_NTH)}|[0-9]{{1,2}}(?:st|nd|rd|th))"
_NTH_AWAY = re.compile(rf"(?:the )?{_ORDINAL} (?P<unit>day|workday|week) (?P<side>before|after)\b")

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
_FIXED = re.compile(rf"{_MONTH} (?P<number>[0-9]{{1,2}})(?:st|nd|rd|th)?")
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
        raise _unreadable(words, text)
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
        raise RuleError(str(error), example="20 workdays after drafting.due") from None
    except ValueError:
        message = f"{_short(words)} is not a distance"
        raise RuleError(message, example="20 workdays after drafting.due") from None


def _day(text: str) -> Day | None:
    if match := _STAGE_DAY.fullmatch(text):
        return StageDay(match["stage"], Point(match["point"]))
    if match := _YEAR_EDGE.fullmatch(text):
        return YearEdge(_NTH[match["nth"]], Unit(match["unit"]), match["name"], _SPANS[match["which"]])
    if match := _OTHER_YEAR.fullmatch(text):
        return _day_of_year(match["day"], -1 if match["side"] == "before" else 1)
    return _day_of_year(text, 0)


def _day_of_year(text: str, years: int) -> Day | None:
    if holiday := _HOLIDAYS.get(text.removeprefix("the ").translate(_SIGNS)):
        return HolidayDay(holiday, years)
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
    message, last = f"{name} has no day {number}{often}", str(MonthEnd(month, years))
    raise RuleError(message, last) if number in _MONTH_ENDS else RuleError(message, example=last)


def _number(word: str) -> int:
    return _NTH.get(word) or int(word[:-2])


def _nth(word: str, most: int, text: str) -> int:
    nth = _number(word)
    if nth == LAST or 1 <= nth <= most:
        return nth
    last = _day_of_year(text.replace(word, "last"), 0)
    raise RuleError(f"{_short(text)} does not exist in every month", example=str(last))


_VOCABULARY = {
    word.lower(): word.lower()
    for word in re.findall(
        r"[A-Za-z.']+", " ".join([*EXAMPLES, *MONTHS, *WEEKDAYS, *_NTH, *NAMED, *_HOLIDAYS])
    )
    if "_" not in word and "drafting" not in word
}


def _unreadable(words: str, text: str) -> RuleError:
    message = f"{_short(words)} is not a date rule"
    if day := meant_day(words):
        return RuleError(f"{message}, which names no year", example=f"{day:%B} {day.day}")
    if repaired := _repaired(text):
        return RuleError(message, repaired)
    return RuleError(message, example=get_close_matches(text[:100], EXAMPLES, n=1, cutoff=0.0)[0])


def _repaired(text: str) -> str:
    """The rule with each unknown word replaced by the nearest word of the language, if that can be read."""
    if len(text) > 100:
        return ""
    text = _NTH_AWAY.sub(lambda m: f"{_number(m['nth'])} {m['unit']}s {m['side']}", text)
    words = (_nearest_word(word) for word in text.replace(" in ", " of ").split())
    try:
        return str(_rule(" ".join(words)) or "")
    except RuleError as error:
        return error.fix


def _nearest_word(word: str) -> str:
    word = word.removesuffix(".")
    if word in _VOCABULARY or not word.isalpha() or word.endswith(_UNREAD_COUNTS):
        return word
    months = [month for month in _MONTH_NUMBERS if len(word) >= _SHORTEST_MONTH and month.startswith(word)]
    near = months or get_close_matches(word, _VOCABULARY, n=2, cutoff=0.7)
    if len(near) > 1 and _MONTH_NUMBERS.keys() >= set(near):
        return word  # "Juny" is either
    return next(iter(near), word)


def _short(words: str) -> str:
    return repr(words if len(words) <= 60 else words[:57] + "...")
