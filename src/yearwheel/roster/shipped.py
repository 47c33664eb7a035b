"""The roster that ships: Kentucky's districts and schools, with invented people."""

import csv
from collections.abc import Sequence
from importlib.resources import files
from zoneinfo import ZoneInfo

from yearwheel.roster.districts_csv import read_districts
from yearwheel.roster.generated import assign_reviewers, generate_contacts
from yearwheel.roster.people import BodyKind, District, Role, Roster, School

STATE_OFFICE = District(
    code="OET",
    name="Office of Education Technology",
    kind=BodyKind.STATE_OFFICE,
    zone=ZoneInfo("America/New_York"),
)


def shipped_roster(only: Sequence[str] | None = None, limit: int | None = None) -> Roster:
    """Kentucky's districts and the state office, every role held and every district given a reviewer.

    `only` keeps the districts of these codes, `limit` the first so many in code order; the state office
    always stays. ValueError names codes that are not in the roster.
    """
    districts = _choose(shipped_districts(), only)[:limit]
    contacts = generate_contacts(districts, shipped_schools(), STATE_OFFICE, domain="ky.example")
    reviewers = [contact for contact in contacts if Role.REVIEWER in contact.roles]
    return Roster(
        districts={district.code: district for district in (*districts, STATE_OFFICE)},
        contacts={contact.key: contact for contact in contacts},
        reviewers=assign_reviewers(districts, reviewers),
    )


def shipped_districts() -> tuple[District, ...]:
    """Kentucky's districts, in code order."""
    found = read_districts(_read("kentucky_districts.csv"))
    return tuple(sorted(found.districts, key=lambda district: district.code))


def shipped_schools() -> tuple[School, ...]:
    """Kentucky's schools, in the order of their NCES ids."""
    rows = csv.DictReader(_read("kentucky_schools.csv").splitlines())
    schools = (School(row["nces_id"], row["name"], row["district_code"], row["city"]) for row in rows)
    return tuple(sorted(schools, key=lambda school: school.nces_id))


def _choose(districts: tuple[District, ...], only: Sequence[str] | None) -> tuple[District, ...]:
    if only is None:
        return districts
    unknown = set(only) - {district.code for district in districts} - {STATE_OFFICE.code}
    if unknown:
        raise ValueError(f"no such district: {', '.join(sorted(unknown))}; a code is written like 001")
    return tuple(district for district in districts if district.code in only)


def _read(name: str) -> str:
    return (files("yearwheel.roster") / "data" / name).read_text(encoding="utf-8")
