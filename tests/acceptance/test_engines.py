"""The same year has the same digest on either database."""

from pathlib import Path

import pytest

from yearwheel.config.cycle_file import read_shipped
from yearwheel.rehearsal.rehearse import Plan, Summary, rehearse
from yearwheel.roster.shipped import shipped_roster
from yearwheel.store.database import Database

DISTRICTS = 2


def run_year(out: Path, database_url: str = "") -> Summary:
    plan = Plan(
        read_shipped("kentucky-2027"),
        out,
        seed=5,
        roster=shipped_roster(limit=DISTRICTS),
        database_url=database_url,
    )
    return rehearse(plan, lambda what, done, of: None)


@pytest.mark.slow
def test_a_year_on_postgresql_has_the_digest_of_one_on_sqlite(
    tmp_path: Path, empty_postgresql_database: Database
):
    url = empty_postgresql_database.url.render_as_string(hide_password=False)
    ours, theirs = run_year(tmp_path / "sqlite"), run_year(tmp_path / "postgresql", url)

    assert (theirs.ledger_digest, theirs.reasons) == (ours.ledger_digest, ours.reasons)
    assert (theirs.sent, theirs.messages, theirs.proof) == (ours.sent, ours.messages, "holds")
