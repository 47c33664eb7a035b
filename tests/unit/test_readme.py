"""What the README tells its reader to type works as it is written, in a fresh folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.typed import type_all
from yearwheel.clock import SystemClock

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_a_real_year_is_begun_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 12, 1, 15, tzinfo=UTC))

    typed = type_all(README, monkeypatch)

    assert [words.split()[0] for words in typed] == [
        "roster",
        "cycle",
        "cycle",
        "notifications",
        "board",
        "extend",
        "prove",
        "roster",
        "cycle",
        "cycle",
        "notifications",
        "advance",
        "district",
        "district",
        "advance",
        "district",
        "district",
        "explain",
    ]
