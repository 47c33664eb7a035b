"""`yearwheel roster import`: every fault at once, every difference before it happens."""

from pathlib import Path

import pytest

from tests.terminal import Terminal

DISTRICTS = "code,name,kind,timezone\n001,Ash County,county,America/New_York\n"
CONTACTS = "district_code,name,email,roles\n001,Ann,ann@ash.example,technology_coordinator\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_every_fault_is_named_and_nothing_is_written(terminal: Terminal) -> None:
    broken = terminal.writes("districts.csv", DISTRICTS + "2,Birch,conty,America/New_York\n")

    assert terminal.refuses("roster", "import", broken).splitlines() == [
        "districts.csv: row 3, kind: not a kind of district; did you mean county? (found 'conty')",
        "districts.csv: row 3, code: leading zeros were lost; write 002 (found '2')",
        "2 faults; nothing was changed",
    ]
    assert not (terminal.folder / "data").exists()


def test_a_file_without_a_district_is_a_fault(terminal: Terminal) -> None:
    header = terminal.writes("good.csv", DISTRICTS.splitlines()[0] + "\n")

    for words in ([], ["--dry-run"]):
        assert terminal.refuses("roster", "import", header, *words).splitlines() == [
            "good.csv: there is no district in it",
            "1 fault; nothing was changed",
        ]


def test_only_so_many_notes_are_printed(terminal: Terminal) -> None:
    many = "".join(f"{n:03},District {n},county,America/New_York\n" for n in range(2, 30))
    terminal.does("roster", "import", terminal.writes("many.csv", DISTRICTS + many))

    one = terminal.type("roster", "import", terminal.writes("one.csv", DISTRICTS), "--dry-run")
    notes = [line for line in one.stderr.splitlines() if line.startswith("note: ")]
    assert notes[0] == "note: 002 District 2 is not in the file; it stays as it is"
    assert (len(notes), notes[-1]) == (21, "note: and 8 more; --json has them all")


def test_a_dry_run_shows_and_changes_nothing(terminal: Terminal) -> None:
    districts = terminal.writes("districts.csv", DISTRICTS)

    said = terminal.does("roster", "import", districts, "--dry-run").splitlines()

    assert said == [
        "+ district 001 Ash County",
        "1 added, 0 changed, 0 gone",
        "nothing was changed; leave out --dry-run to import",
    ]
    assert not (terminal.folder / "data").exists()


def test_an_import_shows_each_change_and_how_to_undo_it(terminal: Terminal) -> None:
    districts, contacts = terminal.writes("d.csv", DISTRICTS), terminal.writes("c.csv", CONTACTS)
    terminal.does("roster", "import", districts, "--contacts", contacts)
    terminal.writes("d.csv", DISTRICTS.replace("Ash County", "Ashe County"))
    terminal.writes("c.csv", CONTACTS.replace("ann@", "anna@"))

    assert terminal.does("roster", "import", districts, "--contacts", contacts).splitlines() == [
        "+ contact 001:anna@ash.example Ann",
        "~ district 001 Ashe County: name 'Ash County' -> 'Ashe County'",
        "- contact 001:ann@ash.example Ann",
        "1 added, 1 changed, 1 gone",
        "imported into KY; 0 reminders of running cycles follow",
        "to undo: import the files from before",
    ]


def test_people_are_listed_with_their_keys_and_whether_they_confirmed_them(terminal: Terminal) -> None:
    districts, contacts = terminal.writes("d.csv", DISTRICTS), terminal.writes("c.csv", CONTACTS)
    terminal.does("roster", "import", districts, "--contacts", contacts)

    said = terminal.does("roster", "list", "--contacts").splitlines()
    assert [" ".join(line.split()) for line in said] == [
        "key name roles e-mail confirmed",
        "001:ann@ash.example Ann technology coordinator ann@ash.example never",
    ]


def test_people_of_districts_the_file_does_not_name_stay(terminal: Terminal) -> None:
    second = "002,Birch County,county,America/Chicago\n"
    both = terminal.writes("both.csv", DISTRICTS + second)
    people = terminal.writes("people.csv", CONTACTS + "002,Bob,bob@birch.example,superintendent\n")
    terminal.does("roster", "import", both, "--contacts", people)

    terminal.does("roster", "import", both)
    terminal.does("roster", "import", both, "--contacts", terminal.writes("one.csv", CONTACTS))

    known = terminal.reads("roster", "list")
    assert list(known["contacts"]) == ["001:ann@ash.example", "002:bob@birch.example"]


