from datetime import date

import pytest

from yearwheel.calendar.holidays import NAMED, amended, nth_weekday, work_calendar

KENTUCKY = work_calendar("kentucky-state-offices")


def closed(year: int) -> dict[str, str]:
    return {on.isoformat(): name for on, name in KENTUCKY.holidays(year).items()}


def test_kentucky_state_offices_in_2027_are_closed_on_the_statutes_days_and_no_others():
    assert closed(2027) == {
        "2027-01-01": "New Year's Day",
        "2027-01-18": "Martin Luther King Jr. Day",
        "2027-05-31": "Memorial Day",
        "2027-07-04": "Independence Day",
        "2027-07-05": "Independence Day (observed)",
        "2027-09-06": "Labor Day",
        "2027-11-11": "Veterans Day",
        "2027-11-25": "Thanksgiving",
        "2027-11-26": "the day after Thanksgiving",
        "2027-12-23": "the extra day of Christmas",
        "2027-12-24": "Christmas (observed)",
        "2027-12-25": "Christmas",
        "2027-12-30": "the extra day of New Year's Day",
        "2027-12-31": "New Year's Day (observed)",
    }


def test_twenty_workdays_after_november_20_2026_is_december_22():
    assert KENTUCKY.shift(date(2026, 11, 20), 20) == date(2026, 12, 22)


@pytest.mark.parametrize(
    ("on", "why"),
    [
        (date(2027, 2, 15), "Washington's Birthday is not in KRS 18A.190"),
        (date(2027, 3, 26), "Good Friday is half a working day"),
        (date(2026, 6, 19), "Juneteenth is not in KRS 18A.190"),
        (date(2027, 11, 2), "no presidential election in 2027"),
    ],
)
def test_kentucky_works_on(on: date, why: str):
    assert KENTUCKY.closed_because(on) is None, why


def test_presidential_election_day_closes_the_offices_every_fourth_year():
    assert [y for y in range(2024, 2034) if "presidential election day" in closed(y).values()] == [
        2024,
        2028,
        2032,
    ]
    assert closed(2028)["2028-11-07"] == "presidential election day"


def test_a_new_years_day_kept_in_december_belongs_to_the_year_of_the_december_day():
    assert closed(2021)["2021-12-31"] == "New Year's Day (observed)"
    assert "2021-12-31" not in closed(2022)
    assert all(on.year == 2022 for on in KENTUCKY.holidays(2022))


def test_an_extra_day_never_falls_on_a_closed_day():
    for year in range(2024, 2061):
        days = KENTUCKY.holidays(year)
        extra = [on for on, name in days.items() if name.startswith("the extra day")]
        assert all(on.weekday() < 5 for on in extra)
        # Christmas's extra day, and New Year's, which may be in either December.
        assert len([on for on in extra if on.month == 12 and on.day <= 26]) == 1


def test_a_christmas_on_sunday_is_kept_on_monday_and_its_extra_day_is_the_friday_before():
    assert {k: v for k, v in closed(2033).items() if "2033-12-2" in k} == {
        "2033-12-23": "the extra day of Christmas",
        "2033-12-25": "Christmas",
        "2033-12-26": "Christmas (observed)",
    }


def test_the_federal_calendar_keeps_its_eleven_holidays():
    days = work_calendar("us-federal").holidays(2026)
    assert len({name.removesuffix(" (observed)") for name in days.values()}) == 11
    assert date(2026, 2, 16) in days


def test_a_state_is_known_by_its_code():
    tennessee = work_calendar("US-TN")
    assert tennessee.name == "US-TN"
    assert tennessee.closed_because(date(2027, 3, 26)) == "Good Friday"
    assert tennessee.closed_because(date(2021, 12, 31)) == "New Year's Day (observed)"


def test_an_unknown_calendar_names_the_ones_there_are():
    with pytest.raises(ValueError, match="did you mean 'us-federal'"):
        work_calendar("us-federl")
    with pytest.raises(ValueError, match="a code such as US-TN"):
        work_calendar("US-ZZ")


def test_a_calendar_can_be_amended_with_what_the_governor_designates():
    moved = amended(KENTUCKY, {date(2027, 12, 27): "extra day"}, frozenset({date(2027, 12, 23)}))
    assert moved.closed_because(date(2027, 12, 27)) == "extra day"
    assert moved.is_workday(date(2027, 12, 23))
    assert not moved.is_workday(date(2027, 12, 24))
    assert not KENTUCKY.is_workday(date(2027, 12, 23))


def test_named_holidays_give_the_real_day_not_the_observed_one():
    in_2027 = {name: on(2027).isoformat() for name, on in NAMED.items()}
    assert in_2027 == {
        "New Year's Day": "2027-01-01",
        "Martin Luther King Jr. Day": "2027-01-18",
        "Washington's Birthday": "2027-02-15",
        "Good Friday": "2027-03-26",
        "Memorial Day": "2027-05-31",
        "Juneteenth": "2027-06-19",
        "Independence Day": "2027-07-04",
        "Labor Day": "2027-09-06",
        "Columbus Day": "2027-10-11",
        "Election Day": "2027-11-02",
        "Veterans Day": "2027-11-11",
        "Thanksgiving": "2027-11-25",
        "Christmas": "2027-12-25",
    }


def test_the_nth_weekday_may_not_exist():
    assert nth_weekday(2027, 2, 0, 5) is None
    assert nth_weekday(2027, 3, 0, 5) == date(2027, 3, 29)
    assert nth_weekday(2027, 12, 4, -1) == date(2027, 12, 31)
