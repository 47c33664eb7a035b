"""A stored cycle brings its files of closed days with it."""

from datetime import date
from pathlib import Path

import pytest

from tests.terminal import Terminal
from yearwheel.config.cycle_file import CycleFileError, load_cycle
from yearwheel.config.enclosed import enclose

SAMPLE = (Path(__file__).parent.parent / "cycles" / "sample.yaml").read_text("utf-8")
WITH_FILE = SAMPLE.replace(
    "holidays: kentucky-state-offices", "holidays: [kentucky-state-offices, {file: closures.csv}]"
)
CLOSURES = 'date,reason\n2027-04-15,"flood: the ""river"""\n'


def beside(name):
    if name != "closures.csv":
        raise FileNotFoundError(name)
    return CLOSURES


def test_the_text_alone_is_the_whole_calendar():
    cycle = load_cycle(enclose(WITH_FILE, beside))
    assert cycle.workdays.closed_because(date(2027, 4, 15)) == 'flood: the "river"'
    assert cycle.stage("drafting").dates.due.on == date(2027, 4, 16)


def test_what_is_enclosed_already_stays_and_other_texts_are_left_alone():
    once = enclose(WITH_FILE, beside)
    assert enclose(once, lambda _: "date,reason\n") == once
    assert [enclose(text, beside) for text in (SAMPLE, "", "a: [", "- b")] == [SAMPLE, "", "a: [", "- b"]


def test_a_file_that_is_not_there_is_reported_by_the_reader_of_cycle_files():
    gone = WITH_FILE.replace("closures.csv", "gone.csv")
    assert enclose(gone, beside) == gone
    with pytest.raises(CycleFileError, match=r"the file 'gone\.csv' is not at hand"):
        load_cycle(enclose(gone, beside))


@pytest.mark.parametrize("name", ["../closures.csv", "a/closures.csv", ".closures.csv"])
def test_only_files_beside_the_calendar_are_read(name):
    def read(_):
        raise AssertionError("no file may be opened")

    text = WITH_FILE.replace("closures.csv", name)
    assert enclose(text, read) == text


def test_a_cycle_made_from_a_file_loads_after_the_files_are_gone(tmp_path: Path):
    terminal = Terminal(tmp_path)
    terminal.writes("closures.csv", CLOSURES)
    terminal.does("cycle", "create", terminal.writes("sample.yaml", WITH_FILE))
    for file in tmp_path.rglob("closures.csv"):
        file.unlink()
    _, drafting = terminal.reads("calendar", "show", "sample-2027")["stages"]
    assert drafting["due"].startswith("2027-04-16")
