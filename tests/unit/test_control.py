"""What keeps a letter back, and what the proof and the explanation say of it: words nobody approved,
a person's hold, a paused cycle, a rate, a week that was full."""

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest

from tests.apps import (
    ANN,
    BOB,
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    hand_in,
    ledger,
    logged,
    make_app,
    round_at,
    set_clock,
    with_mail,
)
from tests.fakes import NO_SUCH_USER, FakeMailer
from tests.terminal import Terminal
from yearwheel.notifications.edit import Change
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.services.app import App, Refused
from yearwheel.services.approve_kinds import KINDS, approve_kinds
from yearwheel.services.change_calendar import save_change
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.deliver import DeliveryReport, deliver
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend
from yearwheel.services.outbox_desk import (
    Desk,
    Retried,
    approve,
    edit,
    list_outbox,
    move_messages,
    open_message,
    retry,
    weigh_approval,
)
from yearwheel.services.pause import Resumed, find_pause, pause_cycle, resume_cycle
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.store import pauses, reminders, rosters
from yearwheel.store.database import Database


@pytest.fixture
def mailer():
    return FakeMailer()


@pytest.fixture
def unread(sqlite_database, mailer) -> App:
    """The small cycle on the day its stages opened. Nobody has approved the words of a reminder."""
    return begun_without(sqlite_database, mailer, "reminder")


@pytest.fixture
def app(sqlite_database, mailer) -> App:
    """The same, with every word approved."""
    app = make_app(sqlite_database, "2027-01-04", mailer)
    begin(app, mailer)
    return app


def begun_without(database: Database, mailer: FakeMailer, kind: str, source: str = SOURCE) -> App:
    """Begun, with the words of every kind approved but of this one."""
    app = bare_app(database, "2027-01-04", mailer)
    with database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, source, by="ada")
    approve_kinds(app, KEY, set(KINDS) - {kind}, by="ada")
    publish_cycle(app, KEY, by="ada")
    begin(app, mailer)
    return app


def begin(app: App, mailer: FakeMailer) -> None:
    round_at(app, "2027-01-04")
    hand_in(app, "setup", "OET", by="Ada")
    round_at(app, "2027-01-05")
    round_at(app, "2027-02-01")
    mailer.sent.clear()


def reached(mailer: FakeMailer) -> list[str]:
    """Whom in the districts it reached, by key."""
    return sorted(r.partition("@")[0] for r in mailer.recipients() if not r.startswith("ada@"))


def held(app: App) -> list[tuple[str, str]]:
    """Whose letters are held, and why."""
    return [(row.recipient, row.held_because) for row in list_outbox(app, KEY, [OutboxStatus.HELD])][::-1]


def number_of(app: App, contact) -> int:
    (row,) = [row for row in list_outbox(app, KEY, [OutboxStatus.HELD]) if row.recipient == contact.email]
    return row.id


def of(app: App, contact, stage_key: str = "budget") -> list[tuple[str, str | None]]:
    """What became of each of a person's reminders in a stage, in order."""
    return [(status, why) for _, _, status, why in ledger(app, contact_key=contact.key, stage_key=stage_key)]


def sentences(app: App, code: str, on: str) -> str:
    return "\n".join(explain(app, KEY, code, date.fromisoformat(on)).lines())


def body(envelope) -> str:
    letter = message_from_bytes(envelope.raw, policy=policy.default)
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


# The first use of words


def test_letters_in_words_nobody_has_approved_are_held_and_say_so(unread, mailer):
    round_at(unread, "2027-02-15")

    assert held(unread) == [
        (f"{key}@mail.example", "first use of reminder") for key in ("ann", "bob", "cal", "finn")
    ]
    assert reached(mailer) == []
    assert "because nobody has approved its words yet (first use of reminder)" in sentences(
        unread, "001", "2027-02-15"
    )


