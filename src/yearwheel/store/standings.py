"""Where each district stands in each stage, and what it handed in."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update

from yearwheel.stages.standing import SET_BY_OFFICE, DueBecause, Standing, Submission
from yearwheel.stages.status import HANDED_IN, WAIVED, Status
from yearwheel.store import bulk
from yearwheel.store.columns import as_row
from yearwheel.store.tables import district_stages as table
from yearwheel.store.tables import submissions

_COLUMNS = [table.c[name] for name in Standing.__dataclass_fields__]
_ORDER = (table.c.district_code, table.c.stage_key)


def add(connection: Connection, cycle_key: str, new: Iterable[Standing], at: datetime) -> None:
    """Enter districts into the stages of a cycle."""
    rows = [{"cycle_key": cycle_key, "changed_at": at, **as_row(standing)} for standing in new]
    bulk.insert(connection, table, rows)


def find(
    connection: Connection,
    cycle_key: str,
    *,
    stage_keys: Collection[str] | None = None,
    codes: Collection[str] | None = None,
) -> list[Standing]:
    """The standings of a cycle in (district, stage) order, narrowed where asked."""
    query = select(*_COLUMNS).where(table.c.cycle_key == cycle_key)
    if stage_keys is not None:
        query = query.where(table.c.stage_key.in_(stage_keys))
    if codes is not None:
        query = query.where(table.c.district_code.in_(codes))
    return [Standing(*row) for row in connection.execute(query.order_by(*_ORDER)).all()]


def find_one(connection: Connection, cycle_key: str, stage_key: str, code: str) -> Standing | None:
    """Where one district stands in one stage; None if it owes nothing there."""
    place = {"of_cycle": cycle_key, "of_stage": stage_key, "of_district": code}
    row = connection.execute(_FIND_ONE, place).one_or_none()
    return Standing(*row) if row else None


def find_touched(
    connection: Connection, cycle_key: str, stage_keys: Collection[str], because: Collection[DueBecause]
) -> list[Standing]:
    """The standings in these stages, and of the others those whose own due day has one of these reasons."""
    query = (
        select(*_COLUMNS)
        .where(table.c.cycle_key == cycle_key)
        .where(or_(table.c.stage_key.in_(stage_keys), table.c.due_because.in_(because)))
    )
    return [Standing(*row) for row in connection.execute(query.order_by(*_ORDER)).all()]


def find_in_hand(connection: Connection, cycle_key: str, stage_keys: Collection[str]) -> list[Standing]:
    """The standings somebody can act on: opened, begun, returned, or being read."""
    acting = (Status.OPEN, Status.IN_PROGRESS, Status.RETURNED, Status.UNDER_REVIEW)
    query = (
        select(*_COLUMNS)
        .where(table.c.cycle_key == cycle_key, table.c.stage_key.in_(stage_keys))
        .where(table.c.status.in_(acting))
        .order_by(*_ORDER)
    )
    return [Standing(*row) for row in connection.execute(query).all()]


def find_returned(connection: Connection, cycle_key: str) -> set[tuple[str, str]]:
    """The (stage, district) places whose work was sent back and is not in again."""
    query = select(table.c.stage_key, table.c.district_code)
    query = query.where(table.c.cycle_key == cycle_key, table.c.status == Status.RETURNED)
    return {(stage_key, code) for stage_key, code in connection.execute(query)}


def find_unfinished(
    connection: Connection, cycle_key: str, stage_keys: Collection[str], reviews: Collection[str]
) -> list[Standing]:
    """What still has to be done in these stages. In a review also what was handed in: it has to be read."""
    query = (
        select(*_COLUMNS)
        .where(table.c.cycle_key == cycle_key, table.c.stage_key.in_(stage_keys))
        .where(table.c.status.not_in({Status.APPROVED, *WAIVED}))
        .where(table.c.status.not_in(HANDED_IN) | table.c.stage_key.in_(reviews))
        .order_by(*_ORDER)
    )
    return [Standing(*row) for row in connection.execute(query).all()]


def find_set_by_office(connection: Connection, cycle_key: str) -> set[tuple[str, str]]:
    """The (stage, district) places whose due day the office set: by an extension, a relief or a return."""
    query = select(table.c.stage_key, table.c.district_code)
    by_office = table.c.due_because.in_(SET_BY_OFFICE)
    return {
        (row[0], row[1]) for row in connection.execute(query.where(table.c.cycle_key == cycle_key, by_office))
    }


def count_by_status(connection: Connection, cycle_key: str) -> dict[str, dict[str, int]]:
    """For each stage, how many districts stand where."""
    query = (
        select(table.c.stage_key, table.c.status, func.count())
        .where(table.c.cycle_key == cycle_key)
        .group_by(table.c.stage_key, table.c.status)
    )
    counts: dict[str, dict[str, int]] = {}
    for stage_key, status, count in connection.execute(query):
        counts.setdefault(stage_key, {})[str(status)] = count
    return counts


def save(connection: Connection, cycle_key: str, changed: Iterable[Standing], at: datetime) -> None:
    """Write changed standings back."""
    rows = [_as_bound(standing, cycle_key, at) for standing in changed]
    if rows:
        connection.execute(_SAVE, rows)


def add_submissions(connection: Connection, cycle_key: str, new: Iterable[Submission]) -> None:
    """Keep what was handed in; a version is never changed."""
    rows = [{"cycle_key": cycle_key, **as_row(submission)} for submission in new]
    bulk.insert(connection, submissions, rows)


def find_submissions(connection: Connection, cycle_key: str, stage_key: str, code: str) -> list[Submission]:
    """Every version a district handed in for a stage, oldest first."""
    query = select(submissions).where(
        submissions.c.cycle_key == cycle_key,
        submissions.c.stage_key == stage_key,
        submissions.c.district_code == code,
    )
    names = Submission.__dataclass_fields__
    rows = connection.execute(query.order_by(submissions.c.version)).mappings()
    return [Submission(**{name: row[name] for name in names}) for row in rows]


def newest_evidence(connection: Connection, cycle_key: str, code: str) -> dict[str, Any]:
    """For each stage, the newest version of what a district handed in."""
    query = (
        select(submissions.c.stage_key, submissions.c.evidence)
        .where(submissions.c.cycle_key == cycle_key, submissions.c.district_code == code)
        .order_by(submissions.c.stage_key, submissions.c.version)
    )
    return dict(connection.execute(query).all())


# Asked thousands of times a year: made once, since making a statement costs more than running it.
_PLACE = (
    table.c.cycle_key == bindparam("of_cycle"),
    table.c.stage_key == bindparam("of_stage"),
    table.c.district_code == bindparam("of_district"),
)
_FIND_ONE = select(*_COLUMNS).where(*_PLACE)
_CHANGING = ("status", "due_on", "due_since", "due_because", "version", "rounds", "opens_on")
_SAVE = (
    update(table)
    .where(*_PLACE)
    .values({name: bindparam(f"new_{name}") for name in (*_CHANGING, "changed_at")})
)


def _as_bound(standing: Standing, cycle_key: str, at: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {f"new_{name}": getattr(standing, name) for name in _CHANGING}
    place = {"of_cycle": cycle_key, "of_stage": standing.stage_key, "of_district": standing.district_code}
    return {**row, **place, "new_changed_at": at}
