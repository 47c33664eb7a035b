"""A roster that changes in mid-year: people who leave, districts that join, and a ledger that follows."""

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import delete

from tests.apps import (
    ADA,
    ANN,
    ASH,
    BIRCH,
    BOB,
    CAL,
    CEDAR,
    FINN,
    KEY,
    LEO,
    OFFICE,
    PEOPLE,
    RAY,
    SAM,
    SID,
    SUE,
    begun,
    hand_in,
    ledger,
    make_app,
    person,
    roster_of,
    round_at,
    set_clock,
)
from yearwheel.notifications.ledger import NoticeKind, OutboxStatus, Reason, ReminderStatus
from yearwheel.notifications.proof import BreachKind
from yearwheel.roster.people import Contact, District, Role
from yearwheel.services.active import read_active
from yearwheel.services.app import App
from yearwheel.services.contacts import give_up_address, name_deputy, set_away
from yearwheel.services.district_page import read_district
from yearwheel.services.import_roster import Imported, RosterFiles, import_roster, read_roster
from yearwheel.services.prove import prove
from yearwheel.services.tasks import list_tasks
from yearwheel.store import events, reminders, rosters, standings, tables
from yearwheel.store.database import Database

EVERYONE = (ANN, FINN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)
FERN = person("fern", ASH, Role.FINANCE_OFFICER)
ROD = person("rod", OFFICE, Role.REVIEWER)
DOGWOOD = District("004", "Dogwood County", ASH.kind, ASH.zone)
DORA = person("dora", DOGWOOD, Role.TECHNOLOGY_COORDINATOR)


def _import(
    app: App, *people: Contact, districts: tuple[District, ...] = (ASH, BIRCH, CEDAR, OFFICE)
) -> Imported:
    return import_roster(
        app, "KY", RosterFiles(roster_of(*people, districts=districts)), by="ada", source="x.csv"
    )


def _planned(database: Database, contact: Contact) -> int:
    with database.reading() as connection:
        rows = reminders.list_outcomes(connection, KEY)
    return sum(r["contact_key"] == contact.key and r["status"] == ReminderStatus.PLANNED for r in rows)


def test_an_import_of_what_is_known_changes_nothing(database: Database) -> None:
    app = make_app(database)

    done = _import(app, *EVERYONE)
    assert (done.difference.is_empty, done.reminders) == (True, 0)
    assert read_roster(app, "KY") == PEOPLE


def test_who_left_is_written_to_no_more_and_a_successor_takes_over(database: Database) -> None:
    app = make_app(database)
    owed = _planned(database, FINN)

    _import(app, ANN, FERN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)
    assert (_planned(database, FINN), _planned(database, FERN)) == (0, owed)
    with database.reading() as connection:
        ended = {
            r["reason"] for r in reminders.list_outcomes(connection, KEY) if r["contact_key"] == FINN.key
        }
    assert ended == {Reason.CONTACT_LEFT}
    assert prove(app, KEY).breaches == ()


def test_of_the_rungs_of_who_is_new_only_what_the_next_round_tells_is_called_a_reminder_to_come(
    database: Database,
) -> None:
    app = begun(database)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-24")
    _import(app, ANN, FERN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)

    with database.reading() as connection:
        active = read_active(connection, KEY)
    (budget, *_) = read_district(app, active, ASH).parts
    ferns = [(r.rung, r.with_next_round) for r in budget.waiting if r.contact_key == "fern"]
    assert ferns == [("7-days-before", True), ("on-the-day", False), ("1-workday-after", False)]


def test_who_left_needs_no_better_address(database: Database) -> None:
    app = make_app(database)
    with database.writing() as work:
        active = read_active(work.connection, KEY)
        for contact in (FINN, BOB):
            give_up_address(work.connection, active, contact.key, "550 no such user", app.clock.now())
        work.commit()

    _import(app, ANN, FERN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)

    assert [task.subject for task in list_tasks(app, "KY")] == [BOB.key]


def test_who_comes_back_is_written_to_again(database: Database) -> None:
    app = make_app(database)
    owed = _planned(database, FINN)

    _import(app, ANN, FERN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)
    _import(app, *EVERYONE)
    assert (_planned(database, FINN), _planned(database, FERN)) == (owed, 0)


def test_a_district_that_joins_enters_every_stage_it_owes(database: Database) -> None:
    app = make_app(database)

    _import(app, *EVERYONE, DORA, districts=(ASH, BIRCH, CEDAR, DOGWOOD, OFFICE))
    with database.reading() as connection:
        entered = standings.find(connection, KEY, codes=["004"])
        assigned = rosters.load(connection, "KY", KEY).reviewers["004"]
    assert {standing.stage_key for standing in entered} == {"budget", "plan", "review"}
    assert assigned == RAY.key
    assert _planned(database, DORA) > 0


