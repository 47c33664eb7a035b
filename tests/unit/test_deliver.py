"""Emptying the outbox: every message once, and an exact account of what became of it."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread, current_thread, get_ident, main_thread
from threading import Event as Signal

import pytest

from tests.apps import (
    ANN,
    BOB,
    CAL,
    CENTRAL,
    CYCLE,
    EASTERN,
    FINN,
    KEY,
    begun,
    hand_in,
    ledger,
    logged,
    round_at,
    set_clock,
    with_mail,
)
from tests.fakes import BROKEN_OFF, BUSY, NO_SUCH_USER, POLICY, FakeMailer
from yearwheel.notifications.ledger import Attempt, OutboxStatus
from yearwheel.notifications.mailers import Result
from yearwheel.notifications.refusals import blames_address
from yearwheel.services import deliver as delivering
from yearwheel.services.contacts import give_up_address
from yearwheel.services.deliver import (
    BATCH,
    IN_A_ROW,
    LAST_TRIES,
    LEASE,
    PATIENCE,
    TRIES,
    TURN,
    WAITS,
    DeliveryReport,
    deliver,
)
from yearwheel.services.explain import explain
from yearwheel.services.lookup import find_cycle
from yearwheel.services.outbox_desk import list_refused, retry
from yearwheel.services.pause import pause_cycle
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.tasks import close_task, list_tasks
from yearwheel.services.upkeep import list_doubts, resolve, sweep_leases
from yearwheel.store import OperationalError, outbox, rosters

FULL = 2  # SQLite's word for a commit that waits for the disk


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def mailer():
    return FakeMailer()


@pytest.fixture
def app(database, mailer):
    """Four letters wait: to Ann, Bob, Cal and Finn."""
    app = begun(database, mailer)
    mailer.sent.clear()
    mailer.tried.clear()
    set_clock(app, "2027-02-15")
    assert queue_mail(app, KEY).letters == 4
    return app


def rows_of(app, contact):
    """Their letters since February, newest first."""
    with app.database.reading() as connection:
        found = outbox.list_messages(connection, cycle_key=KEY)
    return [r for r in found if r["contact_key"] == contact.key and r["send_on"].month >= 2]


def row_of(app, contact):
    (row,) = rows_of(app, contact)
    return row


def attempts(app, contact):
    with app.database.reading() as connection:
        found = outbox.list_attempts(connection, row_of(app, contact)["id"])
    return [(a["attempt"], str(a["outcome"]), a["code"], a["detail"]) for a in found]


def undeliverable(app, contact):
    with app.database.reading() as connection:
        return rosters.load(connection, "KY").contacts[contact.key].undeliverable


def test_what_waits_is_sent_once_and_recorded(app, mailer):
    assert deliver(app) == DeliveryReport(sent=4)
    assert mailer.recipients() == [c.email for c in (ANN, BOB, CAL, FINN)]
    assert attempts(app, ANN) == [(1, "accepted", "250", "2.0.0 queued")]
    assert row_of(app, ANN)["settled_at"] == app.clock.now()

    assert deliver(app) == DeliveryReport()
    assert len(mailer.sent) == 4


def test_without_a_server_a_pass_ends_and_tries_nobody_elses_letter(app, mailer):
    nobody = Result(
        Attempt.DEFERRED, "", "no connection to the mail server: Connection refused", same_for_all=True
    )
    mailer.answers = {person.email: nobody for person in (ANN, BOB, CAL, FINN)}
    report = deliver(app)

    assert report == DeliveryReport(deferred=3, same_for_all=nobody.detail)
    assert report.answers == {nobody.detail: 3}
    assert len(mailer.tried) == 3
    assert (attempts(app, FINN), row_of(app, FINN)["attempts"]) == ([], 0)

    mailer.answers.clear()
    set_clock(app, "2027-02-15 12:00")
    assert deliver(app) == DeliveryReport(sent=4)


def test_a_sender_that_is_refused_is_so_for_every_letter_and_what_was_put_off_can_go_now(app, mailer):
    refused = Result(Attempt.DEFERRED, "550", "sender refused: 5.7.1 who are you", same_for_all=True)
    mailer.answers = {person.email: refused for person in (ANN, BOB, CAL, FINN)}
    first = deliver(app)
    mailer.answers.clear()
    waiting = deliver(app)
    numbers = list_refused(app, KEY)
    retry(app, KEY, numbers, by="ada", why="the server knows us now")

    assert (first.deferred, first.same_for_all, waiting) == (3, refused.detail, DeliveryReport(sent=1))
    assert deliver(app) == DeliveryReport(sent=3)


def test_after_the_lease_nothing_of_it_is_ours(app, mailer):
    ours, send = [], mailer.send

    def watched(envelopes):
        for envelope in envelopes:
            ours.append(envelope.still_ours())
            yield from send([envelope])
            set_clock(app, "2027-02-15 10:30")

    mailer.send = watched
    deliver(app)

    assert ours == [True, False, False, False]


def test_a_server_that_is_there_between_ends_no_pass(app, mailer):
    nobody = Result(Attempt.DEFERRED, "421", "no connection to the mail server: too many", same_for_all=True)
    mailer.answers = {ANN.email: nobody, BOB.email: nobody, FINN.email: nobody}

    assert deliver(app) == DeliveryReport(sent=1, deferred=3)


def test_what_is_undone_while_a_server_has_it_and_was_not_taken_leaves_no_more(app, mailer):
    """Ann's is put off, and Finn's is claimed with it but was never offered."""

    def meanwhile(envelope):
        hand_in(app, "budget", "001")
        app.stopping.set()

    mailer.answers[ANN.email] = BUSY
    mailer.before = meanwhile
    set_clock(app, "2027-02-15 10:01")
    assert deliver(app) == DeliveryReport(deferred=1)
    assert stand(app, ANN, BOB, CAL, FINN) == [
        ("suppressed", 1),
        ("queued", 0),
        ("queued", 0),
        ("suppressed", 0),
    ]

    app.stopping.clear()
    mailer.before = lambda envelope: None
    set_clock(app, "2027-02-15 12:00")
    assert deliver(app) == DeliveryReport(sent=2)
    assert [
        row for row in ledger(app, rung="14-days-before", district_code="001") if row[2] != "cancelled"
    ] == []
    assert [breach for breach in prove(app, KEY).breaches if breach.rung == "14-days-before"] == []


def test_what_is_undone_while_its_holder_was_stopped_leaves_no_more(app, mailer):
    """The machine slept two hours: the lease was swept, and on waking the holder knows that nothing left."""

    def slept(envelopes):
        for envelope in envelopes:
            if envelope.recipient == ANN.email:
                set_clock(app, "2027-02-15 12:00")
                sweep_leases(app)
                hand_in(app, "budget", "001")
            assert not envelope.still_ours()
            yield BUSY

    send, mailer.send = mailer.send, slept
    assert deliver(app) == DeliveryReport(deferred=4)
    assert stand(app, ANN, BOB, CAL, FINN) == [
        ("suppressed", 1),
        ("queued", 1),
        ("queued", 1),
        ("suppressed", 1),
    ]

    mailer.send = send
    set_clock(app, "2027-02-15 12:30")
    assert deliver(app) == DeliveryReport(sent=2)
    assert [breach for breach in prove(app, KEY).breaches if breach.rung == "14-days-before"] == []


def test_the_envelope_is_the_stored_message_from_our_sender(app, mailer):
    deliver(app)
    (envelope,) = [e for e in mailer.sent if e.recipient == ANN.email]
    with app.database.reading() as connection:
        stored = outbox.read(connection, row_of(app, ANN)["id"])

    assert (envelope.raw, envelope.message_id) == (stored["raw"], stored["message_id"])
    assert envelope.sender == app.settings.mail.sender


def test_a_claim_is_on_the_disk_before_the_mail_server_hears_of_it(app, mailer, monkeypatch):
    if not app.database.is_sqlite:
        pytest.skip("PostgreSQL flushes every commit, unless its owner says otherwise")
    flushing = {}

    def watch(name):
        do = getattr(outbox, name)

        def watched(connection, *args, **kwargs):
            flushing[name] = connection.exec_driver_sql("PRAGMA synchronous").scalar_one() >= FULL
            return do(connection, *args, **kwargs)

        monkeypatch.setattr(outbox, name, watched)

    watch("claim")
    watch("record")
    deliver(app)
    assert flushing == {"claim": True, "record": False}


def test_a_limit_is_kept(app, mailer):
    assert deliver(app, limit=3) == DeliveryReport(sent=3)
    assert deliver(app, limit=3) == DeliveryReport(sent=1)


def test_a_letter_waits_for_its_readers_window_even_once_it_is_written(app, mailer):
    set_clock(app, "2027-02-15 15:30", CENTRAL)  # 16:30 in the east
    deliver(app)
    assert mailer.recipients() == [BOB.email]

    set_clock(app, "2027-02-15 23:59")
    assert deliver(app) == DeliveryReport()


@pytest.mark.parametrize("moment", ["2027-02-20 10:00", "2027-03-26 17:00"])
def test_nothing_leaves_on_a_closed_day_or_after_hours(app, mailer, moment):
    set_clock(app, moment)

    assert deliver(app) == DeliveryReport()
    assert mailer.tried == []


def test_refused_for_now_goes_again_later_and_then_later_still(app, mailer):
    mailer.answers[ANN.email] = BUSY
    assert deliver(app) == DeliveryReport(sent=3, deferred=1)
    assert row_of(app, ANN)["not_before"] == app.clock.now() + WAITS[0]
    assert deliver(app) == DeliveryReport()

    app.clock.set(app.clock.now() + WAITS[0])
    assert deliver(app) == DeliveryReport(deferred=1)
    assert row_of(app, ANN)["not_before"] == app.clock.now() + WAITS[1]

    del mailer.answers[ANN.email]
    app.clock.set(app.clock.now() + WAITS[1])
    assert deliver(app) == DeliveryReport(sent=1)
    assert [outcome for _, outcome, _, _ in attempts(app, ANN)] == ["deferred", "deferred", "accepted"]


def test_after_the_last_try_it_fails_and_the_contact_is_not_given_up(app, mailer):
    mailer.answers[ANN.email] = BUSY
    set_clock(app, "2027-02-15")
    for _ in range(TRIES - 1):
        deliver(app)
        assert rows_of(app, ANN)[0]["status"] is OutboxStatus.QUEUED
        set_clock(app, f"{app.clock.now().astimezone(EASTERN).date() + timedelta(days=1)}")
        while not CYCLE.workdays.is_workday(app.clock.now().date()):
            app.clock.set(app.clock.now() + timedelta(days=1))
        queue_mail(app, KEY)
    deliver(app)

    assert rows_of(app, ANN)[0]["status"] is OutboxStatus.FAILED
    assert [envelope.recipient for envelope in mailer.tried].count(ANN.email) == TRIES
    assert undeliverable(app, ANN) is None
    assert [(task.kind, "451 4.3.0 try again later" in task.what) for task in list_tasks(app, "KY")] == [
        ("not_taken", True)
    ]


def test_what_did_not_leave_on_its_day_is_left_to_the_next_round_to_be_written_afresh(app, mailer):
    mailer.answers = {person.email: BUSY for person in (ANN, BOB, CAL, FINN)}
    deliver(app)
    mailer.answers.clear()
    set_clock(app, "2027-02-16 09:00")
    assert deliver(app) == DeliveryReport()

    round_at(app, "2027-02-16 09:05")
    assert [(row["status"], row["send_on"].day) for row in rows_of(app, ANN)] == [
        (OutboxStatus.SENT, 16),
        (OutboxStatus.SUPPRESSED, 15),
    ]
    assert [envelope.recipient for envelope in mailer.sent] == [p.email for p in (ANN, BOB, CAL, FINN)]
    assert prove(app, KEY).breaches == ()


def test_an_address_that_is_refused_ends_its_message_and_the_reminders_after_it(app, mailer):
    mailer.answers[ANN.email] = NO_SUCH_USER
    assert deliver(app) == DeliveryReport(sent=3, refused=1)
    assert row_of(app, ANN)["status"] is OutboxStatus.FAILED
    assert undeliverable(app, ANN) == "550 5.1.1 no such user here"
    (event,) = logged(app, "address_refused")
    assert (event.detail["contact"], event.why) == ("ann", "550 5.1.1 no such user here")

    round_at(app, "2027-02-22")
    assert ledger(app, contact_key="ann", rung="7-days-before", stage_key="budget") == [
        ("7-days-before", "ann", "no_address", "unreachable")
    ]
    assert [e.recipient for e in mailer.tried].count(ANN.email) == 1


def test_a_server_that_takes_the_letter_after_all_has_the_address_written_to_again(app, mailer):
    mailer.answers[ANN.email] = NO_SUCH_USER
    deliver(app)
    assert [task.kind for task in list_tasks(app, "KY")] == ["bad_address"]
    mailer.answers.clear()
    retry(app, KEY, [row_of(app, ANN)["id"]], by="ada", why="their server is mended")
    set_clock(app, "2027-02-15 11:00")
    deliver(app)

    assert (undeliverable(app, ANN), list_tasks(app, "KY")) == (None, [])
    (event,) = logged(app, "address_mended")
    assert (event.before, event.why) == ("550 5.1.1 no such user here", "250 2.0.0 queued")
    round_at(app, "2027-02-22")
    assert ledger(app, contact_key="ann", rung="7-days-before", stage_key="budget") == [
        ("7-days-before", "ann", "sent", None)
    ]
    assert prove(app, KEY).breaches == ()


def test_an_address_whose_letters_came_back_is_not_mended_by_a_server_that_takes_them(app, mailer):
    """A relay takes everything, as it took the letter that came back."""
    mailer.answers[ANN.email] = BUSY
    deliver(app)
    with app.database.writing() as work:
        give_up_address(work.connection, find_cycle(app), "ann", "came back: no such user", app.clock.now())
        work.commit()
    mailer.answers.clear()
    app.clock.set(app.clock.now() + WAITS[0])
    deliver(app)

    assert row_of(app, ANN)["status"] is OutboxStatus.SENT
    assert undeliverable(app, ANN) == "came back: no such user"


def test_a_message_refused_by_policy_fails_and_shows_up_but_the_contact_is_kept(app, mailer):
    mailer.answers[ANN.email] = POLICY
    assert deliver(app) == DeliveryReport(sent=3, refused=1)
    assert (row_of(app, ANN)["status"], undeliverable(app, ANN)) == (OutboxStatus.FAILED, None)
    assert logged(app, "address_refused") == []
    (event,) = logged(app, "message_refused")
    assert (event.detail["contact"], event.why) == ("ann", "554 5.7.1 message looks like advertising")

    del mailer.answers[ANN.email]
    round_at(app, "2027-02-22")
    assert ledger(app, contact_key="ann", rung="7-days-before", stage_key="budget") == [
        ("7-days-before", "ann", "sent", None)
    ]


def test_letters_that_no_address_is_to_blame_for_open_one_task(app, mailer):
    mailer.answers = {person.email: POLICY for person in (ANN, BOB, CAL)} | {FINN.email: NO_SUCH_USER}
    deliver(app)
    bad_address, *others = sorted(list_tasks(app, "KY"), key=lambda task: task.kind)
    assert (bad_address.kind, bad_address.subject) == ("bad_address", "finn")
    assert [(task.kind, task.district_code, task.subject, task.what) for task in others] == [
        (
            "not_taken",
            "OET",
            KEY,
            f"the mail server does not take letters of {KEY}, and no address is to blame "
            "(554 5.7.1 message looks like advertising); settle it with who runs that; "
            "to see them: yearwheel outbox list --status failed --cycle small-2027; "
            "then: yearwheel outbox retry --all --cycle small-2027",
        )
    ]

    round_at(app, "2027-02-22")
    assert [task for task in list_tasks(app, "KY") if task.kind == "not_taken"] == others

    close_task(app, "KY", others[0].id, by="ada")
    round_at(app, "2027-03-01")
    assert [task.kind for task in list_tasks(app, "KY")] == ["bad_address", "not_taken"]


def test_that_letters_are_not_taken_is_over_when_everyone_has_had_one(app, mailer):
    mailer.answers = {person.email: POLICY for person in (ANN, BOB, CAL)}
    deliver(app)
    mailer.answers = {ANN.email: POLICY}
    retry(app, KEY, list_refused(app, KEY), by="ada", why="the server knows us now")
    assert deliver(app) == DeliveryReport(sent=2, refused=1)
    assert [task.kind for task in list_tasks(app, "KY")] == ["not_taken"]

    mailer.answers.clear()
    round_at(app, "2027-02-22")
    assert list_tasks(app, "KY") == []
    mailer.answers = {ANN.email: POLICY}
    round_at(app, "2027-03-01")
    assert [task.kind for task in list_tasks(app, "KY")] == ["not_taken"]


def test_who_is_out_of_reach_or_gone_keeps_no_such_task_open(app, mailer):
    mailer.answers = {ANN.email: POLICY}
    deliver(app)
    with app.database.writing() as work:
        give_up_address(work.connection, find_cycle(app), "ann", "came back: no such user", app.clock.now())
        work.commit()
    round_at(app, "2027-02-22")

    assert [task.kind for task in list_tasks(app, "KY")] == ["bad_address"]


@pytest.mark.parametrize(
    ("code", "detail", "blamed"),
    [
        ("550", "5.1.1 no such user", True),
        ("554", "5.1.1 no such user", True),
        ("550", "5.1.10 the domain takes no mail", True),
        ("552", "5.2.2 mailbox full", False),
        ("550", "5.2.1 mailbox disabled", True),
        ("550", "no such user", True),
        ("551", "user not local", True),
        ("553", "mailbox name not allowed", True),
        ("", "'a b@c' cannot be used as a mail address", True),
        ("550", "5.7.1 relaying denied", False),
        ("554", "5.7.1 looks like advertising", False),
        ("550", "5.1.8 sender's domain does not exist", False),
        ("553", "5.1.7 bad sender address", False),
        ("552", "message too large", False),
        ("552", "5.3.4 message too large", False),
        ("554", "transaction failed", False),
        ("501", "5.5.4 syntax error", False),
    ],
)
def test_only_a_refusal_that_is_about_the_address_blames_it(code, detail, blamed):
    assert blames_address(Result(Attempt.REFUSED, code, detail)) is blamed
    assert blames_address(Result(Attempt.DEFERRED, code, detail)) is False


def test_a_connection_that_broke_after_the_hand_over_leaves_a_doubt_that_is_not_sent_again(app, mailer):
    mailer.answers[ANN.email] = BROKEN_OFF
    assert deliver(app) == DeliveryReport(sent=3, uncertain=1)
    mailer.answers.clear()
    set_clock(app, "2027-02-16")

    assert deliver(app) == DeliveryReport()
    assert [doubt.recipient for doubt in list_doubts(app)] == [ANN.email]


def die_at(mailer, contact):
    """The process ends when this contact's message is about to be sent."""

    def strike(envelope):
        if envelope.recipient == contact.email:
            raise Killed

    mailer.before = strike


