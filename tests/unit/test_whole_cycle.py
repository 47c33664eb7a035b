"""What is told of a whole cycle: who hears it, once each, and that the proof knows of it."""

import re
from datetime import date
from email import message_from_bytes, policy

import pytest
from icalendar import Calendar

from tests.apps import (
    ADA,
    ANN,
    ASH,
    BOB,
    CAL,
    CEDAR,
    FINN,
    KEY,
    PEOPLE,
    SAM,
    SID,
    SOURCE,
    SUE,
    bare_app,
    begun,
    hand_in,
    ledger,
    make_app,
    person,
    roster_of,
    round_at,
    set_clock,
)
from tests.fakes import BROKEN_OFF, NO_SUCH_USER, POLICY, FakeMailer
from tests.unit.test_bounces import about, bring
from tests.unit.test_change_calendar import WITH_REPORT, WITHOUT_PLAN
from yearwheel.config.cycle_file import load_cycle
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.whole_cycle import read_table, write_table, year_table
from yearwheel.roster.people import Role
from yearwheel.services.change_calendar import save_change
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.excuse import excuse
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend
from yearwheel.services.import_roster import RosterFiles, import_roster
from yearwheel.services.outbox_desk import list_outbox
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.upkeep import resolve
from yearwheel.store import rosters


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer):
    """Begun, with admins who are told."""
    app = begun(sqlite_database, mailer)
    tell_admins(app)
    mailer.sent.clear()
    return app


def tell_admins(app) -> None:
    mail = app.settings.mail.model_copy(update={"tell_admins": True})
    app.settings = app.settings.model_copy(update={"mail": mail})


def told(app, *kinds: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for kind in kinds for row in ledger(app, kind=kind)]


def texts(mailer: FakeMailer, recipient: str) -> list[str]:
    found = []
    for envelope in mailer.sent:
        if envelope.recipient == recipient:
            message = message_from_bytes(envelope.raw, policy=policy.default)
            found.append(message.get_body(("plain",)).get_content())
    return found


def test_a_table_survives_the_ledger_whatever_stands_in_its_cells() -> None:
    table = (("Budget\tdraft\n", "Friday,\r\nMarch 12"), ("Plan", ""))
    assert read_table(write_table(table)) == (("Budget draft", "Friday, March 12"), ("Plan", ""))


def test_what_publishing_promises_is_foretold_and_counted_as_the_ledger_then_holds_it(database) -> None:
    app = bare_app(database, "2027-01-04")
    with database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, SOURCE, by="ada")
    foretold = publish_cycle(app, KEY, by="ada", save=False)
    assert ledger(app) == []

    promised = publish_cycle(app, KEY, by="ada")
    notices = told(app, "published")
    assert foretold == promised
    assert (promised.reminders, promised.notices) == (len(ledger(app)) - len(notices), len(notices))
    assert len(notices) == 6


OLD_YEAR = ["Budget / Monday, March 1", "Plan / Thursday, April 15", "Review / Tuesday, June 1"]
NEW_YEAR = ["Budget / Tuesday, March 9", "Review / Tuesday, June 1"]


def test_the_table_of_the_year_names_a_time_that_is_not_the_days_end() -> None:
    cycle = load_cycle(SOURCE.replace("on: March 1, basis", 'on: March 1, at: "17:00", basis'))
    days = {stage.key: stage.dates.due.on for stage in cycle.stages}
    assert year_table(cycle, days, date(2027, 1, 4))[1:3] == (
        ("Budget", "Monday, March 1 at 5:00 PM Eastern"),
        ("Plan", "Thursday, April 15"),
    )


def year_of(text: str) -> list[str]:
    """The table of a letter that tells the dates of the year."""
    table = text[text.index("Part of the year / Due:") : text.index("See your year:")]
    lines = [line for line in table.partition("What changed:")[0].splitlines()[1:] if line]
    cells = [line.strip().removeprefix("- ") for line in lines]
    return [f"{what} / {due}" for what, due in zip(cells[::2], cells[1::2], strict=True)]


