"""Holidays that are put together, clock stops, fiscal and school years, and stages that come often."""

from datetime import date
from pathlib import Path

import pytest

from yearwheel.calendar.holidays import ClosedDay, closed_days, work_calendar
from yearwheel.config.cycle_file import CycleFileError, load_cycle

SAMPLE = (Path(__file__).parent.parent / "cycles" / "sample.yaml").read_text("utf-8")
CLOSURES = b"date,reason\n2027-02-15,Washington's Birthday\n2027-05-31,graduation\n"


def with_holidays(words: str, files: dict[str, bytes] | None = None):
    return load_cycle(SAMPLE.replace("holidays: kentucky-state-offices", f"holidays: {words}"), files=files)


def problems(text: str, **more) -> list[str]:
    with pytest.raises(CycleFileError) as caught:
        load_cycle(text, **more)
    return [str(problem) for problem in caught.value.problems]


def test_a_day_is_closed_when_any_of_the_calendars_is_and_the_first_name_wins():
    cycle = with_holidays("[kentucky-state-offices, us-federal, {file: c.csv}]", {"c.csv": CLOSURES})
    closed = cycle.workdays.closed_because
    assert [closed(date(2027, *day)) for day in ((2, 15), (5, 31), (6, 18), (11, 26), (3, 1))] == [
        "Washington's Birthday",
        "Memorial Day",
        "Juneteenth National Independence Day (observed)",
        "the day after Thanksgiving",
        None,
    ]
    assert cycle.workdays.name == "kentucky-state-offices and us-federal and c.csv"


def test_a_file_of_closed_days_lies_beside_the_cycle_file(tmp_path: Path):
    (tmp_path / "closures.csv").write_bytes(CLOSURES)
    file = tmp_path / "cycle.yaml"
    file.write_text(SAMPLE.replace("holidays: kentucky", "holidays: [{file: closures.csv}] #"), "utf-8")
    assert load_cycle(file).workdays.closed_because(date(2027, 5, 31)) == "graduation"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('2027/02/01,"snow, ice"', 'write: 2027-02-01,"snow, ice"'),
        ("12/23/2027,extra day", "write: 2027-12-23,extra day"),
        ("02/01/2027,snow", "write for example: 2027-12-23,extra day"),  # in January or in February?
    ],
)
def test_a_day_in_another_notation_is_put_right_where_only_one_can_be_meant(row: str, told: str):
    text = SAMPLE.replace("kentucky-state-offices", "[{file: c.csv}]")
    (in_a_file,) = problems(text, files={"c.csv": f"date,reason\n{row}\n".encode()})
    assert in_a_file.endswith(told)
    day = row.split(",", maxsplit=1)[0]
    amended = f"{{calendar: kentucky-state-offices, also_closed: {{{day}: snow}}}}"
    (in_the_calendar,) = problems(SAMPLE.replace("kentucky-state-offices", amended))
    assert in_the_calendar.endswith(told.split(",", maxsplit=1)[0])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("../c.csv", CLOSURES, "a file of closed days lies beside the cycle file"),
        ("other.csv", CLOSURES, "the file 'other.csv' is not at hand"),
        (
            "c.csv",
            b"\xff",
            'c.csv, row 1: the file is not UTF-8 text; in a spreadsheet, save it as "CSV UTF-8"',
        ),
        (
            "c.csv",
            b"date,reason\nMay 1,x\n",
            "c.csv, row 2, date: not a date such as 2027-03-15 (found 'May 1')",
        ),
        ("c.csv", b"date,reason\n2027-05-01,\n", "c.csv, row 2, reason: must not be blank"),
        ("c.csv", b"date\n2027-05-01\n", "c.csv, row 1, reason: the column is missing; the header has: date"),
        (
            "c.csv",
            b"date;reason\n2027-05-01;snow, ice\n2027-05-02;snow\n",
            "c.csv, row 1: the columns seem to be separated by semicolons; "
            "separate them by commas: date,reason (found 'date;reason'); write for example: date,reason",
        ),
    ],
)
def test_a_bad_file_of_closed_days_says_its_fault_at_the_line_that_names_it(name, content, message):
    text = SAMPLE.replace("kentucky-state-offices", f"[{{file: {name}}}]")
    (problem,) = problems(text, files={"c.csv": content})
    assert problem.startswith(f"cycle.yaml:8: holidays[0].file: {message}")


