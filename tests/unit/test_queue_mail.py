"""One digest a person and day, only while their window is open, and never on old facts."""

import re
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy

import pytest

from tests.apps import (
    ADA,
    ANN,
    KEY,
    PEOPLE,
    RAY,
    SOURCE,
    begun,
    hand_in,
    ledger,
    logged,
    roster_of,
    round_at,
    set_clock,
)
from tests.fakes import FakeMailer
from yearwheel.config.settings import Mail, Settings
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.mime import HeaderInjection
from yearwheel.services.change_calendar import save_change
from yearwheel.services.contacts import name_deputy, set_away
from yearwheel.services.deliver import DeliveryReport, deliver
from yearwheel.services.extend import Extension, extend
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import QueueReport, queue_mail
from yearwheel.store import outbox, reminders


@pytest.fixture
def mailer():
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer):
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    mailer.sent.clear()
    return app


def queue_at(app, moment):
    set_clock(app, moment)
    return queue_mail(app, KEY)


def messages(app, *statuses):
    with app.database.reading() as connection:
        return list(reversed(outbox.list_messages(connection, statuses=statuses)))


def letters(app, *statuses):
    return [(row["contact_key"], row["status"]) for row in messages(app, *statuses)]


def words(app, row):
    with app.database.reading() as connection:
        raw = outbox.read(connection, row["id"])["raw"]
    return message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()


WAITING = (OutboxStatus.QUEUED, OutboxStatus.SUPPRESSED)


def test_everyone_with_something_due_gets_one_letter(app):
    report = queue_at(app, "2027-02-15")

    assert report == QueueReport(letters=4, reminders=4)
    assert letters(app, OutboxStatus.QUEUED) == [(key, "queued") for key in ("ann", "bob", "cal", "finn")]


def test_everything_due_to_one_person_on_a_day_is_one_digest(app):
    hand_in(app, "budget", "002", by="Bob")
    round_at(app, "2027-02-02")  # the receipt, and the plan is open now
    report = queue_at(app, "2027-04-08")
    (row,) = [row for row in messages(app, OutboxStatus.QUEUED) if row["contact_key"] == ANN.key]
    text = words(app, row)

    assert report.letters == len(messages(app, OutboxStatus.QUEUED))
    assert "Budget" in text
    assert "Plan" in text


def test_a_second_letter_on_the_same_day_waits_for_tomorrow_unless_it_is_a_notice(app):
    round_at(app, "2027-02-15 09:00")
    hand_in(app, "budget", "001")
    notice = queue_at(app, "2027-02-15 11:00")
    assert (notice.letters, notice.deferred) == (2, 0)  # the receipts

    set_clock(app, "2027-02-15 12:00")
    assert queue_mail(app, KEY) == QueueReport()


@pytest.mark.parametrize(
    "moment",
    ["2027-02-15 00:01", "2027-02-15 07:59", "2027-02-15 17:00", "2027-02-20 10:00", "2027-05-31 10:00"],
    ids=["after midnight", "before eight", "after four", "a Saturday", "a holiday"],
)
def test_outside_the_window_nothing_is_queued(app, moment):
    before = letters(app)
    report = queue_at(app, moment)

    assert (report.letters, letters(app)) == (0, before)


def test_what_the_window_held_back_goes_when_it_opens(app):
    late = queue_at(app, "2027-02-15 17:00")
    assert (late.letters, late.deferred) == (0, 4)

    morning = queue_at(app, "2027-02-16 09:00")
    assert (morning.letters, morning.deferred) == (4, 0)


def test_work_handed_in_while_its_letter_waits_takes_the_letter_back(app):
    queue_at(app, "2027-02-15")
    hand_in(app, "budget", "001")

    assert [row for row in letters(app, *WAITING) if row[0] in ("ann", "finn")] == [
        ("ann", "suppressed"),
        ("finn", "suppressed"),
    ]
    assert ledger(app, rung="14-days-before", district_code="001") == [
        ("14-days-before", "ann", "cancelled", "work_in"),
        ("14-days-before", "finn", "cancelled", "work_in"),
    ]


def test_the_other_items_of_a_digest_that_was_taken_back_go_in_a_new_letter(app):
    round_at(app, "2027-03-04")
    queue_at(app, "2027-03-08 10:00")
    assert items_of(app, ADA) == {("queued", "001"), ("queued", "002"), ("queued", "003")}

    hand_in(app, "budget", "002", by="Bob")
    queue_at(app, "2027-03-08 11:00")

    assert letters_to(app, ADA)[-2:] == ["suppressed", "queued"]
    assert items_of(app, ADA) == {("queued", "001"), ("cancelled", "002"), ("queued", "003")}


def items_of(app, contact):
    with app.database.reading() as connection:
        rows = reminders.list_outcomes(connection, KEY)
    mine = [r for r in rows if (r["contact_key"], r["kind"]) == (contact.key, "escalation")]
    return {(str(row["status"]), row["district_code"]) for row in mine}


