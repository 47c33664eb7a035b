"""What the board says beside the standings: mail that failed its reader, roles in which nobody is told."""

import pytest

from tests.apps import (
    ANN,
    BOB,
    CEDAR,
    PEOPLE,
    begun,
    hand_in,
    make_app,
    roster_of,
    round_at,
    set_clock,
)
from tests.fakes import BROKEN_OFF, NO_SUCH_USER, FakeMailer
from yearwheel.roster.people import Role
from yearwheel.services.app import App
from yearwheel.services.board import Board, read_board
from yearwheel.services.contacts import Gap
from yearwheel.services.lookup import find_cycle
from yearwheel.services.status import status

NOBODY_THERE = Gap(CEDAR.code, Role.FINANCE_OFFICER, "no finance officer is named")


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer) -> App:
    return begun(sqlite_database, mailer)


def board(app: App, *stage_keys: str, late_only: bool = False) -> Board:
    active = find_cycle(app)
    return read_board(app, active, map(active.cycle.stage, stage_keys), late_only=late_only)


def test_a_year_in_which_all_went_well_says_so_by_zeros(app) -> None:
    assert {word: where for word, where in board(app).unheard.items() if where} == {}


def test_each_way_to_fail_a_reader_is_counted_in_its_district(database, mailer) -> None:
    app = begun(database, mailer)
    mailer.answers = {ANN.email: BROKEN_OFF, BOB.email: NO_SUCH_USER}
    round_at(app, "2027-02-01")

    assert board(app).unheard == {
        "missed": {},
        "no_address": {"003": 1},  # Cedar has no finance officer
        "uncertain": {"001": 2},  # Ann heard of the budget and the plan in one letter
        "failed": {"002": 2},
        "bounced": {},
        "held": {},
    }
    assert board(app, "plan").unheard["uncertain"] == {"001": 1}


def test_a_role_nobody_holds_has_a_place_on_the_board_from_the_first_day(app) -> None:
    assert board(app).gaps == (NOBODY_THERE,)
    assert board(app, "plan").gaps == ()  # which asks no finance officer for anything


def test_roles_of_the_ladders_and_of_the_office_are_looked_for_too(sqlite_database) -> None:
    people = [c for c in PEOPLE.contacts.values() if c.key not in ("sue", "leo", "ray", "ada")]
    app = make_app(sqlite_database, roster=roster_of(*people))
    assert board(app).gaps == (
        Gap("001", Role.SUPERINTENDENT, "no superintendent is named"),
        NOBODY_THERE,
        Gap("OET", Role.OFFICE_LEAD, "no office lead is named"),
        Gap("OET", Role.REVIEWER, "no plan reviewer is named"),
        Gap("OET", Role.STATE_ADMIN, "no state administrator is named"),
    )


def test_without_an_office_its_roles_are_nobodys(sqlite_database) -> None:
    people = [c for c in PEOPLE.contacts.values() if c.district_code == "001"]
    (ash,) = [d for d in PEOPLE.districts.values() if d.code == "001"]
    app = make_app(sqlite_database, roster=roster_of(*people, districts=(ash,)))
    assert [(gap.district_code, gap.role) for gap in board(app).gaps] == [
        ("", Role.OFFICE_LEAD),
        ("", Role.REVIEWER),
        ("", Role.STATE_ADMIN),
    ]


def test_a_review_that_no_plan_has_reached_is_owed_by_nobody_wherever_it_is_counted(app) -> None:
    set_clock(app, "2027-04-08")
    (cycle,) = status(app).cycles
    counted = {stage.title: stage.owed for stage in cycle.coming}

    assert board(app, "review").totals("review")["owed"] == counted["Review"] == 0
    assert board(app, "plan").totals("plan")["owed"] == counted["Plan"] == 3


def test_rows_of_the_late_alone_leave_the_totals_as_they_are(app) -> None:
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-20")
    hand_in(app, "budget", "001")
    set_clock(app, "2027-03-02")

    late = board(app, "budget", late_only=True)
    assert [line.district.code for line in late.lines] == ["002", "003"]
    assert late.totals("budget") == board(app, "budget").totals("budget")
    assert late.totals("budget") == {"in": 1, "owed": 2, "late": 2, "waived": 0}
