"""Reads what the dates of a cycle are counted with: holidays, clock stops, fiscal and school years."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from io import StringIO
from itertools import zip_longest

from yearwheel.calendar.cycle import Correction
from yearwheel.calendar.day_words import meant_day
from yearwheel.calendar.holidays import amended, joined, work_calendar
from yearwheel.calendar.rules import (
    FISCAL,
    Context,
    FixedDay,
    HolidayDay,
    Leaning,
    MonthEnd,
    NthWeekday,
    Rule,
    RuleError,
    YearSpan,
    in_words,
    stage_day_of,
)
from yearwheel.calendar.workdays import ClockStop, WorkCalendar
from yearwheel.config.sections import Report, Section, text
from yearwheel.config.stage_section import rule
from yearwheel.config.yaml_text import Entries, FieldError, Items, Node, Text
from yearwheel.roster.table import (
    HEADER_ROW,
    MOST_TOLD,
    Column,
    Row,
    RowError,
    parse_day,
    read_table,
    sound_rows,
    told,
)

Files = Callable[[str], bytes]

SPANS = ("fiscal", "school")
STAND_IN = "kentucky-state-offices"
YEARS_AROUND = (0, -1, 1, 2)  # the cycle's own first: a fault is told of one year
MOST_CLOSURES = 2000
CLOSURE_COLUMNS = (Column("date", parse_day, required=True), Column("reason", required=True))
CLOSURE_HEADER, CLOSURE_EXAMPLE = "date,reason", "2027-12-23,extra day"
LONGEST_STOP = timedelta(days=183)


def read_working_year(
    section: Section, year: int, files: Files
) -> tuple[WorkCalendar, tuple[Correction, ...]]:
    """The `holidays` of the file with its `clock_stops`, and what was corrected in them by hand."""
    by_hand: list[Correction] = []
    workdays = _holidays(section, files, by_hand)
    return replace(workdays, stops=_read_stops(section, year, workdays)), tuple(by_hand)


def read_spans(section: Section) -> Mapping[str, YearSpan]:
    """The `years` of the file; the fiscal year runs from July to June unless the file says otherwise."""
    node = section.get("years")
    if node is None:
        return FISCAL
    years = Section(node, SPANS, section.report)
    spans = dict(FISCAL)
    for name in SPANS:
        written = years.get(name)
        if written is None:
            continue
        span = Section(written, ("first", "last"), section.report)
        first = span.need("first", _plain_day, None, "July 1")
        last = span.need("last", _plain_day, None, "June 30")
        if first and last:
            spans[name] = YearSpan(first, last)
    return spans


def _plain_day(node: Node) -> FixedDay | NthWeekday | MonthEnd | HolidayDay:
    found = rule(node)
    if not isinstance(found, FixedDay | NthWeekday | MonthEnd | HolidayDay):
        raise FieldError(
            node, f"a year begins and ends on a plain day, not on {str(found)!r}", example="July 1"
        )
    return found


def _read_stops(section: Section, year: int, workdays: WorkCalendar) -> tuple[ClockStop, ...]:
    stops: list[ClockStop] = []
    for node in section.each("clock_stops"):
        stop = Section(node, ("name", "from", "until"), section.report)
        name = stop.need("name", text, "", "summer")
        first = stop.need("from", _free_rule, None, "Friday before Memorial Day")
        last = stop.need("until", _free_rule, None, "Friday after Labor Day")
        if first and last:
            around: list[ClockStop] = []
            for n in YEARS_AROUND:
                noted = Report(section.report.file)
                season = noted.attempt(_season(name, first, last, year + n, workdays), node, None)
                section.report.add_new(noted)
                around += [season] if season else []
            stops += sorted(around, key=lambda stop: stop.first)
    return tuple(stops)


def _season(
    name: str, first: Rule, last: Rule, year: int, workdays: WorkCalendar
) -> Callable[[Node], ClockStop]:
    def read(node: Node) -> ClockStop:
        try:
            begins = first.on(Context(year, workdays, {}))
            ends = last.on(Context(year, workdays, {}))
            if ends < begins:  # a winter stop ends in the next year
                ends = last.on(Context(year + 1, workdays, {}))
        except RuleError as error:
            raise FieldError(node, error.message, error.fix, error.example) from None
        if ends - begins > LONGEST_STOP:
            raise FieldError(
                node,
                f"{name} would stop the clock from {in_words(begins)} until {in_words(ends)}, more than half "
                "a year; turn its days around, or split it in two",
                f"from: {last}, until: {first}",
            )
        return ClockStop(name, begins, ends)

    return read


def _free_rule(node: Node) -> Rule:
    found = rule(node)
    if stage_day_of(found):
        raise FieldError(node, "a clock stop cannot lean on a stage", example="Friday before Memorial Day")
    if isinstance(found, Leaning) and str(found).endswith("clock stopped"):
        raise FieldError(
            node, "a clock stop cannot lean on clock stops", example="Friday before Memorial Day"
        )
    return found


def _holidays(section: Section, files: Files, by_hand: list[Correction]) -> WorkCalendar:
    node = section.get("holidays")
    if node is None:
        return section.need("holidays", _calendar, work_calendar(STAND_IN), STAND_IN)
    if not isinstance(node, Entries):
        return _joined(node, section, files, by_hand)
    return _amended(node, section, files, by_hand)


def _joined(node: Node, section: Section, files: Files, by_hand: list[Correction]) -> WorkCalendar:
    """One calendar, or a list of them: a day is closed when any of them is."""
    if isinstance(node, Items) and not node.items:
        section.report.note(node, "no calendar of holidays is named", example=f"holidays: {STAND_IN}")
    parts = [
        _amended(item, section, files, by_hand)
        if isinstance(item, Entries)
        else section.report.attempt(_calendar, item, work_calendar(STAND_IN))
        for item in (node.items if isinstance(node, Items) else (node,))
    ]
    return reduce(joined, parts) if parts else work_calendar(STAND_IN)


def _amended(node: Entries, section: Section, files: Files, by_hand: list[Correction]) -> WorkCalendar:
    report = section.report
    if "file" in node.entries:
        listed = Section(node, ("file",), report)
        days = listed.need("file", lambda n: _read_closures(n, files, report), {}, "closures.csv")
        file = node.entries["file"]
        name = file.value if isinstance(file, Text) else "file"
        by_hand.append(Correction(name, file.line, tuple(days)))
        return amended(WorkCalendar(name, _no_days), days, frozenset())
    holidays = Section(node, ("calendar", "also_closed", "open"), report)
    if holidays.get("calendar") is None:
        holidays.need("calendar", _calendar, None, STAND_IN)
        calendar = work_calendar(STAND_IN)
    else:
        calendar = _joined(node.entries["calendar"], section, files, by_hand)
    closed: dict[date, str] = {}
    days_node = holidays.get("also_closed")
    if isinstance(days_node, Entries):
        for written, reason in days_node.entries.items():
            on = report.attempt(_date, Text(days_node.key_lines[written], reason.path, written), date.min)
            closed[on] = report.attempt(text, reason, "")
    elif days_node is not None:
        report.note(
            days_node,
            "'also_closed' holds dates with reasons",
            example="also_closed: {2027-12-23: extra day}",
        )
    opened = tuple(report.attempt(_date, item, date.min) for item in holidays.each("open"))
    idle = tuple(on for on in opened if on not in calendar.holidays(on.year))
    by_hand.append(Correction("also_closed", holidays.place("also_closed").line, tuple(closed)))
    by_hand.append(Correction("open", holidays.place("open").line, opened, idle))
    return amended(calendar, closed, frozenset(opened))


def _no_days(_: int) -> Mapping[date, str]:
    return {}


def _calendar(node: Node) -> WorkCalendar:
    try:
        return work_calendar(text(node))
    except ValueError as error:
        raise FieldError(node, str(error)) from None


def _read_closures(node: Node, files: Files, report: Report) -> dict[date, str]:
    """The closed days of a CSV file with the columns date and reason; its faults are noted at the node."""
    name = text(node)
    if "/" in name or "\\" in name or name.startswith("."):
        raise FieldError(node, "a file of closed days lies beside the cycle file", example="closures.csv")
    try:
        written = files(name)
    except OSError:
        message = f"the file {name!r} is not at hand"
        raise FieldError(node, message, example="also_closed: {2027-12-23: extra day}") from None
    table = read_table(written, CLOSURE_COLUMNS)
    if len(table.rows) > MOST_CLOSURES:
        raise FieldError(node, f"{name} has {len(table.rows)} rows; at most {MOST_CLOSURES} are read")
    example = CLOSURE_HEADER if any(e.row == HEADER_ROW for e in table.errors) else CLOSURE_EXAMPLE
    rows = {row.number: row for row in table.rows}
    fixes = (_row_again(error, rows.get(error.row)) for error in table.errors[:MOST_TOLD])
    for words, fix in zip_longest(told(table.errors), fixes, fillvalue=""):
        report.note(node, f"{name}, {words}", fix, "" if fix else example)
    return {row.values["date"]: row.values["reason"] for row in sound_rows(table.rows, table.errors)}


def _row_again(error: RowError, row: Row | None) -> str:
    """The faulty row with its day as the files write it, where it is clear which day is meant."""
    day = meant_day(error.value) if error.column == "date" else None
    if row is None or day is None:
        return ""
    line = StringIO()
    csv.writer(line, lineterminator="").writerow((row.cells | {"date": day.isoformat()}).values())
    return line.getvalue()


def _date(node: Node) -> date:
    try:
        return date.fromisoformat(text(node))
    except ValueError:
        message, day = f"{text(node)!r} is not a date", meant_day(text(node))
        fault = (
            FieldError(node, message, str(day)) if day else FieldError(node, message, example="2027-12-23")
        )
        raise fault from None