def letters_to(app, contact):
    return [str(row["status"]) for row in messages(app) if row["contact_key"] == contact.key]


def test_mail_is_not_sent_on_old_facts(app, mailer):
    queue_at(app, "2027-02-15")
    hand_in(app, "budget", "001")
    deliver(app)

    assert sorted(mailer.recipients()) == ["bob@mail.example", "cal@mail.example"]


def test_a_letter_of_yesterday_that_did_not_leave_is_written_afresh(app, mailer):
    queue_at(app, "2027-02-15")
    (yesterday,) = [row for row in messages(app, OutboxStatus.QUEUED) if row["contact_key"] == ANN.key]
    report = queue_at(app, "2027-02-16")
    (today,) = [row for row in messages(app, OutboxStatus.QUEUED) if row["contact_key"] == ANN.key]

    assert (report.rewritten, report.letters) == (4, 4)
    assert "14 days left" in words(app, yesterday)
    assert "13 days left" in words(app, today)
    assert today["message_id"] != yesterday["message_id"]
    assert letters(app, OutboxStatus.SUPPRESSED) == [
        (key, "suppressed") for key in ("ann", "bob", "cal", "finn")
    ]


def test_a_letter_that_left_is_not_written_afresh(app):
    queue_at(app, "2027-02-15")
    deliver(app)

    assert queue_at(app, "2027-02-16") == QueueReport()


def test_a_letter_that_is_being_sent_or_in_doubt_is_not_written_afresh(app):
    queue_at(app, "2027-02-15")
    with app.database.writing() as work:
        ids = [row["id"] for row in messages(app, OutboxStatus.QUEUED)]
        outbox.move(work.connection, ids[:2], [OutboxStatus.QUEUED], OutboxStatus.SENDING, app.clock.now())
        outbox.move(work.connection, ids[2:], [OutboxStatus.QUEUED], OutboxStatus.UNCERTAIN, app.clock.now())
        work.commit()

    assert queue_at(app, "2027-02-16") == QueueReport()


def test_a_letter_held_for_approval_is_not_let_go_by_rewriting_it(app, mailer):
    queue_at(app, "2027-02-15")
    with app.database.writing() as work:
        ids = [row["id"] for row in messages(app, OutboxStatus.QUEUED)]
        outbox.move(work.connection, ids, [OutboxStatus.QUEUED], OutboxStatus.HELD, app.clock.now())
        work.commit()
    round_at(app, "2027-02-16")

    assert mailer.sent == []
    assert [status for _, status in letters(app, OutboxStatus.HELD)] == ["held"] * 4


def test_a_held_letter_that_was_approved_a_day_later_is_written_afresh_before_it_goes(app, mailer):
    queue_at(app, "2027-02-15")
    ids = [row["id"] for row in messages(app, OutboxStatus.QUEUED)]
    with app.database.writing() as work:
        outbox.move(work.connection, ids, [OutboxStatus.QUEUED], OutboxStatus.HELD, app.clock.now())
        outbox.move(work.connection, ids, [OutboxStatus.HELD], OutboxStatus.QUEUED, app.clock.now())
        work.commit()
    round_at(app, "2027-02-16")

    assert [message_from_bytes(e.raw)["Date"][:16] for e in mailer.sent] == ["Tue, 16 Feb 2027"] * 4


def test_one_bad_contact_does_not_hold_up_everyones_mail(sqlite_database, mailer):
    bad = replace(ANN, name="Ann\r\nBcc: everyone@mail.example")
    others = [c for c in PEOPLE.contacts.values() if c.key != ANN.key]
    app = begun(sqlite_database, mailer, roster=roster_of(bad, *others))
    mailer.sent.clear()
    round_at(app, "2027-02-01")

    assert sorted(mailer.recipients()) == ["bob@mail.example", "cal@mail.example", "finn@mail.example"]
    assert ledger(app, contact_key="ann", rung="when-it-opens") == [
        ("when-it-opens", "ann", "no_address", "unreachable"),
        ("when-it-opens", "ann", "no_address", "unreachable"),
    ]
    event = logged(app, "letter_refused")[-1]
    assert (event.detail, event.why) == (
        {"contact": "ann"},
        r"To: 'Ann\r\nBcc: everyone@mail.example' has a line break in it; headers are one line",
    )


def test_an_address_that_is_none_does_not_hold_up_everyones_mail(sqlite_database, mailer):
    bad = replace(ANN, email="ann at mail")
    others = [c for c in PEOPLE.contacts.values() if c.key != ANN.key]
    app = begun(sqlite_database, mailer, roster=roster_of(bad, *others))
    round_at(app, "2027-02-01")

    assert logged(app, "letter_refused")[-1].detail == {"contact": "ann"}
    assert "finn@mail.example" in mailer.recipients()


