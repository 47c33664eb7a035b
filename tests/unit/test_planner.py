"""Who should hear what and when, and what has to be written when the facts change."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.apps import (
    ADA,
    ANN,
    ASH,
    BIRCH,
    BOB,
    CAL,
    CEDAR,
    CENTRAL,
    CYCLE,
    FINN,
    LEO,
    OFFICE,
    PEOPLE,
    RAY,
    SAM,
    SOURCE,
    SUE,
    at,
    person,
    roster_of,
)
from tests.plans import PUBLISHED, Ledger, plan, standing, told
from yearwheel.config.cycle_file import load_cycle
from yearwheel.notifications.ledger import REVIVABLE, Reason, ReminderStatus
from yearwheel.notifications.planner import NOBODY, turn_of
from yearwheel.roster.people import Role
from yearwheel.stages.standing import DueBecause
from yearwheel.stages.status import OWED, Status

BUDGET, REVIEW = CYCLE.stage("budget"), CYCLE.stage("review")
MARCH_15 = date(2027, 3, 15)
EXTENDED = standing(due_on=MARCH_15, due_since=date(2027, 2, 24), due_because=DueBecause.EXTENSION)
READING = standing(
    "review", status=Status.UNDER_REVIEW, due_on=date(2027, 5, 10), due_since=date(2027, 4, 29)
)


def test_a_district_is_told_rung_by_rung_who_has_to_act_and_then_who_stands_above():
    assert told(plan(standing())) == [
        ("Feb 01", "when-it-opens", "ann"),
        ("Feb 01", "when-it-opens", "finn"),
        ("Feb 15", "14-days-before", "ann"),
        ("Feb 15", "14-days-before", "finn"),
        ("Feb 22", "7-days-before", "ann"),
        ("Feb 22", "7-days-before", "finn"),
        ("Mar 01", "on-the-day", "ann"),
        ("Mar 01", "on-the-day", "finn"),
        ("Mar 02", "1-workday-after", "ann"),
        ("Mar 02", "1-workday-after", "finn"),
        ("Mar 04", "escalation:3-days-after", "sue"),
        ("Mar 08", "escalation:7-days-after", "ada"),
    ]


@pytest.mark.parametrize("status", Status)
def test_a_ladder_is_called_while_the_stage_is_owed_and_never_otherwise(status):
    assert bool(plan(standing(status=status))) is (status in OWED)


@pytest.mark.parametrize("status", Status)
def test_in_a_review_the_ladder_is_that_of_the_side_whose_turn_it_is(status):
    here = standing("review", status=status, due_on=date(2027, 5, 10), due_since=date(2027, 4, 29))
    ladders = {
        Status.UNDER_REVIEW: {"ray", "leo"},
        Status.RETURNED: {"ann"},
    }
    assert {r.key.contact_key for r in plan(here)} == ladders.get(status, set())


def test_a_reviewer_is_reminded_of_their_own_deadline_and_then_the_lead():
    assert told(plan(READING)) == [
        ("May 07", "review:3-days-before", "ray"),
        ("May 10", "review:on-the-day", "ray"),
        ("May 11", "review:1-workday-after", "leo"),
    ]


def test_a_returned_plan_has_its_own_date_and_its_own_ladder():
    here = standing("review", status=Status.RETURNED, due_on=date(2027, 5, 20), due_since=date(2027, 5, 13))

    assert told(plan(here)) == [
        ("May 18", "revision:2-days-before", "ann"),
        ("May 20", "revision:on-the-day", "ann"),
    ]


def test_a_district_with_its_own_reviewer_reminds_that_one():
    eve = person("eve", OFFICE, Role.REVIEWER)
    both = roster_of(RAY, eve, LEO)
    assigned = replace(both, reviewers={"001": "eve"})

    assert {r.key.contact_key for r in plan(READING, roster=both)} == {"ray", "eve", "leo"}
    assert {r.key.contact_key for r in plan(READING, roster=assigned)} == {"eve", "leo"}


def test_nobody_has_a_turn_in_a_review_before_it_is_taken_up_and_after_it_is_approved():
    assert [s for s in Status if turn_of(REVIEW, standing("review", status=s))] == [
        Status.UNDER_REVIEW,
        Status.RETURNED,
    ]


def test_a_role_that_nobody_holds_has_a_row_of_its_own():
    finance = [r for r in plan(standing(code="003")) if r.role == Role.FINANCE_OFFICER]

    assert {r.key.contact_key for r in finance} == {NOBODY + "finance_officer"}
    assert len(finance) == 5


def test_a_contact_who_holds_two_roles_is_told_once():
    first = [r for r in plan(standing(code="002")) if r.key.rung == "14-days-before"]

    assert [(r.key.contact_key, r.role) for r in first] == [("bob", Role.TECHNOLOGY_COORDINATOR)]


def test_two_holders_of_one_role_are_both_told():
    abe = person("abe", ASH, Role.TECHNOLOGY_COORDINATOR)
    reminders = plan(standing("plan"), roster=roster_of(ANN, abe))

    assert {(r.key.rung, r.key.contact_key) for r in reminders} == {
        (rung, who) for rung in ("when-it-opens", "7-days-before", "on-the-day") for who in ("abe", "ann")
    }


def test_a_rung_before_the_cycle_was_published_is_not_called():
    assert told(plan(standing(), since=date(2027, 3, 2))) == [
        ("Mar 02", "1-workday-after", "ann"),
        ("Mar 02", "1-workday-after", "finn"),
        ("Mar 04", "escalation:3-days-after", "sue"),
        ("Mar 08", "escalation:7-days-after", "ada"),
    ]


def test_a_rung_on_the_day_of_publication_is_called():
    assert told(plan(standing("plan"), since=date(2027, 4, 15))) == [("Apr 15", "on-the-day", "ann")]


def test_a_rung_before_the_new_due_day_came_into_force_is_not_called():
    extended = replace(EXTENDED, due_since=date(2027, 3, 2))

    assert {(r.due_on, r.key.rung) for r in plan(extended)} == {
        (date(2027, 3, 8), "7-days-before"),
        (date(2027, 3, 15), "on-the-day"),
        (date(2027, 3, 16), "1-workday-after"),
        (date(2027, 3, 18), "escalation:3-days-after"),
        (date(2027, 3, 22), "escalation:7-days-after"),
    }


def test_an_opening_notice_goes_on_the_opening_day_or_the_next_working_day():
    saturday = load_cycle(
        SOURCE.replace("opens: February 1\n    due: April 15", "opens: February 6\n    due: April 15")
    )
    (opening,) = [r for r in plan(standing("plan"), cycle=saturday) if r.key.rung == "when-it-opens"]

    assert opening.due_on == date(2027, 2, 8)
    assert opening.moved_because == "2027-02-06 is a Saturday, so it goes on 2027-02-08"


def test_a_rung_before_the_deadline_moves_back_off_a_closed_day_and_one_after_it_moves_on():
    sunday = load_cycle(SOURCE.replace("due: {on: March 1, basis", "due: {on: February 28, basis"))
    days = {r.key.rung: (r.due_on, r.moved_because) for r in plan(standing(), cycle=sunday)}
    due = sunday.stage("budget").dates.due.on

    assert due == date(2027, 3, 1)  # a deadline that is not statutory moves on, and the ladder with it
    assert days["7-days-before"] == (date(2027, 2, 22), None)
    extended = plan(standing(due_on=date(2027, 3, 13), due_since=PUBLISHED))  # a Saturday
    days = {r.key.rung: (r.due_on, r.moved_because) for r in extended}
    assert days["7-days-before"] == (date(2027, 3, 5), "2027-03-06 is a Saturday, so it goes on 2027-03-05")
    extended = plan(standing(due_on=date(2027, 3, 11), due_since=PUBLISHED))  # a Thursday
    days = {r.key.rung: (r.due_on, r.moved_because) for r in extended}
    assert days["escalation:3-days-after"] == (
        date(2027, 3, 15), "2027-03-14 is a Sunday, so it goes on 2027-03-15",
    )  # fmt: skip


def test_nothing_is_asked_after_the_close_of_a_districts_own_day():
    """A week after Saturday, March 13, comes Monday, March 22, when the five days of grace are over."""
    rungs = {r.key.rung for r in plan(standing(due_on=date(2027, 3, 13), due_since=PUBLISHED))}

    assert {rung for rung in rungs if "after" in rung} == {"1-workday-after", "escalation:3-days-after"}


def test_each_reader_is_told_when_their_own_send_window_opens():
    opening = {
        r.key.contact_key: r.due_at
        for r in plan(standing(), standing(code="002"))
        if r.due_on == date(2027, 2, 22)
    }

    assert opening == {
        "ann": at("2027-02-22 08:00"),
        "finn": at("2027-02-22 08:00"),
        "bob": at("2027-02-22 08:00", CENTRAL),
    }
    assert opening["bob"] - opening["ann"] == at("2027-02-22 09:00") - at("2027-02-22 08:00")


def test_state_people_are_told_in_the_zone_of_their_own_office():
    (digest,) = [r for r in plan(standing(code="002")) if r.key.contact_key == ADA.key]

    assert digest.due_at == at("2027-03-08 08:00")


@pytest.mark.parametrize(
    ("extended_to", "rung", "expected"),
    [
        (date(2027, 3, 19), "7-days-before", datetime(2027, 3, 12, 13, tzinfo=UTC)),  # the Friday before
        (date(2027, 3, 22), "7-days-before", datetime(2027, 3, 15, 12, tzinfo=UTC)),  # the Monday after
        (date(2027, 11, 12), "7-days-before", datetime(2027, 11, 5, 12, tzinfo=UTC)),
        (date(2027, 11, 15), "7-days-before", datetime(2027, 11, 8, 13, tzinfo=UTC)),
    ],
)
def test_eight_in_the_morning_is_eight_by_the_readers_clock_on_both_sides_of_a_change_of_clocks(
    extended_to, rung, expected
):
    here = standing(due_on=extended_to, due_since=PUBLISHED)
    (reminder,) = [r for r in plan(here) if (r.key.rung, r.key.contact_key) == (rung, "ann")]

    assert reminder.due_at == expected


def test_planning_again_finds_nothing_to_write():
    ledger = Ledger()
    here = [standing(stage.key, code) for stage in CYCLE.stages for code in ("001", "002", "003")]

    assert ledger.follow(*here)
    assert not ledger.follow(*here)


def test_work_that_is_handed_in_ends_every_open_row_and_no_other():
    ledger = Ledger()
    ledger.follow(standing())
    queued = ledger.queue(date(2027, 2, 15))
    open_before = ledger.open
    ledger.follow(standing(status=Status.SUBMITTED))

    assert ledger.endings() == {
        **dict.fromkeys(queued, (ReminderStatus.QUEUED, None)),
        **dict.fromkeys(open_before, (ReminderStatus.CANCELLED, Reason.WORK_IN)),
    }


@pytest.mark.parametrize("status", [Status.EXCUSED, Status.NOT_REQUIRED])
def test_an_excuse_ends_the_ladder_and_taking_it_back_revives_it(status):
    ledger = Ledger()
    ledger.follow(standing())
    before = ledger.open
    ledger.follow(standing(status=status))
    assert set(ledger.endings().values()) == {(ReminderStatus.CANCELLED, Reason.WAIVED)}

    ledger.follow(standing())
    assert ledger.open == before


def test_an_extension_supersedes_all_and_only_the_open_rows_of_the_old_day():
    ledger = Ledger()
    ledger.follow(standing(), standing(code="002"), standing("plan"))
    queued = ledger.queue(date(2027, 2, 22))
    old = {k for k in ledger.open if k[:2] == ("budget", "001")}
    others = ledger.open - old
    ledger.follow(EXTENDED)

    endings = ledger.endings()
    assert {k for k, e in endings.items() if e == (ReminderStatus.SUPERSEDED, Reason.DATE_MOVED)} == old
    assert {k for k, e in endings.items() if e == (ReminderStatus.QUEUED, None)} == queued
    assert ledger.open - others == {k for k in endings if k.deadline_on == MARCH_15}


def test_taking_an_extension_back_revives_exactly_what_it_superseded():
    ledger = Ledger()
    ledger.follow(standing())
    ledger.queue(date(2027, 2, 22))
    before = ledger.endings()
    ledger.follow(EXTENDED)
    ledger.follow(standing())

    after = ledger.endings()
    assert {key: after[key] for key in before} == before
    assert {after[key] for key in after.keys() - before.keys()} == {
        (ReminderStatus.SUPERSEDED, Reason.DATE_MOVED)
    }


def test_extending_twice_to_the_same_day_brings_the_same_rows_back():
    ledger = Ledger()
    ledger.follow(standing())
    ledger.follow(EXTENDED)
    first = ledger.endings()
    ledger.follow(standing())
    ledger.follow(EXTENDED)

    assert ledger.endings() == first


def test_an_approval_and_a_return_pass_the_turn_to_the_other_side():
    ledger = Ledger()
    ledger.follow(READING)
    ledger.follow(
        replace(READING, status=Status.RETURNED, due_on=date(2027, 5, 20), due_since=date(2027, 5, 6))
    )

    assert {(k.contact_key, e) for k, e in ledger.endings().items()} == {
        ("ray", (ReminderStatus.CANCELLED, Reason.NOT_OWED)),
        ("leo", (ReminderStatus.CANCELLED, Reason.NOT_OWED)),
        ("ann", (ReminderStatus.PLANNED, None)),
    }


def test_a_contact_who_left_hears_nothing_more_and_the_one_who_came_does():
    ledger = Ledger()
    ledger.follow(standing("plan"))
    heard = ledger.queue(date(2027, 2, 1))
    abe = person("abe", ASH, Role.TECHNOLOGY_COORDINATOR)
    ledger.follow(standing("plan"), roster=roster_of(abe, FINN, SUE, ADA))

    endings = ledger.endings()
    assert {(k.rung, k.contact_key): e for k, e in endings.items() if k not in heard} == {
        ("when-it-opens", "abe"): (ReminderStatus.PLANNED, None),
        ("7-days-before", "ann"): (ReminderStatus.CANCELLED, Reason.CONTACT_LEFT),
        ("7-days-before", "abe"): (ReminderStatus.PLANNED, None),
        ("on-the-day", "ann"): (ReminderStatus.CANCELLED, Reason.CONTACT_LEFT),
        ("on-the-day", "abe"): (ReminderStatus.PLANNED, None),
    }


def test_when_the_last_holder_of_a_role_leaves_the_gap_has_a_row():
    ledger = Ledger()
    ledger.follow(standing("plan"))
    ledger.follow(standing("plan"), roster=roster_of(SUE, ADA))

    assert {k.contact_key for k in ledger.open} == {NOBODY + "technology_coordinator"}


def test_a_rung_taken_out_of_the_calendar_ends_and_comes_back_with_it():
    ledger = Ledger()
    ledger.follow(standing("plan"))
    before = ledger.open
    shorter = load_cycle(SOURCE.replace("reminders: [7 days before, on the day]", "reminders: [on the day]"))
    ledger.follow(standing("plan"), cycle=shorter)
    assert {k.rung: e for k, e in ledger.endings().items()}["7-days-before"] == (
        ReminderStatus.CANCELLED, Reason.RUNG_REMOVED,
    )  # fmt: skip

    ledger.follow(standing("plan"))
    assert ledger.open == before


def test_a_row_whose_hour_changed_keeps_its_key_and_gets_the_new_hour():
    ledger = Ledger()
    ledger.follow(standing("plan"))
    later = load_cycle(SOURCE.replace('from: "08:00"', 'from: "09:00"'))
    difference = ledger.follow(standing("plan"), cycle=later)

    assert (difference.new, difference.closed) == ([], [])
    assert {r.due_at.astimezone(ASH.zone).hour for r in ledger.rows.values()} == {9}


def test_what_was_queued_is_history_and_is_neither_repeated_nor_taken_back():
    ledger = Ledger()
    ledger.follow(standing())
    ledger.queue(date(2027, 12, 31))

    assert not ledger.follow(standing(status=Status.SUBMITTED))
    assert not ledger.follow(standing())


def test_endings_that_said_something_are_not_revived():
    assert REVIVABLE.isdisjoint({Reason.COLLAPSED, Reason.UNREACHABLE, Reason.TOO_LATE})


def test_the_plan_does_not_depend_on_the_order_of_its_input():
    here = [standing(stage.key, code) for stage in CYCLE.stages for code in ("001", "002", "003")]
    turned = roster_of(*reversed(PEOPLE.contacts.values()), districts=(OFFICE, CEDAR, BIRCH, ASH))

    assert set(plan(*here)) == set(plan(*reversed(here), roster=turned))
    assert {BOB.key, CAL.key, SAM.key} < {r.key.contact_key for r in plan(*here)}
