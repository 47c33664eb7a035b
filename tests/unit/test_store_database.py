"""The unit of work, the columns, and what the database itself refuses."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from tests.apps import ANN, KEY, at, make_app
from yearwheel.notifications.ledger import Attempt, OutboxStatus, Reason, ReminderStatus
from yearwheel.roster.people import BodyKind
from yearwheel.stages.status import Status
from yearwheel.store import cycles, events, tables
from yearwheel.store.cycles import StoredCycle
from yearwheel.store.events import Event

NOW = at("2027-02-01")
DRAFT = StoredCycle("draft-2027", "KY", "A draft", "cycle: draft-2027", NOW)


def stored_keys(database):
    with database.reading() as connection:
        return [cycle.key for cycle in cycles.list_cycles(connection)]


def test_a_unit_of_work_is_kept_when_told_to_commit(database):
    with database.writing() as work:
        cycles.add(work.connection, DRAFT)
        work.commit()

    assert stored_keys(database) == ["draft-2027"]


def test_a_unit_of_work_rolls_back_unless_told_to_commit(database):
    with database.writing() as work:
        cycles.add(work.connection, DRAFT)

    assert stored_keys(database) == []


def test_a_unit_of_work_rolls_back_when_it_fails_and_the_error_is_heard(database):
    def fail_halfway():
        with database.writing() as work:
            cycles.add(work.connection, DRAFT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()

    assert stored_keys(database) == []


def test_a_unit_of_work_sees_what_it_wrote_and_others_do_not(database):
    with database.writing() as work:
        cycles.add(work.connection, DRAFT)
        seen_inside = [cycle.key for cycle in cycles.list_cycles(work.connection)]
        seen_outside = stored_keys(database)
        work.commit()

    assert (seen_inside, seen_outside) == (["draft-2027"], [])


def test_a_look_keeps_nothing(database):
    with database.reading() as connection:
        cycles.add(connection, DRAFT)

    assert stored_keys(database) == []


def test_a_cycle_comes_back_as_it_was_stored(database):
    published_at = NOW + timedelta(days=1, microseconds=7)
    with database.writing() as work:
        cycles.add(work.connection, DRAFT)
        cycles.publish(work.connection, DRAFT.key, published_at)
        found = cycles.find(work.connection, DRAFT.key)

    assert found == StoredCycle(DRAFT.key, "KY", "A draft", DRAFT.source, NOW, published_at)


def test_a_moment_of_another_zone_comes_back_as_the_same_moment_in_utc(database):
    india = datetime(2027, 3, 14, 7, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.writing() as work:
        cycles.add(work.connection, StoredCycle("k", "KY", "t", "s", india))
        found = cycles.find(work.connection, "k")

    assert (found.created_at, found.created_at.tzinfo) == (datetime(2027, 3, 14, 2, tzinfo=UTC), UTC)


def test_a_naive_moment_is_refused(database):
    naive = datetime(2027, 3, 14, 2, 30)  # noqa: DTZ001 - the very thing that is refused
    with database.writing() as work, pytest.raises(StatementError, match="a naive moment 2027-03-14"):
        cycles.add(work.connection, StoredCycle("k", "KY", "t", "s", naive))


def outbox_row(**changes):
    row = {
        "cycle_key": KEY,
        "contact_key": ANN.key,
        "send_on": date(2027, 2, 1),
        "nth": 1,
        "recipient": ANN.email,
        "zone": "America/New_York",
        "subject": "s",
        "template_version": "1",
        "message_id": "<k@x>",
        "status": OutboxStatus.QUEUED,
        "not_before": NOW,
        "queued_at": NOW,
    }
    return {**row, **changes}


def test_a_readers_nth_letter_of_a_day_and_a_message_id_are_each_only_once(database):
    make_app(database)
    for again in ({"message_id": "<other@x>"}, {"nth": 2}):
        with database.writing() as work:
            work.connection.execute(insert(tables.outbox).values(**outbox_row()))
            with pytest.raises(IntegrityError):
                work.connection.execute(insert(tables.outbox).values(**outbox_row(**again)))


def test_a_reminder_row_is_only_once_for_its_natural_key(database):
    make_app(database)
    with database.writing() as work:
        row = dict(work.connection.execute(select(tables.reminders)).mappings().first())
        row.pop("id")
        with pytest.raises(IntegrityError):
            work.connection.execute(insert(tables.reminders).values(row))


@pytest.mark.parametrize("part", ["stage_key", "district_code", "rung", "contact_key", "deadline_on"])
def test_every_part_of_the_natural_key_counts(database, part):
    make_app(database)
    places = {"stage_key": "plan", "district_code": "002", "deadline_on": date(2027, 9, 9)}
    with database.writing() as work:
        query = select(tables.reminders).where(
            tables.reminders.c.stage_key == "budget", tables.reminders.c.district_code == "001"
        )
        row = dict(work.connection.execute(query).mappings().first())
        row.pop("id")
        row[part] = places.get(part, "another")
        work.connection.execute(insert(tables.reminders).values(row))


CHECKED = [
    (tables.districts, "kind", BodyKind),
    (tables.district_stages, "status", Status),
    (tables.reminders, "status", ReminderStatus),
    (tables.reminders, "reason", Reason),
    (tables.outbox, "status", OutboxStatus),
    (tables.deliveries, "outcome", Attempt),
]


@pytest.mark.parametrize(("table", "column", "words"), CHECKED, ids=lambda x: getattr(x, "name", str(x)))
def test_the_database_knows_every_word_of_an_enum_and_refuses_others(database, table, column, words):
    make_app(database)
    with database.writing() as work:
        work.connection.execute(insert(tables.outbox).values(**outbox_row()))
        outbox_id = work.connection.scalar(select(tables.outbox.c.id))
        attempt = {"outbox_id": outbox_id, "attempt": 1, "outcome": Attempt.ACCEPTED, "at": NOW}
        work.connection.execute(insert(tables.deliveries).values(attempt))
        work.commit()
    set_word = text(
        f"UPDATE {table.name} SET {column} = :word"
    )  # past the column type, as a stray tool would
    with database.writing() as work:
        for word in words:
            work.connection.execute(set_word, {"word": str(word)})
    with database.writing() as work, pytest.raises(IntegrityError, match=f"{table.name}_{column}_known"):
        work.connection.execute(set_word, {"word": "sort of"})


def test_a_word_that_is_not_in_the_enum_is_refused_before_it_is_sent(database):
    with database.writing() as work, pytest.raises(StatementError, match="'sort of' is not a valid Status"):
        work.connection.execute(update(tables.district_stages).values(status="sort of"))


@pytest.fixture
def logged(database):
    with database.writing() as work:
        events.append(work.connection, [Event(NOW, "ada", "cycle_created", "k", detail={"n": 1})])
        work.commit()
    return database


def logged_events(database):
    with database.reading() as connection:
        return events.list_events(connection, "k")


@pytest.mark.parametrize("statement", ["UPDATE event SET why = 'no'", "DELETE FROM event"])
def test_the_event_log_refuses_to_be_changed(logged, statement):
    with logged.writing() as work, pytest.raises(DBAPIError, match="the event log is append-only"):
        work.connection.execute(text(statement))

    assert logged_events(logged) == [Event(NOW, "ada", "cycle_created", "k", detail={"n": 1})]


def test_postgresql_refuses_to_truncate_the_event_log(postgresql_database):
    with postgresql_database.writing() as work, pytest.raises(DBAPIError, match="append-only"):
        work.connection.execute(text("TRUNCATE event"))


def test_events_are_narrowed_by_district_stage_and_kind_and_keep_their_order(database):
    rows = [
        Event(NOW, "a", "submitted", "k", "budget", "001"),
        Event(NOW, "b", "returned", "k", "budget", "002"),
        Event(NOW, "c", "submitted", "k", "plan", "001"),
        Event(NOW, "d", "submitted", "other", "budget", "001"),
    ]
    with database.writing() as work:
        events.append(work.connection, rows)
        look = {
            "all": events.list_events(work.connection, "k"),
            "district": events.list_events(work.connection, "k", district_code="001"),
            "stage": events.list_events(work.connection, "k", stage_key="budget"),
            "kinds": events.list_events(work.connection, "k", kinds=["returned"]),
        }

    assert {name: [e.actor for e in found] for name, found in look.items()} == {
        "all": ["a", "b", "c"],
        "district": ["a", "c"],
        "stage": ["a", "b"],
        "kinds": ["b"],
    }
