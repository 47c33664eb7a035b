"""Entering many rows at once, the quickest way each engine has."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError


def insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Enter rows that all name the same columns, or none: IntegrityError if the database refuses one."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        connection.execute(table.insert(), rows)


def _copy(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """By COPY. A statement with a parameter a value takes psycopg longer to read than the server to do."""
    dialect = connection.dialect
    assert dialect.loaded_dbapi is not None
    names = list(rows[0])
    binds = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    columns = ", ".join(dialect.identifier_preparer.quote(name) for name in names)
    statement = f"COPY {dialect.identifier_preparer.format_table(table)} ({columns}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(
                    [bind(row[name]) if bind else row[name] for name, bind in zip(names, binds, strict=True)]
                )
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect
        ) from error