def test_a_deliverer_that_dies_leaves_its_batch_held_and_nobody_sends_it_again(app, mailer):
    die_at(mailer, BOB)
    with pytest.raises(Killed):
        deliver(app)
    mailer.before = lambda envelope: None

    assert mailer.recipients() == [ANN.email]
    assert row_of(app, BOB)["status"] is OutboxStatus.SENDING
    assert deliver(app) == DeliveryReport()


def test_what_a_dead_deliverer_held_becomes_uncertain_when_its_lease_runs_out(app, mailer):
    die_at(mailer, BOB)
    with pytest.raises(Killed):
        deliver(app)
    mailer.before = lambda envelope: None

    app.clock.set(app.clock.now() + LEASE)
    assert sweep_leases(app) == 0
    app.clock.set(app.clock.now() + timedelta(seconds=1))
    assert sweep_leases(app) == 4
    assert deliver(app) == DeliveryReport()
    assert len(list_doubts(app)) == 4


def test_the_next_pass_finds_what_a_dead_deliverer_held_and_the_proof_never_calls_it_well(app, mailer):
    die_at(mailer, BOB)
    with pytest.raises(Killed):
        deliver(app)
    mailer.before = lambda envelope: None
    app.clock.set(app.clock.now() + LEASE + timedelta(seconds=1))
    proof = prove(app, KEY)
    assert (proof.holds, proof.breaches, len(proof.doubts), proof.waiting) == (False, (), 4, 0)
    told = "\n".join(explain(app, KEY, "001", date(2027, 2, 15)).lines())
    assert "may have arrived: the program that was to send it has ended without a word" in told

    assert deliver(app) == DeliveryReport()
    assert len(list_doubts(app)) == 4
    assert len(prove(app, KEY).doubts) == 4