def test_approving_one_letter_approves_its_words_for_all_who_wait_and_all_who_come(unread, mailer):
    round_at(unread, "2027-02-15")
    weighed = weigh_approval(unread, KEY, [number_of(unread, BOB)])
    assert (len(weighed.letters), len(weighed.others), weighed.people) == (1, 3, 4)
    assert weighed.kinds == ("reminder",)

    assert approve(unread, KEY, [number_of(unread, BOB)], by="ada") == weighed
    deliver(unread)
    assert reached(mailer) == ["ann", "bob", "cal", "finn"]

    mailer.sent.clear()
    round_at(unread, "2027-02-22")
    assert reached(mailer) == ["ann", "bob", "cal", "finn"]
    (event,) = [e for e in logged(unread, "kinds_approved") if e.detail["kinds"] == ["reminder"]]
    assert event.actor == "ada"


def test_on_a_closed_day_what_is_held_stays_to_be_read_and_approved(unread, mailer):
    round_at(unread, "2027-02-22")
    before = [(row.id, row.recipient) for row in list_outbox(unread, KEY, [OutboxStatus.HELD])]
    assert before
    round_at(unread, "2027-02-27")  # a Saturday
    assert [(row.id, row.recipient) for row in list_outbox(unread, KEY, [OutboxStatus.HELD])] == before

    approval = approve(unread, KEY, None, by="ada")
    assert (approval.letters, approval.afresh) == (tuple(sorted(row for row, _ in before)), len(before))
    assert mailer.sent == []
    round_at(unread, "2027-03-01")
    assert reached(mailer) == ["ann", "bob", "cal", "finn"]
    assert prove(unread, KEY).breaches == ()


LONGER = SOURCE.replace("due: April 15", "due: April 15\n    close: April 30")


def test_a_letter_whose_day_passed_before_it_could_leave_says_that_it_is_late(app, mailer):
    save_change(app, KEY, LONGER, by="ada", why="late work is taken")
    hand_in(app, "budget", "001")
    round_at(app, "2027-04-08")
    set_clock(app, "2027-04-15 15:00")
    queue_mail(app, KEY)
    mailer.sent.clear()
    round_at(app, "2027-04-16 08:00")

    (text,) = [body(envelope) for envelope in mailer.sent if envelope.recipient == ANN.email]
    assert "Plan is late\n" in text
    assert "Due: Thursday, April 15, 1 day late\n" in text
    assert "Taken until: " in text
    assert of(app, ANN, "plan")[-1] == ("sent", None)


def test_the_words_of_a_late_letter_are_approved_before_they_stand_in_for_those_of_the_day(
    sqlite_database, mailer
):
    app = begun_without(sqlite_database, mailer, "late", LONGER)
    hand_in(app, "budget", "001")
    set_clock(app, "2027-04-15 15:00")
    queue_mail(app, KEY)
    round_at(app, "2027-04-16 08:00")
    assert (ANN.email, "first use of late") in held(app)


def test_a_letter_a_person_holds_stays_when_the_others_words_are_approved(unread, mailer):
    round_at(unread, "2027-02-15")
    anns = number_of(unread, ANN)
    move_messages(unread, KEY, [anns], Desk.HOLD, by="ada", why="wrong person")
    approve(unread, KEY, [number_of(unread, BOB)], by="ada")
    deliver(unread)

    assert held(unread) == [(ANN.email, "wrong person")]
    assert ANN.email not in mailer.recipients()


def test_approving_all_leaves_what_a_person_holds_or_has_changed_and_names_it(unread, mailer):
    round_at(unread, "2027-02-15")
    anns, bobs = number_of(unread, ANN), number_of(unread, BOB)
    move_messages(unread, KEY, [anns], Desk.HOLD, by="ada", why="wrong person")
    changed = edit(unread, KEY, bobs, Change("", "The portal is closed on Friday."), by="ada")
    weighed = weigh_approval(unread, KEY, None)
    assert (weighed.people, weighed.kept) == (2, (anns, changed))

    assert approve(unread, KEY, None, by="ada") == weighed
    deliver(unread)
    assert (reached(mailer), held(unread)) == (
        ["cal", "finn"],
        [(ANN.email, "wrong person"), (BOB.email, "changed by ada")],
    )
    assert weigh_approval(unread, KEY, None).letters == ()


