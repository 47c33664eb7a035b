"""A state runs part of its year with nothing but commands, and can account for all of it."""

import json
from pathlib import Path

import pytest

from tests.terminal import Terminal

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"
DISTRICTS = """\
code,name,kind,timezone
001,Ash County,county,America/New_York
002,Birch County,county,America/Chicago
OET,Office of Testing,state_office,America/New_York
"""
CONTACTS = """\
district_code,name,email,roles
001,Ann Ash,ann@ash.example,technology_coordinator
001,Finn Ash,finn@ash.example,finance_officer
001,Sue Ash,sue@ash.example,superintendent
002,Bob Birch,bob@birch.example,technology_coordinator; finance_officer
002,Sam Birch,sam@birch.example,superintendent
OET,Ada Office,ada@office.example,state_admin
OET,Ray Office,ray@office.example,reviewer
OET,Leo Office,leo@office.example,office_lead
"""
HALF_DONE = {"done_on": "2027-01-04"}
DONE = {**HALF_DONE, "reference": "Board minute 7"}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """The small cycle, published to two districts on January 4, the office's own set-up done."""
    found = Terminal(tmp_path)
    districts, contacts = found.writes("districts.csv", DISTRICTS), found.writes("contacts.csv", CONTACTS)
    found.does("roster", "import", districts, "--contacts", contacts)
    found.does("cycle", "create", CALENDAR, "--at", "2027-01-04T09:00")
    found.does(
        "notifications",
        "approve",
        "--all",
        "--cycle",
        "small-2027",
        "--by",
        "Ada",
        "--at",
        "2027-01-04T09:00",
    )
    found.does("cycle", "publish", "small-2027", "--yes", "--at", "2027-01-04T09:00")
    found.does("advance", "--at", "2027-01-04T10:00")
    found.writes("half.json", json.dumps(HALF_DONE))
    done = found.writes("done.json", json.dumps(DONE))
    found.does("district", "submit", "OET", "setup", done, "--at", "2027-01-05T09:00")
    found.does("advance", "--at", "2027-01-05T10:00")
    return found


def test_a_year_from_the_first_reminder_to_the_proof(terminal: Terminal) -> None:
    half, done = terminal.folder / "half.json", terminal.folder / "done.json"

    opening = terminal.reads("advance", "--at", "2027-02-01T10:00")
    assert opening["report"]["delivered"]["sent"] == 3  # Ash's two people, and Birch's one who wears two hats

    gaps = terminal.refuses("district", "submit", "001", "budget", half, "--at", "2027-02-10T14:00")
    assert gaps == (
        "001 Budget is not complete:\n"
        "  error: reference: Give what shows that it was done: a form number, a link or a minute"
    )
    taken = terminal.does("district", "submit", "001", "budget", done, "--at", "2027-02-10T14:00")
    assert "001 handed in budget, version 1" in taken
    assert "to undo: yearwheel district return 001 budget" in taken

    back = ("district", "return", "001", "budget", "--changes", "Sign the minute.", "--by", "Ray")
    assert "due again on Mon 2027-03-01" in terminal.does(*back, "--at", "2027-02-11T14:00")
    terminal.does("district", "submit", "001", "budget", done, "--at", "2027-02-12T14:00")
    again = terminal.refuses("district", "approve", "001", "budget", "--at", "2027-02-12T15:00")
    assert again == "pat handed this in and cannot decide on it; another person has to"
    terminal.does("district", "approve", "001", "budget", "--by", "Ray", "--at", "2027-02-12T15:00")

    later = ("extend", "002", "budget", "--until", "2027-03-08", "--why", "flooded school")
    assert "002 is due in budget on Mon 2027-03-08" in terminal.does(*later, "--at", "2027-02-12T16:00")
    undone = terminal.does(
        "extend", "002", "budget", "--take-back", "--why", "wrong district", "--at", "2027-02-12T16:05"
    )
    assert "002 is due in budget on Mon 2027-03-01 again" in undone

    terminal.does("excuse", "002", "plan", "--why", "merges in July", "--at", "2027-02-12T16:10")
    terminal.does("excuse", "002", "plan", "--take-back", "--why", "no merger", "--at", "2027-02-12T16:15")

    for moment in ("2027-02-16T10:00", "2027-02-22T10:00", "2027-03-01T10:00", "2027-03-02T10:00"):
        terminal.does("advance", "--at", moment)
    board = terminal.reads("board", "--at", "2027-03-02T11:00")
    assert board["totals"]["budget"] == {"in": 1, "owed": 1, "late": 1, "waived": 0}
    stages = {
        line["code"]: {name: line["stages"]["budget"][name] for name in ("status", "due_on", "days_late")}
        for line in board["districts"]
        if line["code"] != "OET"
    }
    assert stages == {
        "001": {"status": "approved", "due_on": "2027-03-01", "days_late": 0},
        "002": {"status": "open", "due_on": "2027-03-01", "days_late": 1},
    }

    told = terminal.reads("outbox", "list", "--status", "sent")
    assert {letter["recipient"] for letter in told if letter["send_on"] == "2027-03-02"} == {
        "bob@birch.example"
    }
    assert "Birch County (002) on Tuesday 2027-03-02" in terminal.does("explain", "002", "2027-03-02")
    assert terminal.reads("prove", "--at", "2027-03-02T12:00")["breaches"] == []


def test_people_who_leave_and_districts_that_join_are_followed_by_the_ledger(terminal: Terminal) -> None:
    terminal.does("advance", "--at", "2027-02-01T10:00")
    cedar = "003,Cedar Independent,independent,America/New_York\n"
    people = CONTACTS.replace("finn@ash.example", "fern@ash.example").replace(
        "Ray Office,ray@", "Rod Office,rod@"
    )
    people += "003,Cal Cedar,cal@cedar.example,technology_coordinator\n"
    files = (
        terminal.writes("districts.csv", DISTRICTS + cedar),
        "--contacts",
        terminal.writes("contacts.csv", people),
    )

    seen = terminal.reads("roster", "import", *files, "--dry-run")
    assert [entry["key"] for entry in seen["difference"]["gone"]] == [
        "001:finn@ash.example",
        "OET:ray@office.example",
    ]
    assert len(terminal.reads("roster", "list")["districts"]) == 3

    terminal.does("roster", "import", *files, "--at", "2027-02-12T10:00")
    assert len(terminal.reads("roster", "list")["districts"]) == 4
    terminal.does("advance", "--at", "2027-02-16T10:00")
    told = {m["recipient"] for m in terminal.reads("outbox", "list") if m["send_on"] == "2027-02-16"}
    assert {"fern@ash.example", "cal@cedar.example"} <= told
    assert "finn@ash.example" not in told
    assert terminal.reads("prove", "--at", "2027-02-16T12:00")["breaches"] == []
