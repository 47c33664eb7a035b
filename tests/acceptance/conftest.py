"""A small rehearsed year that several tests look at. Nobody writes to it: tests copy the file first."""

from pathlib import Path

import pytest

from yearwheel.config.cycle_file import read_shipped
from yearwheel.rehearsal.rehearse import Plan, rehearse
from yearwheel.roster.shipped import shipped_roster


@pytest.fixture(scope="session")
def rehearsed_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of twelve districts' year. Seed 5: dead addresses, a silent district, returned plans."""
    out = tmp_path_factory.mktemp("year")
    plan = Plan(read_shipped("kentucky-2027"), out, seed=5, roster=shipped_roster(limit=12))
    rehearse(plan, on_progress=lambda *_: None)
    return out / "yearwheel.sqlite"
