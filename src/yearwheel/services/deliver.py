"""Empty the outbox: claim and commit, talk to the mail server with no transaction open, record, commit."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from yearwheel.config.settings import Mail
from yearwheel.notifications.ledger import Attempt, OutboxStatus
from yearwheel.notifications.mailers import Envelope, Mailer, Result
from yearwheel.notifications.verp import sender_for
from yearwheel.services.active import read_active
from yearwheel.services.app import App
from yearwheel.services.contacts import give_up_address
from yearwheel.services.queue_mail import open_zones
from yearwheel.services.rounds import SYSTEM
from yearwheel.store import Connection, events, outbox
from yearwheel.store.events import Event
from yearwheel.store.outbox import Claimed, Settled

LEASE = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
BATCH = 50  # claimed together and recorded together: the most a crash can leave in doubt
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360)]  # after each refusal for now; the last stays
TRIES = 14  # six on the first day and two on each of four more: RFC 5321 4.5.4.1 asks for four or five days
OF_ADDRESS = {"", "550", "551", "553"}  # without an enhanced status; empty when we could not even ask
OF_SENDER = {"5.1.7", "5.1.8"}
_ENHANCED = re.compile(r"5\.(\d{1,3})\.\d{1,3}\b")


@dataclass(slots=True)
class DeliveryReport:
    """How the attempts of one pass ended."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0
    uncertain: int = 0


def deliver(app: App, *, limit: int | None = None) -> DeliveryReport:
    """Send what waits, as far as each reader's window is open. Several deliverers may run at once."""
    report = DeliveryReport()
    me = uuid4().hex
    with app.open_mailer() as mailer:
        while limit is None or _attempts(report) < limit:
            batch = _claim(app, me, BATCH if limit is None else min(BATCH, limit - _attempts(report)))
            if not batch:
                return report
            results = [(claimed, _send(app, mailer, claimed)) for claimed in batch]
            _record(app, results, report)
    return report


def _claim(app: App, me: str, size: int) -> list[Claimed]:
    now = app.clock.now()
    with app.database.writing() as work:
        for cycle_key, zones in outbox.waiting_zones(work.connection).items():
            active = read_active(work.connection, cycle_key)
            open_now = open_zones(active, zones, now)
            claimed = outbox.claim(
                work.connection,
                cycle_key,
                now=now,
                until=now + LEASE,
                by=me,
                zones=open_now,
                limit=size,
                among=_within_rates(app.settings.mail, work.connection, cycle_key, open_now, now, size),
            )
            if claimed:
                work.commit()
                return claimed
    return []


def _within_rates(
    mail: Mail, connection: Connection, cycle_key: str, zones: Collection[str], now: datetime, size: int
) -> list[int] | None:
    """The next messages that the rates per minute allow; None where there are none to keep."""
    if mail.per_minute is None and mail.per_domain_per_minute is None:
        return None
    tried = outbox.recently_tried(connection, now - MINUTE)
    to_domain = Counter(_domain(recipient) for recipient in tried)
    left = size if mail.per_minute is None else min(size, mail.per_minute - len(tried))
    chosen: list[int] = []
    for row, recipient in outbox.list_claimable(connection, cycle_key, now=now, zones=zones):
        if len(chosen) >= left:
            break
        domain = _domain(recipient)
        if mail.per_domain_per_minute is None or to_domain[domain] < mail.per_domain_per_minute:
            to_domain[domain] += 1
            chosen.append(row)
    return chosen


def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].lower()


def _send(app: App, mailer: Mailer, claimed: Claimed) -> Result:
    mail = app.settings.mail
    sender = sender_for(claimed.message_id, mail.bounce_domain) if mail.bounce_domain else mail.sender
    return mailer.send(Envelope(claimed.message_id, sender, claimed.recipient, claimed.raw))


def _record(app: App, results: Sequence[tuple[Claimed, Result]], report: DeliveryReport) -> None:
    now = app.clock.now()
    settled = [_settle(claimed, result, now) for claimed, result in results]
    with app.database.writing() as work:
        outbox.record(work.connection, settled)
        for claimed, result in results:
            if result.outcome is Attempt.REFUSED:
                _note_refusal(work.connection, claimed, result, now)
        work.commit()
    for row in settled:
        report.sent += row.status is OutboxStatus.SENT
        report.refused += row.status is OutboxStatus.FAILED
        report.deferred += row.status is OutboxStatus.QUEUED
        report.uncertain += row.status is OutboxStatus.UNCERTAIN


def _settle(claimed: Claimed, result: Result, now: datetime) -> Settled:
    status, not_before = _after(claimed, result.outcome, now)
    return Settled(
        claimed.id, claimed.attempts, result.outcome, result.code, result.detail, status, not_before, now
    )


def _after(claimed: Claimed, outcome: Attempt, now: datetime) -> tuple[OutboxStatus, datetime | None]:
    match outcome:
        case Attempt.ACCEPTED:
            return OutboxStatus.SENT, None
        case Attempt.REFUSED:
            return OutboxStatus.FAILED, None
        case Attempt.UNKNOWN:
            return OutboxStatus.UNCERTAIN, None
        case Attempt.DEFERRED if claimed.attempts < TRIES:
            return OutboxStatus.QUEUED, now + WAITS[min(claimed.attempts, len(WAITS)) - 1]
        case _:
            return OutboxStatus.FAILED, None


def _note_refusal(connection: Connection, claimed: Claimed, result: Result, now: datetime) -> None:
    """Keep the server's words; a contact is given up only when they are about the address."""
    words = f"{result.code} {result.detail}".strip()
    at_fault = blames_address(result)
    kind = "address_refused" if at_fault else "message_refused"
    detail = {"contact": claimed.contact_key, "message_id": claimed.message_id}
    events.append(connection, [Event(now, SYSTEM, kind, claimed.cycle_key, why=words, detail=detail)])
    if at_fault:
        active = read_active(connection, claimed.cycle_key)
        give_up_address(connection, active, claimed.contact_key, words, now)


def blames_address(refusal: Result) -> bool:
    """Whether a final refusal is about the reader's address (RFC 3463 5.1.x, 5.2.x) or something else."""
    if status := _ENHANCED.match(refusal.detail):
        return status[1] in {"1", "2"} and status[0] not in OF_SENDER
    return refusal.code in OF_ADDRESS


def _attempts(report: DeliveryReport) -> int:
    return report.sent + report.refused + report.deferred + report.uncertain
