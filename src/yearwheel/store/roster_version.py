"""Which reading of a state's roster is the newest: every change of its people or their days renews it."""

from uuid import uuid4

from sqlalchemy import Connection, bindparam, delete, select

from yearwheel.store.tables import roster_versions as table


def read(connection: Connection, state: str) -> str | None:
    """The version that is in force; None where nothing was ever written."""
    return connection.scalar(_READ, {"of_state": state})


def renew(connection: Connection, state: str) -> None:
    """Give the roster a version nobody has seen, not even in a transaction that was rolled back."""
    connection.execute(delete(table).where(table.c.state == state))
    connection.execute(table.insert().values(state=state, version=uuid4().hex))


_READ = select(table.c.version).where(table.c.state == bindparam("of_state"))
