"""A roster that changes in mid-year: people who leave, districts that join, and a ledger that follows."""

from dataclasses import replace

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
    make_app,
    person,
    roster_of,
)
from yearwheel.notifications.ledger import Reason, ReminderStatus
from yearwheel.roster.people import Contact, District, Role
from yearwheel.services.app import App
from yearwheel.services.import_roster import Imported, RosterFiles, import_roster, read_roster
from yearwheel.services.prove import prove
from yearwheel.store import events, reminders, rosters, standings
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