def days_attached(mailer: FakeMailer, recipient: str) -> list[tuple[str, str]]:
    """The first letter's days, as its .ics has them."""
    (raw, *_) = [e.raw for e in mailer.sent if e.recipient == recipient]
    parts = message_from_bytes(raw, policy=policy.default).walk()
    (calendar,) = [p for p in parts if p.get_param("method") == "PUBLISH"]
    events = Calendar.from_ical(calendar.get_payload(decode=True)).walk("VEVENT")
    return [(str(event["summary"]), f"{event['dtstart'].dt}") for event in events]


def give_other_dates(app) -> None:
    """Ash gets more time for its budget, and need not write a plan."""
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 9))], by="ada", why="flood")
    excuse(app, KEY, "plan", "001", by="ada", why="merged")


def test_the_year_is_told_as_it_stands_when_the_letter_is_written(database, mailer) -> None:
    app = make_app(database, mailer=mailer)
    give_other_dates(app)
    round_at(app, "2027-01-04")

    assert year_of(texts(mailer, SUE.email)[0]) == NEW_YEAR
    assert days_attached(mailer, SUE.email) == [
        ("Due: Budget", "2027-03-09"),
        ("Due: Review", "2027-06-01"),
    ]
    assert year_of(texts(mailer, SAM.email)[0]) == OLD_YEAR


def test_a_letter_that_waits_with_the_years_dates_is_written_afresh_when_they_change(
    database, mailer
) -> None:
    app = make_app(database, mailer=mailer)
    queue_mail(app, KEY)
    give_other_dates(app)
    round_at(app, "2027-01-04")
    assert [year_of(texts(mailer, to.email)[0]) for to in (SUE, SAM)] == [NEW_YEAR, OLD_YEAR]


def test_a_changed_calendar_is_told_by_the_letters_that_had_not_left(database, mailer) -> None:
    app = make_app(database, mailer=mailer)
    queue_mail(app, KEY)
    shorter = SOURCE.replace(SOURCE[SOURCE.index("  - key: plan") : SOURCE.index("  - key: review")], "")
    shorter = shorter.replace("after: [plan]", "after: [budget]").replace("on: March 1,", "on: March 9,")
    save_change(app, KEY, shorter, by="ada", why="not this year")
    round_at(app, "2027-01-04")
    assert year_of(texts(mailer, SUE.email)[0]) == NEW_YEAR
    assert [day for _, day in days_attached(mailer, SUE.email)] == ["2027-03-09", "2027-06-01"]


def moved(text: str) -> list[str]:
    """The stages of which a letter says that their date moved, each with the day the new one replaces."""
    lines = [line.strip() for line in text.splitlines()]
    stages = [line for line in lines if line.startswith("The date of ")]
    instead = [line for line in lines if line.startswith("Instead of: ")]
    return [f"{stage} / {day}" for stage, day in zip(stages, instead, strict=True)]


def test_whoever_has_the_dates_of_the_year_is_told_when_one_of_them_moves(database, mailer) -> None:
    app = make_app(database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    mailer.sent.clear()
    later = SOURCE.replace("on: March 1,", "on: March 9,").replace("due: May 31", "due: June 7")
    foreseen = save_change(app, KEY, later, by="ada", why="the board meets late")
    round_at(app, "2027-01-05")

    readers = (ANN, BOB, CAL, SUE, SAM, SID)
    notices = ledger(app, kind="date_moved")
    assert {reader.key: sum(row[1] == reader.key for row in notices) for reader in readers} == {
        reader.key: 2 for reader in readers
    }
    assert foreseen.notices == len(notices)
    assert moved(texts(mailer, SUE.email)[0]) == [
        "The date of Budget moved / Instead of: Monday, March 1",
        "The date of Review moved / Instead of: Tuesday, June 1",
    ]
    assert days_attached(mailer, SUE.email) == [
        ("Due: Budget", "2027-03-09"),
        ("Due: Review", "2027-06-07"),
    ]
    assert prove(app, KEY).breaches == ()


def test_the_proof_misses_the_change_that_those_with_the_years_dates_were_not_told_of(
    sqlite_database, mailer
) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, SOURCE.replace("due: May 31", "due: June 7"), by="ada", why="later")
    with app.database.writing() as work:
        work.connection.exec_driver_sql("DROP TRIGGER event_no_delete")
        work.connection.exec_driver_sql("DELETE FROM event WHERE kind = 'date_moved'")
        work.commit()

    found = {(b.kind, b.stage_key, b.district_code) for b in prove(app, KEY).breaches}
    assert found == {("forgotten", "review", code) for code in ("001", "002", "003")}