def test_doubts_are_settled_as_sent_or_sent_again(app, mailer):
    die_at(mailer, BOB)
    with pytest.raises(Killed):
        deliver(app)
    mailer.before = lambda envelope: None
    sweep_leases(app, holders_are_dead=True)
    doubts = {doubt.recipient: doubt.outbox_id for doubt in list_doubts(app)}
    arrived = doubts.pop(ANN.email)

    assert resolve(app, [arrived], OutboxStatus.SENT, by="ada", why="it is in the log") == [arrived]
    assert resolve(app, doubts.values(), OutboxStatus.QUEUED, by="ada", why="it is not") == sorted(
        doubts.values()
    )
    assert deliver(app) == DeliveryReport(sent=3)
    assert mailer.recipients() == [c.email for c in (ANN, BOB, CAL, FINN)]
    assert ledger(app, rung="14-days-before", contact_key="ann") == [("14-days-before", "ann", "sent", None)]


def test_a_message_in_doubt_keeps_its_message_id_when_it_goes_again(app, mailer):
    mailer.answers[ANN.email] = BROKEN_OFF
    deliver(app)
    mailer.answers.clear()
    (doubt,) = list_doubts(app)
    resolve(app, [doubt.outbox_id], OutboxStatus.QUEUED, by="ada", why="not in the log")
    deliver(app)

    assert {e.message_id for e in mailer.tried if e.recipient == ANN.email} == {doubt.message_id}
    assert [n for n, *_ in attempts(app, ANN)] == [1, 2]


