"""Entering many rows at once, the quickest way each engine has."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError


def insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Enter rows that all name the same columns, or none: IntegrityError if the database refuses one."""
    if not rows:
        return
    names = list(rows[0])
    into = f"{_quoted(connection, table.name)} ({', '.join(_quoted(connection, name) for name in names)})"
    values = _in_order(connection.dialect, table, names, rows)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {into} FROM STDIN", values)
    else:
        places = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({places})", list(values))  # noqa: S608


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _in_order(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Iterable[dict[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    """The values of each row as the driver takes them."""
    binds = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]
    for row in rows:
        yield tuple([bind(row[name]) if bind else row[name] for name, bind in binds])


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """By COPY. A statement with a parameter a value takes psycopg longer to read than the server to do."""
    dialect = connection.dialect
    assert dialect.loaded_dbapi is not None
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect
        ) from error
