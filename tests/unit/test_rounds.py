"""A round opens, takes in and calls what its moment asks for, once."""

import pytest

from tests.apps import (
    ANN,
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    begun,
    hand_in,
    ledger,
    logged,
    round_at,
    set_clock,
    standing_of,
)
from tests.fakes import BUSY, FakeMailer
from yearwheel.services.cycles import close_cycle, create_cycle
from yearwheel.services.deliver import deliver
from yearwheel.services.excuse import excuse
from yearwheel.services.ledger_digest import ledger_digest
from yearwheel.services.prove import prove
from yearwheel.services.rounds import is_quiet, stages_with_work
from yearwheel.stages.standing import DueBecause
from yearwheel.stages.status import Status
from yearwheel.store import rosters


@pytest.fixture
def app(sqlite_database):
    return begun(sqlite_database)


def why(app):
    return {work.stage_key: work.why for work in stages_with_work(app, KEY)}


def test_a_day_with_nothing_to_do_is_quiet(app):
    assert (why(app), is_quiet(app, KEY)) == ({}, True)


def test_a_stage_says_why_it_has_work(app):
    set_clock(app, "2027-02-01")

    assert why(app) == {
        "budget": "reminders are due and 3 may begin",
        "plan": "reminders are due",
    }
    assert not is_quiet(app, KEY)


def test_a_window_opens_at_midnight_of_the_cycles_zone(app):
    set_clock(app, "2027-01-31 23:59")
    assert why(app) == {}

    set_clock(app, "2027-02-01 00:00")
    assert why(app) == {"budget": "3 may begin"}


def test_a_stage_opens_for_a_district_when_its_earlier_stages_are_in(app):
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    excuse(app, KEY, "budget", "002", by="ada", why="flood")
    report = round_at(app, "2027-02-02")

    assert [standing_of(app, "plan", code).status for code in ("001", "002", "003")] == [
        Status.OPEN, Status.OPEN, Status.NOT_OPEN,
    ]  # fmt: skip
    assert {s.stage_key: s.opened for s in report.stages} == {"plan": 2}


def test_running_the_same_round_again_sends_nothing_twice(sqlite_database):
    mailer = FakeMailer()
    app = begun(sqlite_database, mailer)
    first = round_at(app, "2027-02-22")
    sent, digest = list(mailer.sent), ledger_digest(app, KEY)
    second = round_at(app, "2027-02-22")

    assert first.delivered.sent > 0
    assert (second.stages, second.queued.letters, second.delivered.sent) == ([], 0, 0)
    assert (mailer.sent, ledger_digest(app, KEY)) == (sent, digest)


def test_a_second_round_the_same_day_sends_nothing_either(sqlite_database):
    mailer = FakeMailer()
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-22 09:00")
    sent = list(mailer.sent)
    round_at(app, "2027-02-22 15:00")

    assert mailer.sent == sent


def test_work_that_arrived_goes_to_the_reviewer_whose_clock_starts_that_day(app):
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    round_at(app, "2027-02-02")
    hand_in(app, "plan", "001")
    report = round_at(app, "2027-04-29")
    (review,) = [s for s in report.stages if s.stage_key == "review"]
    here = standing_of(app, "review", "001")

    assert (review.taken_in, here.status, here.due_because) == (1, Status.UNDER_REVIEW, DueBecause.RECEIVED)
    assert (str(here.due_since), str(here.due_on)) == ("2027-04-29", "2027-05-10")  # the 9th is a Sunday
    assert [(e.district_code, e.kind) for e in logged(app, "received", "taken_up")] == [
        ("001", "received"),
        ("001", "taken_up"),
    ]


def test_a_round_that_comes_late_says_the_newest_and_says_what_it_left_out(app):
    report = round_at(app, "2027-02-23")
    budget = next(s for s in report.stages if s.stage_key == "budget")

    assert (budget.called, budget.collapsed) == (4, 8)
    assert ledger(app, stage_key="budget", district_code="001", contact_key="ann")[:3] == [
        ("1-workday-after", "ann", "planned", None),
        ("14-days-before", "ann", "superseded", "collapsed"),
        ("7-days-before", "ann", "sent", None),
    ]


def test_a_rung_too_late_for_its_stage_is_missed_and_loud(app):
    report = round_at(app, "2027-04-01")
    budget = next(s for s in report.stages if s.stage_key == "budget")

    assert budget.missed == 10  # the newest rung of each person, and of each district Ada hears about
    assert ledger(app, stage_key="budget", district_code="001", contact_key="ann")[0] == (
        "1-workday-after", "ann", "missed", "too_late",
    )  # fmt: skip


def test_a_role_that_nobody_holds_ends_with_its_reason(app):
    round_at(app, "2027-02-15")

    assert {row[2:] for row in ledger(app, contact_key="nobody:finance_officer", rung="14-days-before")} == {
        ("no_address", "role_empty")
    }


def test_a_contact_whose_address_refused_is_not_tried_again(app):
    with app.database.writing() as work:
        rosters.mark_undeliverable(work.connection, "KY", ANN.key, "550 5.1.1 no such user")
        work.commit()
    round_at(app, "2027-02-15")

    assert ledger(app, stage_key="budget", contact_key="ann", rung="14-days-before") == [
        ("14-days-before", "ann", "no_address", "unreachable")
    ]


def test_a_contact_who_left_between_two_rounds_hears_nothing_more(sqlite_database):
    mailer = FakeMailer()
    app = begun(sqlite_database, mailer)
    with app.database.writing() as work:
        rosters.mark_left(work.connection, "KY", [ANN.key], app.clock.now())
        work.commit()
    mailer.sent.clear()
    round_at(app, "2027-02-15")

    assert ANN.email not in mailer.recipients()
    assert ledger(app, stage_key="budget", contact_key="ann", rung="14-days-before") == [
        ("14-days-before", "ann", "cancelled", "contact_left")
    ]


def test_each_zone_gets_its_own_eight_in_the_morning(sqlite_database):
    mailer = FakeMailer()
    app = begun(sqlite_database, mailer)
    del mailer.sent[:]
    for moment, expected in [
        ("2027-02-22 07:59", []),
        ("2027-02-22 08:00", ["ann", "cal", "finn"]),
        ("2027-02-22 08:59", ["ann", "cal", "finn"]),
        ("2027-02-22 09:00", ["ann", "cal", "finn", "bob"]),
    ]:
        round_at(app, moment)
        assert mailer.recipients() == [PEOPLE.contacts[key].email for key in expected], moment


def test_a_cycle_that_was_closed_has_no_work(app):
    close_cycle(app, KEY, by="ada", why="the year is over")
    set_clock(app, "2027-02-22")

    assert why(app) == {}


def test_a_cycle_that_is_a_draft_has_no_work(sqlite_database):
    app = bare_app(sqlite_database, "2027-02-22")
    create_cycle(app, SOURCE, by="ada")

    assert why(app) == {}


def test_a_letter_put_off_once_does_not_excuse_weeks_in_which_nothing_ran(sqlite_database):
    mailer = FakeMailer({ANN.email: BUSY})
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    mailer.answers = {}
    set_clock(app, "2027-03-17 09:00")  # the budget has closed
    deliver(app)
    round_at(app, "2027-03-17 09:30")

    missed = {
        b.contact_key for b in prove(app, KEY).breaches if (b.kind, b.district_code) == ("missed", "001")
    }
    assert {ANN.key, "finn"} <= missed
