"""Ctrl-C in a rehearsal, as real signals to a real process: it stops at a day's end and can go on."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.test_serve import children_of

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"
YEARWHEEL = (sys.executable, "-m", "yearwheel")
STOPPED = re.compile(r"stopped at the end of \w{3} 2027-03-\d\d; to go on: yearwheel (?P<words>.+)")


def words(out: Path, through: str) -> list[str]:
    year = ["--cycle", str(CALENDAR), "--through", through, "--seed", "3", "--districts", "5"]
    return ["rehearse", *year, "--out", str(out)]


@contextmanager
def rehearsing(*given: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*YEARWHEEL, *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[str]", phase: str) -> None:
    """Read what it says of its phases until that one; the months of the year are phases."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.strip() == phase:
            return
    raise AssertionError(f"it ended without {phase!r}: {''.join(said)}")


def wait_until_gone(children: list[int]) -> None:
    """A server that it started ends a moment after it."""
    deadline = time.monotonic() + 15
    while left := [child for child in children if Path(f"/proc/{child}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def stopped_in_march(through: str, out: Path) -> list[str]:
    """Begin a year, press Ctrl-C in March; gives the words that it says go on with it."""
    with rehearsing(*words(out, through)) as process:
        read_until(process, "March 2027")
        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)

    found = STOPPED.fullmatch(complained.strip())
    assert found, complained
    assert (process.returncode, said) == (130, "")
    assert not (out / "summary.json").exists()
    wait_until_gone(children)
    return shlex.split(found["words"])


def digest(*given: str) -> str:
    subprocess.run([*YEARWHEEL, *given], check=True, capture_output=True)
    out = Path(given[given.index("--out") + 1])
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["proof"] == "holds"
    return str(summary["ledger_digest"])


@pytest.mark.slow
def test_ctrl_c_stops_at_the_days_end_and_the_words_it_says_go_on_to_the_same_year(tmp_path: Path) -> None:
    whole = digest(*words(tmp_path / "whole", "direct"))

    assert digest(*stopped_in_march("direct", tmp_path / "direct")) == whole
    assert digest(*stopped_in_march("prefect", tmp_path / "prefect")) == whole


@pytest.mark.slow
def test_a_service_managers_stop_is_told_in_one_sentence_and_goes_on_to_the_same_year(tmp_path: Path) -> None:
    with rehearsing(*words(tmp_path / "stopped", "direct")) as process:
        read_until(process, "March 2027")
        process.send_signal(signal.SIGTERM)
        _, complained = process.communicate(timeout=60)
    (sentence,) = (line for line in complained.splitlines() if not line.endswith("2027"))
    assert (process.returncode, sentence.partition(";")[0]) == (130, "stopped at once")

    whole = digest(*words(tmp_path / "whole", "direct"))
    assert digest(*words(tmp_path / "stopped", "direct"), "--resume") == whole


@pytest.mark.slow
def test_ctrl_c_pressed_on_and_on_stops_at_once_in_one_sentence(tmp_path: Path) -> None:
    with rehearsing(*words(tmp_path, "prefect")) as process:
        read_until(process, "January 2027")
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        said, complained = process.communicate()

    # 130 is what a shell makes of either: ours, or the signal that a program on its way out still got.
    assert (process.returncode in (130, -signal.SIGINT), said) == (True, "")
    (sentence,) = (line for line in complained.splitlines() if not line.endswith(("2026", "2027")))
    assert re.match(r"stopped at (once|the end of \w{3} 2027-\d\d-\d\d); to go on: yearwheel ", sentence)
