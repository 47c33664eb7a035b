"""Whether a database is sound: it answers, is undamaged, has the newest tables and guards the event log."""

from sqlalchemy import Connection, text

from yearwheel.store.database import is_known, newest_version, version

__all__ = ["damage", "is_known", "missing_guards", "newest_version", "version"]

GUARDS = {
    "sqlite": {"event_no_update", "event_no_delete"},
    "postgresql": {"event_append_only"},
}


def damage(connection: Connection) -> list[str]:
    """What the database's own check finds; PostgreSQL has none, its checksums speak when a page is read."""
    if connection.dialect.name != "sqlite":
        return []
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [str(line) for line in said if line != "ok"] + [f"orphan row: {tuple(row)}" for row in orphans]


def missing_guards(connection: Connection) -> list[str]:
    """The triggers that keep the event log append-only and are not there."""
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    engine = connection.dialect.name
    return sorted(GUARDS[engine] - set(connection.scalars(text(queries[engine]))))
