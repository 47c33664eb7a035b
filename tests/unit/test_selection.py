"""Naming many districts at once."""

from dataclasses import replace

import pytest

from tests.apps import ANN, ASH, BIRCH, CEDAR, OFFICE, roster_of
from yearwheel.services.app import Refused
from yearwheel.services.selection import Circle, Selection, off_the_map, select

# Frankfort, Louisville (about 80 km away) and Paducah, far in the west.
FRANKFORT = replace(ASH, county="Franklin", cooperative="OVEC", latitude=38.2009, longitude=-84.8733)
LOUISVILLE = replace(CEDAR, county="Jefferson", cooperative="OVEC", latitude=38.2527, longitude=-85.7585)
PADUCAH = replace(BIRCH, county="McCracken", cooperative="WKEC", latitude=37.0834, longitude=-88.6)
HERE = replace(OFFICE, county="Franklin", latitude=38.2, longitude=-84.87)
ROSTER = roster_of(ANN, districts=(FRANKFORT, PADUCAH, LOUISVILLE, HERE))


def codes(**parts):
    return [district.code for district in select(ROSTER, Selection(**parts))]


def test_a_county_is_found_whatever_its_case_and_without_the_state_office():
    assert codes(counties=("franklin",)) == ["001"]


def test_a_cooperative_names_its_districts():
    assert codes(cooperatives=("OVEC",)) == ["001", "003"]


@pytest.mark.parametrize(
    ("km", "found"),
    [(1, ["001"]), (77, ["001"]), (78, ["001", "003"]), (400, ["001", "002", "003"])],
)
def test_a_circle_on_the_map_holds_who_is_near_enough(km, found):
    assert codes(circle=Circle(38.2009, -84.8733, km)) == found


def test_a_circle_that_holds_nobody_says_who_is_nearest():
    with pytest.raises(Refused) as refusal:
        codes(counties=("Franklin",), circle=Circle(38.0, -88.6, 40))
    assert str(refusal.value) == (
        "no district lies within 40 km of 38.0, -88.6; the nearest is 002 Birch County, 102 km away"
    )
    off = roster_of(ANN, districts=(ASH, OFFICE))
    with pytest.raises(Refused, match="no district of the roster has a place on the map"):
        select(off, Selection(circle=Circle(38.0, -88.6, 40)))


def test_who_has_no_place_on_the_map_is_named_beside_a_circle():
    lost = roster_of(ANN, districts=(FRANKFORT, PADUCAH, replace(LOUISVILLE, latitude=None), OFFICE))
    circle = Circle(38.2009, -84.8733, 78)
    assert [d.code for d in select(lost, Selection(circle=circle))] == ["001"]
    said = ["not on the map, so no circle finds it: 003 Cedar Independent"]
    assert off_the_map(lost, Selection(circle=circle)) == said
    for found_otherwise in (Selection(), Selection(codes=("003",), circle=circle), Selection(everyone=True)):
        assert off_the_map(lost, found_otherwise) == []


def test_several_ways_add_up():
    assert codes(codes=("003",), counties=("McCracken",)) == ["002", "003"]
    assert codes(everyone=True) == ["001", "002", "003"]


def test_every_name_that_fits_nobody_is_told_at_once():
    with pytest.raises(Refused) as refusal:
        codes(codes=("001", "999"), counties=("Frankln",))
    assert str(refusal.value).splitlines() == [
        "no district fits the district '999'",
        "no district fits the county 'Frankln' (did you mean 'Franklin'?)",
    ]


def test_a_selection_of_nobody_is_refused():
    with pytest.raises(Refused, match="names no district"):
        codes()
