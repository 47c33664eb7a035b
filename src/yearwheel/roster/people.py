"""Districts, contacts and the roles that decide who is told what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class BodyKind(StrEnum):
    """What sort of body owes submissions. "District" is any of them."""

    COUNTY = "county"
    INDEPENDENT = "independent"
    STATE_SCHOOL = "state_school"
    STATE_OFFICE = "state_office"  # the office that runs the cycle; owes the stages `owed_by: state`


class Role(StrEnum):
    """Why we write to a person."""

    TECHNOLOGY_COORDINATOR = "technology_coordinator"
    FINANCE_OFFICER = "finance_officer"
    SUPERINTENDENT = "superintendent"
    INSTRUCTIONAL_LEAD = "instructional_lead"
    PLANNING_TEAM = "planning_team"
    BOARD_SECRETARY = "board_secretary"
    PRINCIPAL = "principal"
    STATE_ADMIN = "state_admin"
    REVIEWER = "reviewer"
    OFFICE_LEAD = "office_lead"
    OFFICE_DIRECTOR = "office_director"


ROLE_LABELS: dict[Role, str] = {
    Role.TECHNOLOGY_COORDINATOR: "district technology coordinator",
    Role.FINANCE_OFFICER: "finance officer",
    Role.SUPERINTENDENT: "superintendent",
    Role.INSTRUCTIONAL_LEAD: "instructional lead",
    Role.PLANNING_TEAM: "planning team lead",
    Role.BOARD_SECRETARY: "board secretary",
    Role.PRINCIPAL: "principal",
    Role.STATE_ADMIN: "state administrator",
    Role.REVIEWER: "plan reviewer",
    Role.OFFICE_LEAD: "office lead",
    Role.OFFICE_DIRECTOR: "office director",
}

STATE_ROLES = frozenset({Role.STATE_ADMIN, Role.REVIEWER, Role.OFFICE_LEAD, Role.OFFICE_DIRECTOR})


@dataclass(frozen=True, slots=True)
class District:
    """A body that owes submissions. Joined by `code` (text, leading zeros kept), never by name."""

    code: str
    name: str
    kind: BodyKind
    zone: ZoneInfo
    nces_id: str = ""
    county: str = ""
    cooperative: str = ""
    enrollment: int | None = None
    schools: int | None = None
    latitude: float | None = None
    longitude: float | None = None

    @property
    def is_state_office(self) -> bool:
        return self.kind is BodyKind.STATE_OFFICE


@dataclass(frozen=True, slots=True)
class School:
    """A school of a district, known by its 12-digit NCES id, which begins with the district's."""

    nces_id: str
    name: str
    district_code: str
    city: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person we write to. `key` is stable and outlives a change of address."""

    key: str
    district_code: str
    name: str
    email: str
    roles: frozenset[Role]
    undeliverable: str | None = None  # why mail cannot reach them, in the server's words
    deputy_for: str | None = None  # key of the contact in whose place they are told
    away_until: date | None = None  # a deputy is told until then, that day included
    verified_at: datetime | None = None  # when they last said that their role and address are right


@dataclass(frozen=True, slots=True)
class Roster:
    """The districts of one state and the people in them."""

    districts: dict[str, District]
    contacts: dict[str, Contact]
    reviewers: dict[str, str] = field(default_factory=dict)  # district code -> contact key of its reviewer
    # district code -> the days on which nobody is in its offices, and why
    breaks: dict[str, Mapping[date, str]] = field(default_factory=dict)
    _holders: dict[tuple[str, Role], tuple[Contact, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _deputies: dict[str, tuple[Contact, ...]] = field(default_factory=dict, repr=False, compare=False)
    _office_code: str | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        office = next((d.code for d in self.districts.values() if d.is_state_office), None)
        object.__setattr__(self, "_office_code", office)

    @property
    def office(self) -> District | None:
        """The state office that runs the cycle, if the roster names one."""
        return self.districts[self._office_code] if self._office_code else None

    def holders(self, district_code: str, role: Role) -> tuple[Contact, ...]:
        """Who holds a role for a district, in key order. State roles are looked up in the state office;
        `reviewer` is the district's own reviewer where one is assigned and has not left. A holder who is away
        or whom mail cannot reach is stood in for by their deputies, if they have any."""
        if not self._holders:
            self._index()
        if role is Role.REVIEWER and (own := self.contacts.get(self.reviewers.get(district_code, ""))):
            return self._told_for(own)
        if role in STATE_ROLES and self._office_code:
            district_code = self._office_code
        return self._holders.get((district_code, role), ())

    def is_own(self, contact: Contact, district_code: str, role: Role) -> bool:
        """Whether a role there is a contact's own, and not somebody's in whose place they are told."""
        if role not in contact.roles:
            return False
        if role is Role.REVIEWER and self.reviewers.get(district_code, "") in self.contacts:
            return self.reviewers[district_code] == contact.key
        home = self._office_code if role in STATE_ROLES and self._office_code else district_code
        return contact.district_code == home

    def _index(self) -> None:
        people = sorted(self.contacts.values(), key=lambda c: c.key)
        for contact in people:
            if contact.deputy_for and not _is_absent(contact):
                others = self._deputies.get(contact.deputy_for, ())
                self._deputies[contact.deputy_for] = (*others, contact)
        for contact in people:
            told = self._told_for(contact)
            for role in contact.roles:
                place = (contact.district_code, role)
                known = self._holders.get(place, ())
                # Only a deputy can be there already; a nation's roster has no time to look.
                others = tuple(c for c in told if c not in known) if self._deputies else told
                self._holders[place] = (*known, *others)

    def _told_for(self, contact: Contact) -> tuple[Contact, ...]:
        """Who is told in a contact's place: themselves, unless they are absent and have deputies."""
        return self._deputies.get(contact.key, (contact,)) if _is_absent(contact) else (contact,)


def _is_absent(contact: Contact) -> bool:
    return contact.undeliverable is not None or contact.away_until is not None
