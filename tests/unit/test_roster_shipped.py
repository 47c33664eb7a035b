"""The roster that ships: what it must hold, and that it is the same every time."""

import csv
import subprocess
import sys
from collections import Counter
from importlib.resources import files

import pytest
from email_validator import validate_email

from yearwheel.roster.districts_csv import read_districts
from yearwheel.roster.generated import SMALL_DISTRICT, assign_reviewers, generate_contacts
from yearwheel.roster.people import STATE_ROLES, BodyKind, District, Role
from yearwheel.roster.shipped import STATE_OFFICE, shipped_districts, shipped_roster, shipped_schools

DATA = files("yearwheel.roster") / "data"


@pytest.fixture(scope="module")
def roster():
    return shipped_roster()


def rows(name):
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


def people(roster, code):
    return {contact for contact in roster.contacts.values() if contact.district_code == code}


def test_the_shipped_file_has_neither_errors_nor_warnings():
    found = read_districts((DATA / "kentucky_districts.csv").read_bytes())
    assert (found.errors, found.warnings) == ((), ())


def test_every_district_of_the_file_is_in_the_roster_and_only_the_state_office_besides(roster):
    assert set(roster.districts) == {row["code"] for row in rows("kentucky_districts.csv")} | {
        STATE_OFFICE.code
    }
    assert roster.office == STATE_OFFICE


def test_figures_come_through_unchanged(roster):
    facts = {row["code"]: (row["nces_id"], int(row["enrollment"])) for row in rows("kentucky_districts.csv")}
    districts = [d for d in roster.districts.values() if not d.is_state_office]
    assert {d.code: (d.nces_id, d.enrollment) for d in districts} == facts


def test_each_district_has_as_many_schools_and_principals_as_it_says(roster):
    said = {d.code: d.schools for d in shipped_districts()}
    principals = Counter(c.district_code for c in roster.contacts.values() if Role.PRINCIPAL in c.roles)
    assert Counter(school.district_code for school in shipped_schools()) == said
    assert principals == said


def test_a_school_belongs_to_the_district_its_id_begins_with(roster):
    assert [s for s in shipped_schools() if s.nces_id[:7] != roster.districts[s.district_code].nces_id] == []


@pytest.mark.parametrize(
    ("county", "independent", "city"),
    [
        ("185", "186", "Fulton"),
        ("235", "236", "Harlan"),
        ("271", "272", "Jackson"),
        ("521", "522", "Russell"),
    ],
)
def test_a_county_and_a_city_of_one_name_are_kept_apart(roster, county, independent, city):
    assert roster.districts[county].name == f"{city} County"
    assert roster.districts[county].kind is BodyKind.COUNTY
    assert roster.districts[independent].name == f"{city} Independent"
    assert roster.districts[independent].kind is BodyKind.INDEPENDENT
    domains = [{c.email.partition("@")[2] for c in people(roster, code)} for code in (county, independent)]
    assert domains == [{f"{city.lower()}-county.ky.example"}, {f"{city.lower()}-independent.ky.example"}]


def test_russell_county_and_russell_independent_keep_their_own_time(roster):
    assert [roster.districts[c].zone.key for c in ("521", "522")] == ["America/Chicago", "America/New_York"]


def test_fifty_two_districts_are_on_central_time(roster):
    zones = Counter(d.zone.key for d in roster.districts.values() if not d.is_state_office)
    assert zones == {"America/Chicago": 52, "America/New_York": len(shipped_districts()) - 52}


def test_every_role_is_held_for_every_district(roster):
    unheld = [
        (code, role)
        for code, district in roster.districts.items()
        for role in Role
        if (role in STATE_ROLES or not district.is_state_office) and not roster.holders(code, role)
    ]
    assert unheld == []


def test_one_person_wears_two_hats_in_a_small_district_only(roster):
    def hats(code):
        return sorted(sorted(c.roles) for c in people(roster, code) if Role.PRINCIPAL not in c.roles)

    doubled = [
        [Role.BOARD_SECRETARY, Role.FINANCE_OFFICER],
        [Role.PLANNING_TEAM, Role.TECHNOLOGY_COORDINATOR],
    ]
    for district in shipped_districts():
        shared = [roles for roles in hats(district.code) if len(roles) > 1]
        assert shared == (doubled if district.enrollment < SMALL_DISTRICT else []), district.name


def test_the_state_office_is_staffed(roster):
    staff = Counter(role for contact in people(roster, "OET") for role in contact.roles)
    assert staff == {Role.STATE_ADMIN: 2, Role.OFFICE_LEAD: 1, Role.OFFICE_DIRECTOR: 1, Role.REVIEWER: 6}


def test_every_address_is_unique_valid_and_goes_nowhere(roster):
    addresses = [contact.email for contact in roster.contacts.values()]
    assert len(set(addresses)) == len(addresses)
    assert [a for a in addresses if not a.endswith(".example")] == []
    checked = [
        validate_email(a, check_deliverability=False, allow_smtputf8=False).normalized for a in addresses
    ]
    assert checked == addresses


def test_the_key_is_the_district_and_the_address(roster):
    assert [k for k, c in roster.contacts.items() if k != f"{c.district_code}:{c.email}" or k != c.key] == []


def test_another_process_invents_the_same_people(roster):
    script = "from yearwheel.roster.shipped import *; print(*shipped_roster(limit=9).contacts, sep='\\n')"
    elsewhere = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert elsewhere.stdout.split() == list(shipped_roster(limit=9).contacts)
    assert shipped_roster() == roster


def test_the_order_of_the_files_does_not_matter():
    districts, schools = shipped_districts(), shipped_schools()
    backwards = generate_contacts(reversed(districts), reversed(schools), STATE_OFFICE)
    assert backwards == generate_contacts(districts, schools, STATE_OFFICE)


def test_a_smaller_roster_keeps_the_same_people(roster):
    small = shipped_roster(only=["522", "001"])
    assert list(small.districts) == ["001", "522", "OET"]
    wanted = {c for code in small.districts for c in people(roster, code)}
    assert set(small.contacts.values()) == wanted
    assert set(small.reviewers) == {"001", "522"}


def test_limit_takes_the_first_in_code_order():
    assert list(shipped_roster(limit=2).districts) == ["001", "005", "OET"]


def test_a_code_nobody_has_is_refused_by_name():
    with pytest.raises(ValueError, match="no such district: 1, 999; a code is written like 001"):
        shipped_roster(only=["001", "1", "999"])


def test_reviewers_carry_about_the_same_number_of_pupils(roster):
    load = Counter()
    for code, key in roster.reviewers.items():
        load[key] += roster.districts[code].enrollment
    assert set(load) == {c.key for c in people(roster, "OET") if Role.REVIEWER in c.roles}
    assert max(load.values()) / min(load.values()) < 1.01


def test_districts_of_unknown_size_are_spread_too(roster):
    districts = [District(f"{n:03}", "Unknown", BodyKind.COUNTY, STATE_OFFICE.zone) for n in range(12)]
    reviewers = roster.holders("OET", Role.REVIEWER)
    assert set(Counter(assign_reviewers(districts, reviewers).values()).values()) == {2}


def test_without_reviewers_nothing_is_assigned():
    assert assign_reviewers(shipped_districts(), ()) == {}


def test_two_districts_of_one_name_never_share_an_address():
    twins = [District(code, "Jefferson", BodyKind.COUNTY, STATE_OFFICE.zone) for code in ("A1", "B1")]
    contacts = generate_contacts(twins, ())
    assert {c.email.partition("@")[2] for c in contacts} == {"jefferson-county.example"}
    assert len({c.email for c in contacts}) == len(contacts)
