"""`yearwheel calendar`: the year of a shipped cycle, a stored one, or a file."""

import json
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.terminal import Terminal
from yearwheel.config.cycle_file import load_cycle, read_shipped

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_the_shipped_year_is_shown_without_an_installation(terminal: Terminal) -> None:
    said = terminal.does("calendar", "show", "kentucky-2027")

    (budget,) = [line for line in said.splitlines() if line.startswith("budget_preparation")]
    days = ["Mon 2027-01-04", "Fri 2027-01-29", "Fri 2027-02-05", "Fri 2027-02-05"]
    assert [cell.strip() for cell in budget.split("  ") if cell.strip()][1:5] == days
    assert list(terminal.folder.iterdir()) == []


def test_rules_are_shown_in_the_words_of_the_file(terminal: Terminal) -> None:
    said = terminal.does("calendar", "show", CALENDAR, "--rules")

    assert "10 workdays after due" in said
    assert "10 workdays after due" not in terminal.does("calendar", "show", CALENDAR)


@pytest.mark.parametrize("columns", [None, "80"])
def test_a_stages_key_is_never_broken(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, columns: str | None
) -> None:
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    keys = [stage.key for stage in load_cycle(read_shipped("new-york-2027")).stages]

    said = terminal.does("calendar", "show", "new-york-2027", "--rules")
    starts = [line.split()[0] for line in said.splitlines() if line.strip() and not line.startswith(" ")]
    assert [word for word in starts if word in keys] == keys * 2


def test_json_holds_every_date_with_its_offset(terminal: Terminal) -> None:
    (budget,) = [s for s in terminal.reads("calendar", "show", CALENDAR)["stages"] if s["key"] == "budget"]

    assert {name: budget[name] for name in ("opens", "due", "grace_ends", "closes")} == {
        "opens": "2027-02-01T00:00:00-05:00",
        "due": "2027-03-01T23:59:00-05:00",
        "grace_ends": "2027-03-08T23:59:00-05:00",
        "closes": "2027-03-15T23:59:00-04:00",
    }


def test_everything_wrong_with_a_file_is_said_at_once(terminal: Terminal) -> None:
    text = (
        CALENDAR.read_text("utf-8").replace("due: April 15", "due: April 35").replace("state: KY", "stat: KY")
    )
    broken = terminal.writes("broken.yaml", text)

    said = terminal.refuses("calendar", "show", broken).splitlines()

    assert [line.split(": ")[0] for line in said[:-1]] == ["broken.yaml:2", "broken.yaml:4", "broken.yaml:36"]
    assert said[-1] == "3 things to put right"


def test_a_file_that_is_not_utf8_is_refused_with_its_line(terminal: Terminal) -> None:
    path = terminal.folder / "latin.yaml"
    path.write_bytes(b"cycle: x\ntitle: Jos\xe9\n")

    assert terminal.refuses("calendar", "show", path).startswith("latin.yaml:2: this is not UTF-8")


def test_a_name_nobody_knows_is_answered_with_the_nearest(terminal: Terminal) -> None:
    said = terminal.refuses("calendar", "show", "kentucky-2072")

    assert said == (
        "no cycle or file is called 'kentucky-2072' (did you mean 'kentucky-2027'?); "
        "there are kentucky-2027, new-york-2027, tennessee-2027"
    )


def test_a_missing_file_is_named(terminal: Terminal) -> None:
    assert terminal.refuses("calendar", "show", "none.yaml") == "none.yaml: No such file or directory"


def test_the_feed_is_a_calendar_of_due_dates(terminal: Terminal) -> None:
    out = terminal.folder / "year.ics"
    terminal.does("calendar", "ics", CALENDAR, "--out", out)

    days = [str(event["dtstart"].dt) for event in Calendar.from_ical(out.read_bytes()).walk("VEVENT")]
    assert sorted(days) == ["2027-01-08", "2027-03-01", "2027-04-15", "2027-06-01"]


def test_the_linter_names_the_line_and_says_what_to_write(terminal: Terminal) -> None:
    said = terminal.does("calendar", "lint", CALENDAR).splitlines()

    assert said == [
        "small.yaml:16: warning [short-window] setup: from its opening to its due day it has 5 workdays, "
        "fewer than 10; fix: opens: 10 workdays before due",
        "1 to look at, 0 waived in the file",
        "no roster of KY is here, so what depends on people was not looked at",
    ]
    assert terminal.type("calendar", "lint", CALENDAR, "--strict").exit_code == 1