def test_a_stage_that_comes_into_the_year_is_told_with_all_its_dates_and_again_when_it_moves(
    database, mailer
) -> None:
    app = make_app(database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    mailer.sent.clear()
    foreseen = save_change(app, KEY, WITH_REPORT, by="ada", why="one stage more")
    round_at(app, "2027-01-05")
    (text,) = texts(mailer, SUE.email)
    told_to = sorted(row[1] for row in ledger(app, kind="published") if row[0] == "published:2")
    save_change(app, KEY, WITH_REPORT.replace("June 15", "June 22"), by="ada", why="a week more")
    round_at(app, "2027-01-06")

    assert year_of(text) == [*OLD_YEAR, "Report / Tuesday, June 15"]
    assert "What changed:\n  | New in it: Report." in text.replace("\r\n", "\n")
    assert ("Due: Report", "2027-06-15") in days_attached(mailer, SUE.email)
    assert told_to == sorted(c.key for c in (ANN, BOB, CAL, SUE, SAM, SID))
    assert foreseen.notices == len(told_to)
    assert moved(texts(mailer, SUE.email)[-1]) == ["The date of Report moved / Instead of: Tuesday, June 15"]
    assert prove(app, KEY).breaches == ()


def test_a_stage_that_comes_before_the_years_dates_were_told_is_told_with_them_once(
    sqlite_database, mailer
) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    foreseen = save_change(app, KEY, WITH_REPORT, by="ada", why="one stage more")
    round_at(app, "2027-01-04")

    assert (foreseen.notices, {row[0] for row in ledger(app, kind="published")}) == (0, {"published:1"})
    assert year_of(texts(mailer, SUE.email)[0]) == [*OLD_YEAR, "Report / Tuesday, June 15"]
    assert prove(app, KEY).breaches == ()


def test_the_proof_misses_the_added_stage_that_somebody_was_not_told_of(sqlite_database, mailer) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, WITH_REPORT, by="ada", why="one stage more")
    with app.database.writing() as work:
        work.connection.exec_driver_sql(
            "DELETE FROM reminder WHERE rung = 'published:2' AND contact_key = 'sue'"
        )
        work.commit()

    assert [b.words for b in prove(app, KEY).breaches] == [
        "12 were told the dates of the year; the ledger has 11"
    ]


def test_a_stage_that_is_taken_out_before_it_opens_is_told_to_those_with_the_years_dates(
    sqlite_database, mailer
) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, WITHOUT_PLAN, by="ada", why="not this year")
    round_at(app, "2027-01-05")

    assert {row[1] for row in ledger(app, kind="excused")} >= {SUE.key, SAM.key, SID.key}
    assert prove(app, KEY).breaches == ()


def test_a_day_that_moves_twice_before_a_letter_says_so_replaces_the_one_that_was_told(
    sqlite_database, mailer
) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    mailer.sent.clear()
    save_change(app, KEY, SOURCE.replace("on: March 1,", "on: March 9,"), by="ada", why="later")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 12))], by="ada", why="flood")
    round_at(app, "2027-01-05")

    (text,) = texts(mailer, ANN.email)
    assert [line.strip() for line in text.splitlines() if "Instead of" in line] == [
        "Instead of: Monday, March 1"
    ]


