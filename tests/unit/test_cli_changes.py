"""Changing a published year from the command line: looked at, asked, done, and taken back."""

import re
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.terminal import Terminal
from yearwheel.config.cycle_file import load_cycle, read_shipped
from yearwheel.config.roll_over import roll_over

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"
SOURCE = CALENDAR.read_text("utf-8")
LATER = SOURCE.replace("due: {on: March 1, basis", "due: {on: March 15, basis")
DISTRICTS = """\
code,name,kind,timezone,county
001,Ash County,county,America/New_York,Ash
002,Birch County,county,America/Chicago,Birch
003,Birch Independent,independent,America/Chicago,Birch
"""
CONTACTS = """\
district_code,name,email,roles
001,Ann,ann@ash.example,technology_coordinator
002,Bob,bob@birch.example,technology_coordinator
"""
NOW = ("--at", "2027-02-02T09:00")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """The small cycle on the day after the budget opened."""
    found = Terminal(tmp_path)
    districts, contacts = found.writes("d.csv", DISTRICTS), found.writes("c.csv", CONTACTS)
    found.does("roster", "import", districts, "--contacts", contacts)
    found.does("cycle", "create", CALENDAR, "--at", "2027-01-25T09:00")
    found.does("cycle", "publish", "small-2027", "--yes", "--at", "2027-01-25T09:00")
    return found


def due(terminal: Terminal, code: str, stage: str = "budget") -> tuple[str, str]:
    found = terminal.reads("district", "show", code, *NOW)["stages"][stage]
    return found["due_on"], found["status"]


def act_of(said: str) -> str:
    return re.findall(r"yearwheel undo (\w+)", said)[0]


def test_a_change_is_shown_and_asked_before_it_is_saved(terminal: Terminal) -> None:
    later = terminal.writes("later.yaml", LATER)
    looked = terminal.type("cycle", "change", "small-2027", later, "--why", "snow", *NOW)
    assert looked.exit_code == 1
    assert "Budget is due on Monday, March 15, 2027 instead of Monday, March 1, 2027" in looked.stdout
    assert "Save this as a new version? [y/N]" in looked.stdout
    assert due(terminal, "001") == ("2027-03-01", "open")

    terminal.does("cycle", "change", "small-2027", later, "--why", "snow", "--yes", *NOW)
    assert due(terminal, "001") == ("2027-03-15", "open")


def test_closing_is_shown_and_asked_before_it_is_done_and_can_be_undone(terminal: Terminal) -> None:
    terminal.does("advance", *NOW)
    later = ("--at", "2027-02-03T09:00")
    looked = terminal.type("cycle", "close", "small-2027", "--why", "called off", *later)
    assert (looked.exit_code, looked.stdout) == (
        1,
        "2 letters wait and are taken back\n"
        "9 pieces of work are still owed; nobody is reminded of them any more\n"
        "Close small-2027? [y/N]: ",
    )
    assert phase(terminal) == "running"

    closed = terminal.does("cycle", "close", "small-2027", "--why", "called off", "--yes", *later)
    assert closed.splitlines()[-2:] == [
        "small-2027 is closed; what it holds stays readable",
        "to undo: yearwheel cycle reopen small-2027 --why '...'",
    ]
    told = "that it was closed kept back 6 things to tell 2 people\n"
    again = ("cycle", "reopen", "small-2027", "--why", "too early", "--at", "2027-02-05T09:00")
    assert terminal.does(*again, "--dry-run") == f"small-2027 stays closed\n{told}"
    assert phase(terminal) == "closed"
    assert terminal.does(*again) == (
        f"small-2027 goes on with the next round\n{told}"
        "to undo, before that round: yearwheel cycle close small-2027 --why '...'\n"
    )
    assert phase(terminal) == "running"


def test_closing_and_reopening_need_a_reason(terminal: Terminal) -> None:
    assert "closing a cycle needs a reason" in terminal.type("cycle", "close", "small-2027", *NOW).stderr
    terminal.does("cycle", "close", "small-2027", "--why", "called off", "--yes", *NOW)
    assert "opening a cycle again needs a reason" in terminal.type("cycle", "reopen", "small-2027").stderr


