"""What is said of a letter: whether it left, may have, waits and for what, or does not go. Nothing more."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.apps import ANN, KEY, PEOPLE, SOURCE, bare_app, hand_in, make_app, round_at, set_clock
from tests.fakes import BROKEN_OFF, BUSY, NO_SUCH_USER, FakeMailer
from yearwheel.notifications.ledger import Attempt, OutboxStatus
from yearwheel.services.app import App
from yearwheel.services.cycles import close_cycle, create_cycle, publish_cycle
from yearwheel.services.decide import Decision, decide
from yearwheel.services.deliver import LEASE, TRIES, deliver
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend
from yearwheel.services.outbox_desk import Desk, list_outbox, move_messages, open_message
from yearwheel.services.pause import pause_cycle
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.read_bounces import BounceReport, take_bounce
from yearwheel.services.rounds import stages_with_work, work_stage
from yearwheel.services.upkeep import resolve
from yearwheel.store import outbox, rosters
from yearwheel.store.database import Database
from yearwheel.store.tables import deliveries

USER_UNKNOWN = (Path(__file__).parent.parent / "bounces" / "postfix_hard.eml").read_bytes()
EXAMPLE = b"0123456789abcdef0123456789abcdef01234567"  # what stands for a letter's digest in it
ANNS = "Reminder 'when it opens' of 2027-03-01 to Ann ("
SUBJECT = "'2 things due, first Budget on Monday, March 1'"
IN_DOUBT = (
    f"{SUBJECT} may have arrived: sending it broke off before an answer was on record. It is not sent again "
    "by itself; look in the mail server's log, then, "
    "if it was sent: yearwheel outbox resolve 1 --as sent --why '...' --cycle small-2027; "
    "if it was not: yearwheel outbox resolve 1 --as again --why '...' --cycle small-2027"
)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database: Database, mailer: FakeMailer) -> App:
    """The day the budget opens; its letters were written at ten, and Ann's is the first."""
    app = make_app(sqlite_database, "2027-02-01", mailer)
    write(app)
    assert anns_letter(app) == 1
    return app


def write(app: App) -> None:
    for work in stages_with_work(app, KEY):
        work_stage(app, KEY, work.stage_key)
    queue_mail(app, KEY)


def anns_letter(app: App) -> int:
    return min(letter.id for letter in list_outbox(app, KEY) if letter.recipient == ANN.email)


def told(app: App, on: str = "2027-02-01", about: str = ANNS) -> dict[str, str]:
    """What is said of Ann's letter about the budget, below its heading."""
    (words,) = (s for s in explain(app, KEY, "001", date.fromisoformat(on)).stages if s.stage_key == "budget")
    said = (line.partition(": ") for line in words.lines() if about in line)
    return {heading: sentence.partition("): ")[2] for heading, _, sentence in said}


def test_a_letter_that_left_names_its_hour(app: App) -> None:
    deliver(app)
    assert told(app) == {"Sent": f"10:00 Eastern {SUBJECT}, because the stage opened."}


def test_words_nobody_approved_are_held_and_say_how_to_let_them_go(sqlite_database: Database) -> None:
    app = bare_app(sqlite_database, "2027-01-04")
    with sqlite_database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, SOURCE, by="ada")
    publish_cycle(app, KEY, by="ada")
    set_clock(app, "2027-02-01")
    write(app)
    number = max(letter.id for letter in list_outbox(app, KEY) if letter.recipient == ANN.email)

    assert told(app) == {
        "Waiting": f"{SUBJECT} is held since 2027-02-01 10:00 Eastern because nobody has approved its words "
        "yet (first use of opened, published); to let it go: "
        f"yearwheel outbox approve {number} --cycle small-2027"
    }


def test_a_letter_a_person_holds_names_them_since_when_and_why(app: App) -> None:
    set_clock(app, "2027-02-01 11:30")
    move_messages(app, KEY, [1], Desk.HOLD, by="ada", why="wrong date")

    assert told(app) == {
        "Waiting": f"{SUBJECT} is held since 2027-02-01 11:30 Eastern by ada (wrong date); to let it go: "
        "yearwheel outbox approve 1 --cycle small-2027"
    }


