"""Many rows at once: the same rows, the same types and the same refusals on both engines."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from yearwheel.store import bulk
from yearwheel.store.tables import events, feeds

AWKWARD = 'tab\there, "quoted", back\\slash, \\N, new\nline, ünïcode \U0001f600'


def event(**changes):
    row = {
        "at": datetime(2027, 3, 14, 7, 30, 0, 7, tzinfo=UTC),
        "actor": "ada",
        "kind": AWKWARD,
        "why": "",
        "before": None,
        "detail": {"nested": [1, None, AWKWARD], "on": str(date(2027, 1, 1))},
    }
    return row | changes


def test_rows_come_back_as_they_went_in_and_in_their_order(database):
    rows = [event(actor=f"a{n}") for n in range(300)] + [event(detail=None, before="", why=AWKWARD)]
    with database.writing() as work:
        bulk.insert(work.connection, events, rows)
        columns = [events.c[name] for name in rows[0]]
        found = work.connection.execute(select(*columns).order_by(events.c.id)).mappings().all()

    assert [dict(row) for row in found] == rows


def test_no_rows_are_no_statement(database):
    with database.writing() as work:
        bulk.insert(work.connection, events, [])
        assert work.connection.scalar(select(func.count()).select_from(events)) == 0


def test_what_the_database_refuses_is_told_as_by_any_other_statement_and_none_is_entered(database):
    rows = [
        {"token_sha256": n, "cycle_key": "none", "scope": "state", "made_by": "a", "made_at": event()["at"]}
        for n in ("one", "two")
    ]
    with database.writing() as work, pytest.raises(IntegrityError):
        bulk.insert(work.connection, feeds, rows)

    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(feeds)) == 0