def test_a_draft_that_was_closed_and_opened_again_is_a_draft(terminal: Terminal) -> None:
    draft = terminal.writes("other.yaml", SOURCE.replace("cycle: small-2027", "cycle: other-2027"))
    terminal.does("cycle", "create", draft, *NOW)
    assert terminal.type("cycle", "close", "other-2027", "--why", "no", *NOW).stdout.startswith("Close other")
    terminal.does("cycle", "close", "other-2027", "--why", "no", "--yes", *NOW)
    assert terminal.does("cycle", "reopen", "other-2027", "--why", "yes", *NOW).startswith(
        "other-2027 is a draft again\n"
    )
    assert phase(terminal, "other-2027") == "draft"


def phase(terminal: Terminal, key: str = "small-2027") -> str:
    (found,) = [line["phase"] for line in terminal.reads("cycle", "list") if line["cycle"] == key]
    return str(found)


def test_each_version_can_be_listed_and_printed(terminal: Terminal) -> None:
    later = terminal.writes("later.yaml", LATER)
    terminal.does("cycle", "change", "small-2027", later, "--why", "snow", "--yes", "--by", "ada", *NOW)

    found = terminal.reads("cycle", "versions", "small-2027")
    assert [(v["number"], v["made_by"], v["why"]) for v in found] == [
        (1, "pat", "published"),
        (2, "ada", "snow"),
    ]
    assert terminal.does("calendar", "show", "small-2027", "--version", 1, "--source") == SOURCE
    assert "2027-03-01" in terminal.does("calendar", "show", "small-2027", "--version", 1)
    assert "2027-03-15" in terminal.does("calendar", "show", "small-2027")
    for number in (0, 9):
        assert terminal.refuses("calendar", "show", "small-2027", "--version", number) == (
            f"small-2027 has no version {number}; there are: 1, 2"
        )


def test_a_refused_change_changes_nothing(terminal: Terminal) -> None:
    broken = terminal.writes("broken.yaml", LATER.replace("kind: milestone", "kind: milestoan", 1))
    assert "1 thing to put right" in terminal.refuses(
        "cycle", "change", "small-2027", broken, "--why", "snow", "--yes", *NOW
    )
    assert len(terminal.reads("cycle", "versions", "small-2027")) == 1


def test_two_calendars_are_compared_as_text_json_and_a_page(terminal: Terminal) -> None:
    later = terminal.writes("later.yaml", LATER)

    assert "Budget is due on Monday, March 15" in terminal.does("calendar", "diff", CALENDAR, later)
    ours = terminal.reads("calendar", "diff", "small-2027", later)
    assert (ours["districts"], ours["calendar"]["moves"][0]["days"]) == (3, 14)
    page = terminal.folder / "diff.html"
    terminal.does("calendar", "diff", "small-2027", later, "--html", page)
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert due(terminal, "001") == ("2027-03-01", "open")


def test_two_calendars_are_compared_as_of_a_moment(terminal: Terminal) -> None:
    later = terminal.writes("later.yaml", SOURCE.replace("on: March 1,", "on: March 3,"))

    def seen_at(moment: str) -> tuple[str, int]:
        found = terminal.reads("calendar", "diff", "small-2027", later, "--at", moment)
        return found["today"], found["reminders"]["moved"]

    (early, many), (late, few) = seen_at("2027-02-02T09:00"), seen_at("2027-02-27T09:00")
    assert (early, late, many > few) == ("2027-02-02", "2027-02-27", True)
    terminal.does("advance", *NOW)
    before = ("--at", "2027-01-27T09:00")
    assert "this lies before it" in terminal.refuses("calendar", "diff", "small-2027", later, *before)
    assert terminal.refuses("calendar", "diff", CALENDAR, later, *NOW) == (
        "--at is for a published cycle of yours and the file that would follow it"
    )


