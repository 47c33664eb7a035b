"""Opening a database: one engine for SQLite (WAL) or PostgreSQL, and the two ways to talk to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url

PRAGMAS = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-65536",  # 64 MiB
)
MIGRATIONS = Path(__file__).parent / "migrations"


class Writing:
    """One transaction that writes. It rolls back unless told to commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Self:
        self.connection = self._engine.connect().execution_options(writing=True)
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
        """Without `durable` a power cut may cost an SQLite database; a killed process never does."""
        self.url = make_url(url)
        self.engine = create_engine(self.url, **_options(self.is_sqlite))
        if self.is_sqlite:
            _prepare_sqlite(self.engine, "NORMAL" if durable else "OFF")

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def writing(self) -> Writing:
        """A unit of work: `with database.writing() as work: ...; work.commit()`."""
        return Writing(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; nothing it does is kept."""
        with self.engine.connect() as connection:
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to the newest version."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        self.engine.dispose()


def _options(sqlite: bool) -> dict[str, Any]:
    return (
        {"connect_args": {"timeout": 30, "check_same_thread": False}} if sqlite else {"pool_pre_ping": True}
    )


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        # The driver's own transactions start at the first write, which leaves a read before it outside.
        connection.isolation_level = None
        for pragma in (*PRAGMAS, f"synchronous={synchronous}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
