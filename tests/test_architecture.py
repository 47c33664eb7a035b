"""The house holds its shape: imports point inward, and only clock.py asks for the present moment."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TOOLS = Path(sys.executable).parent


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def python(code):
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_imports_point_inward_and_each_tool_stays_in_its_room():
    done = run(TOOLS / "lint-imports", "--no-cache")

    assert done.returncode == 0, done.stdout


def test_every_module_has_its_place_in_the_layers():
    (layers,) = [c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]

    assert (layers["containers"], layers["exhaustive"]) == (["yearwheel"], True)


def test_the_standard_librarys_calendar_is_not_shadowed():
    (path,) = python("import calendar; print(calendar.__file__)")
    (library,) = python("import sysconfig; print(sysconfig.get_path('stdlib'))")

    assert Path(path).parent == Path(library)
    assert python("import http.cookiejar, apscheduler.schedulers.asyncio; print('imported')") == ["imported"]


@pytest.mark.parametrize(
    "module", ["yearwheel.cli", "yearwheel.services.advance", "yearwheel.rehearsal.rehearse"]
)
def test_what_does_not_run_flows_does_not_pay_for_importing_prefect(module):
    loaded = python(
        f"import sys, {module}; print(*(m for m in ('prefect', 'apscheduler') if m in sys.modules))"
    )

    assert loaded == []


def test_only_the_clock_may_ask_for_the_present_moment():
    lint = PROJECT["tool"]["ruff"]["lint"]
    banned = lint["flake8-tidy-imports"]["banned-api"].keys()

    assert "TID" in lint["select"]
    assert "TID251" not in lint["ignore"]
    assert banned >= {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
    }
    exempt = {path for path, rules in lint["per-file-ignores"].items() if "TID251" in rules}
    assert exempt == {"src/yearwheel/clock.py", "benchmarks/**"}


def test_a_second_clock_is_caught(tmp_path):
    stray = tmp_path / "stray.py"
    stray.write_text("from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n")
    done = run(TOOLS / "ruff", "check", "--config", ROOT / "pyproject.toml", "--no-cache", stray)

    assert "TID251" in done.stdout
    assert "Only clock.py asks what time it is" in done.stdout