def test_words_may_be_approved_before_the_first_letter(unread, mailer):
    assert approve_kinds(unread, KEY, by="ada") == ["reminder"]
    assert approve_kinds(unread, KEY, by="ada") == []
    round_at(unread, "2027-02-15")

    assert reached(mailer) == ["ann", "bob", "cal", "finn"]


def test_a_kind_that_does_not_exist_is_refused_by_name(unread):
    with pytest.raises(Refused, match="no kind of message called remainder; there are opened, reminder"):
        approve_kinds(unread, KEY, ["remainder"], by="ada")


def test_new_words_ask_again(unread, mailer, monkeypatch):
    approve_kinds(unread, KEY, by="ada")
    monkeypatch.setitem(unread.renderer.versions, "reminder", "another")
    round_at(unread, "2027-02-15")

    assert [why for _, why in held(unread) if "reminder" in why] == ["first use of reminder"] * 4


def test_a_held_letter_is_written_afresh_each_day_and_its_rungs_become_one(unread, mailer):
    round_at(unread, "2027-02-15")
    round_at(unread, "2027-02-22")

    assert [why for _, why in held(unread) if "reminder" in why] == ["first use of reminder"] * 4
    assert sorted(row for row in of(unread, ANN) if row[0] in ("superseded", "held")) == [
        ("held", None),
        ("superseded", "collapsed"),
    ]
    approve(unread, KEY, None, by="ada")
    deliver(unread)
    assert reached(mailer) == ["ann", "bob", "cal", "finn"]
    assert prove(unread, KEY).breaches == ()


def test_work_handed_in_while_its_letter_was_held_for_days_is_no_breach(unread):
    for day in ("2027-02-15", "2027-02-16", "2027-02-17", "2027-02-18", "2027-02-19"):
        round_at(unread, day)
    hand_in(unread, "budget", "001")
    set_clock(unread, "2027-02-22")

    proof = prove(unread, KEY)
    assert (proof.breaches, proof.reasons.get("work_in")) == ((), 2)


# Discarding and changing


@pytest.mark.parametrize("subject", ["New\r\nBcc: all@mail.example", "New\nline", "New\x07"])
def test_a_subject_is_one_line(subject) -> None:
    with pytest.raises(ValueError, match="a subject is one line of visible characters"):
        Change(subject)


def test_the_command_says_so_too(tmp_path) -> None:
    said = Terminal(tmp_path).refuses("outbox", "edit", "1", "--subject", "New\r\nBcc: all@mail.example")
    assert said == "a subject is one line of visible characters; say more with a line below it"


def test_a_discarded_letter_is_a_reason_and_is_not_said_again(unread, mailer):
    round_at(unread, "2027-02-15")
    move_messages(unread, KEY, [number_of(unread, ANN)], Desk.DISCARD, by="ada", why="told her by phone")
    approve(unread, KEY, None, by="ada")
    round_at(unread, "2027-02-16")

    assert ANN.email not in mailer.recipients()
    proof = prove(unread, KEY)
    assert (proof.breaches, proof.reasons["discarded"]) == ((), 1)
    assert "was discarded on 2027-02-15 10:00 Eastern by ada (told her by phone)" in sentences(
        unread, "001", "2027-02-15"
    )


