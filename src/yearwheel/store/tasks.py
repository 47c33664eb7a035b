"""What only a person can do: opened once for each kind and subject, closed with a name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from yearwheel.store.tables import tasks as table

BAD_ADDRESS, OFTEN_BACK = "bad_address", "often_back"  # kinds of task about a contact
NOT_TAKEN = "not_taken"  # about the mail server; its subject is a cycle's key


@dataclass(frozen=True, slots=True)
class Task:
    """Something a state admin has to look at. `subject` is what it is about: a contact's key, say."""

    state: str
    kind: str
    district_code: str
    subject: str
    what: str
    opened_at: datetime
    id: int = 0
    closed_at: datetime | None = None
    closed_by: str | None = None


def open_once(connection: Connection, task: Task) -> bool:
    """Open a task unless one of its kind and subject is open already; says whether it did."""
    names = ("state", "kind", "district_code", "subject")
    same = select(table.c.id).where(
        *(table.c[name] == getattr(task, name) for name in names), table.c.closed_at.is_(None)
    )
    if connection.execute(same).first():
        return False
    values = {name: getattr(task, name) for name in (*names, "what", "opened_at")}
    try:
        with connection.begin_nested():  # another deliverer may be opening it at this moment
            connection.execute(table.insert().values(**values))
    except IntegrityError:
        return False
    return True


def list_open(connection: Connection, state: str, kind: str = "") -> list[Task]:
    """Open tasks of a state, or of one kind only, oldest first."""
    query = select(table).where(table.c.state == state, table.c.closed_at.is_(None)).order_by(table.c.id)
    if kind:
        query = query.where(table.c.kind == kind)
    return [Task(**row) for row in connection.execute(query).mappings()]


def close(connection: Connection, state: str, task_id: int, by: str, at: datetime) -> bool:
    """Close an open task; False if there is none of that number."""
    same = (table.c.state == state) & (table.c.id == task_id) & table.c.closed_at.is_(None)
    closed = update(table).where(same).values(closed_at=at, closed_by=by).returning(table.c.id)
    return connection.execute(closed).first() is not None


def answered(connection: Connection) -> dict[int, datetime]:
    """When each task that is closed was."""
    query = select(table.c.id, table.c.closed_at).where(table.c.closed_at.is_not(None))
    return dict(connection.execute(query).all())


def close_about(
    connection: Connection, state: str, kind: str, code: str, subject: str, by: str, at: datetime
) -> None:
    """Close what is open of a kind about a subject: the matter has settled itself."""
    same = {"state": state, "kind": kind, "district_code": code, "subject": subject}
    query = update(table).where(*(table.c[name] == value for name, value in same.items()))
    connection.execute(query.where(table.c.closed_at.is_(None)).values(closed_at=at, closed_by=by))
