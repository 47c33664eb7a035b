"""What a reader may do by the link in a letter, without a login: little, and nothing that cannot be undone.

Each act is on record under the reader's name; whoever was forwarded the letter acts in that name too.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from yearwheel.notifications import tokens
from yearwheel.notifications.planner import turn_of
from yearwheel.notifications.tokens import DECLINE, READER, BadToken
from yearwheel.roster.contacts_csv import parse_email
from yearwheel.roster.people import ROLE_LABELS, Contact, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.stages.standing import Standing
from yearwheel.store import Connection, declines, events, hand_overs, rosters, standings, tasks
from yearwheel.store.events import Event
from yearwheel.store.hand_overs import HandOver
from yearwheel.store.tasks import Task

NAME_LENGTH = 100


class Signal(StrEnum):
    """How a reader says the work stands. It changes no status and no deadline."""

    ON_TRACK = "on_track"
    NEED_HELP = "need_help"


SIGNAL_LABELS = {Signal.ON_TRACK: "on track", Signal.NEED_HELP: "need help"}


@dataclass(frozen=True, slots=True)
class OwedWork:
    """A stage in which the reader's district owes something. `signal` is what it said last."""

    stage_key: str
    title: str
    due_on: date
    signal: Signal | None


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """What the link shows."""

    name: str
    email: str
    district_code: str
    district_name: str
    roles: str
    cycle_title: str
    help_address: str
    work: tuple[OwedWork, ...]
    passed_on_to: str  # whom the reader proposed, while that waits


@dataclass(frozen=True, slots=True)
class DeclinePage:
    """What the link that stops a kind of message shows."""

    name: str
    cycle_title: str
    kinds: tuple[str, ...]
    stopped: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    active: Active
    roster: Roster
    contact: Contact

    def event(self, app: App, kind: str, stage_key: str | None = None, **detail: object) -> Event:
        actor = f"{self.contact.name} by link"
        said = {"contact": self.contact.key, **detail}
        code = self.contact.district_code
        return Event(app.clock.now(), actor, kind, self.active.key, stage_key, code, detail=said)


def open_link(app: App, token: str) -> ReaderPage:
    """What the link of a letter shows. Refused when it is not ours, too old, or its reader has left."""
    with app.database.reading() as connection:
        reader = _read_link(app, connection, token)
        contact, active = reader.contact, reader.active
        waiting = hand_overs.list_open(connection, active.state, contact.key)
        return ReaderPage(
            name=contact.name,
            email=contact.email,
            district_code=contact.district_code,
            district_name=reader.roster.districts[contact.district_code].name,
            roles=" and ".join(ROLE_LABELS[role] for role in sorted(contact.roles)),
            cycle_title=active.cycle.title,
            help_address=active.cycle.help_address,
            work=tuple(_owed(connection, reader)),
            passed_on_to=waiting[-1].name if waiting else "",
        )


def give_signal(app: App, token: str, stage_key: str, signal: Signal) -> str:
    """Say that a stage is on track, or that help is needed, which opens a task. Returns what was kept."""
    with app.database.writing() as work:
        reader = _read_link(app, work.connection, token)
        owed = {stage.stage_key: stage for stage in _owed(work.connection, reader)}
        if stage_key not in owed:
            raise Refused("your district owes nothing there at the moment; nothing was changed")
        if owed[stage_key].signal is not signal:
            event = reader.event(app, str(signal), stage_key)
            events.append(work.connection, [event])
            _follow_signal(work.connection, reader, owed[stage_key], signal, app.clock.now())
            work.commit()
    return f"{owed[stage_key].title}: {SIGNAL_LABELS[signal]}"


def confirm_contact(app: App, token: str) -> str:
    """The reader says that their role and address are right."""
    with app.database.writing() as work:
        reader = _read_link(app, work.connection, token)
        state, contact = reader.active.state, reader.contact
        rosters.change_contact(work.connection, state, contact.key, verified_at=app.clock.now())
        events.append(work.connection, [reader.event(app, "contact_confirmed")])
        work.commit()
    return "Your role and address are confirmed"


