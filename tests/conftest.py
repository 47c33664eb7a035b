"""What every test finds: no telemetry, steady Hypothesis, and a database of its own on each engine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL

from tests import postgres
from yearwheel.store.database import Database

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"

# A busy machine is no defect.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the newest tables, on each engine in turn."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture(params=ENGINES)
def empty_database(request: pytest.FixtureRequest) -> Database:
    """A database without any tables, on each engine in turn."""
    found: Database = request.getfixturevalue(f"empty_{request.param}_database")
    return found


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "yearwheel.sqlite"
    database = _sqlite(path)
    database.upgrade()
    database.close()
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_file: Path) -> Iterator[Database]:
    database = _sqlite(shutil.copy(migrated_file, tmp_path / "yearwheel.sqlite"))
    yield database
    database.close()


@pytest.fixture
def empty_sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = _sqlite(tmp_path / "yearwheel.sqlite")
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    try:
        with postgres.server() as url:
            yield url
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: URL) -> Iterator[URL]:
    made = postgres.create_database(postgres_server)
    database = Database(_text(made))
    database.upgrade()
    database.close()
    yield made
    postgres.drop_database(postgres_server, made)


@pytest.fixture
def postgresql_database(postgres_server: URL, migrated_postgres: URL) -> Iterator[Database]:
    yield from _postgres(postgres_server, like=migrated_postgres)


@pytest.fixture
def empty_postgresql_database(postgres_server: URL) -> Iterator[Database]:
    yield from _postgres(postgres_server)


def _sqlite(path: Path) -> Database:
    return Database(f"sqlite:///{path}")


def _postgres(server: URL, like: URL | None = None) -> Iterator[Database]:
    made = postgres.create_database(server, like=like)
    database = Database(_text(made))
    yield database
    database.close()
    postgres.drop_database(server, made)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