def test_with_a_roster_the_linter_also_looks_at_the_people(terminal: Terminal) -> None:
    terminal.does(
        "roster",
        "import",
        terminal.writes("d.csv", "code,name,kind,timezone\n001,Ash County,county,America/New_York\n"),
    )

    said = terminal.type("calendar", "lint", CALENDAR).stdout
    assert "error [role-empty] budget: " in said
    assert "a contact with the role finance_officer" in said
    assert "no roster" not in said


def test_a_year_that_cannot_go_as_written_fails_the_linter(terminal: Terminal) -> None:
    text = CALENDAR.read_text("utf-8").replace("14 days before, 7 days before", "60 days before")
    early = terminal.writes("early.yaml", text)

    result = terminal.type("calendar", "lint", early)
    assert result.exit_code == 1
    assert "error [rung-before-open] budget" in result.stdout


def test_what_cannot_be_read_is_a_finding_among_the_others(terminal: Terminal) -> None:
    text = CALENDAR.read_text("utf-8").replace("opens: April 1\n", "opens: June 2\n")
    broken = terminal.writes("broken.yaml", text)

    result = terminal.type("calendar", "lint", broken)
    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        [
            "broken.yaml:16: warning [short-window] setup: from its opening to its due day it has 5 "
            "workdays, fewer than 10; fix: opens: 10 workdays before due",
            "broken.yaml:44: error [due-before-open] review: due: review is due on June 1, 2027, before it "
            "opens on June 2, 2027; fix: opens: 10 workdays before due",
            "2 to look at, 0 waived in the file",
            "what is at fault was looked at no further; lint again once it is put right",
            "no roster of KY is here, so what depends on people was not looked at",
        ],
    )
    listed = json.loads(terminal.type("calendar", "lint", broken, "--json").stdout)
    assert [(f["severity"], f["code"], f["line"]) for f in listed] == [
        ("warning", "short-window", 16),
        ("error", "due-before-open", 44),
    ]


def test_a_file_that_is_no_yaml_is_one_finding(terminal: Terminal) -> None:
    text = CALENDAR.read_text("utf-8").replace("title: Small", "title: Small: a")
    broken = terminal.writes("broken.yaml", text)

    result = terminal.type("calendar", "lint", broken, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (
        1,
        [
            {
                "severity": "error",
                "code": "unreadable",
                "line": 3,
                "stage": "",
                "why": "a text with a colon needs quotes around it; "
                "the rest of the file can be checked once this is mended",
                "fix": 'title: "Small: a planning 2027"',
                "example": "",
                "waived": None,
            }
        ],
    )


def test_a_file_of_closed_days_that_is_no_utf_8_is_a_finding_too(terminal: Terminal) -> None:
    (terminal.folder / "closures.csv").write_bytes("date,reason\n2027-04-05,Schnee fällt\n".encode("latin-1"))
    text = CALENDAR.read_text("utf-8").replace("kentucky-state-offices", "[{file: closures.csv}]")

    result = terminal.type("calendar", "lint", terminal.writes("broken.yaml", text), "--json")
    (finding,) = json.loads(result.stdout)
    assert (result.exit_code, finding["line"]) == (1, 9)
    assert finding["why"].startswith("holidays[0].file: closures.csv, row 2: the file is not UTF-8 text")


def test_a_name_that_is_no_calendar_is_answered_with_those_there_are(terminal: Terminal) -> None:
    assert terminal.refuses("calendar", "holidays", "foo").endswith(
        "; the calendars of holidays are kentucky-state-offices, us-federal or a code such as US-TN"
    )


def test_the_closed_days_of_a_year_are_listed_for_sign_off(terminal: Terminal) -> None:
    said = terminal.does("calendar", "holidays", "us-federal", "--year", "2027")
    assert "Mon 2027-07-05  Independence Day (observed)" in said
    assert "15 days, 12 of them on weekdays" in said
    listed = terminal.reads("calendar", "holidays", "kentucky-2027", "--year", "2028")
    assert (listed["year"], listed["closed"][0]["name"]) == (2028, "New Year's Day")
    assert "no calendar of holidays is called 'US-XX'" in terminal.refuses("calendar", "holidays", "US-XX")


def test_the_year_is_written_as_one_page_with_its_wheel(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "year.html"
    terminal.does("calendar", "page", "kentucky-2027", "--out", file)
    page = file.read_text("utf-8")
    assert ("<svg" in page, "<script" in page) == (True, False)
    assert "Memorial Day" in page