def stand(app, *contacts):
    """How these people's letters stand, and how many attempts were made."""
    return [(str(row["status"]), row["attempts"]) for row in (row_of(app, contact) for contact in contacts)]


@pytest.fixture
def passed(monkeypatch):
    """Seconds that pass while mail is sent; the app's own clock stands still."""
    seconds = []
    monkeypatch.setattr(delivering, "uptime", lambda: sum(seconds))
    return seconds


def test_a_slow_servers_answers_are_recorded_though_the_batch_is_not_done(app, mailer, passed):
    seen = []

    def crawl(envelope):
        seen.append(stand(app, ANN, BOB, CAL, FINN))
        passed.append(TURN / 2)

    mailer.before = crawl
    assert deliver(app) == DeliveryReport(sent=4)
    assert seen[2] == [("sent", 1), ("sent", 1), ("sending", 1), ("sending", 1)]
    assert stand(app, ANN, BOB, CAL, FINN) == [("sent", 1)] * 4


def test_of_a_slow_servers_mail_little_is_held_at_once(app, mailer, passed, monkeypatch):
    monkeypatch.setattr(delivering, "FIRST_BATCH", 1)
    held = []

    def crawl(envelope):
        held.append(sum(status == "sending" for status, _ in stand(app, ANN, BOB, CAL, FINN)))
        passed.append(TURN)

    mailer.before = crawl
    assert deliver(app) == DeliveryReport(sent=4)
    assert held == [1, 2, 2, 1]  # twice what the turn before had