def test_a_county_is_extended_as_one_act_and_that_is_undone_as_one(terminal: Terminal) -> None:
    words = ("extend", "--county", "Birch", "--stage", "budget", "--until", "2027-03-10", "--why", "flood")
    looked = terminal.type(*words, *NOW)
    assert (looked.exit_code, "2 districts in all: Birch County, Birch Independent" in looked.stdout) == (
        1,
        True,
    )
    assert due(terminal, "002")[0] == "2027-03-01"

    act = act_of(terminal.does(*words, "--yes", *NOW))
    assert [due(terminal, code)[0] for code in ("001", "002", "003")] == [
        "2027-03-01",
        "2027-03-10",
        "2027-03-10",
    ]
    terminal.does("undo", act, "--why", "no flood", "--yes", *NOW)
    assert due(terminal, "002")[0] == "2027-03-01"


def test_the_whole_state_is_shifted_and_many_are_excused(terminal: Terminal) -> None:
    terminal.does("extend", "--all", "--workdays", 2, "--why", "strike", "--force", "--yes", *NOW)
    assert due(terminal, "001") == ("2027-03-03", "open")
    said = terminal.does("excuse", "--county", "Birch", "--stage", "plan", "--why", "merger", "--yes", *NOW)
    assert "excused: 2 districts" in said
    assert due(terminal, "003", "plan")[1] == "excused"


def test_an_absurd_length_of_time_is_refused_before_anybody_counts_that_far(terminal: Terminal) -> None:
    for days in (251, 99_999_999):
        assert terminal.refuses("extend", "--all", "--workdays", days, "--why", "storm", "--yes", *NOW) == (
            f"a day may be from 1 to 250 working days later, not {days:,}; "
            "give another number, or the day itself"
        )
    relief = ("disaster", "declare", "--all", "--why", "storm", "--yes", *NOW)
    assert terminal.refuses(*relief, "--until", "2199-12-31") == (
        "2199-12-31 is more than a year away; a relief lasts until 2028-02-03 at most"
    )
    assert due(terminal, "001") == ("2027-03-01", "open")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("extend", "--county", "Birch", "--why", "x"), "either --until 2027-03-31 or --workdays 5"),
        (("extend", "--county", "Brich", "--workdays", "2", "--why", "x"), "did you mean 'Birch'?"),
        (("extend", "--near", "here", "--workdays", "2", "--why", "x"), "37.08,-88.60,50"),
        (("extend", "--near", "370,-85,5", "--workdays", "2", "--why", "x"), "370 is no latitude; it lies"),
        (("excuse", "--near", "37,-850,5", "--stage", "plan", "--why", "x"), "-850 is no longitude; it lies"),
        (("extend", "--near", "nan,-85,5", "--workdays", "2", "--why", "x"), "nan is no latitude; it lies"),
        (("extend", "--near", "37,-85,-5", "--workdays", "2", "--why", "x"), "-5 is no distance in kilom"),
        (("extend", "--near", "37,-85,inf", "--workdays", "2", "--why", "x"), "inf is no distance in kilom"),
        (
            ("extend", "--all", "--workdays", "0", "--why", "x"),
            "from 1 to 250 working days later, not 0; give",
        ),
        (
            ("extend", "--all", "--workdays", "-3", "--why", "x"),
            "from 1 to 250 working days later, not -3; give",
        ),
        (("extend", "001", "budget", "--workdays", "3", "--why", "x"), "--workdays is for many districts"),
        (("extend", "--all", "--take-back", "--why", "x"), "is taken back as one, with the command undo"),
        (("extend", "--until", "2027-03-05", "--why", "x"), "name a district and a stage"),
        (("undo", "nothing", "--why", "x"), "has no act 'nothing'"),
        (("disaster", "declare", "001", "--until", "2027-03-05"), "needs a reason"),
        (("disaster", "end", "7", "--why", "x"), "has no relief 7 to end; running: none"),
        (("feed", "create"), "--district CODE, --person KEY or --state"),
        (("feed", "revoke", "7"), "has no feed 7 to revoke"),
        (("district", "track", "001", "--year", "4", "--of", "3"), "no year 4 of 3"),
    ],
)
def test_what_is_unclear_or_refused_says_what_would_be_right(
    terminal: Terminal, words: tuple[str, ...], said: str
) -> None:
    assert said in terminal.refuses(*words, *NOW)