def test_a_written_letter_waits_for_the_next_delivery(app: App) -> None:
    assert told(app) == {"Waiting": f"{SUBJECT} is written and waits: it leaves with the next delivery."}


def test_a_written_letter_waits_for_the_hours_in_which_mail_may_leave(app: App) -> None:
    set_clock(app, "2027-02-01 17:00")
    assert told(app) == {
        "Waiting": f"{SUBJECT} is written and waits: mail may leave again from 2027-02-02 08:00 Eastern."
    }


def test_a_written_letter_waits_for_a_pause_to_end(app: App) -> None:
    pause_cycle(app, KEY, by="ada", why="flood in the east")
    assert told(app) == {
        "Waiting": f"{SUBJECT} is written and waits: the cycle has been paused since 2027-02-01 10:00 "
        "Eastern by ada (flood in the east)."
    }


def test_a_letter_the_server_put_off_says_when_it_is_tried_again(app: App, mailer: FakeMailer) -> None:
    mailer.answers[ANN.email] = BUSY
    deliver(app)
    assert told(app) == {
        "Waiting": f"{SUBJECT} is written and waits: the mail server put it off (451 4.3.0 try again later); "
        "it is tried again from 2027-02-01 10:01 Eastern."
    }


def test_a_letter_that_is_being_sent_says_only_that(app: App) -> None:
    _alter(app, status=OutboxStatus.SENDING, lease_until=app.clock.now() + LEASE)
    assert told(app) == {"Waiting": f"{SUBJECT} is being handed to the mail server."}


def test_a_letter_that_nobody_knows_about_may_have_arrived(app: App, mailer: FakeMailer) -> None:
    mailer.answers[ANN.email] = BROKEN_OFF
    deliver(app)
    assert told(app) == {"In doubt": IN_DOUBT}


def test_a_settled_doubt_names_who_settled_it(app: App, mailer: FakeMailer) -> None:
    mailer.answers[ANN.email] = BROKEN_OFF
    deliver(app)
    set_clock(app, "2027-02-02")
    resolve(app, [1], OutboxStatus.SENT, by="ada", why="it is in the server log")

    assert told(app) == {
        "Sent": f"{SUBJECT}, sent as settled by ada (it is in the server log) on 2027-02-02 10:00 Eastern, "
        "because the stage opened."
    }


def test_a_letter_sent_again_after_a_doubt_may_have_gone_twice_or_did(app: App, mailer: FakeMailer) -> None:
    mailer.answers[ANN.email] = BROKEN_OFF
    deliver(app)
    mailer.answers.clear()
    resolve(app, [1], OutboxStatus.QUEUED, by="ada", why="it is not in the log")
    deliver(app)
    (said,) = told(app).values()
    assert said.endswith(" (sent again as settled by ada (it is not in the log); it may have gone twice).")

    with app.database.writing() as work:
        work.connection.execute(update(deliveries).values(outcome=Attempt.ACCEPTED))
        work.commit()
    (said,) = told(app).values()
    assert said.endswith(" (it went twice: sent again as settled by ada (it is not in the log)).")


def test_the_notices_of_a_day_come_in_the_order_of_their_hours(app: App) -> None:
    deliver(app)
    set_clock(app, "2027-02-01 11:00")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 5))], by="ada", why="snow")
    round_at(app, "2027-02-01 11:10")
    set_clock(app, "2027-02-01 12:00")
    hand_in(app, "budget", "001")
    round_at(app, "2027-02-01 12:10")
    set_clock(app, "2027-02-01 13:00")
    decide(app, KEY, [Decision("budget", "001", "leo", "name an owner")])
    round_at(app, "2027-02-01 13:10")

    words = explain(app, KEY, "001", date(2027, 2, 1))
    (budget,) = [stage for stage in words.stages if stage.stage_key == "budget"]
    hours = [re.findall(r"(\d\d:\d\d) Eastern", said)[0] for said in budget.sent]
    assert hours == sorted(hours)
    assert len(set(hours)) == 4