def test_a_server_that_takes_letter_after_letter_without_a_word_is_given_no_more(app, mailer):
    """Each doubt is work for a person; what was not handed over goes with the next round."""
    mailer.answers = dict.fromkeys([ANN.email, BOB.email, CAL.email, FINN.email], BROKEN_OFF)
    assert deliver(app) == DeliveryReport(uncertain=IN_A_ROW, gave_up=True)
    assert sorted(stand(app, ANN, BOB, CAL, FINN)) == [("queued", 0), *[("uncertain", 1)] * IN_A_ROW]
    mailer.answers = {}
    assert deliver(app) == DeliveryReport(sent=1)


def test_a_server_that_is_still_broken_at_the_next_pass_costs_one_doubt_more(app, mailer, monkeypatch):
    monkeypatch.setattr(delivering, "IN_A_ROW", 2)
    mailer.answers = dict.fromkeys([ANN.email, BOB.email, CAL.email, FINN.email], BROKEN_OFF)
    assert deliver(app) == DeliveryReport(uncertain=2, gave_up=True)
    assert deliver(app) == DeliveryReport(uncertain=1, gave_up=True)
    mailer.answers = {}
    assert deliver(app) == DeliveryReport(sent=1)


def test_doubts_that_are_not_in_a_row_stop_nothing(app, mailer):
    mailer.answers = dict.fromkeys([ANN.email, BOB.email, FINN.email], BROKEN_OFF)
    assert deliver(app) == DeliveryReport(sent=1, uncertain=3)


