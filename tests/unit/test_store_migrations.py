"""The migrations make what the tables say, can be run again, and lead back."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, UniqueConstraint, inspect, text

from yearwheel.store.database import Database, version
from yearwheel.store.tables import metadata

UPGRADE = """
import sys
from yearwheel.store.database import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
database.upgrade()
"""

SENT_BEFORE = [
    "INSERT INTO cycle (key, state, title, source, created_at) VALUES ('y', 'KY', 'T', '', '2027-01-01')",
    *(
        "INSERT INTO outbox (id, key, cycle_key, contact_key, recipient, zone, send_on, subject, "
        "template_version, message_id, status, not_before, queued_at) "
        f"VALUES ({row}, 'y/a/b/2027-01-04/{nth}', 'y', 'a/b', '', '', '2027-01-04', '', '', '<{nth}>', "
        "'sent', '2027-01-04', '2027-01-04')"
        for row, nth in ((7, 1), (8, 12))
    ),
    "INSERT INTO raw_message (outbox_id, like_id, packed) VALUES (7, NULL, 'raw'), (8, 7, 'raw')",
    "INSERT INTO delivery (outbox_id, attempt, outcome, at) VALUES (8, 1, 'deferred', '2027-01-04')",
    "INSERT INTO delivery (outbox_id, attempt, outcome, at) VALUES (7, 1, 'accepted', '2027-01-04')",
]
HANGING_ON = (
    "SELECT delivery.outbox_id, outcome, length(packed) FROM delivery "
    "JOIN raw_message ON raw_message.outbox_id = delivery.outbox_id ORDER BY 1"
)


def table_names(database):
    return set(inspect(database.engine).get_table_names())


def rows(database, query):
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query).all()]


def test_the_migrations_make_exactly_the_tables_of_the_code(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_the_migrations_make_every_check_and_unique_constraint_of_the_code(database):
    found = inspect(database.engine)
    made = {
        (table, constraint["name"])
        for table in metadata.tables
        for constraint in (*found.get_check_constraints(table), *found.get_unique_constraints(table))
    }
    meant = {
        (table.name, str(constraint.name))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }

    assert made == meant


def test_upgrading_again_changes_nothing(database):
    with database.writing() as work:
        work.connection.execute(text("INSERT INTO roster_version VALUES ('KY', 'kept')"))
        work.commit()

    database.upgrade()

    with database.reading() as connection:
        assert connection.scalar(text("SELECT version FROM roster_version")) == "kept"


def test_downgrading_leaves_nothing_and_upgrading_makes_it_again(database):
    database.migrate(command.downgrade, "base")
    assert table_names(database) == {"alembic_version"}

    database.upgrade()
    assert table_names(database) == {*metadata.tables, "alembic_version"}


def test_an_empty_database_is_upgraded_from_nothing(empty_database):
    assert table_names(empty_database) == set()

    empty_database.upgrade()
    assert table_names(empty_database) == {*metadata.tables, "alembic_version"}


def test_letters_keep_their_numbers_and_what_hangs_on_them_when_keys_become_columns(empty_database):
    empty_database.migrate(command.upgrade, "0002")
    with empty_database.writing() as work:
        for statement in SENT_BEFORE:
            work.connection.exec_driver_sql(statement)
        work.commit()

    empty_database.upgrade()
    assert rows(empty_database, "SELECT id, contact_key, nth FROM outbox") == [(7, "a/b", 1), (8, "a/b", 12)]
    assert rows(empty_database, HANGING_ON) == [(7, "accepted", 3), (8, "deferred", 3)]

    empty_database.migrate(command.downgrade, "0002")
    assert rows(empty_database, "SELECT id, key FROM outbox") == [
        (7, "y/a/b/2027-01-04/1"),
        (8, "y/a/b/2027-01-04/12"),
    ]
    assert rows(empty_database, HANGING_ON) == [(7, "accepted", 3), (8, "deferred", 3)]


def test_letters_that_are_open_have_no_end_and_all_others_have_one(empty_database):
    empty_database.migrate(command.upgrade, "0003")
    ends = {  # what may stand in a database of before -> what has to stand there now
        "held": (None, None),
        "queued": ("2027-01-05", None),  # refused at first, then put into the queue again
        "uncertain": ("2027-01-05", None),
        "sent": ("2027-01-05", "2027-01-05"),
        "bounced": (None, "2027-01-04"),  # nobody knew that it had left
    }
    with empty_database.writing() as work:
        work.connection.exec_driver_sql(SENT_BEFORE[0])
        for nth, (status, (settled_at, _)) in enumerate(ends.items()):
            day, end = "'2027-01-04'", f"'{settled_at}'" if settled_at else "NULL"
            values = f"'y', 'a', '', '', {day}, {nth}, '', '', '{nth}', '{status}', {day}, {day}"
            work.connection.exec_driver_sql(
                "INSERT INTO outbox (cycle_key, contact_key, recipient, zone, send_on, nth, subject, "
                "template_version, message_id, status, not_before, queued_at, settled_at) "
                f"VALUES ({values}, {end})"
            )
        work.commit()

    empty_database.upgrade()

    found = {
        status: end and str(end)[:10]
        for status, end in rows(empty_database, "SELECT status, settled_at FROM outbox")
    }
    assert found == {status: end for status, (_, end) in ends.items()}


def test_a_row_that_names_none_stops_the_upgrade_and_everything_stays(tmp_path):
    """Foreign keys are not looked at while SQLite builds a table anew, so afterwards all of them are."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    database = Database(url)
    database.migrate(command.upgrade, "0002")
    database.close()
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as stranger:  # who does not look at them
        stranger.execute("INSERT INTO raw_message (outbox_id, packed) VALUES (9, 'raw')")
        stranger.commit()

    with pytest.raises(RuntimeError, match="row 9 of raw_message names a row of outbox that is not there"):
        database.upgrade()

    with database.reading() as connection:
        assert version(connection) == "0002"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


@pytest.mark.slow
def test_of_several_who_make_the_tables_at_once_each_finds_them_made(empty_database):
    """SQLite refuses some of what two do at once without waiting; enough of them meet on one file here."""
    url = empty_database.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", UPGRADE, url]
    pipe = subprocess.PIPE
    several = [subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(6)]
    for one in several:
        one.stdout.readline()
    for one in several:
        one.stdin.write("now\n")
        one.stdin.flush()

    assert [(one.communicate(timeout=60)[1], one.returncode) for one in several] == [("", 0)] * 6
    assert table_names(empty_database) == {*metadata.tables, "alembic_version"}
