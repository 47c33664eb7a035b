"""What a reader may do by the link in a letter, without a login: little, and nothing that cannot be undone.

Each act is on record under the reader's name; whoever was forwarded the letter acts in that name too.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.calendar.rules import in_words
from yearwheel.notifications import tokens
from yearwheel.notifications.requests import RequestKind, answers_in_words, hand_over_answers
from yearwheel.notifications.tokens import DECLINE, READER, BadToken
from yearwheel.roster.contacts_csv import parse_email
from yearwheel.roster.names import parse_name
from yearwheel.roster.people import Contact, District, Role, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.answered import close_request
from yearwheel.services.app import App, Refused
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import OWED, Status
from yearwheel.store import Connection, declines, events, hand_overs, rosters, standings, tasks
from yearwheel.store.events import Event
from yearwheel.store.hand_overs import HandOver
from yearwheel.store.tasks import Task

NAME_LENGTH = 100
BY_LINK = " by link"  # behind the name of whoever acts by one


class Signal(StrEnum):
    """How a reader says the work stands. It changes no status and no deadline."""

    ON_TRACK = "on_track"
    NEED_HELP = "need_help"


SIGNAL_LABELS = {Signal.ON_TRACK: "on track", Signal.NEED_HELP: "need help"}


@dataclass(frozen=True, slots=True)
class DeclinePage:
    """What the link that stops a kind of message shows."""

    name: str
    cycle_title: str
    kinds: tuple[str, ...]
    stopped: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Who holds a letter's link, in the cycle it was written for, at the moment they look."""

    active: Active
    roster: Roster
    contact: Contact
    now: datetime
    until: date | None = None  # the last day on which the link works, where it ends

    @property
    def district(self) -> District:
        return self.roster.districts[self.contact.district_code]

    @property
    def is_office(self) -> bool:
        """Whether they belong to the state office, which sees every district."""
        return self.district.is_state_office

    @property
    def today(self) -> date:
        """The cycle's local day."""
        return self.active.day(self.now)

    @property
    def actor(self) -> str:
        """In whose name their acts are on record."""
        return f"{self.contact.name}{BY_LINK}"

    def reviews(self, code: str) -> bool:
        """Whether a district's plan is theirs to decide on, as its reviewer or in place of one who is absent.

        Nobody reviews the plan of their own district.
        """
        if code == self.contact.district_code:
            return False
        is_theirs = self.roster.is_own(self.contact, code, Role.REVIEWER)
        return is_theirs or self.contact in self.roster.holders(code, Role.REVIEWER)

    def event(self, kind: str, stage_key: str | None = None, **detail: object) -> Event:
        said = {"contact": self.contact.key, **detail}
        code = self.contact.district_code
        return Event(self.now, self.actor, kind, self.active.key, stage_key, code, detail=said)


class LinkEnded(Refused):
    """A letter's link that is ours, and too old; whose it is stays unsaid."""

    def __init__(self, cycle: Cycle, last_day: date) -> None:
        super().__init__(f"this link worked until {in_words(last_day)}; use the one in a newer letter")
        self.cycle = cycle
        self.last_day = last_day


class NotThere(Refused):
    """A page that is not there, or not for this reader: both in the same words, so that neither shows."""

    def __init__(self) -> None:
        super().__init__("there is no such page, or it is not yours to read")


def give_signal(app: App, token: str, stage_key: str, signal: Signal) -> str:
    """Say that a stage is on track, or that help is needed, which opens a task. Returns what was kept."""
    with app.database.writing() as work:
        reader = read_reader(app, work.connection, token)
        standing = read_asked(work.connection, reader).get(stage_key)
        if standing is None:
            raise Refused("your district owes nothing there at the moment; nothing was changed")
        stage = reader.active.cycle.stage(stage_key)
        said = last_signals(work.connection, reader.active.key, standing.district_code)
        if said.get((stage_key, standing.district_code)) is not signal:
            events.append(work.connection, [reader.event(str(signal), stage_key)])
            _follow_signal(work.connection, reader, stage, standing.due_on or stage.dates.due.on, signal)
            work.commit()
    return f"{stage.title}: {SIGNAL_LABELS[signal]}"


