"""What districts ask of the office reaches a person there: once by letter, then in each week's digest."""

import re
from datetime import date

import pytest
from sqlalchemy import update

from tests.apps import (
    ADA,
    ANN,
    BOB,
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    begun,
    hand_in,
    ledger,
    round_at,
    set_clock,
)
from tests.fakes import BUSY, FakeMailer
from tests.unit.test_reader_link import link_of, press
from tests.unit.test_whole_cycle import tell_admins, texts, told
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.proof import BreachKind
from yearwheel.services.advance import advance
from yearwheel.services.app import App
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.contacts import decide_hand_over
from yearwheel.services.cycles import close_cycle, create_cycle, publish_cycle
from yearwheel.services.explain import explain
from yearwheel.services.more_time import grant, refuse
from yearwheel.services.outbox_desk import Desk, list_outbox, move_messages
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.tasks import close_task, list_tasks
from yearwheel.store import rosters
from yearwheel.store.tables import reminders

FLOOD = "the flood took our servers"


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer: FakeMailer) -> App:
    """Budget is open, and nobody has asked anything yet."""
    app = begun(sqlite_database, mailer)
    tell_admins(app)
    round_at(app, "2027-02-01")
    return app


def asked_of_ada(app: App, mailer: FakeMailer, day: str) -> list[str]:
    """The requests a round tells the state's admin of, each as its two lines."""
    before = len(texts(mailer, ADA.email))
    round_at(app, day)
    text = "\n".join(texts(mailer, ADA.email)[before:]).replace("\r\n", "\n")
    requests = text.partition("to answer")[2].partition("How the state stands")[0]
    blocks = requests.split("\n  - ")[1:]
    return [" | ".join(line.strip() for line in block.split("\n\n")[0].splitlines()) for block in blocks]


def ask(app: App, mailer: FakeMailer, contact=ANN, **form: str) -> None:
    where = "" if "stage" in form or form["act"] == "pass_on" else f"/{contact.district_code}/budget"
    assert press(app, link_of(app, mailer, contact) + where, **form).status_code == 200


def test_a_call_for_help_is_told_in_the_next_round_and_once(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="need_help", stage="budget")

    assert asked_of_ada(app, mailer, "2027-02-02") == [
        f"{ANN.email} | Ann of Ash County asks for help with Budget, due Monday, March 1"
    ]
    assert asked_of_ada(app, mailer, "2027-02-03") == []
    assert told(app, "requests") == [("requests:2027-02-02", ADA.key)]
    assert prove(app, KEY).holds


def test_requests_of_one_day_come_in_one_letter_and_later_ones_the_next_day(
    app: App, mailer: FakeMailer
) -> None:
    ask(app, mailer, act="more_time", until="2027-03-05", why=FLOOD)
    ask(app, mailer, BOB, act="pass_on", name="Eve Fox", email="eve@birch.example")
    first = asked_of_ada(app, mailer, "2027-02-02")
    set_clock(app, "2027-02-02 11:00")
    ask(app, mailer, BOB, act="need_help", stage="budget")
    same_day = asked_of_ada(app, mailer, "2027-02-02 12:00")
    next_day = asked_of_ada(app, mailer, "2027-02-03")

    assert first == [
        f"Budget: Ash County | Ann by link asks for time until Friday, March 5: {FLOOD}; to grant it: "
        "yearwheel extension grant 001 budget --cycle small-2027; to refuse it: "
        "yearwheel extension refuse 001 budget --why '...' --cycle small-2027",
        "eve@birch.example | Bob of Birch County says that Eve Fox does their work now; to accept: yearwheel "
        "roster hand-over 1 --accept --cycle small-2027; to refuse: yearwheel roster hand-over 1 --refuse "
        "--cycle small-2027",
    ]
    assert same_day == []
    assert next_day == [f"{BOB.email} | Bob of Birch County asks for help with Budget, due Monday, March 1"]


def test_a_day_past_the_close_is_told_as_that_with_the_command_that_gives_it(
    app: App, mailer: FakeMailer
) -> None:
    ask(app, mailer, act="more_time", until="2027-03-26", why=FLOOD)

    (line,) = asked_of_ada(app, mailer, "2027-02-02")
    assert line.partition(f"{FLOOD}; ")[2] == (
        "to grant it, although it closes on 2027-03-15: "
        "yearwheel extension grant 001 budget --force --cycle small-2027; "
        "to refuse it: yearwheel extension refuse 001 budget --why '...' --cycle small-2027"
    )


