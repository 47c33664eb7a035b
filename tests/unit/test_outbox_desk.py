"""What a person may do with letters in hand: hold, approve, try again; all of them or none."""

from dataclasses import replace

import pytest

from tests.apps import (
    ANN,
    BOB,
    CAL,
    KEY,
    PEOPLE,
    at,
    begun,
    hand_in,
    ledger,
    make_app,
    roster_of,
    round_at,
    set_clock,
)
from tests.fakes import BUSY, POLICY, FakeMailer
from yearwheel.notifications.ledger import Attempt, OutboxStatus
from yearwheel.services.app import App, Refused
from yearwheel.services.cycles import close_cycle
from yearwheel.services.decide import Decision, decide
from yearwheel.services.deliver import deliver
from yearwheel.services.import_roster import RosterFiles, import_roster
from yearwheel.services.outbox_desk import (
    Desk,
    Retried,
    approve,
    list_outbox,
    list_refused,
    move_messages,
    open_message,
    retry,
    weigh_approval,
)
from yearwheel.services.pause import pause_cycle, resume_cycle
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.reopen import reopen_cycle
from yearwheel.services.rounds import stages_with_work, work_stage
from yearwheel.store import events
from yearwheel.store.database import Database


def _written(database: Database, mailer: FakeMailer | None = None) -> App:
    """The letters of the day the budget opens, written and not sent."""
    app = make_app(database, "2027-02-01", mailer)
    for work in stages_with_work(app, KEY):
        work_stage(app, KEY, work.stage_key)
    queue_mail(app, KEY)
    return app


def _statuses(app: App) -> dict[int, OutboxStatus]:
    return {letter.id: letter.status for letter in list_outbox(app, KEY)}