def test_a_changed_copy_takes_a_held_letters_place_and_both_are_kept(unread, mailer):
    round_at(unread, "2027-02-15")
    old = number_of(unread, ANN)
    before = open_message(unread, old)
    change = Change("Budget: read this first", "The portal is closed <on Friday>, see evil.example")
    new = edit(unread, KEY, old, change, by="ada")

    assert open_message(unread, old).message.status is OutboxStatus.SUPPRESSED
    assert open_message(unread, old).raw == before.raw
    assert (ANN.email, "changed by ada") in held(unread)
    approve(unread, KEY, [new], by="ada")
    deliver(unread)
    (sent,) = [e for e in mailer.sent if e.recipient == ANN.email]
    letter = message_from_bytes(sent.raw, policy=policy.default)
    assert (sent.message_id, letter["Subject"]) == (
        open_message(unread, new).message.message_id,
        change.subject,
    )
    assert letter["Message-ID"] == sent.message_id != before.message.message_id
    text, html = (letter.get_body((part,)).get_content() for part in ("plain", "html"))
    assert "The portal is closed <on Friday>" in text
    assert "The portal is closed &lt;on Friday&gt;" in html
    assert "see evil.example" not in text + html  # nothing in it that becomes a link
    assert max(len(line) for line in sent.raw.split(b"\r\n")) < 999

    (event,) = logged(unread, "mail_edited")
    assert (event.before, event.after) == (before.message.subject, change.subject)
    assert event.detail == {"outbox": [old, new]}
    assert prove(unread, KEY).breaches == ()


def test_a_letter_changed_by_hand_leaves_as_approved_on_a_later_day_too(unread, mailer):
    round_at(unread, "2027-02-15")
    change = Change("", "The portal is closed on Friday")
    new = edit(unread, KEY, number_of(unread, ANN), change, by="ada")
    set_clock(unread, "2027-02-15 19:30")  # nobody is written to at this hour
    approve(unread, KEY, [new], by="ada")
    round_at(unread, "2027-02-16")

    (sent,) = [e for e in mailer.sent if e.recipient == ANN.email]
    assert sent.message_id == open_message(unread, new).message.message_id
    assert b"The portal is closed on Friday" in sent.raw
    assert prove(unread, KEY).breaches == ()


def test_what_was_changed_by_hand_is_told_apart_when_it_is_weighed(unread):
    round_at(unread, "2027-02-15")
    new = edit(unread, KEY, number_of(unread, ANN), Change("", "The portal is closed"), by="ada")
    other = number_of(unread, BOB)
    move_messages(unread, KEY, [other], Desk.HOLD, by="ada", why="first a word with him")
    set_clock(unread, "2027-02-17")

    weighed = weigh_approval(unread, KEY, [new, other])

    assert (weighed.afresh, weighed.as_changed) == (1 + len(weighed.others), 1)


def test_a_letter_refused_for_its_address_is_tried_again_on_its_own_day_only(app, mailer):
    mailer.answers = {ANN.email: NO_SUCH_USER}
    round_at(app, "2027-02-15")
    (number,) = [row.id for row in list_outbox(app, KEY, [OutboxStatus.FAILED])]
    set_clock(app, "2027-02-16")

    with pytest.raises(
        Refused, match=r"is of 2027-02-15 and .* if it works again: yearwheel roster reachable ann"
    ):
        retry(app, KEY, [number], by="ada", why="their server is mended")

    set_clock(app, "2027-02-15 11:00")
    assert retry(app, KEY, [number], by="ada", why="mended") == Retried((number,), ())


def test_only_a_held_letter_can_be_changed(app):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    (first, *_) = list_outbox(app, KEY, [OutboxStatus.QUEUED])

    with pytest.raises(Refused, match=f"message {first.id} is not held; first: yearwheel outbox hold"):
        edit(app, KEY, first.id, Change("New"), by="ada")
    with pytest.raises(Refused, match="small-2027 has no message 999; see: yearwheel outbox list"):
        edit(app, KEY, 999, Change("New"), by="ada")
    move_messages(app, KEY, [first.id], Desk.HOLD, by="ada", why="")
    copy = edit(app, KEY, first.id, Change("New"), by="ada")
    with pytest.raises(Refused, match=f"{first.id} was replaced by its changed copy; edit {copy}"):
        edit(app, KEY, first.id, Change("Newer"), by="ada")
    move_messages(app, KEY, [copy], Desk.DISCARD, by="ada", why="told by telephone")
    with pytest.raises(Refused, match=f"{copy} is discarded; only a letter that is held can be changed"):
        edit(app, KEY, copy, Change("Newest"), by="ada")


