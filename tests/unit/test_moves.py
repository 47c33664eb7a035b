"""A change of standing: checked, kept as an event, followed by the ledger, or not made at all."""

from dataclasses import replace

import pytest

from tests.apps import KEY, begun, hand_in, ledger, logged, round_at, standing_of
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services.active import read_active
from yearwheel.services.app import Refused
from yearwheel.services.moves import Move, find_standing, make_moves, with_status
from yearwheel.stages.status import Status


@pytest.fixture
def app(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    return app


def move_to(app, *codes, status=Status.EXCUSED, notice=None):
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, KEY)
        moves = []
        for code in codes:
            before = find_standing(work.connection, active, "budget", code)
            moves.append(Move(before, with_status(before, status), "ada", "moved", "fire", notice))
        make_moves(work.connection, active, moves, now)
        work.commit()


def test_a_move_changes_the_standing_and_says_who_did_what_and_why(app):
    move_to(app, "001")

    assert standing_of(app, "budget", "001").status is Status.EXCUSED
    (event,) = logged(app, "moved")
    assert (event.actor, event.why, event.district_code, event.before, event.after) == (
        "ada", "fire", "001", "open", "excused",
    )  # fmt: skip
    assert event.at == app.clock.now()


def test_a_move_that_is_not_allowed_is_refused_with_the_ones_that_are(app):
    with pytest.raises(
        Refused, match="001 budget: cannot go from open to approved; from here it may become: "
    ):
        move_to(app, "001", status=Status.APPROVED)


def test_one_refused_move_undoes_all_of_them(app):
    hand_in(app, "budget", "003")
    before = (ledger(app), logged(app, "moved"), standing_of(app, "budget", "001"))
    with pytest.raises(Refused, match="003 budget: cannot go from submitted to excused"):
        move_to(app, "001", "002", "003")

    assert (ledger(app), logged(app, "moved"), standing_of(app, "budget", "001")) == before


def test_the_ledger_follows_in_the_same_transaction(app):
    with app.database.writing() as work:
        active = read_active(work.connection, KEY)
        before = find_standing(work.connection, active, "budget", "001")
        move = Move(before, with_status(before, Status.EXCUSED), "ada", "moved")
        make_moves(work.connection, active, [move], app.clock.now())
        # never committed

    assert standing_of(app, "budget", "001") == before
    assert ("7-days-before", "ann", "planned", None) in ledger(app, stage_key="budget")


def test_a_notice_goes_once_to_each_person_the_stage_tells(app):
    move_to(app, "002", notice=NoticeKind.EXCUSED)

    assert ledger(app, kind="excused") == [("excused:1", "bob", "planned", None)]


def test_the_next_notice_of_a_kind_has_the_next_number(app):
    move_to(app, "001", notice=NoticeKind.EXCUSED)
    round_at(app, "2027-02-02")
    move_to(app, "001", status=Status.OPEN, notice=NoticeKind.REINSTATED)
    round_at(app, "2027-02-03")
    move_to(app, "001", notice=NoticeKind.EXCUSED)

    assert ledger(app, kind="excused") == [
        (f"excused:{n}", who, status, None)
        for n, status in ((1, "sent"), (2, "planned"))
        for who in ("ann", "finn")
    ]


def test_a_moved_date_is_kept_with_the_day_before_and_after(app):
    with app.database.writing() as work:
        active = read_active(work.connection, KEY)
        before = find_standing(work.connection, active, "budget", "001")
        after = replace(before, due_on=before.due_on or active.cycle.stage("plan").dates.due.on)
        make_moves(work.connection, active, [Move(before, after, "ada", "deadline_moved")], app.clock.now())
        work.commit()

    (event,) = logged(app, "deadline_moved")
    assert (event.before, event.after, event.detail) == (
        "2027-03-01", "2027-04-15", {"due_on": "2027-04-15", "own_day": True},
    )  # fmt: skip


def test_an_unknown_stage_or_district_is_refused_with_what_there_is(app):
    with app.database.reading() as connection:
        active = read_active(connection, KEY)
        with pytest.raises(Refused, match="has no stage 'budgte'; it has setup, budget, plan, review"):
            find_standing(connection, active, "budgte", "001")
        with pytest.raises(Refused, match="district '999' owes nothing in budget of small-2027"):
            find_standing(connection, active, "budget", "999")
        with pytest.raises(Refused, match="there is no cycle 'other'; cycles here: small-2027"):
            read_active(connection, "other")
