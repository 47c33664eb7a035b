"""What goes wrong is said in sentences; nothing is changed and nobody sees a traceback."""

import shutil
from pathlib import Path

import pytest

from tests.terminal import Terminal

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an installation that has published the small cycle; tests copy it."""
    terminal = Terminal(tmp_path_factory.mktemp("published"))
    terminal.does("roster", "import", "--shipped", "kentucky")
    terminal.does("cycle", "create", CALENDAR, "--at", "2027-01-04T09:00")
    terminal.does("cycle", "publish", "small-2027", "--at", "2027-01-04T09:00")
    return terminal.folder / "data"


@pytest.fixture
def running(published: Path, terminal: Terminal) -> Terminal:
    shutil.copytree(published, terminal.folder / "data")
    return terminal


def test_without_a_cycle_the_next_command_is_named(terminal: Terminal) -> None:
    assert terminal.refuses("board") == (
        "no cycle is published; say which one with --cycle KEY; "
        "none is stored yet: yearwheel cycle create FILE"
    )


def test_two_published_cycles_have_to_be_told_apart(running: Terminal) -> None:
    other = running.writes("other.yaml", CALENDAR.read_text("utf-8").replace("small-2027", "other-2027"))
    running.does("cycle", "create", other, "--at", "2027-01-05T09:00")
    running.does("cycle", "publish", "other-2027", "--at", "2027-01-04T09:00")

    said = running.refuses("prove")
    assert (
        said == "2 cycles are published; say which one with --cycle KEY; stored here: small-2027, other-2027"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["district", "show", "1"], "KY has no district '1'; did you mean 001 (Adair County)?"),
        (["district", "show", "adair"], "KY has no district 'adair'; did you mean 001 (Adair County)?"),
        (
            ["board", "--stage", "bugdet"],
            "small-2027 has no stage 'bugdet' (did you mean 'budget'?); it has setup, budget, plan, review",
        ),
        (["board", "--cycle", "smal-2027"], "there is no cycle 'smal-2027' (did you mean 'small-2027'?); "),
        (["advance", "--at", "tomorrow"], "'tomorrow' is not a moment; write for example 2027-03-15T09:00"),
        (["explain", "001", "2027-02-30"], "'2027-02-30' is not a day; write for example 2027-03-31"),
        (
            ["extend", "001", "budget", "--why", "x"],
            "give the new due day, --until 2027-03-31, or --take-back",
        ),
        (["excuse", "001", "budget"], "to excuse, or to take it back, needs a reason: --why '...'"),
        (["cycle", "publish", "small-2027"], "small-2027 was already published on 2027-01-04"),
        (["outbox", "list", "--status", "snt"], "'snt' is no status of a letter (did you mean 'sent'?); "),
        (["outbox", "show", "99"], "there is no message 99; see: yearwheel outbox list"),
        (["rehearse", "--through", "prefct"], "--through is direct or prefect, not 'prefct'"),
        (["district", "submit", "001", "budget", "none.json"], "none.json: No such file or directory"),
    ],
)
def test_a_slip_is_answered_with_what_would_be_right(running: Terminal, words: list[str], said: str) -> None:
    assert running.refuses(*words).startswith(said)


def test_broken_evidence_is_named_by_its_place(running: Terminal) -> None:
    words = ("district", "submit", "001", "budget", "work.json")
    running.writes("work.json", '{"done_on": }')
    assert running.refuses(*words) == "this is not JSON: Expecting value in line 1, column 13"
    running.writes("work.json", "[]")
    assert running.refuses(*words) == "work.json has to hold one JSON object; see --example"


def test_a_misspelt_setting_is_named_with_the_nearest(terminal: Terminal) -> None:
    terminal.writes("yearwheel.toml", "[mail]\nprot = 2525\n")

    assert terminal.refuses("board").splitlines()[0] == (
        "settings: 'mail.prot' is not a setting; did you mean 'mail.port'?"
    )


def test_a_settings_file_that_is_not_toml_is_named(terminal: Terminal) -> None:
    terminal.writes("yearwheel.toml", "port 8000\n")

    assert terminal.refuses("board").startswith("yearwheel.toml: this is not TOML: ")


def test_a_damaged_database_is_no_traceback(terminal: Terminal) -> None:
    (terminal.folder / "data").mkdir()
    terminal.writes("data/yearwheel.sqlite", "this is no database " * 100)

    assert terminal.refuses("board") == (
        "the database cannot be used: file is not a database; see: yearwheel doctor"
    )


def test_live_mail_cannot_be_sent_from_another_moment(running: Terminal) -> None:
    running.writes("yearwheel.toml", '[mail]\nmode = "live"\n')

    assert running.refuses("advance", "--at", "2027-02-01T10:00") == (
        "--at is for trial mode; here mail is live, and what is written must be true"
    )


def test_control_characters_never_reach_the_terminal(running: Terminal) -> None:
    said = running.refuses("district", "show", "\x1b[31mred\x07")

    assert said.startswith("KY has no district")
    assert said.isprintable()