def test_a_disaster_is_declared_listed_and_ended(terminal: Terminal) -> None:
    words = ("disaster", "declare", "--county", "Ash", "--until", "2027-02-12", "--why", "tornado", "--yes")
    assert "nothing is asked of 1 district;" in terminal.does(*words, *NOW)
    (relief,) = terminal.reads("disaster", "list")
    assert (relief["districts"], relief["last_on"], relief["ended_at"]) == (["001"], "2027-02-12", None)

    terminal.does("disaster", "end", relief["id"], "--why", "over", *NOW)
    assert terminal.reads("disaster", "list")[0]["ended_by"] == "pat"


def test_a_feed_is_made_listed_and_revoked(terminal: Terminal) -> None:
    said = terminal.does("feed", "create", "--district", "001", *NOW)
    assert re.match(r"http://127\.0\.0\.1:8000/feeds/[\w-]{43}\.ics\n", said)
    terminal.does("feed", "revoke", 1, *NOW)

    (feed,) = terminal.reads("feed", "list")
    assert (feed["scope"], feed["subject"], feed["revoked_at"] is not None) == ("district", "001", True)


def test_next_year_keeps_the_rules_and_names_what_a_person_must_look_at(terminal: Terminal) -> None:
    out = terminal.folder / "next.yaml"
    said = terminal.does("cycle", "create", "kentucky-2028", "--from", "kentucky-2027", "--out", out)

    new, old = load_cycle(out), load_cycle(read_shipped("kentucky-2027"))
    assert (new.key, new.year, new.title) == (
        "kentucky-2028", 2028, "Kentucky education technology planning 2028",
    )  # fmt: skip
    assert [stage.words["due"] for stage in new.stages] == [stage.words["due"] for stage in old.stages]
    assert "erate_471: USAC sets this day every year: April 1" in said
    assert "budget_preparation: still speaks of 2027" in said
    assert {"kentucky-2028": "draft"}.items() <= {
        line["cycle"]: line["phase"] for line in terminal.reads("cycle", "list")
    }.items()


def test_a_key_that_does_not_name_its_calendars_year_is_remarked_on(terminal: Terminal) -> None:
    said = terminal.type("cycle", "create", "kentucky-20xx", "--from", "kentucky-2027",
                         "--out", terminal.folder / "next.yaml")  # fmt: skip
    assert (said.exit_code, said.stderr.strip()) == (
        0,
        "note: the key kentucky-20xx does not name the year of its calendar, 2028",
    )


def test_a_key_that_names_another_year_is_remarked_on_once_by_the_linter(terminal: Terminal) -> None:
    out = terminal.folder / "next.yaml"
    said = terminal.type("cycle", "create", "kentucky-2030-b", "--from", "kentucky-2027", "--out", out)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.count("the key kentucky-2030-b names 2030, but the dates are those of 2028") == 1


def test_next_year_says_where_districts_are_in_their_plans(terminal: Terminal) -> None:
    for code, year in (("001", 2), ("002", 3)):
        terminal.does("district", "track", code, "--year", year, "--of", 3, *NOW)
    out = terminal.folder / "next.yaml"
    said = terminal.does("cycle", "create", "small-2028", "--from", "small-2027", "--out", out)

    assert "2 districts go on in their plans: 1 in year 1 of 3, 1 in year 3 of 3\n" in said
    assert "to change one: yearwheel district track CODE --year 1 --of 3 --cycle small-2028\n" in said


def test_next_year_says_what_the_linter_finds_in_it_and_how_to_look_again(terminal: Terminal) -> None:
    out = terminal.folder / "next.yaml"
    said = terminal.does("cycle", "create", "kentucky-2028", "--from", "kentucky-2027", "--out", out)

    assert "next.yaml, line 85: warning [due-on-closed-day] erate_471: it is due on April 1, 2028" in said
    count = said.count("next.yaml, line ")
    assert f"{count} to look at: yearwheel calendar lint kentucky-2028; next: yearwheel cycle publish" in said


