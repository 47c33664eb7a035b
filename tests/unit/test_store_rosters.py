"""The kept roster is never older than the database."""

from dataclasses import replace

import pytest

from tests.apps import ADA, ANN, ASH, BIRCH, BOB, OFFICE, SOURCE, at, bare_app, roster_of
from yearwheel.roster.people import Role
from yearwheel.services.cycles import create_cycle
from yearwheel.store import rosters
from yearwheel.store.database import Database

SMALL = roster_of(ANN, BOB, ADA, districts=(ASH, BIRCH, OFFICE))


@pytest.fixture
def stored(database):
    save(database, SMALL)
    return database


def save(database, roster):
    with database.writing() as work:
        rosters.save(work.connection, "KY", roster)
        work.commit()


def load(database, cycle_key=None):
    with database.reading() as connection:
        return rosters.load(connection, "KY", cycle_key)


def test_a_roster_comes_back_as_it_was_saved(stored):
    assert load(stored) == SMALL


def test_the_same_people_are_read_once(stored):
    assert load(stored) is load(stored)


def test_states_are_kept_apart(stored):
    with stored.reading() as connection:
        assert rosters.load(connection, "TN").contacts == {}


def test_an_address_that_changed_is_seen_at_once(stored):
    load(stored)
    save(stored, roster_of(replace(ANN, email="new@mail.example"), districts=(ASH,)))

    assert load(stored).contacts["ann"].email == "new@mail.example"
    assert load(stored).contacts["bob"] == BOB


def test_a_change_is_seen_through_another_database_object(stored):
    other = Database(stored.url.render_as_string(hide_password=False))
    try:
        load(stored), load(other)
        with other.writing() as work:
            rosters.mark_undeliverable(work.connection, "KY", "ann", "550 5.1.1 no such user")
            work.commit()

        assert load(stored).contacts["ann"].undeliverable == "550 5.1.1 no such user"
        assert load(stored) == load(other)
    finally:
        other.close()


def test_a_change_that_was_rolled_back_is_forgotten(stored):
    load(stored)
    with stored.writing() as work:
        rosters.mark_undeliverable(work.connection, "KY", "ann", "550 gone")
        seen_inside = rosters.load(work.connection, "KY").contacts["ann"].undeliverable

    assert (seen_inside, load(stored).contacts["ann"].undeliverable) == ("550 gone", None)


def test_a_change_rolled_back_and_then_another_made_leaves_only_the_other(stored):
    with stored.writing() as work:
        rosters.mark_undeliverable(work.connection, "KY", "ann", "550 gone")
        rosters.load(work.connection, "KY")
    with stored.writing() as work:
        rosters.mark_undeliverable(work.connection, "KY", "bob", "550 moved")
        work.commit()

    found = load(stored).contacts
    assert (found["ann"].undeliverable, found["bob"].undeliverable) == (None, "550 moved")


def test_a_contact_who_left_is_not_in_the_roster_and_comes_back_when_saved_again(stored):
    with stored.writing() as work:
        rosters.mark_left(work.connection, "KY", ["ann"], at("2027-02-01"))
        work.commit()
    assert load(stored).contacts.keys() == {"ada", "bob"}
    assert load(stored).holders("001", Role.TECHNOLOGY_COORDINATOR) == ()

    save(stored, SMALL)
    assert load(stored) == SMALL


def test_reviewers_belong_to_their_cycle(stored):
    app = bare_app(stored, "2027-01-04")
    create_cycle(app, SOURCE, by="ada")
    create_cycle(app, SOURCE.replace("small-2027", "other-2027"), by="ada")
    for key, reviewer in (("small-2027", "ada"), ("other-2027", "bob")):
        with stored.writing() as work:
            rosters.assign(work.connection, "KY", key, {"001": "ann"})
            rosters.assign(work.connection, "KY", key, {"001": reviewer})
            work.commit()

    assert load(stored, "small-2027").reviewers == {"001": "ada"}
    assert load(stored, "other-2027").reviewers == {"001": "bob"}
    assert load(stored).reviewers == {}
