"""Taking in what came back: a letter that did not arrive is called so, and somebody is asked to see to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from yearwheel.notifications.bounces import Bounce, BounceKind, read_bounce
from yearwheel.notifications.ledger import SYSTEM, OutboxStatus
from yearwheel.notifications.mailboxes import NotYet, read_imap
from yearwheel.services.active import read_active
from yearwheel.services.app import App
from yearwheel.services.contacts import give_up_address
from yearwheel.store import Connection, bounces, events, outbox, rosters, tasks
from yearwheel.store.bounces import Sent
from yearwheel.store.events import Event
from yearwheel.store.tasks import Task

PATIENCE = 3  # soft bounces in a row, then a person is asked


@dataclass(slots=True)
class BounceReport:
    """What one reading found."""

    hard: int = 0
    soft: int = 0
    replies: int = 0  # answering machines, and servers that go on trying
    not_understood: int = 0  # garbage, or a server's words that say nothing we know
    known: int = 0  # taken in before
    unmatched: int = 0  # about no letter of ours


def read_bounces(app: App, read: Callable[[Callable[[bytes], None]], int]) -> BounceReport:
    """Take in every message that `read` hands over. Each is on record before it is moved aside."""
    report = BounceReport()
    read(lambda raw: take_bounce(app, raw, report))
    return report


def read_imap_bounces(app: App) -> BounceReport | None:
    """Take in what lies in the mailbox that the settings name; None if they name none."""
    box = app.settings.mail.bounce_box
    return read_bounces(app, partial(read_imap, box)) if box else None


def take_bounce(app: App, raw: bytes, report: BounceReport) -> None:
    """Take in one message; the same one again changes nothing. NotYet while its letter is being sent."""
    bounce = read_bounce(raw)
    if bounce.kind is BounceKind.REPLY:
        report.replies += 1
        return
    if bounce.kind is BounceKind.NOT_UNDERSTOOD:
        report.not_understood += 1
        return
    now = app.clock.now()
    with app.database.writing() as work:
        sent = _find_letter(work.connection, bounce, by_subject=not app.settings.mail.bounce_domain)
        if sent is None:
            report.unmatched += 1
            return
        if sent.status is OutboxStatus.SENDING:
            raise NotYet  # whoever sends it may be dead; its doubt is what this settles
        if sent.status is OutboxStatus.BOUNCED:
            report.known += 1
            return
        # A doubt is settled by this: what came back had left.
        outbox.move(work.connection, [sent.id], bounces.HAD_LEFT, OutboxStatus.BOUNCED, now)
        if bounce.kind is BounceKind.HARD:
            report.hard += 1
            _take_hard(work.connection, sent, bounce, now)
        else:
            report.soft += 1
            _take_soft(work.connection, sent, bounce, now)
        work.commit()


def _find_letter(connection: Connection, bounce: Bounce, *, by_subject: bool) -> Sent | None:
    """The letter that a report is about.

    A subject can be guessed, so that anybody could silence a reader: where each letter has a return address
    of its own, a report that knows neither that nor the Message-ID is believed by nobody.
    """
    if bounce.digest:
        return bounces.find_letter(connection, bounce.digest)
    if by_subject and bounce.recipient and bounce.subject:
        return bounces.find_letter_to(connection, bounce.recipient, bounce.subject)
    return None


def _take_hard(connection: Connection, sent: Sent, bounce: Bounce, now: datetime) -> None:
    active = read_active(connection, sent.cycle_key)
    _note(connection, "bounced", sent, bounce, now)
    contact = rosters.load(connection, active.state).contacts.get(sent.contact_key)
    if contact is not None and contact.email == sent.recipient:  # a new address is not at fault
        give_up_address(connection, active, contact.key, _said_of(bounce, contact.email), now)


def _said_of(bounce: Bounce, address: str) -> str:
    """The server's words, and of whom they are where mail to an address goes on to another."""
    if not bounce.recipient or bounce.recipient.lower() == address.lower():
        return bounce.words
    return f"{bounce.words}; said of {bounce.recipient}, to whom it was sent on"


def _take_soft(connection: Connection, sent: Sent, bounce: Bounce, now: datetime) -> None:
    active = read_active(connection, sent.cycle_key)
    _note(connection, "bounced_for_now", sent, bounce, now)
    back = bounces.soft(connection, sent.cycle_key)
    newest = bounces.newest_letters(connection, sent.cycle_key, sent.contact_key, PATIENCE)
    contact = rosters.load(connection, active.state).contacts.get(sent.contact_key)
    if contact is not None and len(newest) == PATIENCE and back.issuperset(newest):
        what = f"the last {PATIENCE} letters to {contact.email} of {contact.name} came back: {bounce.words}"
        task = Task(active.state, tasks.OFTEN_BACK, contact.district_code, contact.key, what, now)
        tasks.open_once(connection, task)


def _note(connection: Connection, kind: str, sent: Sent, bounce: Bounce, now: datetime) -> None:
    detail = {"contact": sent.contact_key, "outbox": sent.id}
    events.append(connection, [Event(now, SYSTEM, kind, sent.cycle_key, why=bounce.words, detail=detail)])