def test_next_year_names_the_files_and_the_districts_days_that_are_still_of_the_old_one(
    terminal: Terminal,
) -> None:
    terminal.writes("closures.csv", "date,reason\n2027-04-13,flood of 2027\n")
    with_both = SOURCE.replace(
        "holidays: kentucky-state-offices", "holidays: [kentucky-state-offices, {file: closures.csv}]"
    ).replace("due: April 15", "due: last board meeting before April 30")
    source = terminal.writes("both.yaml", with_both)
    out = terminal.folder / "next.yaml"
    said = terminal.does("cycle", "create", "both-2028", "--from", source, "--out", out)

    assert said.splitlines()[:4] == [
        f"wrote {out}, for 2028; 2 lines need a person:",
        "  line 36, plan: districts' own days of 2028 decide it: yearwheel roster days import --help",
        "  line 56: the file closures.csv is as it was; put the days of 2028 into it",
        f"when it is right: yearwheel cycle change both-2028 {out} --why 'dates confirmed'",
    ]


def test_a_year_that_cannot_be_reckoned_is_written_all_the_same_and_says_so(terminal: Terminal) -> None:
    """May 7 is a Friday in 2027, and a Sunday in 2028: the day before it comes before the opening."""
    fixed = SOURCE.replace(
        "opens: February 1\n    due: April 15",
        "opens: May 7\n    due: {on: May 7, if_closed: previous workday}",
    )
    source, out = terminal.writes("fixed.yaml", fixed), terminal.folder / "next.yaml"
    typed = terminal.type("cycle", "create", "fixed-2028", "--from", source, "--out", out)

    said = typed.stderr
    assert (typed.exit_code, typed.stdout.splitlines()[0]) == (
        1,
        f"wrote {out}, for 2028; no line needs a person",
    )
    assert "next.yaml:36: plan: due: plan is due on" in said
    assert said.splitlines()[-1] == (
        f"{out} stays, but is no cycle yet; put this right in it, then: yearwheel cycle create {out}"
    )
    assert "nothing was changed" not in said
    assert "cycle: fixed-2028" in out.read_text("utf-8")


def test_shipped_cycles_are_listed_by_their_titles_and_how_to_take_one_is_said_below(
    terminal: Terminal,
) -> None:
    titles = {line["cycle"]: line["title"] for line in terminal.reads("cycle", "list")}
    assert titles["kentucky-2027"] == "Kentucky education technology planning 2027"
    assert not any("yearwheel" in title for title in titles.values())

    said = terminal.does("cycle", "list").splitlines()
    assert said[-1] == "to keep a shipped one as a cycle of yours: yearwheel cycle create kentucky-2027"


def test_a_file_that_is_there_is_not_written_over(terminal: Terminal) -> None:
    out = terminal.writes("mine.yaml", "mine")
    assert "File exists" in terminal.refuses(
        "cycle", "create", "kentucky-2028", "--from", "kentucky-2027", "--out", out
    )
    assert out.read_text("utf-8") == "mine"


def test_a_draft_is_replaced_by_the_file_a_person_has_put_right(terminal: Terminal) -> None:
    out = terminal.folder / "next.yaml"
    terminal.does("cycle", "create", "small-2028", "--from", "small-2027", "--out", out)
    out.write_text(out.read_text("utf-8").replace("due: April 15", "due: April 20"), "utf-8")
    terminal.does("cycle", "change", "small-2028", out, "--why", "confirmed")

    assert "2028-04-20" in terminal.does("calendar", "show", "small-2028")
    assert terminal.reads("cycle", "versions", "small-2028") == []


@pytest.mark.parametrize(
    ("key", "stages"),
    [("kentucky", ["", "budget_preparation", "erate_471", "local_approval"]),
     ("tennessee", ["", "erate_471"]), ("new-york", ["erate_471"])],
)  # fmt: skip
def test_only_what_truly_needs_a_person_is_listed(key: str, stages: list[str]) -> None:
    """A day that USAC sets, and remarks about the old year; not the names of ladders, nor `announce: no`."""
    rolled = roll_over(read_shipped(f"{key}-2027"), f"{key}-2028")
    assert [line.stage for line in rolled.confirm] == stages
    (usac,) = [line for line in rolled.confirm if line.stage == "erate_471"]
    assert usac.why == "USAC sets this day every year: April 1"
    assert "April 1," in rolled.source.splitlines()[usac.line - 1]