def test_what_was_asked_by_a_clock_that_was_put_back_is_told_all_the_same(
    app: App, mailer: FakeMailer
) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    asked_of_ada(app, mailer, "2027-02-02 10:00")
    set_clock(app, "2027-02-02 09:15")
    ask(app, mailer, BOB, act="need_help", stage="budget")

    (line,) = asked_of_ada(app, mailer, "2027-02-03")
    assert line.startswith(f"{BOB.email} | Bob of Birch County asks for help")


def test_what_a_letter_tells_the_digest_in_it_does_not_count_again(app: App, mailer: FakeMailer) -> None:
    round_at(app, "2027-02-08")
    ask(app, mailer, act="need_help", stage="budget")
    round_at(app, "2027-02-16")

    letter = texts(mailer, ADA.email)[-1]
    assert ("1 request to answer" in letter, "How the state stands" in letter) == (True, True)
    assert "without an answer" not in letter


def test_what_was_answered_before_the_round_is_not_told(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="more_time", until="2027-03-05", why=FLOOD)
    ask(app, mailer, BOB, act="pass_on", name="Eve Fox", email="eve@birch.example")
    ask(app, mailer, BOB, act="need_help", stage="budget")
    refuse(app, KEY, "budget", "001", by="ada", why="the law sets it")
    decide_hand_over(app, KEY, 1, accept=False, by="ada")
    ask(app, mailer, BOB, act="on_track", stage="budget")

    assert asked_of_ada(app, mailer, "2027-02-02") == []