def test_once_the_program_is_stopping_no_further_message_is_offered(app, mailer):
    mailer.before = lambda envelope: app.stopping.set()
    assert deliver(app) == DeliveryReport(sent=1)
    assert sorted(stand(app, ANN, BOB, CAL, FINN)) == [*[("queued", 0)] * 3, ("sent", 1)]


def test_a_mailer_that_breaks_puts_only_the_message_in_its_hand_in_doubt(app, mailer):
    def burst(envelope):
        if envelope.recipient == BOB.email:
            raise ZeroDivisionError

    mailer.before = burst
    with pytest.raises(ZeroDivisionError):
        deliver(app)
    assert stand(app, ANN, BOB, CAL, FINN) == [("sent", 1), ("sending", 1), ("queued", 0), ("queued", 0)]

    mailer.before = lambda envelope: None
    assert deliver(app) == DeliveryReport(sent=2)
    assert attempts(app, CAL) == [(1, "accepted", "250", "2.0.0 queued")]


def test_told_to_stop_it_records_what_it_knows_and_gives_back_what_it_did_not_offer(app, mailer):
    def interrupt(envelope):
        if envelope.recipient == BOB.email:
            raise KeyboardInterrupt

    mailer.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        deliver(app)
    assert stand(app, ANN, BOB, CAL, FINN) == [("sent", 1), ("sending", 1), ("queued", 0), ("queued", 0)]