def pass_on(app: App, token: str, name: str, email: str) -> str:
    """The reader says who does their work now. It counts once the office has confirmed it."""
    name = " ".join(name.split())[:NAME_LENGTH]
    if not name:
        raise Refused("give the name of the person who does this now")
    try:
        address = parse_email(email.strip())
    except ValueError as fault:
        raise Refused(f"{email.strip()!r}: {fault}") from None
    now = app.clock.now()
    with app.database.writing() as work:
        reader = _read_link(app, work.connection, token)
        state, contact = reader.active.state, reader.contact
        if hand_overs.list_open(work.connection, state, contact.key):
            raise Refused("somebody was named already; the office has to confirm it first")
        proposal = HandOver(state, contact.key, name, address, now)
        row = hand_overs.add(work.connection, proposal)
        what = (
            f"{contact.name} says that {name} <{address}> does their work now; "
            f"yearwheel roster hand-over {row} --accept, or --refuse"
        )
        tasks.open_once(
            work.connection, Task(state, "hand_over", contact.district_code, contact.key, what, now)
        )
        events.append(work.connection, [reader.event(app, "hand_over_proposed", hand_over=row)])
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
            events.append(work.connection, [reader.event(app, "declined", kinds=new)])
            work.commit()
    return DeclinePage(reader.contact.name, reader.active.cycle.title, kinds, stopped=True)


def _read_link(app: App, connection: Connection, token: str) -> _Reader:
    cycle_key, contact_key, last_day = _read_words(app, READER, token, 3)
    reader = _reader(connection, cycle_key, contact_key)
    if reader.active.day(app.clock.now()) > date.fromisoformat(last_day):
        raise Refused(f"this link worked until {last_day}; use the one in a newer letter")
    return reader


def _read_decline(app: App, connection: Connection, token: str) -> tuple[_Reader, tuple[str, ...]]:
    cycle_key, contact_key, *kinds = _read_words(app, DECLINE, token, 3)
    return _reader(connection, cycle_key, contact_key), tuple(kinds)


def _read_words(app: App, purpose: str, token: str, least: int) -> tuple[str, ...]:
    try:
        words = tokens.read(purpose, token, app.secret)
    except BadToken as fault:
        raise Refused(str(fault)) from None
    if len(words) < least:
        raise Refused("this link is not whole; copy it from the message again")
    return words


def _reader(connection: Connection, cycle_key: str, contact_key: str) -> _Reader:
    active = read_active(connection, cycle_key)
    roster = rosters.load(connection, active.state, cycle_key)
    contact = roster.contacts.get(contact_key)
    if contact is None:
        raise Refused("you are no longer on our list, so there is nothing to do")
    return _Reader(active, roster, contact)


def _owed(connection: Connection, reader: _Reader) -> list[OwedWork]:
    """What the reader's district owes in stages that have opened and speak to one of the reader's roles."""
    active, code = reader.active, reader.contact.district_code
    said = last_signals(connection, active.key, code)
    here = {s.stage_key: s for s in standings.find(connection, active.key, codes=[code])}
    found = []
    for stage in active.cycle.stages:
        standing: Standing | None = here.get(stage.key)
        turn = turn_of(stage, standing) if standing else None
        if turn and standing and _is_told(reader.contact, stage.tell) and standing.status != "not_open":
            found.append(OwedWork(stage.key, stage.title, turn.due_on, said.get((stage.key, code))))
    return found


def _is_told(contact: Contact, tell: tuple[str, ...]) -> bool:
    return contact.deputy_for is not None or any(role in contact.roles for role in tell)


def last_signals(
    connection: Connection, cycle_key: str, code: str | None = None
) -> dict[tuple[str, str], Signal]:
    """What each (stage, district) place said last, as long as nothing was handed in or decided since."""
    kinds = [*Signal, "submitted", "returned", "approved", "excused"]
    found: dict[tuple[str, str], Signal] = {}
    for event in events.list_events(connection, cycle_key, district_code=code, kinds=kinds):
        place = (event.stage_key or "", event.district_code or "")
        if event.kind in set(Signal):
            found[place] = Signal(event.kind)
        else:
            found.pop(place, None)
    return found


def _follow_signal(
    connection: Connection, reader: _Reader, work: OwedWork, signal: Signal, now: datetime
) -> None:
    state, contact = reader.active.state, reader.contact
    subject = f"{reader.active.key}/{work.stage_key}"
    if signal is Signal.NEED_HELP:
        what = f"{contact.name} asks for help with {work.title}, due {work.due_on}: {contact.email}"
        tasks.open_once(connection, Task(state, signal, contact.district_code, subject, what, now))
        return
    tasks.close_about(
        connection, state, Signal.NEED_HELP, contact.district_code, subject, f"{contact.name} by link", now
    )
