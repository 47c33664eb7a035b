"""Each board meets on its own day: reminders go by it, and the proof holds through changes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.apps import (
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    hand_in,
    ledger,
    logged,
    round_at,
    set_clock,
    standing_of,
)
from yearwheel.notifications.history import OWN_DAY
from yearwheel.notifications.proof import prove as judge
from yearwheel.roster.district_days import DayKind
from yearwheel.services.active import read_active
from yearwheel.services.app import Refused
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.change_calendar import preview_change, save_change
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend, take_back_extension
from yearwheel.services.import_days import import_days, read_days_file
from yearwheel.services.prove import prove, read_facts
from yearwheel.stages.standing import DueBecause
from yearwheel.store import reminders, rosters

BOARD = SOURCE.replace("on: March 1, basis", "on: last board meeting before March 1, basis")
ASH_MEETS, BIRCH_MEETS = date(2027, 2, 22), date(2027, 2, 25)


@pytest.fixture
def app(database):
    """Published on January 4 to three districts, of which two have said when their boards meet."""
    app = bare_app(database, "2027-01-04")
    with database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(app, BOARD, by="ada")
    approve_kinds(app, KEY, by="ada")
    return app


def meetings(tmp_path, *rows):
    path = tmp_path / "meetings.csv"
    path.write_text("\n".join(["code,date", *rows]))
    return read_days_file(path, DayKind.MEETING)


def take_in(app, tmp_path, *rows, save=True):
    return import_days(app, "KY", meetings(tmp_path, *rows), by="ada", save=save).moves


def own(app, code):
    here = standing_of(app, "budget", code)
    return here.due_on, here.due_because


def publish(app, tmp_path):
    take_in(app, tmp_path, "001,2027-02-22", "001,2027-03-08", "002,2027-02-25")
    publish_cycle(app, KEY, by="ada")


def test_districts_enter_a_cycle_on_their_boards_days(app, tmp_path):
    publish(app, tmp_path)
    assert own(app, "001") == (ASH_MEETS, DueBecause.LOCAL)
    assert own(app, "002") == (BIRCH_MEETS, DueBecause.LOCAL)
    assert own(app, "003") == (None, None)


def walk(app, first, last):
    """Run the round of every day; what the state owes is done in time."""
    on = date.fromisoformat(first)
    while on <= date.fromisoformat(last):
        round_at(app, str(on))
        if on == date(2027, 1, 4):
            hand_in(app, "setup", "OET", by="Ada")
        on += timedelta(days=1)


def rung_days(app, code, contact):
    """When each rung about the budget was to go to somebody, and what became of it."""
    with app.database.reading() as connection:
        rows = reminders.list_outcomes(connection, KEY)
    return {
        (row["rung"], str(row["due_on"])): str(row["outbox_status"] or row["status"])
        for row in rows
        if (row["stage_key"], row["district_code"], row["contact_key"]) == ("budget", code, contact)
        and row["kind"] != "published"
    }


def test_reminders_go_by_each_districts_own_day_and_the_proof_holds(app, tmp_path):
    publish(app, tmp_path)
    walk(app, "2027-01-04", "2027-02-26")
    assert rung_days(app, "001", "finn") == {
        ("when-it-opens", "2027-02-01"): "sent",
        ("14-days-before", "2027-02-08"): "sent",
        ("7-days-before", "2027-02-15"): "sent",
        ("on-the-day", "2027-02-22"): "sent",
        ("1-workday-after", "2027-02-23"): "sent",
    }
    assert rung_days(app, "002", "bob") == {
        ("when-it-opens", "2027-02-01"): "sent",
        ("14-days-before", "2027-02-11"): "sent",
        ("7-days-before", "2027-02-18"): "sent",
        ("on-the-day", "2027-02-25"): "sent",
        ("1-workday-after", "2027-02-26"): "sent",
    }
    assert prove(app, KEY).breaches == ()


def test_days_imported_later_move_the_ledger_and_tell_who_had_heard_another_day(app, tmp_path):
    publish_cycle(app, KEY, by="ada")
    walk(app, "2027-01-04", "2027-02-03")
    (move,) = [m for m in take_in(app, tmp_path, "001,2027-02-22") if m.after.stage_key == "budget"]
    assert (move.kind, move.after.due_on) == ("date_moved", ASH_MEETS)
    assert take_in(app, tmp_path, "001,2027-02-22") == []
    walk(app, "2027-02-04", "2027-02-26")
    assert rung_days(app, "001", "finn")["date_moved:1", "2027-02-03"] == "sent"
    assert rung_days(app, "001", "finn")["7-days-before", "2027-02-22"] == "superseded"
    assert prove(app, KEY).breaches == ()


def test_whoever_was_written_the_years_dates_is_told_of_a_districts_own_day_before_anything_opens(
    app, tmp_path
):
    publish_cycle(app, KEY, by="ada")
    walk(app, "2027-01-04", "2027-01-05")
    (move,) = take_in(app, tmp_path, "001,2027-02-22")
    walk(app, "2027-01-06", "2027-01-06")
    told = [row[1:3] for row in ledger(app, kind="date_moved", stage_key="budget", district_code="001")]
    assert (move.kind, told) == ("date_moved", [("ann", "sent"), ("finn", "sent"), ("sue", "sent")])
    assert prove(app, KEY).breaches == ()


def test_the_proof_misses_the_news_of_a_districts_own_day_that_was_not_given(app, tmp_path):
    publish_cycle(app, KEY, by="ada")
    walk(app, "2027-01-04", "2027-01-05")
    take_in(app, tmp_path, "001,2027-02-22")
    with app.database.reading() as connection:
        facts = read_facts(connection, read_active(connection, KEY), app.clock.now())
    assert judge(facts).breaches == ()

    silent = replace(
        facts,
        changes=[replace(c, kind=OWN_DAY) if c.kind == "date_moved" else c for c in facts.changes],
        rows=[row for row in facts.rows if row.kind != "date_moved"],
    )
    found = [(b.kind, b.stage_key, b.district_code) for b in judge(silent).breaches]
    assert found == [("forgotten", "budget", "001")]


def test_a_dry_run_changes_nothing(app, tmp_path):
    publish_cycle(app, KEY, by="ada")
    assert len(take_in(app, tmp_path, "001,2027-02-22", save=False)) == 1
    assert own(app, "001") == (None, None)
    assert logged(app, "days_imported") == []


def test_an_extension_wins_and_taking_it_back_restores_the_districts_own_day(app, tmp_path):
    publish(app, tmp_path)
    walk(app, "2027-01-04", "2027-02-10")
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 10))], by="ada", why="flood")
    assert take_in(app, tmp_path, "001,2027-02-24") == []
    assert own(app, "001") == (date(2027, 3, 10), DueBecause.EXTENSION)
    take_in(app, tmp_path, "001,2027-02-22")
    set_clock(app, "2027-02-12")
    take_back_extension(app, KEY, "budget", "001", by="ada", why="no flood")
    assert own(app, "001") == (ASH_MEETS, DueBecause.LOCAL)
    walk(app, "2027-02-13", "2027-02-26")
    assert prove(app, KEY).breaches == ()


def test_a_changed_calendar_gives_districts_their_own_new_days_as_foreseen(app, tmp_path):
    publish(app, tmp_path)
    walk(app, "2027-01-04", "2027-02-10")
    later = BOARD.replace("meeting before March 1", "meeting before March 15")
    foreseen = preview_change(app, KEY, later)
    save_change(app, KEY, later, by="ada", why="boards asked")
    assert dict(foreseen.writes) == dict(logged(app, "calendar_changed")[0].detail["writes"])
    assert own(app, "001") == (date(2027, 3, 8), DueBecause.LOCAL)
    assert own(app, "002") == (BIRCH_MEETS, DueBecause.LOCAL)
    walk(app, "2027-02-11", "2027-03-12")
    assert prove(app, KEY).breaches == ()


def test_a_calendar_without_board_meetings_gives_districts_the_stages_day_back(app, tmp_path):
    publish(app, tmp_path)
    walk(app, "2027-01-04", "2027-02-10")
    save_change(app, KEY, SOURCE, by="ada", why="one day for all")
    assert own(app, "001") == (None, None)
    walk(app, "2027-02-11", "2027-03-12")
    assert prove(app, KEY).breaches == ()


def test_it_is_said_why_the_day_is_the_districts_own(app, tmp_path):
    publish(app, tmp_path)
    walk(app, "2027-01-04", "2027-02-10")
    because = "the last board meeting before March 1 is on February 22, 2027"
    (event,) = [e for e in logged(app, "own_day") if e.district_code == "001"]
    assert (event.before, event.after, event.why) == ("2027-03-01", "2027-02-22", because)
    for day in (date(2027, 2, 8), date(2027, 2, 9)):
        said = "\n".join(explain(app, KEY, "001", day).lines())
        assert f"by the district's own calendar ({because})" in said


def test_strangers_are_refused_and_nothing_is_kept(app, tmp_path):
    with pytest.raises(Refused, match="KY has no district 999; see: yearwheel roster list"):
        take_in(app, tmp_path, "001,2027-02-22", "999,2027-02-22")
    publish_cycle(app, KEY, by="ada")
    assert own(app, "001") == (None, None)


def take_in_breaks(app, tmp_path, *rows, save=True):
    path = tmp_path / "breaks.csv"
    path.write_text("\n".join(["code,first,last,reason", *rows]))
    return import_days(app, "KY", read_days_file(path, DayKind.BREAK), by="ada", save=save)


def test_reminders_leave_a_districts_break_and_go_back_to_their_days_with_it(app, tmp_path):
    """Ash is away from February 15 to 19; the rung of the 15th moves to Friday the 12th."""
    publish_cycle(app, KEY, by="ada")
    others = rung_days(app, "002", "bob")
    done = take_in_breaks(app, tmp_path, "001,2027-02-15,2027-02-19,winter break")
    assert (done.moves, done.reminders) == ([], 2)  # ann's and finn's
    assert ("14-days-before", "2027-02-12") in rung_days(app, "001", "finn")
    assert rung_days(app, "002", "bob") == others
    assert take_in_breaks(app, tmp_path, "001,2027-02-15,2027-02-19,winter break").reminders == 0
    assert take_in_breaks(app, tmp_path, "001,2027-03-22,2027-03-26,spring break").reminders == 2
    assert ("14-days-before", "2027-02-15") in rung_days(app, "001", "finn")


def test_the_proof_holds_while_breaks_come_and_go_and_it_is_said_why_a_reminder_moved(app, tmp_path):
    take_in_breaks(app, tmp_path, "001,2027-02-15,2027-02-19,winter break")
    publish_cycle(app, KEY, by="ada")
    walk(app, "2027-01-04", "2027-02-12")
    assert rung_days(app, "001", "finn")["14-days-before", "2027-02-12"] == "sent"
    said = "\n".join(explain(app, KEY, "001", date(2027, 2, 12)).lines())
    assert "2027-02-15 falls into the district's break, winter break, so it goes on 2027-02-12" in said
    take_in_breaks(app, tmp_path, "001,2027-03-01,2027-03-05,flood week")  # and no winter break any more
    assert prove(app, KEY).breaches == ()
    walk(app, "2027-02-13", "2027-02-23")
    assert prove(app, KEY).breaches == ()
    take_in_breaks(app, tmp_path, "001,2027-02-22,2027-02-26,power cut")
    walk(app, "2027-02-24", "2027-03-12")
    assert prove(app, KEY).breaches == ()


def test_a_dry_run_of_breaks_says_what_would_move_and_moves_nothing(app, tmp_path):
    publish_cycle(app, KEY, by="ada")
    before = rung_days(app, "001", "finn")
    done = take_in_breaks(app, tmp_path, "001,2027-02-15,2027-02-19,winter break", save=False)
    assert (done.reminders, rung_days(app, "001", "finn")) == (2, before)


def test_a_changed_calendar_plans_around_breaks_as_foreseen(app, tmp_path):
    take_in_breaks(app, tmp_path, "001,2027-02-15,2027-02-19,winter break")
    publish_cycle(app, KEY, by="ada")
    later = SOURCE.replace("on: March 1, basis", "on: March 8, basis")
    foreseen = preview_change(app, KEY, later)
    save_change(app, KEY, later, by="ada", why="boards asked")
    assert dict(foreseen.writes) == dict(logged(app, "calendar_changed")[0].detail["writes"])
    assert ("14-days-before", "2027-02-22") in rung_days(app, "001", "finn")
    assert prove(app, KEY).breaches == ()
