"""What the state office sees behind its own link: the whole cycle, counted, with the late ones by name."""

import pytest

from tests.apps import (
    ADA,
    ASH,
    CEDAR,
    KEY,
    LEO,
    OFFICE,
    PEOPLE,
    RAY,
    begun,
    hand_in,
    person,
    round_at,
    set_clock,
)
from tests.browser import home_of, links, visit, words
from yearwheel.roster.people import BodyKind, District, Role, Roster
from yearwheel.services.app import App
from yearwheel.services.cycle_view import find_districts
from yearwheel.services.cycles import close_cycle
from yearwheel.services.excuse import excuse


@pytest.fixture
def app(sqlite_database, tmp_path) -> App:
    """March 3: the budget was due two days ago. Ash has handed it in, Birch is excused, Cedar is late."""
    app = begun(sqlite_database, data_dir=tmp_path)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001")
    excuse(app, KEY, "budget", "002", by="Ada", why="merged")
    round_at(app, "2027-03-03")
    return app


def test_each_stage_is_counted(app: App) -> None:
    page = words(visit(app, home_of(app, ADA)))

    assert "Stage Due Handed in Owed Late Excused" in page
    assert "Budget Monday, March 1 1 1 1 late with Budget, see them by name 1 " in page
    assert "Plan Thursday, April 15 0 3 0 0 " in page
    assert "Review Tuesday, June 1 0 0 0 0" in page  # no plan has reached it: nobody owes it


def test_the_late_ones_are_named_and_lead_to_their_year(app: App) -> None:
    home = home_of(app, LEO)
    page = visit(app, home)

    assert "Late, by name Budget Cedar Independent 2 days late Open, due Monday, March 1" in words(page)
    assert f"{home}/003" in links(page)
    assert f"{home}/001" not in links(page)


def test_of_many_late_ones_the_latest_are_named_and_the_others_counted(sqlite_database, tmp_path) -> None:
    many = [District(f"{n:03}", f"County {n:03}", BodyKind.COUNTY, ASH.zone) for n in range(10, 25)]
    people = [person(f"p{d.code}", d, Role.TECHNOLOGY_COORDINATOR) for d in many]
    roster = Roster({d.code: d for d in (*many, OFFICE)}, {c.key: c for c in (*people, ADA)})
    app = begun(sqlite_database, roster=roster, data_dir=tmp_path)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-03-03")
    home = home_of(app, ADA)
    page = visit(app, home)

    assert [path for path in links(page) if path.startswith(f"{home}/0")] == [
        f"{home}/{n:03}" for n in range(10, 22)
    ]
    assert "And 3 more, late by no more days than these." in words(page)


def test_who_is_late_with_what_has_closed_is_not_called_open(app: App) -> None:
    set_clock(app, "2027-03-16")
    assert "Cedar Independent 15 days late Closed without it, due" in words(visit(app, home_of(app, LEO)))


def test_a_closed_year_names_nobody_as_late(app: App) -> None:
    close_cycle(app, KEY, by="Ada", why="over")
    page = words(visit(app, home_of(app, LEO)))

    assert "Where the districts stood" in page
    assert [word for word in ("late", "Late", "Owed", "Cedar") if word in page] == []


def test_nobody_late_is_said(app: App) -> None:
    hand_in(app, "budget", "003")
    assert "Late, by name Nobody is late." in words(visit(app, home_of(app, ADA)))


def test_a_reviewer_sees_the_plans_that_wait_for_them_and_nobody_elses(app: App) -> None:
    hand_in(app, "plan", "001")
    round_at(app, "2027-04-05")
    home = home_of(app, RAY)
    page = visit(app, home)

    assert "Plans for you to read Ash County 10 days left Review, answer by Thursday, April 15" in words(page)
    assert f"{home}/001/review" in links(page)
    assert "Plans for you to read" not in words(visit(app, home_of(app, ADA)))


def test_any_district_is_found_by_code_or_name(app: App) -> None:
    home = home_of(app, ADA)
    page = visit(app, f"{home}?find=cedar")

    assert f"{home}/003" in links(page)
    assert "Cedar Independent 003" in words(page)
    nobody = visit(app, f"{home}?find=%3Cb%3Eoak")
    assert "No district has the code or name “<b>oak”." in words(nobody)
    assert "<b>oak" not in nobody.text


@pytest.mark.parametrize(
    ("wanted", "codes"), [("3", ["003"]), ("003", ["003"]), ("COUNTY", ["001", "002"]), ("9", [])]
)
def test_a_code_counts_before_a_name(wanted: str, codes: list[str]) -> None:
    assert [d.code for d in find_districts(PEOPLE.districts.values(), wanted)] == codes


def test_the_offices_own_stage_has_a_page(app: App) -> None:
    home = home_of(app, ADA)
    assert f"{home}/OET/setup" in links(visit(app, home))
    assert "Publish the dates." in words(visit(app, f"{home}/OET/setup"))


def test_the_office_sees_every_district(app: App) -> None:
    home = home_of(app, RAY)
    for code in PEOPLE.districts:
        assert visit(app, f"{home}/{code}").status_code == 200
    assert CEDAR.name in visit(app, f"{home}/003/plan").text
