"""Days, distances and times as people say them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from yearwheel.calendar.day_words import day_words, left_words, meant_day, time_words

EASTERN, CENTRAL, INDIAN = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago"), ZoneInfo("Asia/Kolkata")
SUMMER, WINTER = datetime(2027, 7, 2, 3, 59, tzinfo=UTC), datetime(2027, 1, 9, 4, 59, tzinfo=UTC)


def test_a_day_names_its_year_only_where_it_is_another_one() -> None:
    assert day_words(date(2027, 3, 12), date(2027, 1, 1)) == "Friday, March 12"
    assert day_words(date(2028, 1, 14), date(2027, 1, 1)) == "Friday, January 14, 2028"


@pytest.mark.parametrize(
    ("days", "words"),
    [(5, "5 days left"), (1, "1 day left"), (0, "today"), (-1, "1 day late"), (-9, "9 days late")],
)
def test_a_distance_says_on_which_side_it_lies(days: int, words: str) -> None:
    assert left_words(days) == words


def test_a_time_names_the_zone_as_people_do_and_ones_own_where_it_differs() -> None:
    assert time_words(SUMMER, EASTERN, EASTERN) == "11:59 PM Eastern"
    assert time_words(WINTER, EASTERN, CENTRAL) == "11:59 PM Eastern (10:59 PM Central)"


def test_a_time_on_another_day_over_there_says_which() -> None:
    assert time_words(SUMMER, EASTERN, INDIAN) == "11:59 PM Eastern (Friday, July 2, 9:29 AM IST)"


def test_noon_and_midnight_are_twelve() -> None:
    assert time_words(datetime(2027, 7, 1, 16, tzinfo=UTC), EASTERN, EASTERN) == "12:00 PM Eastern"
    assert time_words(datetime(2027, 7, 1, 4, tzinfo=UTC), EASTERN, EASTERN) == "12:00 AM Eastern"


@pytest.mark.parametrize(
    "written", ["2027-2-13", "2027/02/13", "2/13/2027", "13.2.2027", "February 13, 2027", "13 Feb 2027"]
)
def test_a_date_in_another_notation_means_a_day(written: str) -> None:
    assert meant_day(written) == date(2027, 2, 13)


@pytest.mark.parametrize("written", ["02/01/2027", "2/13", "2027", "February 30, 2027", "soon"])
def test_what_may_be_another_day_means_none(written: str) -> None:
    assert meant_day(written) is None
