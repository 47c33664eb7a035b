"""A window is open by its date; what holds the work up is named alike on the board, in letters, in words."""

from datetime import date

import pytest

from tests.apps import (
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    hand_in,
    logged,
    round_at,
    set_clock,
    standing_of,
)
from yearwheel.services.active import read_active
from yearwheel.services.app import Refused
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.board import read_board
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.district_page import read_district
from yearwheel.services.explain import explain
from yearwheel.services.prove import prove
from yearwheel.services.submit import start
from yearwheel.stages.status import Status
from yearwheel.store import rosters


@pytest.fixture
def app(sqlite_database):
    """February has come, the budget's window is open, and the office has not handed in its own set-up."""
    app = bare_app(sqlite_database, "2027-01-04")
    with sqlite_database.writing() as work:
        rosters.save(work.connection, "KY", PEOPLE)
        work.commit()
    create_cycle(
        app, SOURCE.replace("    grace: 5 workdays", "    after: [setup]\n    grace: 5 workdays"), by="ada"
    )
    approve_kinds(app, KEY, by="ada")
    publish_cycle(app, KEY, by="ada")
    for day in ("2027-01-04", "2027-01-08", "2027-02-01"):
        round_at(app, day)
    return app


def board(app):
    with app.database.reading() as connection:
        active = read_active(connection, KEY)
    return read_board(app, active)


def label(app, stage, code="001"):
    (line,) = (line for line in board(app).lines if line.district.code == code)
    return line.cells[stage].label


def quiet(app, day, stage="budget", code="001"):
    (words,) = (s for s in explain(app, KEY, code, date.fromisoformat(day)).stages if s.stage_key == stage)
    return words.quiet


def test_the_board_names_what_a_stage_waits_for_once_its_window_is_open(app):
    assert label(app, "budget") == "waits for Setup"
    assert label(app, "plan") == "waits for Budget"
    set_clock(app, "2027-01-20")
    assert label(app, "budget") == "not open yet"


def test_a_districts_page_says_the_same(app):
    with app.database.reading() as connection:
        active = read_active(connection, KEY)
        district = rosters.load(connection, "KY").districts["001"]
    parts = {part.stage.key: part.cell.label for part in read_district(app, active, district).parts}
    assert parts["budget"] == "waits for Setup"


def test_the_explanation_says_the_same(app):
    round_at(app, "2027-02-02")
    set_clock(app, "2027-02-03")
    assert quiet(app, "2027-02-02").startswith("It waited for Setup, due 2027-03-01. No reminder falls on")


def test_the_letters_about_it_say_what_must_come_first(app, monkeypatch):
    seen = []
    render = app.renderer.render
    monkeypatch.setattr(app.renderer, "render", lambda letter: seen.append(letter) or render(letter))
    round_at(app, "2027-02-15")
    assert {item.missing for letter in seen for item in letter.items if item.stage_title == "Budget"} == {
        ("Setup (the office's part)",)
    }


def test_who_waits_may_begin_and_hand_in_all_the_same(app):
    start(app, KEY, "budget", "001", by="Ann")
    hand_in(app, "budget", "001", "002")
    assert (standing_of(app, "budget", "001").status, label(app, "budget")) == (Status.SUBMITTED, "submitted")
    (begun,) = logged(app, "started")
    assert (begun.before, begun.after) == ("not_open", "in_progress")
    assert prove(app, KEY).breaches == ()


def test_nothing_is_begun_or_handed_in_before_the_window_opens(app):
    set_clock(app, "2027-01-20")
    with pytest.raises(Refused, match="Budget opens on 2027-02-01; nothing can be begun before"):
        start(app, KEY, "budget", "001", by="Ann")
    with pytest.raises(Refused, match="Budget opens on 2027-02-01; nothing can be handed in before"):
        hand_in(app, "budget", "001")


def test_when_the_work_is_in_the_next_round_opens_what_waited(app):
    hand_in(app, "setup", "OET", by="Ada", force_why="late")
    assert label(app, "budget") == "open"
    round_at(app, "2027-02-02")
    assert standing_of(app, "budget", "001").status is Status.OPEN


def test_nobody_owes_a_review_that_no_plan_has_reached(app):
    set_clock(app, "2027-12-20")
    found = board(app)
    assert found.totals("review") == {"in": 0, "owed": 0, "late": 0, "waived": 0}
    assert label(app, "review") == "waits for Plan"
