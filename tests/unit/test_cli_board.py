"""`yearwheel board`, `district show` and `outbox`: what a state admin looks at, and the letters in hand."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.browser import home_of, press
from tests.terminal import Terminal
from yearwheel.bootstrap import build_app
from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Settings
from yearwheel.store import rosters

BOUNCES = Path(__file__).parent.parent / "bounces"
CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"
DISTRICTS = """\
code,name,kind,timezone
001,Ash County,county,America/New_York
002,Birch [red] County,county,America/Chicago
"""
CONTACTS = """\
district_code,name,email,roles
001,Ann,ann@ash.example,technology_coordinator
002,Bob,bob@birch.example,technology_coordinator
"""
TEN = "2027-02-01T10:00"
BOTH = "Ash County, Birch [red] County"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """The small cycle on the day the budget opens."""
    found = Terminal(tmp_path)
    districts, contacts = found.writes("d.csv", DISTRICTS), found.writes("c.csv", CONTACTS)
    found.does("roster", "import", districts, "--contacts", contacts)
    found.does("cycle", "create", CALENDAR, "--at", "2027-01-25T09:00")
    found.does("notifications", "approve", "--all", "--cycle", "small-2027", "--at", "2027-01-25T09:00")
    found.does("cycle", "publish", "small-2027", "--yes", "--at", "2027-01-25T09:00")
    found.does("advance", "--at", TEN)
    return found


def test_the_board_says_who_stands_where_without_colour(terminal: Terminal) -> None:
    lines = terminal.does("board", "--at", TEN).splitlines()

    assert [" ".join(line.split()) for line in lines if line.startswith("00")] == [
        "001 Ash County ○ open … waits · not open",
        "002 Birch [red] County ○ open … waits · not open",
    ]
    assert "  2  Budget, due Mon 2027-03-01: 0 in, 2 owed, 0 late" in lines


def test_a_narrow_terminal_gets_signs_alone(terminal: Terminal) -> None:
    terminal._environment["COLUMNS"] = "60"

    lines = terminal.does("board", "--at", TEN).splitlines()
    assert [" ".join(line.split()) for line in lines if line.startswith("001")] == ["001 Ash County ○ … ·"]
    assert max(map(len, lines[:6])) <= 60


def test_one_stage_is_a_list_of_districts(terminal: Terminal) -> None:
    lines = terminal.does("board", "--stage", "budget", "--at", "2027-03-03T09:00").splitlines()

    assert " ".join(lines[3].split()) == "001 Ash County ○! open, 2 days late Mon 2027-03-01"
    assert "0 in, 2 owed, 2 late" in lines


def test_the_board_names_letters_and_the_reminders_in_them(terminal: Terminal) -> None:
    first, second = (letter["id"] for letter in terminal.reads("outbox", "list", "--status", "sent"))
    for number in (first, second):
        _bring_back(terminal, number)

    said = [" ".join(line.split()) for line in terminal.does("board", "--at", TEN).splitlines()]
    assert (
        f"bounced 2 letters (6 reminders) {BOTH} yearwheel outbox list --status bounced --cycle small-2027"
    ) in said
    assert terminal.reads("board", "--at", TEN)["letters"] == {"bounced": 2}
    listed = terminal.does("outbox", "list", "--status", "bounced").splitlines()
    assert listed[-1] == "2 letters"


def test_the_board_names_who_asks_for_help_though_nobody_is_late(terminal: Terminal) -> None:
    assert "asks for help" not in terminal.does("board", "--at", TEN)
    _press_need_help(terminal, "budget")

    lines = [" ".join(line.split()) for line in terminal.does("board", "--at", TEN).splitlines()]
    place = lines.index("code asks for help with")
    assert lines[place + 1] == "001 Ash County Budget"


def _bring_back(terminal: Terminal, number: int) -> None:
    """The letter came back undelivered."""
    digest = terminal.reads("outbox", "show", number)["message_id"][1:41]
    raw = (BOUNCES / "postfix_hard.eml").read_text()
    new = terminal.folder / f"box{number}" / "new"
    new.mkdir(parents=True)
    (new / "1").write_text(raw.replace("0123456789abcdef0123456789abcdef01234567", digest))
    terminal.does("bounces", "read", new.parent, "--at", TEN)


def _press_need_help(terminal: Terminal, stage: str) -> None:
    """Ann presses the button on her page."""
    app = build_app(Settings(data_dir=terminal.folder / "data"))
    app.clock = VirtualClock(datetime.fromisoformat(TEN).replace(tzinfo=ZoneInfo("America/New_York")))
    with app.database.reading() as connection:
        (ann,) = (c for c in rosters.load(connection, "KY").contacts.values() if c.name == "Ann")
    page = press(app, home_of(app, ann), act="need_help", stage=stage)
    app.database.close()
    assert page.status_code == 200


def test_the_board_names_mail_that_failed_and_roles_nobody_holds(terminal: Terminal) -> None:
    said = terminal.does("board", "--stage", "budget", "--at", TEN).splitlines()
    assert [" ".join(line.split()) for line in said[-7:]] == [
        "mail how many districts see",
        "no address 4 reminders Ash County, Birch [red] County yearwheel tasks list --cycle small-2027",
        "",
        "nobody can be told in",
        "no state administrator is named the office",
        "no finance officer is named Ash County, Birch [red] County",
        "no superintendent is named Ash County, Birch [red] County",
    ]

    board = terminal.reads("board", "--stage", "budget", "--at", TEN)
    assert board["mail"]["no_address"] == {"001": 2, "002": 2}
    assert {(gap["district_code"], gap["role"]) for gap in board["nobody_told"]} == {
        ("", "state_admin"),
        ("001", "finance_officer"),
        ("001", "superintendent"),
        ("002", "finance_officer"),
        ("002", "superintendent"),
    }


def test_late_leaves_out_who_is_not(terminal: Terminal) -> None:
    later = ("extend", "001", "budget", "--until", "2027-03-10", "--why", "flood", "--at", TEN)
    terminal.does(*later)

    board = terminal.reads("board", "--stage", "budget", "--late", "--at", "2027-03-03T09:00")
    assert [line["code"] for line in board["districts"]] == ["002"]
    assert board["totals"] == {"budget": {"in": 0, "owed": 2, "late": 1, "waived": 0}}


def test_a_district_sees_its_receipts_extensions_and_next_reminders(terminal: Terminal) -> None:
    done = terminal.writes("done.json", '{"done_on": "2027-02-01", "reference": "minute 7"}')
    terminal.does("district", "submit", "001", "budget", done, "--at", TEN)

    page = terminal.reads("district", "show", "001", "--at", TEN)["stages"]
    (receipt,) = page["budget"]["receipts"]
    assert (receipt["number"], receipt["by"]) == ("small-2027/budget/001/1", "pat")
    assert [letter["rung"] for letter in page["budget"]["waiting"]] == ["receipt:1"]
    assert [reminder["rung"] for reminder in page["plan"]["waiting"]] == ["7-days-before", "on-the-day"]
    assert "receipt small-2027/budget/001/1" in terminal.does("district", "show", "001", "--at", TEN)


def test_the_example_can_be_handed_in_as_it_is(terminal: Terminal) -> None:
    example = terminal.does("district", "submit", "001", "budget", "--example")
    path = terminal.writes("example.json", example)

    assert "version 1" in terminal.does("district", "submit", "001", "budget", path, "--at", TEN)


def test_a_letter_is_shown_as_it_was_sent(terminal: Terminal) -> None:
    newest = terminal.reads("outbox", "list", "--limit", 1)[0]

    said = terminal.does("outbox", "show", newest["id"])
    assert "To: Bob <bob@birch.example>" in said
    assert "attempt 1" in said


def test_only_a_held_letter_can_be_approved(terminal: Terminal) -> None:
    assert terminal.refuses("outbox", "approve", 1) == (
        "only what is held can be approved, not 1; nothing was changed"
    )
    assert terminal.refuses("outbox", "resolve", 1, "--as", "sent", "--why", "seen in the log") == (
        "not uncertain, so left as they are: 1"
    )


def test_doubts_are_settled_by_number_or_by_the_servers_log(terminal: Terminal, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text("nothing of ours\n", "utf-8")
    words = ("outbox", "resolve", "--as", "sent", "--why", "seen")
    assert terminal.refuses(*words) == "say which letters: their numbers, or --log FILE"
    assert terminal.refuses(*words, 1, "--log", log) == "say which letters: their numbers, or --log FILE"
    assert terminal.does(*words, "--log", log).splitlines()[:2] == [
        "of 0 letters in doubt the log names 0",
        "settled as sent: none",
    ]