def test_invented_people_have_addresses_that_lead_nowhere(terminal: Terminal) -> None:
    terminal.does("roster", "import", terminal.writes("d.csv", DISTRICTS), "--generate-contacts")

    addresses = [contact["email"] for contact in terminal.reads("roster", "list")["contacts"].values()]
    assert len(addresses) == 6
    assert all(address.endswith(".example") for address in addresses)


def test_the_shipped_roster_comes_with_its_people(terminal: Terminal) -> None:
    terminal.does("roster", "import", "--shipped", "kentucky")

    known = terminal.reads("roster", "list")
    assert {contact["district_code"] for contact in known["contacts"].values()} == set(known["districts"])


def test_the_shipped_roster_is_of_its_own_state_only(terminal: Terminal) -> None:
    assert terminal.refuses("roster", "import", "--shipped", "kentucky", "--state", "ZZ") == (
        "the roster kentucky is of KY, and --state says ZZ; leave it out"
    )
    assert not (terminal.folder / "data").exists()


def test_a_roster_is_imported_at_a_moment_while_the_only_cycle_is_a_draft(terminal: Terminal) -> None:
    districts, at = terminal.writes("d.csv", DISTRICTS), ("--at", "2027-01-04T09:00")
    meetings = terminal.writes("meetings.csv", "code,date\n001,2027-01-11\n")
    assert terminal.refuses("roster", "import", districts, *at) == (
        "there is no cycle yet in whose zone '2027-01-04T09:00' could be read; name one: "
        "2027-01-04T09:00-05:00"
    )
    assert "imported into KY" in terminal.does(
        "roster", "import", districts, "--at", "2027-01-04T09:00-05:00"
    )
    terminal.does("cycle", "create", "kentucky-2027")
    assert "imported into KY" in terminal.does("roster", "import", districts, *at)
    assert "days read: 1" in terminal.does("roster", "days", "import", meetings, "--meetings", *at)


def test_of_many_notes_about_days_twenty_are_printed_and_all_are_in_json(terminal: Terminal) -> None:
    terminal.does("roster", "import", terminal.writes("d.csv", DISTRICTS))
    more = ",".join(f"extra{n}" for n in range(25))
    wide = terminal.writes("wide.csv", f"code,date,{more}\n001,2027-01-11{',' * 25}\n")
    notes = terminal.type("roster", "days", "import", wide, "--meetings").stderr.splitlines()

    assert notes[0] == "note: row 1: the column 'extra0' is not known and was not read"
    assert (len(notes), notes[-1]) == (21, "note: and 5 more; --json has them all")
    assert len(terminal.reads("roster", "days", "import", wide, "--meetings")["notes"]) == 25


def test_days_of_districts_are_counted_and_faults_named(terminal: Terminal) -> None:
    terminal.does("roster", "import", terminal.writes("d.csv", DISTRICTS))
    good = terminal.writes("meetings.csv", "code,date\n001,2027-01-11\n001,2027-01-25\n")
    assert terminal.does("roster", "days", "import", good, "--meetings").splitlines() == [
        "days read: 2, districts: 1, due days that move: 0, reminders changed: 0",
        "to undo: import the file from before",
    ]
    broken = terminal.writes("broken.csv", "code,date\n001,tomorrow\n")
    assert terminal.refuses("roster", "days", "import", broken, "--meetings").splitlines() == [
        "broken.csv: row 2, date: not a date such as 2027-03-15 (found 'tomorrow')",
        "nothing was changed",
    ]
    many = terminal.writes("many.csv", "code,date\n999,soon\n" + "1,2027-01-11\n" * 20)
    assert terminal.refuses("roster", "days", "import", many, "--meetings").splitlines() == [
        "many.csv: row 2, date: not a date such as 2027-03-15 (found 'soon')",
        "many.csv: row 2, code: no such district in the roster (found '999')",
        *(
            f"many.csv: row {n}, code: no such district in the roster; leading zeros were lost, write 001 "
            "(found '1')"
            for n in range(3, 21)
        ),
        "many.csv: and 2 more",
        "nothing was changed",
    ]
    feed = terminal.writes("breaks.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    assert terminal.refuses("roster", "days", "import", feed, "--breaks") == (
        "a calendar feed holds one district's breaks: --breaks --district CODE"
    )
