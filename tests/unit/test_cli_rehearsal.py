"""`yearwheel rehearse` from the outside: what it leaves, what it prints, how it ends."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.terminal import Terminal
from yearwheel.rehearsal import rehearse as rehearsal

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"


def test_a_rehearsal_leaves_its_folder_and_says_where_to_look(tmp_path: Path) -> None:
    terminal, out = Terminal(tmp_path), tmp_path / "out"

    said = terminal.does("rehearse", "--direct", "--cycle", CALENDAR, "--districts", 2, "--out", out)

    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert (summary["cycle"], summary["districts"], summary["proof"]) == ("small-2027", 2, "holds")
    figures = dict(line.split(maxsplit=1) for line in said.splitlines() if line)
    assert figures["proof"].strip() == "holds"
    assert said.rstrip().endswith(str(out / "report.html"))
    report = (out / "report.html").read_text("utf-8")
    assert f"<dt>seconds</dt><dd>{summary['seconds']:.1f}</dd>" in report
    assert not (tmp_path / "data").exists()


def test_faults_of_a_calendar_are_told_by_the_name_of_its_file(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    broken = terminal.writes("mine.yaml", CALENDAR.read_text("utf-8").replace("state: KY", "state: Ky"))
    said = terminal.refuses("rehearse", "--direct", "--cycle", broken, "--out", tmp_path / "out")
    assert said.startswith("mine.yaml:4: state: ")


def test_a_roster_file_can_be_rehearsed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    districts = terminal.writes(
        "d.csv",
        "code,name,kind,timezone\n001,Ash,county,America/New_York\nOET,Office,state_office,America/New_York\n",
    )

    words = ("--cycle", CALENDAR, "--districts", districts, "--out", tmp_path / "out")
    terminal.does("rehearse", "--direct", *words)
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["districts"] == 1


def test_a_broken_proof_ends_with_exit_code_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rehearsal.rehearse
    monkeypatch.setattr(rehearsal, "rehearse", lambda *given: replace(honest(*given), proof="broken"))

    result = Terminal(tmp_path).type(
        "rehearse", "--direct", "--cycle", CALENDAR, "--districts", 1, "--out", tmp_path / "out"
    )
    assert result.exit_code == 1
    assert "broken" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--districts", "0"], "--districts 0 leaves nobody to plan for; give 1 or more"),
        (["--direct", "--through", "prefect"], "--direct and --through prefect say two things; give one"),
        (["--districts", "none.csv"], "none.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(tmp_path: Path, words: list[str], said: str) -> None:
    assert Terminal(tmp_path).refuses("rehearse", *words, "--out", tmp_path / "out") == said


@pytest.mark.parametrize(
    ("other", "begun", "given"),
    [
        (("--seed", 8), "--seed 3,", "--seed 8,"),
        (("--districts", 2), ", 1 district, roster ", ", 2 districts, roster "),
    ],
)
def test_a_rehearsal_is_resumed_only_as_it_was_begun(
    tmp_path: Path, other: tuple[str, int], begun: str, given: str
) -> None:
    terminal = Terminal(tmp_path)
    words = ("rehearse", "--direct", "--cycle", CALENDAR, "--out", tmp_path / "out")
    terminal.does(*words, "--districts", 1, "--seed", 3)

    said = terminal.refuses(*words, "--districts", 1, "--seed", 3, *other, "--resume")

    was, is_now = said.split(", not as ")
    assert was.startswith(f"{tmp_path / 'out'} was begun as --cycle small-2027 --through direct --seed ")
    assert (begun in was, given in is_now) == (True, True)
    assert is_now.endswith("; resume it with the same words")
    assert (begun in is_now, given in was) == (False, False)


def test_a_rehearsal_that_was_cut_off_is_begun_anew_only_when_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, out = Terminal(tmp_path), tmp_path / "out"
    words = ("rehearse", "--direct", "--cycle", CALENDAR, "--districts", 1, "--out", out)

    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rehearsal, "_walk", cut_off)
        assert terminal.type(*words).exit_code == 130
    kept = (out / "yearwheel.sqlite").stat().st_ino
    assert terminal.refuses(*words) == (
        f"{out} holds a rehearsal that was cut off; go on with --resume and the same words, "
        "or begin anew with --start-over"
    )
    assert (out / "yearwheel.sqlite").stat().st_ino == kept
    assert terminal.refuses(*words, "--resume", "--start-over").startswith("--resume and --start-over say")
    terminal.does(*words, "--start-over")
    terminal.does(*words)  # a finished one may be done again without a word


def test_a_rehearsal_is_not_resumed_with_other_dates_or_other_people(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    text = CALENDAR.read_text("utf-8")
    rows = (
        "code,name,kind,timezone\n001,{},county,America/New_York\nOET,Office,state_office,America/New_York\n"
    )
    terminal.writes("d.csv", rows.format("Ash"))
    calendar = terminal.writes("c.yaml", text)
    words = ("rehearse", "--direct", "--cycle", calendar, "--districts", tmp_path / "d.csv")
    words = (*words, "--out", tmp_path / "out")
    terminal.does(*words)
    terminal.does(*words, "--resume")

    terminal.writes("d.csv", rows.format("Birch"))
    assert "; resume it with the same words" in terminal.refuses(*words, "--resume")
    terminal.writes("d.csv", rows.format("Ash"))
    terminal.writes("c.yaml", text + "# another word\n")
    assert "; resume it with the same words" in terminal.refuses(*words, "--resume")
