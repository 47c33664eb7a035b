"""A cycle is closed and opened again: what that ends, what goes on, and that the proof holds in both."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from tests.apps import (
    ANN,
    ASH,
    BIRCH,
    BOB,
    CAL,
    CEDAR,
    FINN,
    KEY,
    OFFICE,
    PEOPLE,
    begun,
    hand_in,
    ledger,
    logged,
    person,
    roster_of,
    round_at,
    set_clock,
    standing_of,
)
from tests.fakes import NO_SUCH_USER, FakeMailer
from tests.unit.test_change_calendar import WITHOUT_PLAN
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.roster.district_days import DayKind
from yearwheel.roster.people import BodyKind, Contact, District, Role
from yearwheel.services.app import App, Refused
from yearwheel.services.change_calendar import save_change
from yearwheel.services.cycles import Closed, close_cycle
from yearwheel.services.deliver import DeliveryReport, deliver
from yearwheel.services.disaster import declare_disaster
from yearwheel.services.explain import explain
from yearwheel.services.import_days import DaysFile, import_days
from yearwheel.services.import_roster import RosterFiles, import_roster
from yearwheel.services.more_time import ask
from yearwheel.services.outbox_desk import Desk, list_outbox, move_messages, retry
from yearwheel.services.pause import Resumed, find_pause, pause_cycle, resume_cycle
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.reopen import reopen_cycle
from yearwheel.services.rounds import is_quiet, stages_with_work
from yearwheel.services.selection import Selection
from yearwheel.store import pauses

FAY = person("fay", CEDAR, Role.FINANCE_OFFICER)  # a role that nobody held
DOGWOOD = District("004", "Dogwood County", BodyKind.COUNTY, ASH.zone)
DORA = person("dora", DOGWOOD, Role.TECHNOLOGY_COORDINATOR)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer) -> App:
    """The budget is open, due on March 1, and its first letters have left."""
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    mailer.sent.clear()
    return app


def close(app: App, moment: str) -> Closed:
    set_clock(app, moment)
    return close_cycle(app, KEY, by="ada", why="called off")


def reopen(app: App, moment: str) -> Resumed:
    set_clock(app, moment)
    return reopen_cycle(app, KEY, by="leo", why="too early")


def of(app: App, contact: Contact, rung: str) -> list[tuple[str, str | None]]:
    found = ledger(app, contact_key=contact.key, stage_key="budget", rung=rung)
    return [(status, why) for _, _, status, why in found]


def import_people(app: App, *people: Contact, districts=(ASH, BIRCH, CEDAR, OFFICE)) -> None:
    files = RosterFiles(roster_of(*people, districts=districts))
    import_roster(app, "KY", files, by="ada", source="people.csv")


def holds(app: App) -> bool:
    found = prove(app, KEY)
    assert (found.breaches, found.missed, found.duplicates) == ((), 0, 0)
    return found.holds


# Closing


def test_closing_counts_the_letters_it_takes_back_and_the_work_still_owed(app):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    waiting = list_outbox(app, KEY, [OutboxStatus.QUEUED])
    move_messages(app, KEY, [waiting[0].id], Desk.HOLD, by="ada", why="first a word with them")

    looked = close_cycle(app, KEY, by="ada", why="called off", save=False)
    owed = 3 * 3  # districts, and all stages but the set-up
    assert looked == Closed(KEY, letters=3, by_hand=1, notices=0, requests=0, owed=owed)
    assert looked.lines() == [
        "3 letters wait and are taken back",
        "1 letter that a person holds or has changed: kept as it is",
        "9 pieces of work are still owed; nobody is reminded of them any more",
    ]
    assert list_outbox(app, KEY, [OutboxStatus.SUPPRESSED]) == []
    assert close(app, "2027-02-15") == looked
    assert len(list_outbox(app, KEY, [OutboxStatus.SUPPRESSED])) == 3


def test_a_closed_cycle_is_not_resumed_before_it_is_opened_again(app):
    set_clock(app, "2027-02-10")
    pause_cycle(app, KEY, by="ada", why="flood")
    close(app, "2027-02-12")
    set_clock(app, "2027-02-16")
    with pytest.raises(Refused, match=r"is closed, .* yearwheel cycle reopen small-2027"):
        resume_cycle(app, KEY, by="ada")

    reopen(app, "2027-02-18")
    resume_cycle(app, KEY, by="ada")
    with app.database.reading() as connection:
        kept = pauses.list_pauses(connection, KEY)
    assert all(one.until <= other.since for one, other in pairwise(kept))
    assert find_pause(app, KEY) is None


def test_work_of_a_stage_that_was_taken_out_of_the_calendar_is_not_owed(app):
    save_change(app, KEY, WITHOUT_PLAN, by="ada", why="not this year")

    assert close(app, "2027-02-02").owed == 3 * 2


def test_closing_counts_what_is_not_told_yet_and_the_requests_that_wait(app, mailer):
    set_clock(app, "2027-02-02 11:00")
    hand_in(app, "budget", "001")
    ask(app, KEY, "budget", "002", date(2027, 3, 5), by="Bob", why="snow")

    assert close_cycle(app, KEY, by="ada", why="called off", save=False).lines() == [
        "2 receipts and other messages are not written yet and will not go; to send them first: "
        "yearwheel advance --cycle small-2027",
        "1 request waits for an answer; to see: yearwheel tasks list --cycle small-2027",
        "8 pieces of work are still owed; nobody is reminded of them any more",
    ]
    round_at(app, "2027-02-02 12:00")
    assert close(app, "2027-02-02 12:00").notices == 0


def test_what_a_person_holds_is_held_again_when_the_cycle_is_opened_again(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    held = list_outbox(app, KEY, [OutboxStatus.QUEUED])[0].id
    move_messages(app, KEY, [held], Desk.HOLD, by="ada", why="first a word with them")
    close(app, "2027-02-15")
    closed = list_outbox(app, KEY, [OutboxStatus.HELD])
    reopen(app, "2027-02-17")
    mailer.sent.clear()
    round_at(app, "2027-02-17")

    (still,) = list_outbox(app, KEY, [OutboxStatus.HELD])
    assert ([letter.id for letter in closed], still.id) == ([held], held)
    assert still.recipient not in mailer.recipients()
    assert holds(app)


def test_a_letter_that_is_tried_again_does_not_leave_a_closed_cycle(app, mailer):
    mailer.answers = {ANN.email: NO_SUCH_USER}
    round_at(app, "2027-02-15")
    close(app, "2027-02-15 11:00")
    mailer.answers, mailer.sent[:] = {}, []
    (refused,) = list_outbox(app, KEY, [OutboxStatus.FAILED])
    retry(app, KEY, [refused.id], by="ada", why="mended")

    assert (deliver(app), mailer.sent) == (DeliveryReport(), [])
    assert is_quiet(app, KEY)
    said = "\n".join(explain(app, KEY, "001", date(2027, 2, 15)).lines())
    assert "is written, but the cycle was closed on 2027-02-15; no mail leaves any more." in said
    reopen(app, "2027-02-16")
    round_at(app, "2027-02-16")
    assert holds(app)


def test_who_comes_after_the_close_is_owed_nothing_of_the_year(app):
    round_at(app, "2027-02-15")
    close(app, "2027-02-16")
    set_clock(app, "2027-02-18")
    import_people(app, *PEOPLE.contacts.values(), FAY)

    assert holds(app)


# Reopening


def test_what_fell_due_while_it_was_closed_is_told_once_and_the_proof_holds(database, mailer):
    app = begun(database, mailer)
    round_at(app, "2027-02-01")
    round_at(app, "2027-02-15")
    mailer.sent.clear()
    close(app, "2027-02-19")
    for day in ("2027-02-22", "2027-03-01", "2027-03-02"):  # three rungs fall due
        round_at(app, day)
    assert mailer.sent == []
    assert holds(app)

    set_clock(app, "2027-03-04")
    foreseen = reopen_cycle(app, KEY, by="leo", why="too early", dry_run=True)
    assert stages_with_work(app, KEY) == []
    assert reopen(app, "2027-03-04") == foreseen
    assert holds(app)
    round_at(app, "2027-03-04")

    recipients = mailer.recipients()
    assert (foreseen.letters, foreseen.people) == (0, len(recipients))
    assert len(recipients) == len(set(recipients)) > 0
    assert of(app, ANN, "7-days-before") == [("superseded", "collapsed")]
    assert of(app, ANN, "1-workday-after") == [("sent", None)]
    assert holds(app)
    for day in ("2027-03-05", "2027-03-08", "2027-03-15", "2027-03-16"):
        round_at(app, day)
    assert holds(app)


def test_reopening_is_on_record_with_who_and_why(app):
    close(app, "2027-02-19")
    reopen(app, "2027-02-22")

    events = logged(app, "cycle_closed", "cycle_reopened")
    assert [(e.kind, e.actor, e.why) for e in events] == [
        ("cycle_closed", "ada", "called off"),
        ("cycle_reopened", "leo", "too early"),
    ]


def test_a_letter_that_closing_took_back_is_written_afresh(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    close(app, "2027-02-15 11:00")
    reopen(app, "2027-02-16")
    round_at(app, "2027-02-16")

    (sent,) = [envelope for envelope in mailer.sent if envelope.recipient == ANN.email]
    assert b"13 days left" in sent.raw
    assert holds(app)


def test_closed_by_mistake_and_opened_at_once_everybody_is_told_the_same_day(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    for _ in range(2):
        close(app, "2027-02-15")
        reopen(app, "2027-02-15")
    round_at(app, "2027-02-15")

    assert sorted(mailer.recipients()) == [c.email for c in (ANN, BOB, CAL, FINN)]
    assert holds(app)


def test_a_stage_that_ended_meanwhile_is_not_missed(app, mailer):
    close(app, "2027-02-12")
    reopen(app, "2027-04-05")  # the budget closed on March 15
    round_at(app, "2027-04-05")

    assert of(app, ANN, "1-workday-after") == [("cancelled", "paused")]
    assert {why for _, _, status, why in ledger(app, stage_key="budget", kind="escalation")} == {"paused"}
    assert holds(app)


def test_a_stage_whose_window_opened_meanwhile_opens_late(sqlite_database, mailer):
    app = begun(sqlite_database, mailer)
    mailer.sent.clear()
    close(app, "2027-01-29")
    reopen(app, "2027-02-03")
    round_at(app, "2027-02-03")

    assert standing_of(app, "budget", "001").status == "open"
    assert len(mailer.recipients()) == len(set(mailer.recipients())) > 0
    assert holds(app)


def test_the_explanation_of_a_day_between_names_who_closed_it_and_why(app):
    close(app, "2027-02-19")
    reopen(app, "2027-02-24")
    round_at(app, "2027-02-24")

    between = explain(app, KEY, "001", date(2027, 2, 22)).lines()
    assert between[1] == (
        "The cycle was paused from 2027-02-19 until 2027-02-24 by ada (closed: called off); no mail left."
    )


def test_in_a_closed_cycle_nothing_changes_and_it_is_said_how_to_go_on(app):
    round_at(app, "2027-02-15")
    close(app, "2027-02-19")
    set_clock(app, "2027-02-23")
    with pytest.raises(
        Refused, match="is closed, and nothing changes in it any more; to go on with it: yearw"
    ):
        hand_in(app, "budget", "001")
    with pytest.raises(Refused, match="is closed"):
        declare_disaster(app, KEY, Selection(codes=("001",)), date(2027, 3, 1), by="ada", why="flood")

    assert holds(app)


def test_who_came_and_who_left_meanwhile_count_from_the_reopening(app, mailer):
    round_at(app, "2027-02-15")
    close(app, "2027-02-16")
    set_clock(app, "2027-02-18")
    stayed = [contact for contact in PEOPLE.contacts.values() if contact != FINN]
    import_people(app, *stayed, FAY, DORA, districts=(ASH, BIRCH, CEDAR, DOGWOOD, OFFICE))
    assert holds(app)
    mailer.sent.clear()
    reopen(app, "2027-02-24")
    round_at(app, "2027-02-24")

    assert of(app, FAY, "14-days-before") == [("superseded", "collapsed")]
    assert of(app, FAY, "7-days-before") == [("sent", None)]
    assert of(app, FINN, "7-days-before") == [("cancelled", "contact_left")]
    assert standing_of(app, "budget", "004").status == "open"
    assert {FAY.email, DORA.email} < set(mailer.recipients())
    assert FINN.email not in mailer.recipients()
    assert holds(app)
    for day in ("2027-03-01", "2027-03-02", "2027-03-04"):
        round_at(app, day)
    assert holds(app)


def test_a_break_that_became_known_meanwhile_is_left_in_peace(app):
    close(app, "2027-02-16")
    set_clock(app, "2027-02-18")
    week = {date(2027, 2, 22) + timedelta(days=n): "winter break" for n in range(5)}
    file = DaysFile(DayKind.BREAK, {"001": DistrictDays(breaks=week)}, "breaks.csv")
    import_days(app, "KY", file, by="ada")
    reopen(app, "2027-02-19")
    for day in ("2027-02-19", "2027-02-22", "2027-03-01"):
        round_at(app, day)

    assert holds(app)
    assert "2027-02-22 falls into the district's break, winter break, so it goes on 2027-02-19" in "\n".join(
        explain(app, KEY, "001", date(2027, 2, 19)).lines()
    )


def test_a_cycle_that_was_paused_when_it_closed_stays_paused(app, mailer):
    set_clock(app, "2027-02-12")
    pause_cycle(app, KEY, by="ada", why="flood")
    close(app, "2027-02-16")
    reopen(app, "2027-02-24")
    round_at(app, "2027-02-24")
    pause = find_pause(app, KEY)
    assert (pause and pause.why, mailer.sent) == ("flood", [])

    resume_cycle(app, KEY, by="ada")
    round_at(app, "2027-02-25")
    assert len(mailer.recipients()) == len(set(mailer.recipients())) > 0
    assert holds(app)


def test_only_a_closed_cycle_can_be_opened_again(app):
    with pytest.raises(Refused, match=f"{KEY} is not closed"):
        reopen_cycle(app, KEY, by="ada", why="too early")
    close(app, "2027-02-19")
    with pytest.raises(Refused, match=f"{KEY} was already closed on 2027-02-19"):
        close_cycle(app, KEY, by="ada", why="again")
    reopen(app, "2027-02-20")
    close(app, "2027-02-22")
    reopen(app, "2027-02-23")
    assert len(logged(app, "cycle_reopened")) == 2


def test_what_a_person_holds_stays_held_when_somebody_of_another_district_came_meanwhile(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    (held,) = [m.id for m in list_outbox(app, KEY, [OutboxStatus.QUEUED]) if m.recipient == ANN.email]
    move_messages(app, KEY, [held], Desk.HOLD, by="ada", why="first a word with them")
    close(app, "2027-02-15 11:00")
    import_roster(
        app, "KY", RosterFiles(roster_of(*PEOPLE.contacts.values(), FAY)), by="ada", source="people"
    )
    reopen(app, "2027-02-15 12:00")
    round_at(app, "2027-02-15 12:30")

    assert [m.id for m in list_outbox(app, KEY, [OutboxStatus.HELD])] == [held]
    assert (ANN.email in mailer.recipients(), FAY.email in mailer.recipients()) == (False, True)
    assert holds(app)
