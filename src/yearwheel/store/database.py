"""Opening a database: one engine for SQLite (WAL) or PostgreSQL, and the two ways to talk to it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

PRAGMAS = (
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-65536",  # 64 MiB
    # 16 MiB of changes before they are carried over: what is queued, claimed and recorded is carried once.
    "wal_autocheckpoint=4000",
)
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = 30.0  # seconds to wait for another who writes
PAUSE = 0.05  # seconds between looks where SQLite itself does not wait
UPGRADING = 1_270_827  # names the lock under which PostgreSQL's tables are upgraded; any number would do
DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg")


class UnusableUrl(ValueError):
    """The address names no database that can be opened; the message says what would, and no password."""


class NewerTables(RuntimeError):
    """The tables were brought to a version by a newer program; the message says what to do."""


class Writing:
    """One transaction that writes. It rolls back unless told to commit."""

    def __init__(self, engine: Engine, *, flushed: bool) -> None:
        self._engine = engine
        self._flushed = flushed

    def __enter__(self) -> Self:
        self.connection = self._engine.connect().execution_options(writing=True, flushed=self._flushed)
        self._transaction = self.connection.begin()
        return self

    def commit(self) -> None:
        """Make everything since the start of the unit of work permanent."""
        self._transaction.commit()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.close()
        self.connection.close()


class Database:
    """The state's database. `writing` opens a unit of work, `reading` a consistent look."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """Without `durable` a power cut may cost an SQLite database; a killed process never does.

        UnusableUrl if there can be no such database.
        """
        self.url = _read_url(url)
        self.engine = create_engine(self.url, **_options(self.is_sqlite))
        if self.is_sqlite:
            _prepare_sqlite(self.engine, durable)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def writing(self, *, flushed: bool = False) -> Writing:
        """A unit of work: `with database.writing() as work: ...; work.commit()`.

        A power cut may take back an SQLite database's last commits; never a `flushed` one or any before it.
        """
        return Writing(self.engine, flushed=flushed)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; nothing it does is kept."""
        with self.engine.connect() as connection:
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to the newest version. Of several who want to at once the others wait for one.

        NewerTables if they are at one that this program does not know.
        """
        with self.engine.connect() as connection:
            found = version(connection)
        if found == newest_version():
            return
        if not is_known(found):
            raise NewerTables(
                f"the database is at version {found}, and this program knows none after {newest_version()}: "
                "a newer one has been at work; run that one, or put back the copy that was made before"
            )
        self.migrate(command.upgrade, "head")

    def migrate(self, how: Callable[[Config, str], None], to: str) -> None:
        """Go to a version of the tables by Alembic's `upgrade` or `downgrade`, in one transaction."""
        config = _migrations()
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection.execution_options(writing=True, flushed=True)
            if self.is_sqlite:  # its writers are one at a time by themselves
                with _tables_may_be_rebuilt(connection), connection.begin():
                    how(config, to)
                    _refuse_orphans(connection)
            else:
                with connection.begin():
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
                    how(config, to)

    def close(self) -> None:
        self.engine.dispose()


def version(connection: Connection) -> str | None:
    """The migration the tables are at; None for a database without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_version() -> str | None:
    """The migration this program brings."""
    return ScriptDirectory.from_config(_migrations()).get_current_head()


def is_known(at: str | None) -> bool:
    """Whether this program can bring tables of that version to its own; False for a newer program's."""
    steps = ScriptDirectory.from_config(_migrations()).walk_revisions()
    return at is None or at in {step.revision for step in steps}


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for any other."""
    found = make_url(url)
    return Path(str(found.database)) if found.get_backend_name() == "sqlite" else None


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _read_url(text: str) -> URL:
    example = "leave it empty for SQLite in the data folder, or write postgresql://NAME@HOST/DATABASE"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UnusableUrl(f"this is no database's address; {example}") from None
    if url.drivername not in DRIVERS:
        raise UnusableUrl(f"{url.drivername!r} is no database this program knows; {example}")
    if url.drivername != "sqlite" and find_spec("psycopg") is None:
        raise UnusableUrl("PostgreSQL needs the package psycopg; install it: pip install 'psycopg[binary]'")
    return url


def _options(sqlite: bool) -> dict[str, Any]:
    return (
        {"connect_args": {"timeout": PATIENCE, "check_same_thread": False}}
        if sqlite
        else {"pool_pre_ping": True}
    )


def _use_wal(connection: Any) -> None:
    """Switch a new file to WAL. While another does the same SQLite refuses without its usual wait."""
    for _ in range(int(PATIENCE / PAUSE)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        time.sleep(PAUSE)
    connection.execute("PRAGMA journal_mode=WAL")


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """SQLite changes most of a table by building it anew (its ALTER TABLE page, part 7).

    When the old one is dropped, rows that name its own would be orphans: it is not to look until the end.
    """
    driver: Any = connection.connection.driver_connection  # within a transaction it would not listen
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _refuse_orphans(connection: Connection) -> None:
    if orphan := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        table, row, parent, _ = orphan
        raise RuntimeError(f"not upgraded: row {row} of {table} names a row of {parent} that is not there")


def _prepare_sqlite(engine: Engine, durable: bool) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        # The driver's own transactions start at the first write, which leaves a read before it outside.
        connection.isolation_level = None
        _use_wal(connection)
        for pragma in (*PRAGMAS, f"synchronous={'NORMAL' if durable else 'OFF'}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if durable and options.get("writing"):
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options['flushed'] else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")