# A paused cycle


def test_a_paused_cycle_queues_and_delivers_nothing(app, mailer):
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    pause_cycle(app, KEY, by="ada", why="flood")

    assert deliver(app) == DeliveryReport()
    round_at(app, "2027-02-22")
    assert mailer.sent == []
    assert "paused from 2027-02-15 by ada (flood); no mail left" in sentences(app, "001", "2027-02-22")


def test_when_it_goes_on_each_person_hears_once_what_still_counts(app, mailer):
    set_clock(app, "2027-02-12")
    pause_cycle(app, KEY, by="ada", why="flood")
    for day in ("2027-02-15", "2027-02-22", "2027-03-01", "2027-03-02", "2027-03-04"):
        round_at(app, day)
    hand_in(app, "budget", "002", by="Bob")
    set_clock(app, "2027-03-05")
    said = resume_cycle(app, KEY, by="ada", dry_run=True)
    assert find_pause(app, KEY) is not None
    assert resume_cycle(app, KEY, by="ada") == said
    round_at(app, "2027-03-05")

    recipients = mailer.recipients()
    assert len(recipients) == len(set(recipients))
    assert ANN.email in recipients
    with app.database.reading() as connection:
        told = [
            row["kind"]
            for row in reminders.list_outcomes(connection, KEY)
            if row["status"] == "queued" and row["settled_at"] == app.clock.now()
        ]
    late = told.count("escalation")
    assert said == Resumed(0, people=len(recipients), things=len(told), escalations=late)
    assert late > 0
    assert [row for row in of(app, ANN) if row[1] == "collapsed"] == [("superseded", "collapsed")] * 3
    proof = prove(app, KEY)
    assert (proof.breaches, proof.missed) == ((), 0)


def test_what_a_pause_outlasted_ends_with_that_reason(app, mailer):
    set_clock(app, "2027-02-12")
    pause_cycle(app, KEY, by="ada", why="flood")
    round_at(app, "2027-03-01")
    set_clock(app, "2027-04-05")  # the budget closed on March 15
    resume_cycle(app, KEY, by="ada")
    round_at(app, "2027-04-05")

    assert ("cancelled", "paused") in of(app, ANN)
    proof = prove(app, KEY)
    assert (proof.breaches, proof.missed) == ((), 0)
    assert "the stage closed while the cycle was paused" in sentences(app, "001", "2027-03-02")


def test_mail_that_left_during_a_pause_is_a_breach(app):
    round_at(app, "2027-02-15 11:00")
    with app.database.writing() as work:
        early = app.clock.now() - timedelta(hours=2)
        pauses.begin(work.connection, KEY, "ada", "flood", early)
        work.commit()

    assert {breach.kind for breach in prove(app, KEY).breaches} == {"while_paused"}


def test_a_cycle_is_paused_once_and_resumed_once(app):
    with pytest.raises(Refused, match="is not paused"):
        resume_cycle(app, KEY, by="ada")
    pause_cycle(app, KEY, by="ada", why="flood")
    with pytest.raises(Refused, match="is paused since 2027-02-01 by ada: flood"):
        pause_cycle(app, KEY, by="leo", why="again")


# Rates and caps


