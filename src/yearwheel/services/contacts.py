"""What becomes of a contact during the year: an address is given up or mended, a deputy stands in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime

from yearwheel.calendar.cycle import OwedBy, Stage
from yearwheel.notifications.commands import command
from yearwheel.notifications.requests import RequestKind
from yearwheel.roster.people import ROLE_LABELS, STATE_ROLES, Contact, Role, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.answered import close_request
from yearwheel.services.app import App, Refused
from yearwheel.services.note_people import note_people
from yearwheel.services.reasons import check_reason
from yearwheel.services.replan import replan
from yearwheel.services.see_roster import see_roster
from yearwheel.stages.status import OWED, Status
from yearwheel.store import Connection, cycles, events, hand_overs, rosters, standings, tasks
from yearwheel.store.events import Event
from yearwheel.store.hand_overs import HandOver
from yearwheel.store.tasks import BAD_ADDRESS, OFTEN_BACK, Task


@dataclass(frozen=True, slots=True)
class Gap:
    """A role in which nobody can be told anything."""

    district_code: str  # or the office's; empty where the roster names no office
    role: Role
    why: str


def give_up_address(
    connection: Connection, active: Active, contact_key: str, words: str, now: datetime
) -> None:
    """Write to a contact no more: a task asks for a better address, and a deputy is told from now on."""
    contact = rosters.load(connection, active.state).contacts.get(contact_key)
    if contact is None or contact.undeliverable:
        return
    what = f"{contact.email} of {contact.name} does not work ({words}); find out the right address"
    tasks.open_once(
        connection, Task(active.state, BAD_ADDRESS, contact.district_code, contact_key, what, now)
    )
    everyone = rosters.load(connection, active.state).contacts.values()
    has_deputy = any(other.deputy_for == contact_key for other in everyone)
    with _followed(connection, active.state, contact, now) if has_deputy else nullcontext():
        rosters.mark_undeliverable(connection, active.state, contact_key, words)


def mend_address(
    connection: Connection, active: Active, contact_key: str, why: str, by: str, now: datetime
) -> bool:
    """Write to a contact again whose address had been given up; says whether it had been."""
    contact = rosters.load(connection, active.state).contacts.get(contact_key)
    if contact is None or not contact.undeliverable:
        return False
    with _followed(connection, active.state, contact, now):
        rosters.change_contact(connection, active.state, contact_key, undeliverable=None)
    for kind in (BAD_ADDRESS, OFTEN_BACK):
        tasks.close_about(connection, active.state, kind, contact.district_code, contact_key, by, now)
    detail = {"contact": contact_key}
    mended = Event(
        now, by, "address_mended", active.key, before=contact.undeliverable, why=why, detail=detail
    )
    events.append(connection, [mended])
    return True


def call_reachable(app: App, cycle_key: str, contact_key: str, *, by: str, why: str = "") -> None:
    """Take a person's word that mail reaches a contact again; Refused if nobody said that it does not."""
    check_reason(why)
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        contact = _known(rosters.load(work.connection, active.state), active.state, contact_key)
        if not mend_address(work.connection, active, contact_key, why, by, app.clock.now()):
            raise Refused(f"mail to {contact.name} <{contact.email}> has not been given up; nothing to mend")
        work.commit()


@dataclass(frozen=True, slots=True)
class DeputyNamed:
    """Who stood in before, empty for nobody, and a remark where the deputy is of another district."""

    before: str
    remark: str = ""