def test_a_fault_of_our_own_sender_gives_nobody_up(app):
    before = ledger(app)
    app.settings = Settings(mail=Mail().model_copy(update={"sender": "planning at education"}))
    with pytest.raises(HeaderInjection, match="From: 'planning at education' is not an e-mail address"):
        queue_at(app, "2027-02-15")

    assert ledger(app) == before


def test_only_who_works_in_the_office_is_not_told_to_write_to_it(app):
    for day in ("2027-03-01", "2027-03-02"):
        round_at(app, day)
    round_at(app, "2027-03-08")  # the state's administrators hear who is a week late

    asked = {row["contact_key"]: "Questions?" in words(app, row) for row in messages(app, OutboxStatus.SENT)}
    assert [key for key, whether in sorted(asked.items()) if not whether] == [ADA.key]


def test_a_letter_says_what_to_do_why_this_reader_and_by_when(app):
    queue_at(app, "2027-02-15")
    (row,) = [row for row in messages(app, OutboxStatus.QUEUED) if row["contact_key"] == ANN.key]
    text = words(app, row)

    assert "Hand in the draft budget." in text
    assert "district technology coordinator" in text
    assert "KRS 160.470" in text
    assert re.search(r"^http://planning\.example/l/[\w-]+/001/budget\r$", text, re.MULTILINE)


def subjects(app, contact_key):
    return [
        (row["send_on"].isoformat(), row["subject"])
        for row in messages(app)
        if row["contact_key"] == contact_key
    ]


def test_news_of_a_new_day_goes_at_once_though_a_reminder_of_it_has_to_wait(app):
    round_at(app, "2027-03-01")
    set_clock(app, "2027-03-01 13:00")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 2))], by="ada", why="the portal was down")
    news = queue_at(app, "2027-03-01 13:05")
    round_at(app, "2027-03-01 13:10")
    round_at(app, "2027-03-02")

    assert (news.letters, news.deferred) == (3, 0)  # its coordinator, finance officer and superintendent
    assert subjects(app, "finn")[-3:] == [
        ("2027-03-01", "Due today: Budget - Ash County"),
        ("2027-03-01", "New date: Budget - Ash County"),
        ("2027-03-02", "Due today: Budget - Ash County"),
    ]
    assert prove(app, KEY).breaches == ()


def test_a_stage_that_is_open_for_a_district_longer_is_not_called_closed(app):
    extend(app, KEY, [Extension("budget", "001", date(2027, 4, 2))], by="ada", why="a flood", force=True)
    for day in ("03-01", "03-15", "03-22", "04-02", "04-08"):
        round_at(app, f"2027-{day}")
    (ash, birch) = (
        [words(app, row) for row in messages(app) if row["contact_key"] == key][-1] for key in ("ann", "bob")
    )
    assert "- Budget\r\n" in ash.split("Plan is due")[1]
    assert "- Budget (closed without it: ask the office)\r\n" in birch.split("Plan is due")[1]


def test_who_stands_in_for_a_reviewer_is_told_so_though_they_are_one_themselves(sqlite_database, mailer):
    rolf = replace(RAY, key="rolf", name="Rolf", email="rolf@mail.example")
    people = roster_of(*PEOPLE.contacts.values(), rolf)
    app = begun(sqlite_database, mailer, roster=replace(people, reviewers={"001": "ray", "002": "rolf"}))
    name_deputy(app, KEY, "ray", "rolf", by="ada")
    set_away(app, KEY, "ray", date(2027, 12, 31), by="ada")
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001", "002")
    hand_in(app, "plan", "001", "002")
    round_at(app, "2027-04-01")
    (row,) = [row for row in messages(app) if row["contact_key"] == "rolf"]
    reasons = "deputy of Ray, plan reviewer for Ash County, and as plan reviewer for Birch County"
    assert f"You receive this because you are listed as {reasons}." in " ".join(words(app, row).split())


def test_due_today_at_noon_is_not_said_after_noon(sqlite_database, mailer):
    app = begun(sqlite_database, mailer)
    at_noon = SOURCE.replace("on: March 1, basis", 'on: March 1, at: "12:00", basis')
    save_change(app, KEY, at_noon, by="ada", why="the board meets then")
    round_at(app, "2027-02-22")
    queue_at(app, "2027-03-01 09:30")
    queue_at(app, "2027-03-01 11:59")
    assert letters(app, OutboxStatus.QUEUED)[0] == ("ann", "queued")
    round_at(app, "2027-03-01 12:30")

    newest = [row for row in messages(app, OutboxStatus.SENT) if row["contact_key"] == "ann"][-1]
    text = words(app, newest)
    assert "Budget is late" in text
    assert "Due: Monday, March 1, today\r\n     at 12:00 PM Eastern" in text
    assert "due today" not in text
    assert newest["subject"] == "Late: Budget - Ash County"
    set_clock(app, "2027-03-01 13:00")
    assert deliver(app) == DeliveryReport()
    assert prove(app, KEY).breaches == ()