def test_a_rate_a_minute_is_kept_and_the_rest_goes_in_the_next(app, mailer):
    with_mail(app, per_minute=3)
    round_at(app, "2027-02-15")
    assert len(mailer.sent) == 3
    assert deliver(app) == DeliveryReport()

    app.clock.set(app.clock.now() + timedelta(seconds=61))
    deliver(app)
    assert len(mailer.sent) == len(set(mailer.recipients())) > 3


def test_the_rate_to_a_domain_lets_other_domains_pass(app, mailer):
    with app.database.writing() as work:
        moved = rosters.load(work.connection, "KY").contacts["bob"]
        roster = rosters.load(work.connection, "KY")
        other = replace(moved, email="bob@other.example")
        rosters.save(work.connection, "KY", replace(roster, contacts={**roster.contacts, "bob": other}))
        work.commit()
    with_mail(app, per_domain_per_minute=2)
    round_at(app, "2027-02-15")

    assert sorted(r.rpartition("@")[2] for r in mailer.recipients()) == [
        "mail.example",
        "mail.example",
        "other.example",
    ]


def test_the_rate_to_a_domain_is_that_of_the_address_all_mail_is_led_to(app, mailer):
    with_mail(app, per_domain_per_minute=2, redirect_to="tester@other.example")
    round_at(app, "2027-02-15")

    assert len(mailer.sent) == 2


def test_no_cap_holds_an_alert_back(app, mailer):
    with_mail(app, letters_per_week=1, tell_admins=True)
    mailer.answers = {ANN.email: NO_SUCH_USER}
    round_at(app, "2027-02-15")  # a week's digest for Ada, and Ann's address is refused
    round_at(app, "2027-02-16")

    assert [(rung, status) for rung, _, status, _ in ledger(app, contact_key="ada", kind="alert")] == [
        ("alert:refused:2027-02-16", "sent"),
        ("alert:role_empty:2027-02-15", "sent"),
    ]


def test_a_full_week_waits_for_the_next_digest(app, mailer):
    set_clock(app, "2027-02-02")
    hand_in(app, "budget", "001", "002", "003")
    round_at(app, "2027-02-02")
    with_mail(app, letters_per_week=1)
    set_clock(app, "2027-04-07")
    extend(app, KEY, [Extension("plan", "001", date(2027, 4, 20))], by="ada", why="flood", force=True)
    round_at(app, "2027-04-12")  # the notice of it
    mailer.sent.clear()
    round_at(app, "2027-04-13")  # seven days before; the plan rests on no statute

    assert reached(mailer) == []
    assert "they have had all the letters a week may bring" in sentences(app, "001", "2027-04-13")
    round_at(app, "2027-04-15")
    assert (reached(mailer), prove(app, KEY).breaches) == (["bob", "cal"], ())  # theirs is due today
    mailer.sent.clear()
    round_at(app, "2027-04-19")
    assert (reached(mailer), prove(app, KEY).breaches) == (["ann"], ())


def test_a_cap_holds_back_what_rests_on_a_basis_that_is_no_statute(app, mailer):
    """Nearly every date names what it rests on; only those that the law sets are told whatever the week."""
    set_clock(app, "2027-02-02")
    hand_in(app, "budget", "001", "002", "003")
    source = SOURCE.replace("due: April 15", "due: {on: April 15, basis: OET calendar}", 1)
    assert source != SOURCE
    save_change(app, KEY, source, by="ada", why="says what it rests on")
    with_mail(app, letters_per_week=1)
    round_at(app, "2027-04-08")
    mailer.sent.clear()
    round_at(app, "2027-04-12")
    assert reached(mailer) == []


def test_the_day_itself_is_told_however_full_the_week(app, mailer):
    set_clock(app, "2027-02-02")
    hand_in(app, "budget", "001", "002", "003")
    with_mail(app, letters_per_week=1)
    for day in ("2027-04-08", "2027-04-15"):
        mailer.sent.clear()
        round_at(app, day)

    assert reached(mailer) == ["ann", "bob", "cal"]