def test_a_key_without_a_year_goes_to_the_next() -> None:
    rolled = roll_over(SOURCE, "small-again")
    assert (rolled.year, load_cycle(rolled.source).stage("budget").dates.due.on) == (2028, date(2028, 3, 1))


def test_a_printed_feed_is_read_by_a_parser(terminal: Terminal) -> None:
    assert len(Calendar.from_ical(terminal.does("calendar", "ics", "small-2027")).walk("VEVENT")) == 4


def test_more_time_is_asked_for_listed_and_answered(terminal: Terminal) -> None:
    place = ("001", "budget", *NOW)
    asked = terminal.does(
        "extension", "ask", *place, "--until", "2027-03-10", "--why", "flood", "--by", "Ann"
    )
    assert asked.startswith(
        "001 asks for time in budget until Wed 2027-03-10; the office has a task to answer"
    )
    assert terminal.reads("extension", "list", *NOW) == [
        {
            "stage_key": "budget",
            "district_code": "001",
            "until": "2027-03-10",
            "by": "Ann",
            "why": "flood",
            "asked_at": "2027-02-02T14:00:00+00:00",
            "past_close": None,
        }
    ]
    assert terminal.refuses("extension", "refuse", *place).startswith("a refusal needs a reason")
    terminal.does("extension", "refuse", *place, "--why", "the board can meet by video")
    assert terminal.reads("extension", "list", *NOW) == []
    assert terminal.refuses("extension", "grant", *place).startswith("001 has no open request")


def test_what_is_undone_is_not_undone_twice(terminal: Terminal) -> None:
    many = ("--all", "--stage", "budget", "--until", "2027-03-10", "--why", "ice", "--yes", *NOW)
    act = act_of(terminal.does("extend", *many))
    again = act_of(terminal.does("undo", act, "--why", "a mistake", "--yes", "--by", "ada", *NOW))

    assert terminal.refuses("undo", act, "--why", "a mistake", *NOW) == (
        f"{act} was undone already on 2027-02-02 by ada (a mistake); "
        f"to have it back: yearwheel undo {again} --why '...' --cycle small-2027"
    )
    assert due(terminal, "001")[0] == "2027-03-01"
    terminal.does("undo", again, "--why", "it was right", "--yes", *NOW)
    assert due(terminal, "001")[0] == "2027-03-10"


@pytest.mark.parametrize("key", ["kentucky-2027", "kentucky-2026", "kentucky-9999"])
def test_a_calendar_rolls_forward_to_a_year_that_somebody_plans(terminal: Terminal, key: str) -> None:
    said = terminal.refuses(
        "cycle", "create", key, "--from", "kentucky-2027", "--out", terminal.folder / "next.yaml"
    )
    assert f"{key} is for {key[-4:]}, and the calendar is for 2027" in said
    assert "kentucky-2028" in said
    assert not (terminal.folder / "next.yaml").exists()


def test_dates_that_the_linter_doubts_are_promised_only_when_a_person_says_so(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.does("roster", "import", terminal.writes("d.csv", DISTRICTS))
    terminal.does("cycle", "create", CALENDAR, "--at", "2027-01-25T09:00")
    asked = terminal.type("cycle", "publish", "small-2027", "--at", "2027-01-25T09:00")
    assert asked.exit_code == 1
    assert [line["phase"] for line in terminal.reads("cycle", "list") if line["cycle"] == "small-2027"] == [
        "draft"
    ]
    said = terminal.does("cycle", "publish", "small-2027", "--yes", "--at", "2027-01-25T09:00")
    assert "small-2027, line 16: warning [short-window] setup" in said
    (foretold,) = re.findall(r"\d+ reminders planned, and \d+ notices .+", asked.stdout)
    assert f"small-2027 is published: {foretold}" in said


def test_what_was_before_the_newest_round_cannot_be_looked_at_as_if_it_were_now(terminal: Terminal) -> None:
    terminal.does("advance", *NOW)
    for words in (("board",), ("district", "show", "001"), ("advance",)):
        assert "this lies before it" in terminal.refuses(*words, "--at", "2027-01-27T09:00")