def name_deputy(
    app: App, cycle_key: str, contact_key: str, deputy_key: str | None, *, by: str
) -> DeputyNamed:
    """Say who is told when a contact is away or cannot be reached; None for nobody any more."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state, active.key)
        contact = _known(roster, active.state, contact_key)
        before = [c.key for c in roster.contacts.values() if c.deputy_for == contact_key]
        if deputy_key is not None and deputy_key == contact_key:
            raise Refused(f"{contact.name} cannot be their own deputy")
        if deputy_key is not None and contact.deputy_for == _known(roster, active.state, deputy_key).key:
            raise Refused(
                f"{contact.name} already stands in for {deputy_key}; two who do so mutually reach nobody"
            )
        with _followed(work.connection, active.state, contact, now):
            for key in before:
                rosters.change_contact(work.connection, active.state, key, deputy_for=None)
            if deputy_key is not None:
                rosters.change_contact(work.connection, active.state, deputy_key, deputy_for=contact_key)
        detail = {"contact": contact_key, "deputy": deputy_key, "before": before}
        events.append(work.connection, [Event(now, by, "deputy_named", active.key, detail=detail)])
        work.commit()
    deputy = roster.contacts[deputy_key] if deputy_key else contact
    stood_in = before[0] if before else ""
    if deputy.district_code == contact.district_code:
        return DeputyNamed(stood_in)
    homes = [roster.districts[code].name for code in (deputy.district_code, contact.district_code)]
    remark = f"{deputy.name} is of {homes[0]}, and sees the pages of {homes[1]} as well from now on"
    return DeputyNamed(stood_in, remark)


def set_away(app: App, cycle_key: str, contact_key: str, until: date | None, *, by: str) -> bool:
    """A contact is away until a day, that day included, or, with None, is back; says if anybody stands in."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state)
        contact = _known(roster, active.state, contact_key)
        if until is not None and until < active.day(now):
            raise Refused(f"{until} is past; give the last day that {contact.name} is away")
        _set_away(work.connection, active, contact, until, by, now)
        work.commit()
    return any(other.deputy_for == contact_key for other in roster.contacts.values())


def welcome_back(connection: Connection, active: Active, by: str, now: datetime) -> int:
    """Contacts whose last day away has passed are told again themselves; says how many."""
    today = active.day(now)
    roster = rosters.load(connection, active.state)
    back = [c for c in roster.contacts.values() if c.away_until is not None and c.away_until < today]
    for contact in back:
        _set_away(connection, active, contact, None, by, now)
    return len(back)


def list_gaps(roster: Roster, active: Active, stages: Iterable[Stage] = ()) -> list[Gap]:
    """Each role that the cycle, or some stages of it, speak to and in which nobody can be told.

    A role of the office's own people is looked for once and not for each district.
    """
    places = {
        (code, Role(role))
        for stage in tuple(stages) or active.cycle.stages
        for role in _spoken_to(stage)
        for code in _held_for(roster, stage, Role(role))
    }
    found = []
    for code, role in sorted(places):
        holders = roster.holders(code, role)
        if not holders:
            found.append(Gap(code, role, f"no {ROLE_LABELS[role]} is named"))
        elif all(contact.undeliverable for contact in holders):
            names = " and ".join(f"{c.name}: {c.undeliverable}" for c in holders)
            found.append(Gap(code, role, f"{ROLE_LABELS[role]} out of reach, {names}"))
    return found


def _spoken_to(stage: Stage) -> set[str]:
    """The roles a stage writes to: at its opening, on its ladders, and who reviews it."""
    climbed = {role for rung in stage.all_rungs for role in rung.to}
    return {*stage.tell, *climbed, *([Role.REVIEWER] if stage.review else ())}


def _held_for(roster: Roster, stage: Stage, role: Role) -> set[str]:
    """The bodies for which a stage needs somebody in a role; without an office that is nobody's, ""."""
    of_state = stage.owed_by is OwedBy.STATE
    owing = {d.code for d in roster.districts.values() if d.is_state_office == of_state}
    if role not in STATE_ROLES:
        return owing
    office = roster.office.code if roster.office else ""
    return {code if role is Role.REVIEWER and code in roster.reviewers else office for code in owing}


def read_gaps(app: App, cycle_key: str) -> list[Gap]:
    """The gaps of a cycle as its roster stands."""
    with app.database.reading() as connection:
        active = read_active(connection, cycle_key)
        return list_gaps(rosters.load(connection, active.state, cycle_key), active)