def confirm_contact(app: App, token: str) -> str:
    """The reader says that their role and address are right."""
    with app.database.writing() as work:
        reader = read_reader(app, work.connection, token)
        state, contact = reader.active.state, reader.contact
        rosters.change_contact(work.connection, state, contact.key, verified_at=app.clock.now())
        events.append(work.connection, [reader.event("contact_confirmed")])
        work.commit()
    return "Your role and address are confirmed"


def pass_on(app: App, token: str, name: str, email: str) -> str:
    """The reader says who does their work now. It counts once the office has confirmed it."""
    try:
        name = parse_name(name)[:NAME_LENGTH]
        address = parse_email(email.strip())
    except ValueError as fault:
        raise Refused(str(fault)) from None
    if not name:
        raise Refused("give the name of the person who does this now")
    now = app.clock.now()
    with app.database.writing() as work:
        reader = read_reader(app, work.connection, token)
        state, contact = reader.active.state, reader.contact
        if address.lower() == contact.email.lower():
            raise Refused("that is your own address; give the one of the person who does this now")
        if hand_overs.list_open(work.connection, state, contact.key):
            raise Refused("somebody was named already; the office has to confirm it first")
        proposal = HandOver(state, contact.key, name, address, now)
        row = hand_overs.add(work.connection, proposal)
        what = f"{contact.name} says that {name} <{address}> does their work now; " + answers_in_words(
            hand_over_answers(row, reader.active.key)
        )
        tasks.open_once(
            work.connection, Task(state, RequestKind.HAND_OVER, contact.district_code, contact.key, what, now)
        )
        events.append(work.connection, [reader.event("hand_over_proposed", hand_over=row)])
        work.commit()
    return f"We were told of {name}, and write to them once the office has confirmed it"


def open_decline(app: App, token: str) -> DeclinePage:
    """What the link that stops a kind of message shows."""
    with app.database.reading() as connection:
        reader, kinds = _read_decline(app, connection, token)
        stopped = set(kinds) <= declines.read(connection, reader.active.key).get(reader.contact.key, set())
        return DeclinePage(reader.contact.name, reader.active.cycle.title, kinds, stopped)


def decline(app: App, token: str) -> DeclinePage:
    """Stop a kind of message (RFC 8058). Doing it again changes nothing."""
    with app.database.writing() as work:
        reader, kinds = _read_decline(app, work.connection, token)
        key = reader.contact.key
        if new := declines.add(work.connection, reader.active.key, key, kinds, app.clock.now()):
            events.append(work.connection, [reader.event("declined", kinds=new)])
            work.commit()
    return DeclinePage(reader.contact.name, reader.active.cycle.title, kinds, stopped=True)


def take_back_decline(app: App, token: str) -> DeclinePage:
    """Send a kind of message again. Doing it again changes nothing."""
    with app.database.writing() as work:
        reader, kinds = _read_decline(app, work.connection, token)
        if again := declines.remove(work.connection, reader.active.key, reader.contact.key, kinds):
            events.append(work.connection, [reader.event("decline_taken_back", kinds=again)])
            work.commit()
    return DeclinePage(reader.contact.name, reader.active.cycle.title, kinds, stopped=False)


def read_reader(app: App, connection: Connection, token: str) -> Reader:
    """Who holds a letter's link. LinkEnded when it is too old, Refused when forged or its reader has left."""
    cycle_key, contact_key, last_day = _read_words(app, READER, token, 3)
    reader = replace(_reader(app, connection, cycle_key, contact_key), until=date.fromisoformat(last_day))
    assert reader.until is not None
    if reader.today > reader.until:
        raise LinkEnded(reader.active.cycle, reader.until)
    return reader


