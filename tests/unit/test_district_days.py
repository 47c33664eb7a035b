"""What a district's own calendar changes, and how such calendars are read."""

from datetime import date
from pathlib import Path

import pytest

from yearwheel.calendar.cycle import LocalDue
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.roster.district_days import read_board_meetings, read_breaks, read_breaks_ics

SAMPLE = (Path(__file__).parent.parent / "cycles" / "sample.yaml").read_text("utf-8")
BOARD = load_cycle(SAMPLE.replace("on: January 31", "on: last board meeting before January 31"))
BREAKS = load_cycle(SAMPLE.replace("due: April 15", "due: {on: April 15, if_break: next workday}"))
SPRING_BREAK = {date(2027, 4, day): "spring break" for day in range(12, 17)}


def test_the_state_as_a_whole_has_the_fixed_date_moved_off_closed_days():
    assert BOARD.stage("budget_preparation").dates.due.on == date(2027, 1, 29)


def test_a_district_is_due_on_its_boards_last_meeting_with_the_reason_even_on_a_closed_day():
    assert BOARD.for_district(DistrictDays(meetings=(date(2027, 1, 11), date(2027, 1, 23)))) == {
        "budget_preparation": LocalDue(
            date(2027, 1, 23), "the last board meeting before January 31 is on January 23, 2027"
        )
    }


@pytest.mark.parametrize("meetings", [(), (date(2026, 11, 9),), (date(2027, 2, 8),)])
def test_a_district_without_a_meeting_near_enough_keeps_the_fixed_date(meetings):
    assert BOARD.for_district(DistrictDays(meetings=meetings)) == {}


def test_a_meeting_before_the_window_opens_does_not_move_the_date():
    assert BOARD.for_district(DistrictDays(meetings=(date(2026, 12, 28),))) == {}


def test_a_date_that_leans_on_a_boards_meeting_moves_with_it():
    leaning = SAMPLE.replace("on: January 31", "on: last board meeting before January 31").replace(
        "due: April 15", "due: 50 workdays after budget_preparation.due"
    )
    local = load_cycle(leaning).for_district(DistrictDays(meetings=(date(2027, 1, 22),)))
    assert local["drafting"] == LocalDue(
        date(2027, 4, 2), "50 workdays after budget_preparation.due, by this district's own dates"
    )


def test_a_break_moves_a_due_day_only_where_the_stage_says_so():
    assert BREAKS.for_district(DistrictDays(breaks=SPRING_BREAK)) == {
        "drafting": LocalDue(
            date(2027, 4, 19), "April 15, 2027 is closed: spring break, so the next workday, April 19"
        )
    }
    assert load_cycle(SAMPLE).for_district(DistrictDays(breaks=SPRING_BREAK)) == {}


def test_a_break_beside_a_weekend_is_left_on_an_open_day():
    days = {date(2027, 4, 15): "spring break", date(2027, 4, 16): "spring break"}
    assert BREAKS.for_district(DistrictDays(breaks=days))["drafting"].on == date(2027, 4, 19)


def test_the_shipped_year_has_the_same_dates_for_every_district():
    cycle = load_cycle(read_shipped("kentucky-2027"))
    assert cycle.for_district(DistrictDays(meetings=(date(2027, 1, 25),), breaks=SPRING_BREAK)) == {}


def test_board_meetings_are_read_by_district_and_sorted():
    found = read_board_meetings("code,date\n001,2027-02-22\n001,2027-01-25\n005,2027-01-12\n")
    assert (found.errors, found.districts) == (
        (),
        {
            "001": DistrictDays(meetings=(date(2027, 1, 25), date(2027, 2, 22))),
            "005": DistrictDays(meetings=(date(2027, 1, 12),)),
        },
    )


def test_breaks_are_read_day_by_day():
    found = read_breaks(
        "code,first,last,reason\n001,2027-04-12,2027-04-14,spring break\n001,2027-05-04,,Derby\n"
    )
    assert found.errors == ()
    assert found.districts["001"].breaks == {
        date(2027, 4, 12): "spring break",
        date(2027, 4, 13): "spring break",
        date(2027, 4, 14): "spring break",
        date(2027, 5, 4): "Derby",
    }


def test_every_fault_of_a_file_of_breaks_is_told_and_the_sound_rows_are_kept():
    found = read_breaks(
        "code,first,last,reason\n001,12 April,,x\n002,2027-04-12,2027-04-01,x\n003,2027-04-12,2028-04-12,x\n"
        "004,2027-04-12,,\n005,2027-04-12,,closed\n"
    )
    assert [str(error) for error in found.errors] == [
        "row 2, first: not a date such as 2027-03-15 (found '12 April')",
        "row 3, last: must be on or after the first day, and at most 120 days later (found '2027-04-01')",
        "row 4, last: must be on or after the first day, and at most 120 days later (found '2028-04-12')",
        "row 5, reason: must not be blank",
    ]
    assert list(found.districts) == ["005"]


def feed(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}END:VCALENDAR\r\n".encode()


def test_all_day_events_of_a_feed_are_breaks_and_meetings_are_not():
    found = read_breaks_ics(
        feed(
            "DTSTART;VALUE=DATE:20270412\r\nDTEND;VALUE=DATE:20270414\r\nSUMMARY:Spring\r\n  break",
            "DTSTART;VALUE=DATE:20270504\r\nSUMMARY:Derby",
            "DTSTART:20270505T180000Z\r\nSUMMARY:Board meeting",
        )
    )
    assert found.breaks == {
        date(2027, 4, 12): "Spring break",
        date(2027, 4, 13): "Spring break",
        date(2027, 5, 4): "Derby",
    }


@pytest.mark.parametrize("source", [b"", b"\xff\xfe", b"hello", b"BEGIN:VCALENDAR\r\n"])
def test_what_is_no_feed_is_refused_in_words(source: bytes):
    with pytest.raises(ValueError, match=r"^this is not a calendar feed"):
        read_breaks_ics(source)
