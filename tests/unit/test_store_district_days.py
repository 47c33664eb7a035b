"""What is kept of districts' own calendars, on both engines."""

from datetime import UTC, date, datetime

import pytest

from tests.apps import PEOPLE
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.roster.district_days import DayKind
from yearwheel.store import district_days, rosters

JAN_11, JAN_25, APRIL_5 = date(2027, 1, 11), date(2027, 1, 25), date(2027, 4, 5)


@pytest.fixture
def connection(database):
    with database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        yield work.connection


def replace(connection, kind, on=1, **days):
    at = datetime(2027, 1, on, 15, tzinfo=UTC)
    district_days.replace(connection, "KY", kind, {code[1:]: own for code, own in days.items()}, at)


def test_meetings_and_breaks_are_read_back_by_district(connection):
    replace(connection, DayKind.MEETING, d001=DistrictDays((JAN_25, JAN_11)), d002=DistrictDays((JAN_11,)))
    replace(connection, DayKind.BREAK, d001=DistrictDays(breaks={APRIL_5: "spring break"}))
    assert district_days.read(connection, "KY") == {
        "001": DistrictDays((JAN_11, JAN_25), {APRIL_5: "spring break"}),
        "002": DistrictDays((JAN_11,)),
    }
    assert district_days.read(connection, "KY", ["002", "003"]) == {"002": DistrictDays((JAN_11,))}
    assert district_days.read(connection, "TN") == {}


def test_days_take_the_place_of_those_of_their_kind_and_district_only(connection):
    replace(connection, DayKind.MEETING, d001=DistrictDays((JAN_11,)), d002=DistrictDays((JAN_11,)))
    replace(connection, DayKind.BREAK, d001=DistrictDays(breaks={APRIL_5: "spring break"}))
    replace(connection, DayKind.MEETING, d001=DistrictDays((JAN_25,)))
    assert district_days.read(connection, "KY") == {
        "001": DistrictDays((JAN_25,), {APRIL_5: "spring break"}),
        "002": DistrictDays((JAN_11,)),
    }
    replace(connection, DayKind.BREAK, d001=DistrictDays())
    assert district_days.read(connection, "KY", ["001"]) == {"001": DistrictDays((JAN_25,))}


def test_it_stays_on_record_which_breaks_were_known_when(connection):
    april_6 = date(2027, 4, 6)
    replace(connection, DayKind.BREAK, on=4, d001=DistrictDays(breaks={APRIL_5: "spring break"}))
    replace(
        connection, DayKind.BREAK, on=5, d001=DistrictDays(breaks={APRIL_5: "spring break", april_6: "x"})
    )
    replace(connection, DayKind.BREAK, on=6, d001=DistrictDays())
    known = district_days.read_history(connection, "KY")["001"]
    assert [(f"{breaks.at:%b %d}", dict(breaks.days)) for breaks in known] == [
        ("Jan 04", {APRIL_5: "spring break"}),
        ("Jan 05", {APRIL_5: "spring break", april_6: "x"}),
        ("Jan 06", {}),
    ]
    assert district_days.read_history(connection, "KY", "002") == {}
