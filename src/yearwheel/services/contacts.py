"""What becomes of a contact during the year: an address is given up or mended, a deputy stands in."""

from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.cycle import OwedBy
from yearwheel.roster.people import ROLE_LABELS, Contact, Role, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.replan import replan
from yearwheel.stages.status import OWED, Status
from yearwheel.store import Connection, events, hand_overs, rosters, standings, tasks
from yearwheel.store.events import Event
from yearwheel.store.hand_overs import HandOver
from yearwheel.store.tasks import Task

BAD_ADDRESS = "bad_address"


@dataclass(frozen=True, slots=True)
class Gap:
    """A role of a district in which nobody can be told anything."""

    district_code: str
    role: Role
    why: str


def give_up_address(
    connection: Connection, active: Active, contact_key: str, words: str, now: datetime
) -> None:
    """Write to a contact no more: a task asks for a better address, and a deputy is told from now on."""
    contact = rosters.load(connection, active.state).contacts.get(contact_key)
    if contact is None or contact.undeliverable:
        return
    rosters.mark_undeliverable(connection, active.state, contact_key, words)
    what = f"{contact.email} of {contact.name} does not work ({words}); find out the right address"
    tasks.open_once(
        connection, Task(active.state, BAD_ADDRESS, contact.district_code, contact_key, what, now)
    )
    if any(c.deputy_for == contact_key for c in rosters.load(connection, active.state).contacts.values()):
        follow(connection, active, contact, now)


def name_deputy(app: App, cycle_key: str, contact_key: str, deputy_key: str | None, *, by: str) -> None:
    """Say who is told when a contact is away or cannot be reached; None for nobody any more."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state)
        contact = _known(roster, contact_key)
        before = [c.key for c in roster.contacts.values() if c.deputy_for == contact_key]
        if deputy_key is not None and deputy_key == contact_key:
            raise Refused(f"{contact.name} cannot be their own deputy")
        for key in before:
            rosters.change_contact(work.connection, active.state, key, deputy_for=None)
        if deputy_key is not None:
            _known(roster, deputy_key)
            rosters.change_contact(work.connection, active.state, deputy_key, deputy_for=contact_key)
        detail = {"contact": contact_key, "deputy": deputy_key, "before": before}
        events.append(work.connection, [Event(now, by, "deputy_named", active.key, detail=detail)])
        follow(work.connection, active, contact, now)
        work.commit()


def set_away(app: App, cycle_key: str, contact_key: str, until: date | None, *, by: str) -> None:
    """A contact is away until a day, that day included, or, with None, is back."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        contact = _known(rosters.load(work.connection, active.state), contact_key)
        _set_away(work.connection, active, contact, until, by, now)
        work.commit()


def welcome_back(connection: Connection, active: Active, by: str, now: datetime) -> int:
    """Contacts whose last day away has passed are told again themselves; says how many."""
    today = active.day(now)
    roster = rosters.load(connection, active.state)
    back = [c for c in roster.contacts.values() if c.away_until is not None and c.away_until < today]
    for contact in back:
        _set_away(connection, active, contact, None, by, now)
    return len(back)


def list_gaps(roster: Roster, active: Active) -> list[Gap]:
    """Each role that a stage of the cycle speaks to and in which nobody of a district can be told."""
    found = []
    for district in sorted(roster.districts.values(), key=lambda d: d.code):
        side = OwedBy.STATE if district.is_state_office else OwedBy.DISTRICTS
        roles = {Role(r) for stage in active.cycle.stages if stage.owed_by is side for r in stage.tell}
        for role in sorted(roles):
            holders = roster.holders(district.code, role)
            if not holders:
                found.append(Gap(district.code, role, f"no {ROLE_LABELS[role]} is named"))
            elif all(contact.undeliverable for contact in holders):
                names = " and ".join(f"{c.name}: {c.undeliverable}" for c in holders)
                found.append(Gap(district.code, role, f"{ROLE_LABELS[role]} out of reach, {names}"))
    return found


def read_gaps(app: App, cycle_key: str) -> list[Gap]:
    """The gaps of a cycle as its roster stands."""
    with app.database.reading() as connection:
        active = read_active(connection, cycle_key)
        return list_gaps(rosters.load(connection, active.state, cycle_key), active)


def follow(connection: Connection, active: Active, contact: Contact, now: datetime) -> None:
    """Plan anew for the districts a contact is told about; the office's people serve every district."""
    if active.stored.published_at is None or active.stored.closed_at is not None:
        return
    roster = rosters.load(connection, active.state, active.key)
    of_office = roster.office is not None and roster.office.code == contact.district_code
    codes = set(roster.districts) if of_office else {contact.district_code}
    open_ = OWED | {Status.UNDER_REVIEW}
    affected = [s for s in standings.find(connection, active.key, codes=codes) if s.status in open_]
    replan(connection, active, affected, now)


def _set_away(
    connection: Connection, active: Active, contact: Contact, until: date | None, by: str, now: datetime
) -> None:
    rosters.change_contact(connection, active.state, contact.key, away_until=until)
    kind = "contact_away" if until else "contact_back"
    detail = {"contact": contact.key, "until": until.isoformat() if until else None}
    events.append(connection, [Event(now, by, kind, active.key, detail=detail)])
    follow(connection, active, contact, now)


def _known(roster: Roster, key: str) -> Contact:
    if key not in roster.contacts:
        raise Refused(f"there is no contact {key!r}; see: yearwheel roster list --contacts")
    return roster.contacts[key]


def decide_hand_over(app: App, cycle_key: str, number: int, *, accept: bool, by: str) -> HandOver:
    """Put the proposed person in the contact's place, with all its roles, or leave it as it is."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        waiting = {p.id: p for p in hand_overs.list_open(work.connection, active.state)}
        if number not in waiting:
            raise Refused(f"no hand-over {number} waits; see: yearwheel tasks list")
        proposal = waiting[number]
        roster = rosters.load(work.connection, active.state)
        old = _known(roster, proposal.contact_key)
        hand_overs.decide(work.connection, number, by, now, accepted=accept)
        if accept:
            _replace_contact(work.connection, active, old, proposal, now)
        tasks.close_about(work.connection, active.state, "hand_over", old.district_code, old.key, by, now)
        kind = "hand_over_accepted" if accept else "hand_over_refused"
        detail = {"contact": old.key, "hand_over": number}
        events.append(work.connection, [Event(now, by, kind, active.key, detail=detail)])
        work.commit()
    return proposal


def _replace_contact(
    connection: Connection, active: Active, old: Contact, proposal: HandOver, now: datetime
) -> None:
    key = f"{old.district_code}:{proposal.email.lower()}"
    known = rosters.load(connection, active.state).contacts.get(key)
    roles = old.roles | known.roles if known else old.roles
    new = Contact(key, old.district_code, proposal.name, proposal.email, roles)
    rosters.save(connection, active.state, Roster({}, {key: new}))
    if key != old.key:
        rosters.mark_left(connection, active.state, [old.key], now)
    follow(connection, active, new, now)