def test_a_held_letter_stays_until_it_is_approved(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first, *others = sorted(_statuses(app))

    move_messages(app, KEY, [first], Desk.HOLD, by="ada", why="wrong date")
    deliver(app)
    assert _statuses(app)[first] is OutboxStatus.HELD
    assert {_statuses(app)[number] for number in others} == {OutboxStatus.SENT}

    approve(app, KEY, [first], by="ada")
    deliver(app)
    assert _statuses(app)[first] is OutboxStatus.SENT


def test_who_held_a_letter_first_and_why_is_not_written_over(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first = min(_statuses(app))
    move_messages(app, KEY, [first], Desk.HOLD, by="ada", why="wrong date")
    with pytest.raises(Refused, match=f"message {first} is held already, by ada: wrong date"):
        move_messages(app, KEY, [first], Desk.HOLD, by="leo", why="")


def test_a_hold_without_a_reason_can_be_given_one(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first = min(_statuses(app))
    move_messages(app, KEY, [first], Desk.HOLD, by="ada", why="")
    move_messages(app, KEY, [first], Desk.HOLD, by="ada", why="wrong date")
    assert open_message(app, first).message.held_because == "wrong date"


def test_an_approval_out_of_hours_says_from_when_mail_leaves(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first = min(_statuses(app))
    move_messages(app, KEY, [first], Desk.HOLD, by="ada", why="wrong date")
    assert weigh_approval(app, KEY, [first]).first_from is None
    set_clock(app, "2027-02-05 18:00")  # a Friday
    assert weigh_approval(app, KEY, [first]).first_from == at("2027-02-08 08:00")
    assert weigh_approval(app, KEY, None).first_from is None  # nothing is let go


def test_one_letter_that_cannot_move_keeps_all_where_they_are(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first, second, *_ = sorted(_statuses(app))
    deliver(app, limit=1)
    before = _statuses(app)

    refusal = f"only what is held or queued can be held, not {first}; nothing was changed"
    with pytest.raises(Refused, match=refusal):
        move_messages(app, KEY, [first, second], Desk.HOLD, by="ada", why="")
    assert _statuses(app) == before


def test_of_several_numbers_those_that_are_none_are_named(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first = min(_statuses(app))
    with pytest.raises(
        Refused, match="there is no message 998, 999; nothing was changed; see: yearwheel outbox list"
    ):
        move_messages(app, KEY, [998, first, 999], Desk.HOLD, by="ada", why="")
    assert _statuses(app)[first] is OutboxStatus.QUEUED


def test_what_a_person_did_is_on_record(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    first = min(_statuses(app))
    move_messages(app, KEY, [first], Desk.HOLD, by="ada", why="wrong date")

    with sqlite_database.reading() as connection:
        (event,) = events.list_events(connection, KEY, kinds=["mail_held"])
    assert (event.actor, event.why, event.detail) == ("ada", "wrong date", {"outbox": [first]})


def test_a_letter_shows_every_attempt_to_send_it(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    deliver(app)

    opened = open_message(app, max(_statuses(app)))
    assert [attempt["outcome"] for attempt in opened.attempts] == [Attempt.ACCEPTED]
    assert opened.message.message_id.encode() in opened.raw


def test_a_list_names_letters_as_mail_servers_know_them(sqlite_database: Database) -> None:
    mailer = FakeMailer()
    deliver(app := _written(sqlite_database, mailer))

    letters = {letter.recipient: letter.message_id for letter in list_outbox(app, KEY)}
    assert letters == {envelope.recipient: envelope.message_id for envelope in mailer.sent}


def test_a_letter_nobody_wrote_is_refused(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    set_clock(app, "2027-02-02")

    with pytest.raises(Refused, match="there is no message 999; outbox list has them"):
        open_message(app, 999)


def test_a_refused_letter_goes_again_when_a_person_says_so(sqlite_database: Database) -> None:
    mailer = FakeMailer({"bob@mail.example": POLICY})
    app = _written(sqlite_database, mailer)
    deliver(app)
    (failed,) = list_outbox(app, KEY, [OutboxStatus.FAILED])

    mailer.answers.clear()
    retry(app, KEY, [failed.id], by="ada", why="their filter is mended")
    deliver(app)
    assert [attempt["outcome"] for attempt in open_message(app, failed.id).attempts] == [
        Attempt.REFUSED,
        Attempt.ACCEPTED,
    ]


def test_what_waits_and_was_not_put_off_is_said_to_wait(sqlite_database: Database) -> None:
    mailer = FakeMailer({"bob@mail.example": BUSY})
    app = _written(sqlite_database, mailer)
    deliver(app, limit=2)
    numbers = {letter.recipient: letter.id for letter in list_outbox(app, KEY, [OutboxStatus.QUEUED])}
    put_off, waiting = numbers[BOB.email], numbers[CAL.email]

    retried = retry(app, KEY, [put_off, waiting], by="ada", why="they are ready now")
    assert retried == Retried(again=(put_off,), waiting=(waiting,))
    assert retry(app, KEY, [waiting], by="ada", why="") == Retried(waiting=(waiting,))
    with sqlite_database.reading() as connection:
        (event,) = events.list_events(connection, KEY, kinds=["mail_retried"])
    assert event.detail == {"outbox": [put_off], "afresh": []}


# What is tried again is held to what is so now


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def refused(database: Database, mailer: FakeMailer) -> App:
    """On February 15 all are told of the budget, and the server takes every letter but Ann's."""
    app = begun(database, mailer)
    round_at(app, "2027-02-01")
    mailer.answers = {ANN.email: POLICY}
    round_at(app, "2027-02-15")
    mailer.answers.clear()
    mailer.sent.clear()
    return app


def _retried(app: App, moment: str) -> Retried:
    set_clock(app, moment)
    return retry(app, KEY, list_refused(app, KEY), by="ada", why="their filter is mended")


def _of(app: App, rung: str) -> list[tuple[str, str, str | None, str | None]]:
    return ledger(app, rung=rung, contact_key="ann", stage_key="budget")


def test_a_letter_that_still_holds_goes_again_as_it_was_written(refused: App, mailer: FakeMailer) -> None:
    (failed,) = [open_message(refused, number) for number in list_refused(refused, KEY)]
    set_clock(refused, "2027-02-15 11:00")
    hand_in(refused, "budget", "002")  # another district
    assert _retried(refused, "2027-02-15 12:00") == Retried((failed.message.id,), ())
    deliver(refused)

    assert [e.raw for e in mailer.sent if e.recipient == ANN.email] == [failed.raw]


def test_who_has_handed_in_is_not_asked_by_a_letter_that_was_refused_before(
    refused: App, mailer: FakeMailer
) -> None:
    (failed,) = list_refused(refused, KEY)
    set_clock(refused, "2027-02-15 11:00")
    hand_in(refused, "budget", "001")
    assert _retried(refused, "2027-02-15 12:00") == Retried((), (failed,))
    deliver(refused)

    assert (_statuses(refused)[failed], mailer.sent) == (OutboxStatus.SUPPRESSED, [])
    assert _of(refused, "14-days-before") == [("14-days-before", "ann", "cancelled", "work_in")]
    assert prove(refused, KEY).breaches == ()


def test_days_later_nothing_is_asked_either_and_the_proof_knows_that_a_round_had_told_it(
    refused: App, mailer: FakeMailer
) -> None:
    set_clock(refused, "2027-02-19 11:00")
    hand_in(refused, "budget", "001")
    _retried(refused, "2027-02-22 07:00")
    round_at(refused, "2027-02-22")

    (letter,) = [e for e in mailer.sent if e.recipient == ANN.email]
    assert (b"We have received Budget" in letter.raw, b"is due" in letter.raw) == (True, False)
    assert prove(refused, KEY).breaches == ()


def test_a_receipt_in_a_letter_that_was_refused_is_not_told_of_work_that_came_back(
    database: Database, mailer: FakeMailer
) -> None:
    app = begun(database, mailer)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    mailer.answers = {ANN.email: POLICY}
    round_at(app, "2027-02-02")
    mailer.answers.clear()
    set_clock(app, "2027-02-03")
    decide(app, KEY, [Decision("budget", "001", "Ray", "the figures are of last year")])
    (failed,) = list_refused(app, KEY)

    assert _retried(app, "2027-02-03 12:00") == Retried((), (failed,))
    assert _of(app, "receipt:1") == [("receipt:1", "ann", "cancelled", "undone")]
    round_at(app, "2027-02-03 13:00")
    assert _of(app, "returned:1") == [("returned:1", "ann", "sent", None)]
    assert prove(app, KEY).breaches == ()


def test_who_left_is_not_written_to_again(refused: App, mailer: FakeMailer) -> None:
    (failed,) = list_refused(refused, KEY)
    set_clock(refused, "2027-02-15 11:00")
    stay = [contact for contact in PEOPLE.contacts.values() if contact.key != "ann"]
    import_roster(refused, "KY", RosterFiles(roster_of(*stay)), by="ada", source="people.csv")
    retried = retry(refused, KEY, [failed], by="ada", why="their filter is mended")

    assert retried == Retried((), (failed,))
    assert _of(refused, "14-days-before") == [("14-days-before", "ann", "cancelled", "contact_left")]
    round_at(refused, "2027-02-16")
    assert ANN.email not in mailer.recipients()
    assert prove(refused, KEY).breaches == ()


def test_a_letter_to_an_address_that_was_corrected_is_written_afresh(
    refused: App, mailer: FakeMailer
) -> None:
    new = replace(ANN, email="ann@new.example")
    set_clock(refused, "2027-02-15 11:00")
    files = RosterFiles(roster_of(*(PEOPLE.contacts | {"ann": new}).values()))
    import_roster(refused, "KY", files, by="ada", source="people.csv")
    _retried(refused, "2027-02-15 12:00")
    round_at(refused, "2027-02-15 13:00")

    assert mailer.recipients() == [new.email]
    assert _of(refused, "14-days-before") == [("14-days-before", "ann", "sent", None)]
    assert prove(refused, KEY).breaches == ()


def test_in_a_paused_cycle_a_letter_is_held_to_what_is_so_and_waits(refused: App, mailer: FakeMailer) -> None:
    (failed,) = list_refused(refused, KEY)
    set_clock(refused, "2027-02-15 11:00")
    pause_cycle(refused, KEY, by="ada", why="a word first")
    hand_in(refused, "budget", "001")
    assert _retried(refused, "2027-02-15 12:00") == Retried((), (failed,))
    resume_cycle(refused, KEY, by="ada")
    round_at(refused, "2027-02-15 13:00")

    assert [e.recipient for e in mailer.sent if b"Budget is due" in e.raw] == []
    assert _of(refused, "14-days-before") == [("14-days-before", "ann", "cancelled", "work_in")]
    assert prove(refused, KEY).breaches == ()


def test_what_comes_back_while_a_cycle_is_closed_is_so_when_it_is_opened_again(
    refused: App, mailer: FakeMailer
) -> None:
    set_clock(refused, "2027-02-15 11:00")
    hand_in(refused, "budget", "001")
    set_clock(refused, "2027-02-16")
    close_cycle(refused, KEY, by="ada", why="the money is spent")
    stay = [contact for contact in PEOPLE.contacts.values() if contact.key != "finn"]
    import_roster(refused, "KY", RosterFiles(roster_of(*stay)), by="ada", source="people.csv")
    _retried(refused, "2027-02-17")
    set_clock(refused, "2027-02-18")
    reopen_cycle(refused, KEY, by="ada", why="there is money after all")
    round_at(refused, "2027-02-18 12:00")

    assert _of(refused, "14-days-before") == [("14-days-before", "ann", "cancelled", "work_in")]
    assert prove(refused, KEY).breaches == ()


def test_a_letter_that_goes_again_when_all_is_over_is_nobodys_omission(
    refused: App, mailer: FakeMailer
) -> None:
    mailer.answers = {ANN.email: POLICY}
    for day in ("2027-02-22", "2027-03-01", "2027-03-02"):
        round_at(refused, day)
    set_clock(refused, "2027-03-29")
    retry(refused, KEY, list_refused(refused, KEY), by="ada", why="their filter is mended")
    mailer.answers.clear()
    round_at(refused, "2027-03-29 11:00")

    assert _of(refused, "1-workday-after") == [("1-workday-after", "ann", "cancelled", "too_late")]
    assert [b for b in prove(refused, KEY).breaches if b.contact_key == "ann"] == []