def test_the_districts_of_a_reviewer_who_left_get_another(database: Database) -> None:
    app = make_app(database)

    _import(app, ANN, FINN, SUE, BOB, SAM, CAL, SID, ADA, ROD, LEO)
    with database.reading() as connection:
        assert set(rosters.load(connection, "KY", KEY).reviewers.values()) == {ROD.key}


def test_a_new_reviewer_takes_nobody_from_the_one_who_stays(database: Database) -> None:
    app = make_app(database)

    _import(app, *EVERYONE, ROD)
    with database.reading() as connection:
        assert set(rosters.load(connection, "KY", KEY).reviewers.values()) == {RAY.key}


def test_districts_and_people_that_a_file_leaves_out_stay(database: Database) -> None:
    app = make_app(database)

    done = _import(app, ANN, FINN, SUE, districts=(ASH,))
    assert done.difference.is_empty
    assert read_roster(app, "KY") == PEOPLE
    assert done.difference.warnings == (
        "002 Birch County is not in the file; it stays as it is",
        "003 Cedar Independent is not in the file; it stays as it is",
        "OET Office of Testing is not in the file; it stays as it is",
    )


def test_an_address_that_did_not_work_is_not_forgotten(database: Database) -> None:
    app = make_app(database)
    with database.writing() as work:
        rosters.mark_undeliverable(work.connection, "KY", BOB.key, "550 no such user")
        work.commit()

    _import(app, *EVERYONE)
    assert read_roster(app, "KY").contacts[BOB.key] == replace(BOB, undeliverable="550 no such user")


def test_the_import_is_on_record(database: Database) -> None:
    app = make_app(database)
    _import(app, ANN, FERN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)

    with database.reading() as connection:
        (event,) = events.list_events(connection, KEY, kinds=["roster_imported"])
    assert (event.actor, event.detail) == ("ada", {"source": "x.csv", "added": 1, "changed": 0, "left": 1})


CLAY = person("clay", CEDAR, Role.FINANCE_OFFICER)
ABE = person("abe", ASH, Role.TECHNOLOGY_COORDINATOR)


def _walk(app: App, first: str, last: str) -> None:
    on = date.fromisoformat(first)
    while on <= date.fromisoformat(last):
        round_at(app, str(on))
        on += timedelta(days=1)


@pytest.fixture
def late_february(sqlite_database: Database) -> App:
    """Ash and Birch have heard of the budget three times; Cedar has no finance officer."""
    app = begun(sqlite_database)
    _walk(app, "2027-01-12", "2027-02-24")
    return app


def _holds_now_and_after_rounds(app: App) -> None:
    assert prove(app, KEY).breaches == ()
    _walk(app, "2027-02-25", "2027-03-09")
    assert prove(app, KEY).breaches == ()


def test_who_fills_an_empty_role_is_owed_nothing_from_before(late_february: App) -> None:
    _import(late_february, *EVERYONE, CLAY)
    _holds_now_and_after_rounds(late_february)


def test_a_second_holder_is_owed_nothing_from_before(late_february: App) -> None:
    _import(late_february, *EVERYONE, ABE)
    _holds_now_and_after_rounds(late_february)


def test_who_comes_when_the_work_is_in_is_owed_neither_reminder_nor_receipt(late_february: App) -> None:
    hand_in(late_february, "budget", "001")
    _walk(late_february, "2027-02-25", "2027-03-01")
    _import(late_february, *EVERYONE, ABE)
    assert prove(late_february, KEY).breaches == ()


def test_a_role_that_falls_empty_breaks_nothing_until_the_next_round(late_february: App) -> None:
    _import(late_february, *(p for p in EVERYONE if p is not FINN))
    _holds_now_and_after_rounds(late_february)
    _import(late_february, *EVERYONE)
    assert prove(late_february, KEY).breaches == ()


def test_a_district_that_joins_late_is_owed_nothing_from_before(late_february: App) -> None:
    _import(late_february, *EVERYONE, DORA, districts=(ASH, BIRCH, CEDAR, DOGWOOD, OFFICE))
    _holds_now_and_after_rounds(late_february)


def test_a_deputy_is_owed_nothing_from_before_they_stood_in(late_february: App) -> None:
    name_deputy(late_february, KEY, ANN.key, SUE.key, by="ada")
    set_away(late_february, KEY, ANN.key, date(2027, 3, 3), by="ada")
    _holds_now_and_after_rounds(late_february)


