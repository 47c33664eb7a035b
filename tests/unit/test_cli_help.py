"""The program answers at once, wherever it is called from."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HEAVY = ("prefect", "sqlalchemy", "fastapi", "apscheduler", "pydantic", "holidays", "icalendar", "alembic")


def _python(*words: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_help_works_from_any_directory(tmp_path: Path) -> None:
    said = _python("-m", "yearwheel", "--help", cwd=tmp_path)

    assert "Run an annual planning cycle" in said
    assert list(tmp_path.iterdir()) == []


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    look = f"import sys, yearwheel.cli; print([name for name in {HEAVY!r} if name in sys.modules])"

    assert _python("-c", look, cwd=tmp_path) == "[]\n"


def test_it_says_which_version_it_is(tmp_path: Path) -> None:
    assert _python("-m", "yearwheel", "--version", cwd=tmp_path) == f"yearwheel {version('yearwheel')}\n"
