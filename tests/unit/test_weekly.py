"""What the state's admins read of their week, and in which weeks there is something to read."""

from datetime import date, timedelta

import pytest

from tests.apps import CYCLE
from yearwheel.notifications.requests import RequestKind
from yearwheel.notifications.weekly import Week, is_due, rung_of, write_week
from yearwheel.services.weekly_digest import DOUBTS
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status

MONDAY = date(2027, 3, 8)  # the budget was due on March 1
NAMES = {f"{n:03}": f"District {n:03}" for n in range(1, 9)}


def week(*standings: Standing, on: date = MONDAY, **doubts: int) -> tuple[tuple[str, str], ...]:
    return write_week(CYCLE, Week(on, standings, NAMES, doubts))


def returned(code: str, days_ago: int) -> Standing:
    back_on = MONDAY - timedelta(days=days_ago)
    return Standing("plan", code, Status.RETURNED, due_on=date(2027, 5, 3), due_since=back_on)


def test_nothing_to_say_is_an_empty_week() -> None:
    assert week(Standing("budget", "001", Status.APPROVED), uncertain=0) == ()


def test_overdue_work_is_counted_by_stage_with_the_longest() -> None:
    late = Standing("budget", "001", Status.OPEN)
    later = Standing("budget", "002", Status.IN_PROGRESS, due_on=date(2027, 3, 7))
    extended = Standing("budget", "003", Status.OPEN, due_on=date(2027, 3, 12))
    assert week(late, later, extended) == (
        ("Overdue: Budget", "2 districts, the longest by 7 days"),
        ("Due Friday, March 12: Budget", "1 district still to hand in"),
    )


def test_of_reviews_only_what_went_back_can_be_the_districts_to_do_and_late() -> None:
    read = Standing("review", "001", Status.UNDER_REVIEW, due_on=date(2027, 3, 2))
    back = Standing("review", "002", Status.RETURNED, due_on=date(2027, 3, 5), due_since=date(2027, 3, 1))
    unread = Standing("review", "003", Status.UNDER_REVIEW, due_on=date(2027, 3, 9))
    assert week(read, back, unread) == (
        ("Overdue: Review", "1 district, the longest by 3 days"),
        ("Reviews late: Review", "1 plan, the longest by 6 days"),
    )


def test_what_districts_asked_and_nobody_answered_is_counted_with_its_age() -> None:
    asked = [
        (RequestKind.MORE_TIME, MONDAY),
        (RequestKind.HELP, date(2027, 3, 5)),
        (RequestKind.HELP, MONDAY),
    ]
    assert write_week(CYCLE, Week(MONDAY, (), NAMES, {}, asked)) == (
        ("Asked for help", "2 requests without an answer, the longest for 3 days"),
        ("Asked for more time", "1 request without an answer"),
    )


def test_who_has_another_day_than_the_stage_is_counted_apart() -> None:
    own = Standing("plan", "002", Status.OPEN, due_on=date(2027, 4, 9))
    extended = Standing("plan", "003", Status.OPEN, due_on=date(2027, 4, 22))
    far = Standing("plan", "004", Status.OPEN, due_on=date(2027, 5, 28))
    assert week(Standing("plan", "001", Status.OPEN), own, extended, far, on=date(2027, 4, 8)) == (
        (
            "Due Thursday, April 15: Plan",
            "1 district still to hand in, 2 more on other days up to Thursday, April 22",
        ),
    )


@pytest.mark.parametrize(
    ("on", "lines"),
    [
        (date(2027, 3, 31), ()),
        (date(2027, 4, 1), (("Due Thursday, April 15: Plan", "1 district still to hand in"),)),
        (date(2027, 4, 15), (("Due Thursday, April 15: Plan", "1 district still to hand in"),)),
    ],
)
def test_what_comes_is_told_two_weeks_ahead(on: date, lines: tuple[tuple[str, str], ...]) -> None:
    assert week(Standing("plan", "001", Status.OPEN), on=on) == lines


def test_work_that_was_returned_long_ago_is_named_the_longest_first() -> None:
    out = [returned("001", 10), returned("002", 11), returned("003", 30)]
    assert week(*out) == (
        ("Returned more than 10 days ago: Plan", "District 003 (30 days), District 002 (11 days)"),
    )


def test_of_many_names_only_some_are_shown() -> None:
    ((_, words),) = week(*(returned(code, 20) for code in NAMES))
    assert words.endswith("District 004 (20 days), 3 more")


def test_what_the_office_itself_owes_is_not_called_a_district() -> None:
    office = Standing("setup", "OET", Status.OPEN)  # due on January 8
    assert week(office, on=date(2027, 1, 6)) == (
        ("Due Friday, January 8: Setup", "the office itself has this to do"),
    )
    assert week(office, on=date(2027, 1, 11)) == (("Overdue: Setup", "the office itself, by 3 days"),)


def test_doubts_come_last_and_only_those_there_are() -> None:
    rows = week(Standing("budget", "001", Status.OPEN), uncertain=1, failed=0, held=2)
    assert rows[1:] == (
        ("May have arrived, or not: somebody has to look", "1 letter"),
        ("Waits for a person's approval", "2 letters"),
    )


def test_every_doubt_the_record_counts_has_words() -> None:
    (_, *rows) = week(
        Standing("budget", "001", Status.OPEN), **{str(doubt): 1 for doubt in (*DOUBTS, "missed")}
    )
    assert len({what for what, _ in rows}) == len(DOUBTS) + 1


@pytest.mark.parametrize(
    ("on", "due"),
    [
        ("2027-01-08", False),  # the week of the publication
        ("2027-01-09", False),  # a Saturday
        ("2027-01-11", True),
        ("2027-01-13", True),  # nobody ran a round before Wednesday
        ("2027-08-31", True),  # the last close
        ("2027-09-06", False),
    ],
)
def test_it_runs_from_the_week_after_the_publication_to_the_last_close(on: str, due: bool) -> None:
    assert is_due(CYCLE, date(2027, 1, 4), date.fromisoformat(on)) is due


def test_a_week_has_one_name_also_where_the_year_ends_in_it() -> None:
    assert {rung_of(date(2026, 12, 28) + timedelta(days=n)) for n in range(7)} == {"weekly:2026-W53"}