def test_work_that_is_in_needs_no_help_any_more(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    ask(app, mailer, BOB, act="need_help", stage="budget")
    hand_in(app, "budget", "001")

    assert [(task.kind, task.district_code) for task in list_tasks(app, "KY")] == [("need_help", "002")]


def test_the_weeks_digest_counts_what_still_waits(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    round_at(app, "2027-02-02")
    round_at(app, "2027-02-08")

    weekly = texts(mailer, ADA.email)[-1].replace("\r\n", "\n")
    assert "  - Asked for help\n    1 request without an answer, the longest for 7 days\n" in weekly


def test_two_requests_of_one_district_are_two_requests(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    ask(app, mailer, act="need_help", stage="plan")
    round_at(app, "2027-02-02")
    round_at(app, "2027-02-08")

    assert "2 requests without an answer, the longest for 7 days" in texts(mailer, ADA.email)[-1]


def test_a_letter_says_what_waits_on_the_day_it_is_written(app: App, mailer: FakeMailer) -> None:
    """Told on Friday evening, when no mail leaves any more, and answered in part on Saturday."""
    set_clock(app, "2027-02-05 16:30")
    ask(app, mailer, act="more_time", until="2027-03-05", why=FLOOD)
    ask(app, mailer, BOB, act="need_help", stage="budget")
    round_at(app, "2027-02-05 18:00")
    assert told(app, "requests") == [("requests:2027-02-05", ADA.key)]
    set_clock(app, "2027-02-06 10:00")
    grant(app, KEY, "budget", "001", by="ada")

    (line,) = asked_of_ada(app, mailer, "2027-02-08")
    assert line.startswith(f"{BOB.email} | Bob of Birch County asks for help")
    assert prove(app, KEY).holds


def test_what_was_all_answered_before_a_letter_could_tell_it_is_told_to_nobody(
    app: App, mailer: FakeMailer
) -> None:
    set_clock(app, "2027-02-05 16:30")
    ask(app, mailer, act="more_time", until="2027-03-05", why=FLOOD)
    round_at(app, "2027-02-05 18:00")
    set_clock(app, "2027-02-06 10:00")
    grant(app, KEY, "budget", "001", by="ada")

    assert asked_of_ada(app, mailer, "2027-02-08") == []
    assert [row[2:] for row in ledger(app, kind="requests")] == [("cancelled", "undone")]
    assert prove(app, KEY).holds


def test_a_letter_that_waits_is_taken_back_when_what_it_tells_is_answered(
    app: App, mailer: FakeMailer
) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    ask(app, mailer, BOB, act="need_help", stage="budget")
    set_clock(app, "2027-02-02")
    queue_mail(app, KEY)
    (letter,) = [m for m in list_outbox(app, KEY, [OutboxStatus.QUEUED]) if m.recipient == ADA.email]
    move_messages(app, KEY, [letter.id], Desk.HOLD, by="leo", why="first a word with her")
    ask(app, mailer, act="on_track", stage="budget")

    taken = list_outbox(app, KEY, [OutboxStatus.SUPPRESSED])
    assert [m.id for m in taken] == [letter.id]
    (line,) = asked_of_ada(app, mailer, "2027-02-02 12:00")
    assert line.startswith(f"{BOB.email} | Bob of Birch County asks for help")
    assert prove(app, KEY).holds


def test_a_task_put_away_by_hand_is_told_no_more(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    set_clock(app, "2027-02-02")
    queue_mail(app, KEY)
    (task,) = list_tasks(app, "KY")
    close_task(app, "KY", task.id, by="ada")

    assert [row[2:] for row in ledger(app, kind="requests")] == [("cancelled", "undone")]
    assert prove(app, KEY).holds


def test_an_end_without_an_answer_breaks_the_proof(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, act="need_help", stage="budget")
    set_clock(app, "2027-02-02 18:00")
    queue_mail(app, KEY)
    ended = {"status": "cancelled", "reason": "undone", "settled_at": app.clock.now()}
    with app.database.writing() as work:
        work.connection.execute(update(reminders).where(reminders.c.kind == "requests").values(ended))
        work.commit()

    assert {breach.kind for breach in prove(app, KEY).breaches} == {BreachKind.FALSE_REASON}


def test_what_is_asked_of_the_state_is_told_by_one_of_its_cycles(app: App, mailer: FakeMailer) -> None:
    create_cycle(app, SOURCE.replace(KEY, "small-2028"), by="ada")
    approve_kinds(app, "small-2028", by="ada")
    publish_cycle(app, "small-2028", by="ada")
    ask(app, mailer, BOB, act="pass_on", name="Eve Fox", email="eve@birch.example")
    set_clock(app, "2027-02-02")
    mailer.sent.clear()
    for key in ("small-2028", KEY):
        advance(app, key)
    assert sum("Eve Fox" in text for text in texts(mailer, ADA.email)) == 1

    close_cycle(app, KEY, by="ada", why="over")
    set_clock(app, "2027-02-03")
    mailer.sent.clear()
    advance(app, "small-2028")
    assert [text for text in texts(mailer, ADA.email) if "Eve Fox" in text] == []


def test_a_call_for_help_waits_on_when_who_made_it_has_left(app: App, mailer: FakeMailer) -> None:
    ask(app, mailer, BOB, act="need_help", stage="budget")
    ask(app, mailer, BOB, act="pass_on", name="Eve Fox", email="eve@birch.example")
    decide_hand_over(app, KEY, 1, accept=True, by="ada")

    assert asked_of_ada(app, mailer, "2027-02-02") == [
        "Budget: Birch County | Bob by link of Birch County asks for help with Budget, due Monday, March 1"
    ]


def test_what_the_office_hears_of_the_whole_cycle_is_explained_as_its_own(sqlite_database, mailer) -> None:
    """In a year of which the office owes no part its messages hang on a district's in the ledger."""
    without_setup = re.sub(r"  - key: setup\n.*?(?=  - key: budget)", "", SOURCE, flags=re.DOTALL)
    app = bare_app(sqlite_database, "2027-01-04", mailer)
    with app.database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, without_setup, by="ada")
    approve_kinds(app, KEY, by="ada")
    publish_cycle(app, KEY, by="ada")
    tell_admins(app)
    round_at(app, "2027-02-01")
    ask(app, mailer, act="need_help", stage="budget")
    round_at(app, "2027-02-02")

    told = {
        code: [line for line in explain(app, KEY, code, date(2027, 2, 2)).lines() if "equests" in line]
        for code in ("OET", "001")
    }
    assert [line.strip().startswith("Sent: Requests notice") for line in told["OET"]] == [True]
    assert told["001"] == []


def test_what_a_cycle_had_not_told_when_it_was_closed_another_of_its_state_tells(
    app: App, mailer: FakeMailer
) -> None:
    create_cycle(app, SOURCE.replace("small-2027", "small-2027b"), by="ada")
    approve_kinds(app, "small-2027b", by="ada")
    publish_cycle(app, "small-2027b", by="ada")
    set_clock(app, "2027-02-02 07:00")
    ask(app, mailer, act="pass_on", name="New Person", email="new@mail.example")
    mailer.answers = {ADA.email: BUSY}
    round_at(app, "2027-02-02 09:00")
    close_cycle(app, KEY, by="ada", why="over")
    mailer.answers = {}
    set_clock(app, "2027-02-03 09:00")
    advance(app, "small-2027b")

    assert [text.count("New Person does their work now") for text in texts(mailer, ADA.email)[-1:]] == [1]