def find_seen(reader: Reader, code: str) -> District:
    """The district of that code. NotThere unless it is the reader's own or that of somebody they stand in
    for, or theirs to review; the office sees every one."""
    stood_in_for = reader.roster.contacts.get(reader.contact.deputy_for or "")
    seen = {contact.district_code for contact in (reader.contact, stood_in_for) if contact}
    if code not in reader.roster.districts or not (reader.is_office or code in seen or reader.reviews(code)):
        raise NotThere
    return reader.roster.districts[code]


def read_asked(connection: Connection, reader: Reader) -> dict[str, Standing]:
    """The opened stages in which the reader's district owes something that the reader is told of, by key.

    What opens by its day is open at once, not with the next round, and also where earlier work is not in: its
    reminders go all the same. What has closed for the district, or with the cycle, is asked no more.
    """
    active = reader.active
    if active.stored.closed_at is not None:
        return {}
    mine = {stage.key: stage for stage in active.cycle.stages if _concerns(stage, reader.contact)}
    here = standings.find(connection, active.key, stage_keys=mine, codes=[reader.contact.district_code])

    def is_open(stage: Stage, standing: Standing) -> bool:
        begun = standing.status is not Status.NOT_OPEN
        if stage.review is not None:
            return begun
        dates = stage.dates_for(standing.due_on, active.cycle.workdays)
        return (begun or dates.opens.moment <= reader.now) and reader.now <= dates.close.moment

    return {s.stage_key: s for s in here if s.status in OWED and is_open(mine[s.stage_key], s)}


def _read_decline(app: App, connection: Connection, token: str) -> tuple[Reader, tuple[str, ...]]:
    cycle_key, contact_key, *kinds = _read_words(app, DECLINE, token, 3)
    return _reader(app, connection, cycle_key, contact_key), tuple(kinds)


def _read_words(app: App, purpose: str, token: str, least: int) -> tuple[str, ...]:
    try:
        words = tokens.read(purpose, token, app.secret)
    except BadToken as fault:
        raise Refused(str(fault)) from None
    if len(words) < least:
        raise Refused("this link is not whole; copy it from the message again")
    return words


def _reader(app: App, connection: Connection, cycle_key: str, contact_key: str) -> Reader:
    active = read_active(connection, cycle_key)
    roster = rosters.load(connection, active.state, cycle_key)
    contact = roster.contacts.get(contact_key)
    if contact is None or contact.district_code not in roster.districts:
        raise Refused("you are no longer on our list, so there is nothing to do")
    return Reader(active, roster, contact, app.clock.now())


def _concerns(stage: Stage, contact: Contact) -> bool:
    """Whether a stage's letters go to a contact, be it only when it is late. A deputy may get any."""
    told = {role for rung in stage.all_rungs for role in rung.to} | set(stage.tell)
    return contact.deputy_for is not None or any(role in told for role in contact.roles)


def last_signals(
    connection: Connection, cycle_key: str, code: str | None = None
) -> dict[tuple[str, str], Signal]:
    """What each (stage, district) place said last, as long as nothing was handed in or decided since."""
    kinds = [*Signal, "submitted", "returned", "approved", "excused"]
    found: dict[tuple[str, str], Signal] = {}
    for event in events.list_events(connection, cycle_key, district_code=code, kinds=kinds):
        place = (event.stage_key or "", event.district_code or "")
        if event.kind in set(Signal) and event.after is None:  # a change of track is called on_track too
            found[place] = Signal(event.kind)
        else:
            found.pop(place, None)
    return found


def _follow_signal(
    connection: Connection, reader: Reader, stage: Stage, due_on: date, signal: Signal
) -> None:
    state, contact = reader.active.state, reader.contact
    subject = f"{reader.active.key}/{stage.key}"
    if signal is Signal.NEED_HELP:
        what = f"{contact.name} asks for help with {stage.title}, due {due_on}: {contact.email}"
        tasks.open_once(connection, Task(state, signal, contact.district_code, subject, what, reader.now))
        return
    by = f"{contact.name}{BY_LINK}"
    close_request(connection, state, Signal.NEED_HELP, contact.district_code, subject, by, reader.now)