def test_a_cycle_that_is_paused_in_the_middle_sends_no_further_batch(app, mailer, monkeypatch):
    monkeypatch.setattr(delivering, "BATCH", 2)
    mailer.before = lambda envelope: mailer.tried or pause_cycle(app, KEY, by="ada", why="flood")

    assert deliver(app) == DeliveryReport(sent=2)
    assert stand(app, CAL, FINN) == [("queued", 0)] * 2


@pytest.fixture
def lanes(app, monkeypatch):
    """Two connections that hold a message each, and begin their first ones together."""
    with_mail(app, connections=2)
    monkeypatch.setattr(delivering, "BATCH", 1)
    begun_together, holders = Barrier(2, timeout=20), []

    def meet(envelope):
        if get_ident() not in holders:
            holders.append(get_ident())
            begun_together.wait()

    return meet


def test_two_connections_share_the_letters_and_one_report(app, mailer, lanes):
    mailer.before = lanes

    assert deliver(app) == DeliveryReport(sent=4)
    assert sorted(mailer.recipients()) == [c.email for c in (ANN, BOB, CAL, FINN)]
    assert stand(app, ANN, BOB, CAL, FINN) == [("sent", 1)] * 4


def test_a_limit_counts_the_letters_of_all_connections(app, mailer, lanes):
    mailer.before = lanes

    assert deliver(app, limit=3) == DeliveryReport(sent=3)
    assert len(mailer.sent) == 3


def test_rates_count_the_letters_of_all_connections(app, mailer, lanes):
    with_mail(app, per_minute=3)
    mailer.before = lanes
    assert deliver(app) == DeliveryReport(sent=3)

    mailer.before = lambda envelope: None
    with_mail(app, per_minute=None, per_domain_per_minute=3)
    assert deliver(app) == DeliveryReport()
    app.clock.set(app.clock.now() + timedelta(minutes=2))
    assert deliver(app) == DeliveryReport(sent=1)


def test_a_clock_that_is_put_back_does_not_stop_mail_under_a_limit_until_it_has_caught_up(app):
    with_mail(app, per_minute=3)
    app.clock.set(app.clock.now() + timedelta(minutes=40))
    assert deliver(app) == DeliveryReport(sent=3)
    app.clock.set(app.clock.now() - timedelta(minutes=30))
    assert deliver(app) == DeliveryReport(sent=1)


def test_a_connection_that_fails_costs_the_others_nothing_and_is_heard_of_in_the_end(app, mailer, lanes):
    def one_bursts(envelope):
        lanes(envelope)
        if envelope.recipient == BOB.email:
            raise ZeroDivisionError

    mailer.before = one_bursts
    with pytest.raises(ZeroDivisionError):
        deliver(app)
    assert stand(app, ANN, BOB, CAL, FINN) == [("sent", 1), ("sending", 1), ("sent", 1), ("sent", 1)]


def test_interrupted_every_connection_ends_its_message_and_begins_no_other(app, mailer, lanes, monkeypatch):
    told, stop = Signal(), delivering._Pass.stop
    monkeypatch.setattr(delivering._Pass, "stop", lambda run: (stop(run), told.set()))

    def interrupt(envelope):
        lanes(envelope)
        if current_thread() is main_thread():
            raise KeyboardInterrupt
        told.wait(20)

    mailer.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        deliver(app)
    assert sorted(stand(app, ANN, BOB)) == [("sending", 1), ("sent", 1)]
    assert stand(app, CAL, FINN) == [("queued", 0)] * 2