@contextmanager
def _followed(connection: Connection, state: str, contact: Contact, now: datetime) -> Iterator[list[Active]]:
    """What is changed inside about a contact, every running cycle of the state follows; these are given."""
    stored = [c for c in cycles.list_cycles(connection) if c.state == state]
    running = [read_active(connection, c.key) for c in stored if c.published_at and not c.closed_at]
    before = [rosters.load(connection, state, active.key) for active in running]
    yield running
    for active, told in zip(running, before, strict=True):
        _follow(connection, active, told, contact, now)


def _follow(connection: Connection, active: Active, before: Roster, contact: Contact, now: datetime) -> None:
    """Plan anew for the districts a contact is told about; the office's people serve every district."""
    roster = rosters.load(connection, active.state, active.key)
    note_people(connection, active, before, roster, now)
    of_office = roster.office is not None and roster.office.code == contact.district_code
    codes = set(roster.districts) if of_office else {contact.district_code}
    open_ = OWED | {Status.UNDER_REVIEW}
    affected = [s for s in standings.find(connection, active.key, codes=codes) if s.status in open_]
    replan(connection, active, affected, now, people_changed=True)


def _set_away(
    connection: Connection, active: Active, contact: Contact, until: date | None, by: str, now: datetime
) -> None:
    with _followed(connection, active.state, contact, now):
        rosters.change_contact(connection, active.state, contact.key, away_until=until)
    kind = "contact_away" if until else "contact_back"
    detail = {"contact": contact.key, "until": until.isoformat() if until else None}
    events.append(connection, [Event(now, by, kind, active.key, detail=detail)])


def _known(roster: Roster, state: str, key: str) -> Contact:
    if key not in roster.contacts:
        raise Refused(f"there is no contact {key!r}; {see_roster(state, contacts=True)}")
    return roster.contacts[key]


def decide_hand_over(app: App, cycle_key: str, number: int, *, accept: bool, by: str) -> HandOver:
    """Put the proposed person in the contact's place, with all its roles, or leave it as it is."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        waiting = {p.id: p for p in hand_overs.list_open(work.connection, active.state)}
        if number not in waiting:
            raise Refused(f"no hand-over {number} waits; see: {command('tasks list', active.key)}")
        proposal = waiting[number]
        roster = rosters.load(work.connection, active.state)
        old = _known(roster, active.state, proposal.contact_key)
        hand_overs.decide(work.connection, number, by, now, accepted=accept)
        if accept:
            _replace_contact(work.connection, active.state, old, proposal, now)
            for kind in (BAD_ADDRESS, OFTEN_BACK):
                tasks.close_about(work.connection, active.state, kind, old.district_code, old.key, by, now)
        close_request(
            work.connection, active.state, RequestKind.HAND_OVER, old.district_code, old.key, by, now
        )
        kind = "hand_over_accepted" if accept else "hand_over_refused"
        detail = {"contact": old.key, "hand_over": number}
        events.append(work.connection, [Event(now, by, kind, active.key, detail=detail)])
        work.commit()
    return proposal


def _replace_contact(
    connection: Connection, state: str, old: Contact, proposal: HandOver, now: datetime
) -> None:
    """Put a new person in a contact's place, with the roles, the deputies and the plans to review."""
    key = f"{old.district_code}:{proposal.email.lower()}"
    everyone = rosters.load(connection, state).contacts
    roles = old.roles | everyone[key].roles if key in everyone else old.roles
    new = Contact(key, old.district_code, proposal.name, proposal.email, roles)
    with _followed(connection, state, new, now) as running:
        rosters.save(connection, state, Roster({}, {key: new}))
        if key == old.key:
            return
        rosters.mark_left(connection, state, [old.key], now)
        for deputy in everyone.values():
            if deputy.deputy_for == old.key:
                of = key if deputy.key != key else None
                rosters.change_contact(connection, state, deputy.key, deputy_for=of)
        for active in running:
            reviewers = rosters.load(connection, state, active.key).reviewers
            handed = {code: key if reader == old.key else reader for code, reader in reviewers.items()}
            if handed != reviewers:
                rosters.assign(connection, state, active.key, handed)