def test_a_letter_that_came_back_left_and_says_what_came_of_it(app: App) -> None:
    deliver(app)
    set_clock(app, "2027-02-01 10:20")
    digest = open_message(app, 1).message.message_id[1:].partition("@")[0]
    take_bounce(app, USER_UNKNOWN.replace(EXAMPLE, digest.encode()), BounceReport())

    assert told(app) == {
        "Sent": f"10:00 Eastern {SUBJECT}, because the stage opened (it left, and came back undelivered on "
        "2027-02-01 10:20 Eastern: 550 5.1.1 <ann@mail.example>: Recipient address rejected: User unknown)."
    }


def test_a_refused_letter_gives_the_servers_words(app: App, mailer: FakeMailer) -> None:
    mailer.answers[ANN.email] = NO_SUCH_USER
    deliver(app)
    assert told(app) == {
        "Not sent": f"{SUBJECT} was refused by the mail server: 550 5.1.1 no such user here; once that is "
        "put right: yearwheel outbox retry 1 --cycle small-2027"
    }


def test_a_letter_that_was_put_off_too_often_was_given_up(app: App, mailer: FakeMailer) -> None:
    mailer.answers[ANN.email] = BUSY
    _alter(app, attempts=TRIES - 1)
    deliver(app)
    assert told(app) == {
        "Not sent": f"{SUBJECT} was given up after 14 attempts; the mail server last said: 451 4.3.0 try "
        "again later; once that is put right: yearwheel outbox retry 1 --cycle small-2027"
    }


def test_a_discarded_letter_names_who_discarded_it_and_why(app: App) -> None:
    move_messages(app, KEY, [1], Desk.DISCARD, by="ada", why="told her by phone")
    assert told(app) == {
        "Not sent": f"{SUBJECT} was discarded on 2027-02-01 10:00 Eastern by ada (told her by phone); it "
        "does not go, and what it said is not said again."
    }


def test_a_letter_taken_back_since_the_work_came_in_never_counts_as_sent(app: App) -> None:
    hand_in(app, "budget", "001")
    assert told(app) == {"Not sent": "the work was handed in on 2027-02-01 by Ann."}


def test_a_suppressed_letter_that_a_row_still_names_was_taken_back(app: App) -> None:
    _alter(app, status=OutboxStatus.SUPPRESSED)
    assert told(app) == {
        "Not sent": f"{SUBJECT} was taken back before it left, since what it said was no longer so."
    }


def test_what_was_to_be_written_when_the_cycle_closed_waits_for_nothing(app: App) -> None:
    close_cycle(app, KEY, by="ada", why="the year is over")
    assert told(app) == {"Not sent": "the cycle was closed on 2027-02-01; no mail leaves any more."}


def test_a_rung_that_another_outran_does_not_go_on_when_that_one_is_held(
    sqlite_database: Database,
) -> None:
    app = make_app(sqlite_database, "2027-02-22")
    write(app)
    number = anns_letter(app)
    move_messages(app, KEY, [number], Desk.HOLD, by="ada", why="wrong date")

    (said,) = told(app, "2027-02-15", "Reminder '14 days before' of 2027-03-01 to Ann (").values()
    assert said.endswith(
        "a later one was due in the same round and says it all: Reminder '7 days before' of 2027-03-01, of "
        f"2027-02-22: {SUBJECT} is held since 2027-02-22 10:00 Eastern by ada (wrong "
        f"date); to let it go: yearwheel outbox approve {number} --cycle small-2027"
    )


def test_a_letter_of_another_day_that_waits_is_not_told_as_gone(sqlite_database: Database) -> None:
    app = make_app(sqlite_database, "2027-02-02")
    write(app)
    move_messages(app, KEY, [anns_letter(app)], Desk.HOLD, by="ada", why="wrong date")

    ((heading, said),) = told(app).items()
    assert heading == "Waiting"
    assert said.startswith(f"it was put into the letter of 2027-02-02: {SUBJECT} is held since ")


def _alter(app: App, **values: Any) -> None:
    """Put Ann's letter where no service would."""
    with app.database.writing() as work:
        work.connection.execute(outbox.table.update().where(outbox.table.c.id == 1).values(**values))
        work.commit()