def test_every_faulty_row_of_every_file_of_closed_days_is_told_at_once():
    text = SAMPLE.replace("kentucky-state-offices", "[{file: a.csv}, {file: b.csv}]")
    many = "".join(f"day {n},snow\n" for n in range(1, 26)).encode()
    files = {"a.csv": b"date,reason\nMay 1,ice\n2027-05-02,\n", "b.csv": b"date,reason\n" + many}
    said = [problem.split(": ", 1)[1].partition("; write")[0] for problem in problems(text, files=files)]
    assert said == [
        "holidays[0].file: a.csv, row 2, date: not a date such as 2027-03-15 (found 'May 1')",
        "holidays[0].file: a.csv, row 3, reason: must not be blank",
        *(
            f"holidays[1].file: b.csv, row {n + 1}, date: not a date such as 2027-03-15 (found 'day {n}')"
            for n in range(1, 21)
        ),
        "holidays[1].file: b.csv, and 5 more",
    ]


def test_the_reason_for_a_closed_day_reads_well_whatever_it_is():
    calendar = "{calendar: kentucky-state-offices, also_closed: {2027-04-15: water main}}"
    assert with_holidays(calendar).stage("drafting").words["due_moved"] == (
        "April 15, 2027 is closed: water main, so the next workday, April 16"
    )


@pytest.mark.parametrize(
    ("days", "refused"),
    [
        ("from: June 5, until: May 1", True),
        ("from: January 5, until: December 20", True),
        ("from: December 20, until: January 5", False),
        ("from: Friday before Memorial Day, until: Friday after Labor Day", False),
    ],
)
def test_a_clock_stop_of_more_than_half_a_year_was_written_the_wrong_way_round(days: str, refused: bool):
    text = SAMPLE.replace("stages:", f"clock_stops: [{{name: break, {days}}}]\nstages:")
    if refused:
        assert len(problems(text)) == 1
    else:
        assert load_cycle(text).workdays.stops


def test_the_closed_days_of_a_year_are_listed_for_sign_off():
    rows = closed_days(work_calendar("kentucky-state-offices"), 2027)
    assert rows[:2] == [
        ClosedDay(date(2027, 1, 1), "New Year's Day", False),
        ClosedDay(date(2027, 1, 18), "Martin Luther King Jr. Day", False),
    ]
    assert [row.name for row in rows if row.on_weekend] == ["Independence Day", "Christmas"]


def test_a_clock_stop_may_lead_into_the_next_year():
    winter = "clock_stops: [{name: winter, from: December 20, until: January 3}]\nstages:"
    stops = load_cycle(SAMPLE.replace("stages:", winter)).workdays.stops
    assert [(s.first.isoformat(), s.last.isoformat()) for s in stops] == [
        ("2026-12-20", "2027-01-03"),
        ("2027-12-20", "2028-01-03"),
        ("2028-12-20", "2029-01-03"),
        ("2029-12-20", "2030-01-03"),
    ]


def test_a_review_may_stop_its_clock_for_the_summer():
    text = SAMPLE.replace("kind: drafting", "kind: review").replace(
        "stages:",
        "clock_stops:\n"
        "  - {name: summer, from: Friday before Memorial Day, until: Friday after Labor Day}\n"
        "stages:",
    ) + (
        "    review: {first_look: 30 days, revise: '15 workdays, clock stopped', second_look: 10 workdays,\n"
        "      revision_reminders: [3 days before]}\n"
    )
    cycle = load_cycle(text)
    review = cycle.stage("drafting").review
    assert review is not None
    assert review.revise.from_day(date(2027, 5, 26), cycle.workdays) == date(2027, 9, 30)


