"""What is kept of districts' own calendars, on both engines."""

from datetime import date

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


def replace(connection, kind, **days):
    district_days.replace(connection, "KY", kind, {code[1:]: own for code, own in days.items()})


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