def write_copies(app, count):
    """Letters besides, all to Ann."""
    with app.database.writing() as work:
        row = dict(outbox.read(work.connection, row_of(app, ANN)["id"]))
        names = outbox.NewMessage.__dataclass_fields__
        copies = [
            outbox.NewMessage(
                **{name: row[name] for name in names} | {"nth": n + 2, "message_id": f"<k{n}@x>"}
            )
            for n in range(count)
        ]
        outbox.add(work.connection, copies)
        work.commit()


NOT_LET_IN = Result(Attempt.DEFERRED, "421", "no connection to the mail server: too many", same_for_all=True)


class NotLetIn(FakeMailer):
    """A connection that a server does not take. `shut_out` is set when its lane has ended, and given back
    what it held."""

    def __init__(self, shut_out):
        super().__init__()
        self.shut_out = shut_out

    def send(self, envelopes):
        for envelope in envelopes:
            self.tried.append(envelope)
            yield NOT_LET_IN

    def __exit__(self, kind, error, trace):
        self.shut_out.set()


def test_where_a_server_takes_one_connection_less_the_others_send_everything(app, mailer, monkeypatch):
    with_mail(app, connections=2)
    monkeypatch.setattr(delivering, "BATCH", 2)
    write_copies(app, 8)
    shut_out = Signal()
    mailer.before = lambda envelope: shut_out.wait(20)
    mailers = iter([mailer, NotLetIn(shut_out)])

    report = deliver(replace(app, open_mailer=lambda: next(mailers)))
    assert report == DeliveryReport(sent=9, deferred=3)
    assert report.answers == {f"421 {NOT_LET_IN.detail}": 3}


def test_where_no_connection_is_let_in_the_pass_ends_for_all(app, mailer, monkeypatch):
    with_mail(app, connections=2)
    monkeypatch.setattr(delivering, "BATCH", 2)
    write_copies(app, 8)
    mailers = [NotLetIn(Signal()), NotLetIn(Signal())]
    left = iter(mailers)

    report = deliver(replace(app, open_mailer=lambda: nullcontext(next(left))))
    assert report == DeliveryReport(deferred=report.deferred, same_for_all=NOT_LET_IN.detail)
    assert IN_A_ROW <= sum(len(mailer.tried) for mailer in mailers) < 2 * IN_A_ROW


@pytest.fixture
def away(monkeypatch):
    """Lets so many of the next tries to record find no database; the list keeps them."""

    def be_away(tries):
        failed, record = [], outbox.record

        def fail(*args):
            if len(failed) < tries:
                failed.append(args)
                raise OperationalError("", {}, Exception("the database is starting up"))
            return record(*args)

        monkeypatch.setattr(outbox, "record", fail)
        monkeypatch.setattr(delivering, "PAUSE", 0)
        return failed

    return be_away


def test_the_database_is_waited_for_also_after_a_pass_has_ended_itself(app, mailer, away):
    mailer.answers = {person.email: NOT_LET_IN for person in (BOB, CAL, FINN)}
    away(PATIENCE - 1)

    assert deliver(app) == DeliveryReport(sent=1, deferred=3, same_for_all=NOT_LET_IN.detail)
    assert stand(app, ANN, BOB, CAL, FINN) == [("sent", 1), *[("queued", 1)] * 3]


def test_told_to_stop_a_deliverer_still_tries_for_a_while(app, mailer, away):
    mailer.before = lambda envelope: app.stopping.set()
    away(LAST_TRIES - 1)
    assert deliver(app) == DeliveryReport(sent=1)

    app.stopping.clear()
    failed = away(PATIENCE)
    with pytest.raises(OperationalError):
        deliver(app)
    assert len(failed) == LAST_TRIES


def test_several_deliverers_at_once_send_each_message_once(app):
    mailers = [FakeMailer() for _ in range(3)]
    write_copies(app, 4 * BATCH)
    start = Barrier(len(mailers))

    def run(mailer):
        start.wait()
        deliver(replace(app, open_mailer=lambda: nullcontext(mailer)))

    threads = [Thread(target=run, args=[mailer]) for mailer in mailers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent = [envelope.message_id for mailer in mailers for envelope in mailer.sent]
    assert len(sent) == len(set(sent)) == 4 * BATCH + 4
    with app.database.reading() as connection:
        assert outbox.count_by_status(connection, KEY)[OutboxStatus.SENT] >= len(sent)