def test_the_publication_tells_coordinators_and_superintendents_once(sqlite_database, mailer) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    expected = sorted(c.key for c in (ANN, BOB, CAL, SUE, SAM, SID))
    round_at(app, "2027-01-04")
    round_at(app, "2027-01-05")

    assert sorted(reader for _, reader in told(app, "published")) == expected
    assert {row[2] for row in ledger(app, kind="published")} == {"sent"}
    (text,) = texts(mailer, SUE.email)
    assert "  - Budget\n    Monday, March 1\n" in text.replace("\r\n", "\n")
    assert prove(app, KEY).holds


def test_the_account_of_a_day_tells_the_dates_of_the_year_as_the_whole_cycles(
    sqlite_database, mailer
) -> None:
    """In the ledger they hang on the reader's first stage, which opens only in February."""
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")

    assert explain(app, KEY, "001", date(2027, 1, 4)).lines() == [
        "Ash County (001) on Monday 2027-01-04",
        "",
        "Small planning 2027",
        "  Sent: Published notice to Ann (district technology coordinator) and Sue (superintendent): 10:00 "
        "Eastern 'The dates of the year - Ash County', because the dates of the year were set.",
        "",
        "Budget",
        "  It is not open until 2027-02-01.",
        "",
        "Plan",
        "  It is not open until 2027-02-01.",
    ]
    assert explain(app, KEY, "001", date(2027, 1, 5)).stages[0].stage_key == "budget"


def test_a_role_nobody_holds_when_the_year_is_published_is_in_the_account_of_that_day(
    sqlite_database, mailer
) -> None:
    people = [contact for contact in PEOPLE.contacts.values() if contact != SUE]
    app = make_app(sqlite_database, mailer=mailer, roster=roster_of(*people))
    round_at(app, "2027-01-04")

    said = explain(app, KEY, "001", date(2027, 1, 4)).lines()
    assert "  Not sent: Published notice to the superintendent: nobody holds that role." in said
    proof = prove(app, KEY)
    assert (proof.breaches, proof.reasons["role_empty"]) == ((), 1)


