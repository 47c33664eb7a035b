"""What a person may do with letters in hand: hold, approve, try again; all of them or none."""

import pytest

from tests.apps import KEY, at, make_app, set_clock
from tests.fakes import POLICY, FakeMailer
from yearwheel.notifications.ledger import Attempt, OutboxStatus
from yearwheel.services.app import App, Refused
from yearwheel.services.deliver import deliver
from yearwheel.services.outbox_desk import (
    Desk,
    approve,
    list_outbox,
    move_messages,
    open_message,
    weigh_approval,
)
from yearwheel.services.queue_mail import queue_mail
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
        Refused, match="there is no message 998, 999; see: yearwheel outbox list; nothing was"
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
    assert opened.message_id.encode() in opened.raw


def test_a_letter_nobody_wrote_is_refused(sqlite_database: Database) -> None:
    app = _written(sqlite_database)
    set_clock(app, "2027-02-02")

    with pytest.raises(Refused, match="there is no message 999; see: yearwheel outbox list"):
        open_message(app, 999)


def test_a_refused_letter_goes_again_when_a_person_says_so(sqlite_database: Database) -> None:
    mailer = FakeMailer({"bob@mail.example": POLICY})
    app = _written(sqlite_database, mailer)
    deliver(app)
    (failed,) = list_outbox(app, KEY, [OutboxStatus.FAILED])

    mailer.answers.clear()
    move_messages(app, KEY, [failed.id], Desk.RETRY, by="ada", why="their filter is mended")
    deliver(app)
    assert [attempt["outcome"] for attempt in open_message(app, failed.id).attempts] == [
        Attempt.REFUSED,
        Attempt.ACCEPTED,
    ]
