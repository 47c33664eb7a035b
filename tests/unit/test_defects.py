"""Fourteen ways in which reminder systems are known to fail; each test shows that this one does not."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, time, timedelta
from email import message_from_bytes, policy
from threading import Barrier, Thread

import pytest

from tests.apps import (
    ADA,
    ANN,
    CENTRAL,
    EASTERN,
    KEY,
    PEOPLE,
    SOURCE,
    begun,
    hand_in,
    ledger,
    logged,
    make_app,
    roster_of,
    round_at,
    set_clock,
    standing_of,
)
from tests.fakes import FakeMailer
from yearwheel.calendar.cycle import Deadline, OwedBy, StageDates, StageKind
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.planner import Planner
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.advance import advance
from yearwheel.services.app import Refused
from yearwheel.services.cycles import close_cycle
from yearwheel.services.deliver import deliver
from yearwheel.services.excuse import excuse
from yearwheel.services.extend import Extension, extend
from yearwheel.services.ledger_digest import ledger_digest
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.upkeep import list_doubts, sweep_leases
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status


@pytest.fixture
def mailer():
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer):
    """The budget is open and everyone has heard so; nothing else has been sent."""
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    mailer.sent.clear()
    return app


def subjects(mailer, contact):
    mine = [e.raw for e in mailer.sent if e.recipient == contact.email]
    return [message_from_bytes(raw, policy=policy.default)["Subject"] for raw in mine]


def rung(app, name, contact="ann"):
    return [
        row[2:]
        for row in ledger(app, stage_key="budget", district_code="001", rung=name, contact_key=contact)
    ]


def test_defect_01_a_day_without_a_round_loses_no_reminder(app):
    round_at(app, "2027-02-16")  # the rung was due on the 15th

    assert rung(app, "14-days-before") == [("sent", None)]


def test_defect_02_a_reminder_that_cannot_go_now_goes_when_it_can(app, mailer):
    round_at(app, "2027-02-15 06:00")
    round_at(app, "2027-02-15 18:00")
    assert mailer.sent == []

    round_at(app, "2027-02-16 08:00")
    assert rung(app, "14-days-before") == [("sent", None)]


def test_defect_03_a_death_between_sending_and_recording_neither_repeats_nor_forgets(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)

    class Killed(BaseException):
        """Nothing of ours may catch it, as nothing catches SIGKILL."""

    def die(envelope):
        if len(mailer.sent) == 1:
            raise Killed

    mailer.before = die
    with pytest.raises(Killed):
        deliver(app)
    mailer.before = lambda envelope: None
    for moment in ("2027-02-15 11:00", "2027-02-16 10:00"):
        round_at(app, moment)
        sweep_leases(app)

    assert mailer.recipients() == [ANN.email]
    assert len(list_doubts(app)) == 4  # what was claimed and not recorded waits for a person
    assert rung(app, "14-days-before") == [("uncertain", None)]


def test_defect_04_one_bad_person_does_not_stop_everyones_mail(sqlite_database, mailer):
    others = [contact for contact in PEOPLE.contacts.values() if contact != ANN]
    roster = roster_of(replace(ANN, name="Ann\nBcc: x"), *others)
    app = make_app(sqlite_database, mailer=mailer, roster=roster)
    round_at(app, "2027-01-04")
    mailer.sent.clear()
    round_at(app, "2027-02-15")

    assert sorted(mailer.recipients()) == ["bob@mail.example", "cal@mail.example", "finn@mail.example"]
    assert rung(app, "14-days-before") == [("no_address", "unreachable")]
    assert {event.detail["contact"] for event in logged(app, "letter_refused")} == {"ann"}


def test_defect_05_no_reminder_outlives_its_work(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    hand_in(app, "budget", "001")
    deliver(app)
    round_at(app, "2027-02-22")
    round_at(app, "2027-03-05")

    assert subjects(mailer, ANN) == ["Received: Budget - Ash County"]


def test_defect_06_when_a_date_moves_its_reminders_move_with_it(app, mailer):
    set_clock(app, "2027-02-22")
    queue_mail(app, KEY)
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 12))], by="ada", why="flood")
    round_at(app, "2027-03-02")

    assert not [s for s in subjects(mailer, ANN) if "late" in s.lower() or "overdue" in s.lower()]
    assert rung(app, "7-days-before") == [("superseded", "date_moved"), ("planned", None)]
    assert rung(app, "1-workday-after") == [("superseded", "date_moved"), ("planned", None)]


def test_defect_07_what_was_called_off_sends_nothing_more(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    excuse(app, KEY, "budget", "001", by="ada", why="flood")
    round_at(app, "2027-03-05")

    assert subjects(mailer, ANN) == ["Excused: Budget - Ash County"]
    assert {row[2:] for row in ledger(app, stage_key="budget", district_code="001", kind="reminder")} == {
        ("cancelled", "waived")
    }


def test_defect_07_a_closed_cycle_sends_nothing_more(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    close_cycle(app, KEY, by="ada", why="called off")
    for moment in ("2027-02-15 11:00", "2027-02-22 10:00", "2027-03-05 10:00"):
        round_at(app, moment)

    assert mailer.sent == []


def test_defect_08_two_rounds_for_one_moment_send_everything_once(database):
    mailers = [FakeMailer(), FakeMailer()]
    app = begun(database)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-22")
    start, failures = Barrier(2), []

    def ring(mailer):
        start.wait()
        try:
            advance(replace(app, open_mailer=lambda: nullcontext(mailer)), KEY)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=ring, args=[mailer]) for mailer in mailers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    round_at(app, "2027-02-22")

    sent = [recipient for mailer in mailers for recipient in mailer.recipients()]
    assert failures == []
    assert sorted(sent) == [f"{key}@mail.example" for key in ("ann", "bob", "cal", "finn")]


def test_defect_09_rounds_that_were_missed_are_caught_up_from_the_ledger(app):
    round_at(app, "2027-03-02")  # nothing ran for a month

    assert rung(app, "1-workday-after") == [("sent", None)]
    assert [rung(app, name) for name in ("14-days-before", "7-days-before", "on-the-day")] == [
        [("superseded", "collapsed")]
    ] * 3


def test_defect_10_a_late_round_is_no_storm(app, mailer):
    round_at(app, "2027-03-08")  # everything at once: six rungs for three districts

    assert sorted(mailer.recipients()) == sorted(
        c.email for c in PEOPLE.contacts.values() if c.key not in "ray leo"
    )
    digest = ledger_digest(app, KEY)
    round_at(app, "2027-03-08")
    assert ledger_digest(app, KEY) == digest


@pytest.mark.parametrize("year", [2027, 2028, 2029, 2030, 2031])
def test_defect_11_no_deadline_needs_a_hand_to_leave_a_closed_day(year):
    cycle = load_cycle(read_shipped("kentucky-2027").replace("2027", str(year)))
    fixed = {"erate_471"}  # another authority's date; the file says `if_closed: none`

    for stage in cycle.stages:
        assert stage.key in fixed or cycle.workdays.is_workday(stage.dates.due.on), stage.key
    budget = cycle.stage("budget_preparation").dates.due.on
    assert budget <= date(year, 1, 31) < cycle.workdays.shift(budget, 1)


def test_defect_12_the_deadline_that_is_shown_is_the_one_that_is_enforced(app, mailer):
    extend(app, KEY, [Extension("budget", "002", date(2027, 3, 10))], by="ada", why="flood")
    round_at(app, "2027-02-22")
    (shown,) = [e.raw for e in mailer.sent if e.recipient == ANN.email]
    text = message_from_bytes(shown, policy=policy.default).get_body(("plain",)).get_content()
    assert "Budget is due Monday, March 1\r\n" in text

    dates = load_cycle(SOURCE).stage("budget").dates
    set_clock(app, f"{dates.close.on} 23:59")
    hand_in(app, "budget", "001")
    set_clock(app, f"{dates.close.on + timedelta(days=1)} 00:00")
    with pytest.raises(Refused, match="closed on 2027-03-15 for 003"):
        hand_in(app, "budget", "003")
    hand_in(app, "budget", "002")  # its own grace ends later


def test_defect_12_due_grace_and_close_cannot_disagree():
    days = [Deadline(date(2027, 3, day), time(23, 59), EASTERN) for day in (1, 2, 3)]
    first, second, third = days

    assert StageDates(first, first, second, third).due == first
    for wrong in (
        (first, third, second, third),
        (first, second, third, second),
        (third, second, third, third),
    ):
        with pytest.raises(ValueError, match="dates out of order"):
            StageDates(*wrong)


def test_defect_13_no_mail_after_midnight_and_each_names_the_act_and_the_readers_part_in_it(app, mailer):
    for moment in ("2027-02-15 00:01", "2027-02-15 07:59", "2027-02-20 10:00"):
        round_at(app, moment)
    assert mailer.sent == []

    round_at(app, "2027-02-22 08:00", CENTRAL)
    for envelope in mailer.sent:
        text = message_from_bytes(envelope.raw, policy=policy.default).get_body(("plain",)).get_content()
        contact = next(c for c in PEOPLE.contacts.values() if c.email == envelope.recipient)
        assert "Hand in the draft budget." in text
        assert any(str(role).split("_")[0] in text for role in contact.roles)


def test_defect_14_every_rung_of_the_shipped_calendar_can_be_reached():
    cycle, roster = load_cycle(read_shipped("kentucky-2027")), shipped_roster(limit=3)
    planner = Planner(cycle, roster, min(stage.dates.opens.on for stage in cycle.stages))
    code = min(roster.districts)

    for stage in cycle.stages:
        owing = "OET" if stage.owed_by is OwedBy.STATE else code
        opens = stage.dates.opens.on
        here = [Standing(stage.key, owing, Status.OPEN)]
        if stage.kind is StageKind.REVIEW:
            workdays = cycle.workdays
            first = workdays.on_or_after(stage.review.first_look.from_day(opens, workdays))
            back = workdays.on_or_after(stage.review.revise.from_day(opens, workdays))
            here = [
                Standing(stage.key, owing, Status.UNDER_REVIEW, due_on=first, due_since=opens),
                Standing(stage.key, owing, Status.RETURNED, due_on=back, due_since=opens),
            ]
        reached = {reminder.key.rung for reminder in planner.plan(here)}
        assert reached == {rung.key for rung in stage.all_rungs}, stage.key


def test_defect_14_a_district_that_never_answers_hears_every_rung(app):
    for day in ("2027-02-15", "2027-02-22", "2027-03-01", "2027-03-02", "2027-03-04", "2027-03-08"):
        round_at(app, day)

    rows = [r for r in ledger(app, stage_key="budget", district_code="001") if r[0] != "published:1"]
    assert {row[2:] for row in rows} == {("sent", None)}
    assert {row[0] for row in rows} == {rung.key for rung in load_cycle(SOURCE).stage("budget").all_rungs}
    assert standing_of(app, "budget", "001").status is Status.OPEN
    assert ADA.key in {row[1] for row in rows}
    assert OutboxStatus.SENT in {row[2] for row in rows}