def test_faults_of_stops_and_years_are_told_at_their_lines():
    text = SAMPLE.replace(
        "stages:",
        "clock_stops:\n  - {name: a, from: drafting.due, until: May 1}\n  - {name: b, from: Mai 1}\n"
        "years: {school: {first: first workday of August, last: May 1}, festival: 3}\nstages:",
    )
    assert problems(text) == [
        "cycle.yaml:15: clock_stops[0].from: a clock stop cannot lean on a stage; "
        "write for example: Friday before Memorial Day",
        "cycle.yaml:16: clock_stops[1].from: 'Mai 1' is not a date rule; write for example: January 31",
        "cycle.yaml:16: clock_stops[1]: 'until' is missing; write for example: until: Friday after Labor Day",
        "cycle.yaml:17: years.festival: unknown key 'festival'; write for example: fiscal or school: ...",
        "cycle.yaml:17: years.school.first: a year begins and ends on a plain day, not on "
        "'first workday of August'; write for example: July 1",
    ]


QUARTERLY = """
  - key: report
    title: Expenditure report
    kind: milestone
    every: quarter
    ask: Hand in the report.
    opens: first workday of the quarter
    due: {on: 15 days after last day of the quarter, basis: grant terms}
    close: 10 workdays after due
    tell: finance_officer
    reminders: [7 days before]
"""


def test_a_quarterly_stage_becomes_four_with_keys_titles_and_dates_of_their_own():
    cycle = load_cycle(SAMPLE + QUARTERLY)
    assert [
        (s.key, s.title, s.dates.opens.on.isoformat(), s.dates.due.on.isoformat(), s.words["due"])
        for s in cycle.stages[2:]
    ] == [
        ("report_q1", "Expenditure report, first quarter", "2027-01-04", "2027-04-15",
         "15 days after last day of March"),
        ("report_q2", "Expenditure report, second quarter", "2027-04-01", "2027-07-15",
         "15 days after last day of June"),
        ("report_q3", "Expenditure report, third quarter", "2027-07-01", "2027-10-15",
         "15 days after last day of September"),
        ("report_q4", "Expenditure report, fourth quarter", "2027-10-01", "2028-01-18",
         "15 days after last day of December"),
    ]  # fmt: skip


def test_a_monthly_stage_becomes_twelve_and_a_day_a_month_lacks_is_its_last():
    monthly = QUARTERLY.replace("quarter", "month").replace("15 days after last day", "30th")
    cycle = load_cycle(SAMPLE + monthly.replace("basis: grant terms", "if_closed: none"))
    due = " ".join(f"{s.dates.due.on:%m-%d}" for s in cycle.stages[2:])
    assert due == "01-30 02-28 03-30 04-30 05-30 06-30 07-30 08-30 09-30 10-30 11-30 12-30"
    assert cycle.stages[2].key == "report_january"


def test_a_fault_in_a_stage_that_comes_often_is_told_once():
    text = SAMPLE + QUARTERLY.replace("first workday", "frist wurkday").replace(
        "quarter\n    ask", "week\n    ask"
    )
    assert [p.split(": ", 1)[1] for p in problems(text)] == [
        "report: every: 'week' is not one of quarter, month; write for example: quarter"
    ]
    (problem,) = problems(SAMPLE + QUARTERLY.replace("10 workdays after due", "the moon"))
    assert "'the moon' is not a date rule" in problem


def test_every_month_that_lacks_a_day_says_so():
    monthly = QUARTERLY.replace("quarter", "month").replace("15 days after last day", "fifth Friday")
    assert len(problems(SAMPLE + monthly)) == 7
