"""What a round and the proof say to the person who asked for them."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.terminal import Terminal

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"
PEOPLE = """\
code,name,kind,timezone
001,Ash County,county,America/New_York
OET,Office of Testing,state_office,America/New_York
"""


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(tmp_path)
    terminal.writes("people.csv", PEOPLE)
    terminal.does("roster", "import", "people.csv", "--generate-contacts")
    terminal.does("cycle", "create", CALENDAR, "--at", "2027-01-04T09:00")
    terminal.does("cycle", "publish", "small-2027", "--yes", "--at", "2027-01-04T09:00")
    terminal.does("notifications", "approve", "--all")
    return terminal


def test_a_round_of_a_paused_cycle_says_so(running: Terminal) -> None:
    assert "paused" not in running.does("advance", "--at", "2027-01-04T10:00")
    running.does("cycle", "pause", "small-2027", "--why", "a flood", "--at", "2027-01-05T09:00")

    said = running.does("advance", "--at", "2027-01-06T10:00").splitlines()
    read = running.reads("advance", "--at", "2027-01-06T11:00")

    assert said[2] == (
        "paused since Tue 2027-01-05 by pat: a flood; "
        "nothing is queued or delivered until: yearwheel cycle resume small-2027"
    )
    assert (read["paused"]["by"], read["paused"]["why"]) == ("pat", "a flood")
    said = running.does("cycle", "resume", "small-2027", "--dry-run", "--at", "2027-01-06T12:00").splitlines()
    assert said == ["small-2027 stays paused", "the pause kept back nothing"]
    running.does("cycle", "resume", "small-2027", "--at", "2027-01-06T12:00")
    assert running.reads("advance", "--at", "2027-01-06T13:00")["paused"] is None


def test_a_proof_says_what_each_number_counts(running: Terminal) -> None:
    running.does("advance", "--at", "2027-01-04T10:00")
    sound = running.does("prove", "--at", "2027-01-04T11:00").splitlines()
    figures = running.reads("prove", "--at", "2027-01-04T11:00")

    assert sound[0] == "small-2027: the proof holds"
    assert sound[2:] == [
        f"{figures['expected']:>8,}  were owed: reminders and notices whose moment has come",
        f"{figures['sent']:>8,}  were sent",
        "       0  were not, for a reason that held",
        "       0  wait for their reader's hours or a person's word, or are on their way",
        "       0  are in doubt: they may have left",
        "       0  are not accounted for",
        "",
        "promises broken: none",
    ]
    assert figures["expected"] == figures["sent"] > 0


def test_what_a_closed_cycle_never_sent_is_not_called_on_its_way(running: Terminal) -> None:
    at = ("--at", "2027-01-04T10:00")
    running.does("cycle", "close", "small-2027", "--why", "called off", "--yes", *at)
    waiting = running.reads("prove", "--cycle", "small-2027", *at)["waiting"]

    assert waiting > 0
    assert f"{waiting:>8,}  were not sent before the cycle was closed" in running.does(
        "prove", "--cycle", "small-2027", *at
    )


def test_a_broken_proof_counts_every_kind_of_breach(running: Terminal) -> None:
    broken = running.type("prove", "--at", "2027-03-15T10:00")

    (summary,) = (line for line in broken.stdout.splitlines() if line.startswith("promises broken"))
    found = json.loads(running.type("prove", "--at", "2027-03-15T10:00", "--json").stdout)
    kinds = Counter(breach["kind"].replace("_", " ") for breach in found["breaches"])
    assert (broken.exit_code, len(kinds) > 0) == (1, True)
    assert summary == "promises broken: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))


def test_bounces_of_an_acted_out_year_are_read_on_its_own_days(running: Terminal) -> None:
    running.does("advance", "--at", "2027-01-04T10:00")
    (letter,) = running.reads("outbox", "list", "--limit", "1")
    digest = running.reads("outbox", "show", letter["id"])["message_id"][1:41]
    raw = (CALENDAR.parent.parent / "bounces" / "postfix_hard.eml").read_text()
    new = running.folder / "box" / "new"
    new.mkdir(parents=True)
    (new / "1").write_text(raw.replace("0123456789abcdef0123456789abcdef01234567", digest))
    (new / "2").write_bytes(b"\xff\xfe garbage")

    said = running.does("bounces", "read", "box", "--at", "2027-01-04T10:20").splitlines()
    assert said == [
        "1 did not arrive because of the address, 0 for another reason, 0 were answers or news of delays, "
        "0 were known, 0 are about no letter of ours, 1 were not understood",
        "what was not understood lies with the others that were read; have a look at it",
        "next: yearwheel tasks list --cycle small-2027",
    ]
    assert [task["opened_at"] for task in running.reads("tasks", "list")["tasks"]] == [
        "2027-01-04T15:20:00+00:00"
    ]
    proof = running.does("prove", "--at", "2027-01-04T11:00")
    assert "       1  of the letters they were in came back undelivered\n" in proof
    assert f"\ncame back: letter {letter['id']} of 2027-01-04 to " in proof
