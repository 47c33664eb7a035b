"""The migrations make what the tables say, can be run again, and lead back."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, UniqueConstraint, inspect, text

from yearwheel.store.database import MIGRATIONS
from yearwheel.store.tables import metadata

UPGRADE = """
import sys
from yearwheel.store.database import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
database.upgrade()
"""


def table_names(database):
    return set(inspect(database.engine).get_table_names())


def downgrade(database):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


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
    downgrade(database)
    assert table_names(database) == {"alembic_version"}

    database.upgrade()
    assert table_names(database) == {*metadata.tables, "alembic_version"}


def test_an_empty_database_is_upgraded_from_nothing(empty_database):
    assert table_names(empty_database) == set()

    empty_database.upgrade()
    assert table_names(empty_database) == {*metadata.tables, "alembic_version"}


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