def test_what_a_round_left_to_its_readers_hours_is_not_overlooked_before_they_begin(sqlite_database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-02-08 08:30")  # the first since January, and budget opened on February 1
    set_clock(app, "2027-02-08 08:40")  # 7:40 in Birch County
    early = prove(app, KEY)
    set_clock(app, "2027-02-10 18:00")
    late = prove(app, KEY)

    assert (early.breaches, early.waiting > 0) == ((), True)
    assert {(b.kind, b.district_code) for b in late.breaches} == {("overlooked", "002")}


def test_the_week_is_told_in_its_first_round_and_once(app, mailer) -> None:
    round_at(app, "2027-02-15")  # a holiday: Presidents' Day is none of Kentucky's offices
    round_at(app, "2027-02-16")
    round_at(app, "2027-02-24")  # no round on Monday or Tuesday

    assert told(app, "weekly") == [("weekly:2027-W07", ADA.key), ("weekly:2027-W08", ADA.key)]
    weekly = [text for text in texts(mailer, ADA.email) if "How the state stands" in text]
    assert ["3 districts still to hand in" in text for text in weekly] == [True, True]
    assert prove(app, KEY).holds


def out_of_reach(mailer: FakeMailer) -> list[list[tuple[str, str]]]:
    """What each week's digest says of letters that were refused or came back."""
    said = r"- (Refused by the mail server|Came back undelivered)\s+(\d+ letters?)"
    return [re.findall(said, text) for text in texts(mailer, ADA.email) if "How the state stands" in text]


def test_the_week_counts_what_did_not_arrive_until_its_reader_has_a_letter_again(app, mailer) -> None:
    mailer.answers = {ANN.email: POLICY, BOB.email: POLICY}
    round_at(app, "2027-02-16")
    bring(app, about(app, "gmail_quota", CAL))
    del mailer.answers[ANN.email]
    round_at(app, "2027-02-22")  # counted before its own letters leave
    round_at(app, "2027-03-01")
    assert prove(app, KEY).breaches == ()
    with app.database.writing() as work:
        rosters.mark_left(work.connection, "KY", [BOB.key], app.clock.now())
        work.commit()
    round_at(app, "2027-03-08")

    assert out_of_reach(mailer) == [
        [],
        [("Refused by the mail server", "2 letters"), ("Came back undelivered", "1 letter")],
        [("Refused by the mail server", "2 letters")],  # both are Bob's
        [],
    ]


def test_a_week_with_nothing_to_say_is_silent(app) -> None:
    round_at(app, "2027-01-18")
    round_at(app, "2027-01-19")
    assert told(app, "weekly") == []


def test_a_weekly_digest_can_be_stopped_with_one_click_and_a_receipt_cannot(sqlite_database, mailer) -> None:
    fay = person("fay", CEDAR, Role.FINANCE_OFFICER)  # no role is empty, so nothing alarms
    app = begun(sqlite_database, mailer, roster=roster_of(*PEOPLE.contacts.values(), fay))
    round_at(app, "2027-02-12")
    tell_admins(app)
    mailer.sent.clear()
    round_at(app, "2027-02-15")
    hand_in(app, "budget", "001")
    round_at(app, "2027-02-16")

    headers = {
        envelope.recipient: message_from_bytes(envelope.raw, policy=policy.default)
        for envelope in mailer.sent
    }
    assert headers[ADA.email]["List-Unsubscribe"].startswith("<http://planning.example/u/")
    assert headers[ADA.email]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers[ANN.email]["List-Unsubscribe"] is None


def test_a_message_in_doubt_is_told_once_a_day_until_it_is_settled(app, mailer) -> None:
    mailer.answers = {ANN.email: BROKEN_OFF}
    round_at(app, "2027-02-15")
    mailer.answers.clear()
    round_at(app, "2027-02-16")
    round_at(app, "2027-02-16 11:00")
    round_at(app, "2027-02-17")

    doubts = [rung for rung, _ in told(app, "alert") if rung.startswith("alert:uncertain")]
    assert doubts == ["alert:uncertain:2027-02-16", "alert:uncertain:2027-02-17"]


def test_a_refused_address_is_told_once(app, mailer) -> None:
    mailer.answers = {ANN.email: NO_SUCH_USER}
    round_at(app, "2027-02-15")
    for day in ("2027-02-16", "2027-02-17"):
        round_at(app, day)

    refused = [rung for rung, _ in told(app, "alert") if rung.startswith("alert:refused")]
    assert refused == ["alert:refused:2027-02-16"]
    assert f"  - {ANN.email}\n" in "".join(texts(mailer, ADA.email)).replace("\r\n", "\n")


def test_a_refusal_by_policy_is_told_once_and_blames_no_address(app, mailer) -> None:
    mailer.answers = {ANN.email: POLICY, BOB.email: POLICY, CAL.email: NO_SUCH_USER}
    round_at(app, "2027-02-15")
    mailer.answers.clear()
    for day in ("2027-02-16", "2027-02-17"):
        round_at(app, day)

    refused = [rung for rung, _ in told(app, "alert") if rung.startswith("alert:refused")]
    assert refused == ["alert:refused:2027-02-16"]
    text = " ".join("".join(texts(mailer, ADA.email)).split())
    assert "- 2 letters not taken No address is to blame. The mail server says: '554 5." in text
    assert [f"{c.email} The mail server takes no letters for it." in text for c in (ANN, BOB, CAL)] == [
        False,
        False,
        True,
    ]
    assert prove(app, KEY).breaches == ()


def test_an_address_given_up_for_what_came_back_is_told_once_and_with_its_district(app, mailer) -> None:
    round_at(app, "2027-02-15")
    bring(app, about(app, "postfix_hard"))
    round_at(app, "2027-02-16")
    round_at(app, "2027-02-17")

    assert [rung for rung, _ in told(app, "alert") if rung.startswith("alert:came_back")] == [
        "alert:came_back:2027-02-16"
    ]
    (raw,) = [e.raw for e in mailer.sent if e.recipient == ADA.email and b"came back, and it is" in e.raw]
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    assert ANN.email in text
    assert f"written to no more ({ASH.name})" in " ".join(text.split())
    assert prove(app, KEY).breaches == ()


def test_an_empty_role_is_told_when_a_reminder_found_it_so(app) -> None:
    round_at(app, "2027-02-15")
    round_at(app, "2027-02-16")
    assert ("alert:role_empty:2027-02-15", ADA.key) in told(app, "alert")
    assert ("alert:role_empty:2027-02-16", ADA.key) not in told(app, "alert")


def test_a_role_that_falls_empty_was_told_until_then_and_misses_only_what_comes(app) -> None:
    round_at(app, "2027-02-15")  # two weeks before the budget is due
    people = [contact for contact in PEOPLE.contacts.values() if contact.key != "finn"]
    set_clock(app, "2027-02-16 11:00")
    import_roster(app, "KY", RosterFiles(roster_of(*people)), by="ada", source="people.csv")
    round_at(app, "2027-02-17")
    told_at_once = [rung for rung, _ in told(app, "alert") if rung == "alert:role_empty:2027-02-17"]
    round_at(app, "2027-02-22")  # one week before it
    round_at(app, "2027-02-23")

    empty = [row for row in ledger(app, district_code="001") if row[1] == "nobody:finance_officer"]
    assert told_at_once == []
    assert [(rung, reason) for rung, _, _, reason in empty if reason] == [
        ("14-days-before", "collapsed"),
        ("7-days-before", "role_empty"),
        ("when-it-opens", "collapsed"),
    ]
    assert prove(app, KEY).breaches == ()


def test_a_role_that_falls_empty_while_a_letter_of_it_is_in_doubt_was_told_all_the_same(
    sqlite_database, mailer
) -> None:
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    mailer.answers = dict.fromkeys((ANN.email, FINN.email), BROKEN_OFF)
    round_at(app, "2027-02-15")
    mailer.answers = {}
    set_clock(app, "2027-02-15 11:00")
    people = [contact for contact in PEOPLE.contacts.values() if contact != FINN]
    import_roster(app, "KY", RosterFiles(roster_of(*people)), by="ada", source="people.csv")
    set_clock(app, "2027-02-15 12:00")
    doubts = [m.id for m in list_outbox(app, KEY, [OutboxStatus.UNCERTAIN])]
    resolve(app, doubts, OutboxStatus.QUEUED, by="ada", why="the log has neither")
    for day in ("16", "17"):
        round_at(app, f"2027-02-{day}")

    assert prove(app, KEY).breaches == ()


def test_who_comes_on_a_stages_last_day_is_not_asked_for_it_any_more(app) -> None:
    for day in ("2027-03-01", "2027-03-02", "2027-03-15"):
        round_at(app, day)
    set_clock(app, "2027-03-15 11:00")  # budget closes that night
    nia = person("nia", ASH, Role.TECHNOLOGY_COORDINATOR)
    everyone = roster_of(*PEOPLE.contacts.values(), nia)
    import_roster(app, "KY", RosterFiles(everyone), by="ada", source="people.csv")
    round_at(app, "2027-03-17")

    assert {row[0] for row in ledger(app, contact_key="nia", stage_key="budget")} <= {"published:1"}
    assert prove(app, KEY).breaches == ()


def test_who_comes_back_is_told_the_year_again_if_its_calendar_has_changed(sqlite_database, mailer) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    without_sue = roster_of(*(c for c in PEOPLE.contacts.values() if c != SUE))
    import_roster(app, "KY", RosterFiles(without_sue), by="ada", source="people.csv")
    save_change(app, KEY, SOURCE.replace("due: April 15", "due: April 20"), by="ada", why="spring break")
    round_at(app, "2027-01-05")
    mailer.sent.clear()
    import_roster(app, "KY", RosterFiles(PEOPLE), by="ada", source="people.csv")
    round_at(app, "2027-01-06")

    (text,) = texts(mailer, SUE.email)
    assert "Plan / Tuesday, April 20" in year_of(text)
    assert prove(app, KEY).breaches == ()


def test_days_without_a_round_are_told_by_the_next_one(app) -> None:
    round_at(app, "2027-02-15")
    hand_in(app, "budget", "001")  # its receipt waits
    round_at(app, "2027-02-22")
    assert ("alert:no_round:2027-02-22", ADA.key) in told(app, "alert")


def test_without_a_state_admin_nobody_is_told_and_nothing_breaks(sqlite_database, mailer) -> None:
    people = [contact for contact in PEOPLE.contacts.values() if contact != ADA]
    app = make_app(sqlite_database, mailer=mailer, roster=roster_of(*people))
    tell_admins(app)
    round_at(app, "2027-02-15")
    assert told(app, "weekly", "alert") == []


NIA = person("nia", ASH, Role.TECHNOLOGY_COORDINATOR)


def come(app, *contacts) -> None:
    people = RosterFiles(roster_of(*PEOPLE.contacts.values(), *contacts))
    import_roster(app, "KY", people, by="ada", source="people")


def test_who_came_while_a_stage_was_out_hears_that_it_is_asked(database, mailer) -> None:
    app = make_app(database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, WITHOUT_PLAN, by="ada", why="not this year")
    round_at(app, "2027-01-05")
    set_clock(app, "2027-01-06")
    come(app, NIA)
    round_at(app, "2027-01-07")
    set_clock(app, "2027-01-07 11:00")
    save_change(app, KEY, SOURCE, by="ada", why="after all")
    round_at(app, "2027-01-08")

    assert year_of(texts(mailer, NIA.email)[0]) == ["Budget / Monday, March 1", "Review / Tuesday, June 1"]
    assert "Plan is asked of you after all" in texts(mailer, NIA.email)[-1]
    assert prove(app, KEY).breaches == ()


def test_who_comes_leaves_and_comes_back_under_one_calendar_is_told_its_dates_once(
    sqlite_database, mailer
) -> None:
    app = make_app(sqlite_database, mailer=mailer)
    round_at(app, "2027-01-04")
    set_clock(app, "2027-01-04 12:00")
    save_change(app, KEY, SOURCE.replace("due: April 15", "due: April 20"), by="ada", why="spring break")
    for day, people in (("05", [NIA]), ("06", []), ("07", [NIA]), ("08", [NIA])):
        set_clock(app, f"2027-01-{day} 09:00")
        come(app, *people)
        round_at(app, f"2027-01-{day}")

    assert [row[0] for row in ledger(app, kind="published", contact_key="nia")] == ["published:2"]
    assert [e.recipient for e in mailer.sent].count(NIA.email) == 1
    assert prove(app, KEY).breaches == ()


def test_who_left_before_the_years_letter_and_comes_back_is_written_it(sqlite_database, mailer) -> None:
    app = make_app(sqlite_database, "2027-01-04 10:05", mailer=mailer)
    without_ann = [contact for contact in PEOPLE.contacts.values() if contact != ANN]
    import_roster(app, "KY", RosterFiles(roster_of(*without_ann)), by="ada", source="people")
    round_at(app, "2027-01-04 10:30")
    set_clock(app, "2027-01-05")
    import_roster(app, "KY", RosterFiles(PEOPLE), by="ada", source="people")
    round_at(app, "2027-01-06")

    assert year_of(texts(mailer, ANN.email)[0]) == OLD_YEAR
    assert prove(app, KEY).breaches == ()