def _told_the_year(app: App) -> set[tuple[str, str]]:
    """District and contact of everyone whom a letter told the dates of the year."""
    with app.database.reading() as connection:
        rows = reminders.list_outcomes(connection, KEY)
    sent = (r for r in rows if r["kind"] == NoticeKind.PUBLISHED and r["outbox_status"] == OutboxStatus.SENT)
    return {(r["district_code"], r["contact_key"]) for r in sent}


PUBLISHED_TO = {
    ("001", "ann"), ("001", "sue"), ("002", "bob"), ("002", "sam"), ("003", "cal"), ("003", "sid")
}  # fmt: skip


def test_who_comes_in_mid_year_is_told_the_dates_that_are_ahead(late_february: App) -> None:
    _walk(late_february, "2027-02-25", "2027-03-08")
    _import(late_february, *EVERYONE, ABE)
    round_at(late_february, "2027-03-09")

    assert _told_the_year(late_february) == {*PUBLISHED_TO, ("001", "abe")}
    with late_february.open_mailer() as mailer:
        letter = next(e for e in mailer.sent if e.recipient == ABE.email)
    message = message_from_bytes(letter.raw)
    plain, _, dates = (part.get_payload(decode=True).decode() for part in message.get_payload())
    year = plain.partition("Part of the year / Due:\r\n")[2].partition("\r\n\r\n")[0]
    assert year.splitlines() == ["  - Plan", "    Thursday, April 15", "  - Review", "    Tuesday, June 1"]
    assert dates.count("BEGIN:VEVENT") == 2  # as plan opens in the same letter, its day is brought once
    assert prove(late_february, KEY).breaches == ()


def test_who_has_been_told_or_only_stands_in_or_is_of_no_such_role_is_not(late_february: App) -> None:
    name_deputy(late_february, KEY, ANN.key, FINN.key, by="ada")
    set_away(late_february, KEY, ANN.key, date(2027, 2, 26), by="ada")
    _import(late_february, *EVERYONE, CLAY)
    _walk(late_february, "2027-02-25", "2027-03-02")

    assert _told_the_year(late_february) == PUBLISHED_TO
    assert prove(late_february, KEY).breaches == ()


def test_who_was_away_when_the_year_was_published_is_told_on_their_return(sqlite_database: Database) -> None:
    app = make_app(sqlite_database)
    name_deputy(app, KEY, ANN.key, FINN.key, by="ada")
    set_away(app, KEY, ANN.key, date(2027, 1, 8), by="ada")
    _walk(app, "2027-01-04", "2027-01-12")

    assert _told_the_year(app) >= {("001", "ann")}
    assert prove(app, KEY).breaches == ()


def test_nobody_stands_in_any_more_for_who_has_left(late_february: App) -> None:
    name_deputy(late_february, KEY, ANN.key, FINN.key, by="ada")
    _import(late_february, *(contact for contact in EVERYONE if contact != ANN), ABE)

    with late_february.database.reading() as connection:
        people = rosters.load(connection, "KY").contacts
    assert (ANN.key in people, people[FINN.key].deputy_for) == (False, None)
    _import(late_february, *EVERYONE)
    with late_february.database.reading() as connection:
        assert rosters.load(connection, "KY").contacts[FINN.key].deputy_for is None


def test_nobody_is_told_a_year_whose_last_day_has_passed(sqlite_database: Database) -> None:
    app = begun(sqlite_database)
    round_at(app, "2027-01-12")
    set_clock(app, "2027-06-02")
    _import(app, *EVERYONE, ABE)

    assert ledger(app, contact_key="abe", kind="published") == []


def test_a_newcomer_who_was_not_told_the_year_breaks_the_proof(late_february: App) -> None:
    _import(late_february, *EVERYONE, ABE)
    round_at(late_february, "2027-02-25")
    assert prove(late_february, KEY).breaches == ()
    with late_february.database.writing() as work:
        theirs = (tables.reminders.c.contact_key == "abe") & (tables.reminders.c.kind == "published")
        work.connection.execute(delete(tables.reminders).where(theirs))
        work.commit()

    kinds = {breach.kind for breach in prove(late_february, KEY).breaches}
    assert BreachKind.FORGOTTEN in kinds


def test_what_is_owed_from_the_arrival_on_is_owed(late_february: App) -> None:
    """A round takes up what the newcomer has to hear; without one for two working days it lay."""
    _import(late_february, *EVERYONE, CLAY)
    set_clock(late_february, "2027-02-27")
    lay = [b for b in prove(late_february, KEY).breaches if b.contact_key == CLAY.key]
    assert {(b.kind, b.rung) for b in lay} == {
        (BreachKind.OVERLOOKED, rung) for rung in ("when-it-opens", "14-days-before", "7-days-before")
    }
