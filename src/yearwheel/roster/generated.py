"""Contacts for a roster that has none: the same invented people every time, all at `.example` addresses."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import sha256
from heapq import heapify, heapreplace
from importlib.resources import files

from yearwheel.roster.people import BodyKind, Contact, District, Role, School

SMALL_DISTRICT = 1_000  # pupils; below this one person commonly wears two hats

_HATS_OF_A_SMALL_DISTRICT = (
    (Role.TECHNOLOGY_COORDINATOR, Role.PLANNING_TEAM),
    (Role.FINANCE_OFFICER, Role.BOARD_SECRETARY),
    (Role.SUPERINTENDENT,),
    (Role.INSTRUCTIONAL_LEAD,),
)
_HATS_OF_A_DISTRICT = (
    (Role.TECHNOLOGY_COORDINATOR,),
    (Role.FINANCE_OFFICER,),
    (Role.SUPERINTENDENT,),
    (Role.INSTRUCTIONAL_LEAD,),
    (Role.PLANNING_TEAM,),
    (Role.BOARD_SECRETARY,),
)
_POSTS_OF_THE_OFFICE = (
    (Role.STATE_ADMIN, 2),
    (Role.OFFICE_LEAD, 1),
    (Role.OFFICE_DIRECTOR, 1),
    (Role.REVIEWER, 6),
)

_FIRST_NAMES = (files("yearwheel.roster") / "data" / "first_names.txt").read_text(encoding="ascii").split()
_LAST_NAMES = (files("yearwheel.roster") / "data" / "last_names.txt").read_text(encoding="ascii").split()


def generate_contacts(
    districts: Iterable[District],
    schools: Iterable[School],
    state_office: District | None = None,
    *,
    domain: str = "example",
) -> tuple[Contact, ...]:
    """People for every post: the district roles, a principal per school, and the staff of the state office.

    A person depends on their own post only, so a roster cut down to a few districts keeps the same people.
    `domain` is what addresses end in after the district's part; schools of other districts are left out.
    """
    by_code = {district.code: district for district in districts}
    if state_office:
        by_code[state_office.code] = state_office
    taken: set[str] = set()
    principals: dict[str, list[School]] = {}
    for school in schools:
        principals.setdefault(school.district_code, []).append(school)
    contacts = []
    for code in sorted(by_code):
        district = by_code[code]
        for post, roles in _posts(district, principals.get(code, ())):
            contacts.append(_contact(district, post, roles, domain, taken))
    return tuple(contacts)


def assign_reviewers(districts: Iterable[District], reviewers: Iterable[Contact]) -> dict[str, str]:
    """A reviewer's contact key for each district code: the largest district first, always to the reviewer
    with the fewest pupils so far. The state office is nobody's to review."""
    loads = [(0, reviewer.key) for reviewer in reviewers]
    if not loads:
        return {}
    heapify(loads)
    assigned = {}
    owing = [district for district in districts if not district.is_state_office]
    for district in sorted(owing, key=lambda d: (-(d.enrollment or 0), d.code)):
        load, key = loads[0]
        assigned[district.code] = key
        # An unknown enrollment still weighs something, or all such districts would fall to one reviewer.
        heapreplace(loads, (load + (district.enrollment or 1), key))
    return dict(sorted(assigned.items()))


def _posts(district: District, schools: Iterable[School]) -> list[tuple[str, Sequence[Role]]]:
    """Each post to fill: a name of its own that never changes, and the roles it carries."""
    if district.is_state_office:
        return [(f"{role} {n}", (role,)) for role, count in _POSTS_OF_THE_OFFICE for n in range(1, count + 1)]
    small = district.enrollment is not None and district.enrollment < SMALL_DISTRICT
    hats = _HATS_OF_A_SMALL_DISTRICT if small else _HATS_OF_A_DISTRICT
    posts: list[tuple[str, Sequence[Role]]] = [(roles[0].value, roles) for roles in hats]
    in_order = sorted(schools, key=lambda school: school.nces_id)
    return posts + [(f"principal {school.nces_id}", (Role.PRINCIPAL,)) for school in in_order]


def _contact(district: District, post: str, roles: Sequence[Role], domain: str, taken: set[str]) -> Contact:
    first, last = _name(f"{district.code} {post}")
    email = _free_address(f"{first[0]}.{last}".lower(), f"{_subdomain(district)}.{domain}", taken)
    return Contact(f"{district.code}:{email}", district.code, f"{first} {last}", email, frozenset(roles))


def _name(post: str) -> tuple[str, str]:
    # hashlib and not hash(): that one is salted anew in every process.
    number = int.from_bytes(sha256(post.encode()).digest()[:8])
    number, first = divmod(number, len(_FIRST_NAMES))
    return _FIRST_NAMES[first], _LAST_NAMES[number % len(_LAST_NAMES)]


def _free_address(person: str, domain: str, taken: set[str]) -> str:
    address, n = f"{person}@{domain}", 1
    while address in taken:
        n += 1
        address = f"{person}{n}@{domain}"
    taken.add(address)
    return address


def _subdomain(district: District) -> str:
    """The district's name as one DNS label, with its kind where the name does not say it: a county and a city
    may share the rest."""
    slug = _slug(district.name)
    if district.kind in (BodyKind.COUNTY, BodyKind.INDEPENDENT) and district.kind not in slug.split("-"):
        slug = f"{slug}-{district.kind}"
    return slug[:63].strip("-")


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
