"""Empty the outbox: claim and commit, talk to the mail server with no transaction open, record, commit."""

import logging
import sys
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Event as Signal
from threading import Lock
from time import sleep
from uuid import uuid4

from yearwheel.clock import uptime
from yearwheel.config.settings import Mail
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import SYSTEM, Attempt, OutboxStatus
from yearwheel.notifications.mailers import Envelope, Mailer, Result
from yearwheel.notifications.refusals import blames_address, concerns_reader, said
from yearwheel.notifications.verp import sender_for
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App
from yearwheel.services.contacts import give_up_address, mend_address
from yearwheel.services.outbox_desk import still_refused
from yearwheel.services.queue_mail import find_stale, open_zones, take_back_stale
from yearwheel.services.requeue import hold_to_facts
from yearwheel.services.upkeep import sweep_leases
from yearwheel.store import (
    Connection,
    IntegrityError,
    OperationalError,
    cycles,
    events,
    outbox,
    rosters,
    tasks,
)
from yearwheel.store.events import Event
from yearwheel.store.outbox import Claimed, Settled
from yearwheel.store.tasks import NOT_TAKEN, Task

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
BATCH = 100  # claimed together and recorded together: the most a crash can leave in doubt on one connection
FIRST_BATCH = 25
TURN = 1.0  # seconds, after which a slow server's answers are recorded, however few they are
PATIENCE, PAUSE = 60, 1.0  # tries, and seconds between them, to record what a restarted server was told
LAST_TRIES = 5  # of these where we are told to stop, and may soon be killed
IN_A_ROW = 3  # doubts, also over several passes, or answers that every letter would get: then a pass ends
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360)]  # after each refusal for now; the last stays
TRIES = 14  # six on the first day and two on each of four more: RFC 5321 4.5.4.1 asks for four or five days

Answer = tuple[Claimed, Result]


@dataclass(slots=True)
class DeliveryReport:
    """How the attempts of one pass ended."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0
    uncertain: int = 0
    gave_up: bool = False  # the server left us in doubt about letter after letter; the rest waits
    same_for_all: str = ""  # what went wrong and would with every letter; the rest waits
    # What was said of those not taken, and how often; untrusted.
    answers: dict[str, int] = field(default_factory=dict, compare=False)

    def count(self, settled: Sequence[Settled]) -> None:
        for row in settled:
            self.sent += row.status is OutboxStatus.SENT
            self.refused += row.status is OutboxStatus.FAILED
            self.deferred += row.status is OutboxStatus.QUEUED
            self.uncertain += row.status is OutboxStatus.UNCERTAIN

    def note(self, answers: Iterable[Result]) -> None:
        for words, times in Counter(map(said, answers)).items():
            self.answers[words] = self.answers.get(words, 0) + times


def deliver(app: App, *, limit: int | None = None) -> DeliveryReport:
    """Send what waits, as far as each reader's window is open. Several deliverers may run at once.

    It has `mail.connections` lanes, each with a connection and messages of its own. Where one fails the
    others go on to the end before its error is raised. Told to stop, each records what it knows first.
    """
    sweep_leases(app)  # what a killed deliverer held is for a person to settle, not to be found next morning
    _leave_what_is_stale(app)
    with app.database.reading() as connection:
        before = outbox.newest_outcomes(connection, IN_A_ROW)
    mine, *lanes = range(app.settings.mail.connections)
    run = _Pass(app, sys.maxsize if limit is None else limit, before)
    with ThreadPoolExecutor(app.settings.mail.connections, "lane") as threads:
        others = [threads.submit(run.lane, lane) for lane in lanes]
        try:
            run.lane(mine)
            wait(others)
        except (KeyboardInterrupt, SystemExit):
            run.stop()
            raise
    for lane in others:
        lane.result()
    if run.report.sent:
        _need_no_help(app)
    return run.report


def _leave_what_is_stale(app: App) -> None:
    """What was to leave yesterday and could not is left to the next round, which writes it afresh."""
    now = app.clock.now()
    with app.database.reading() as connection:
        cycles = [read_active(connection, key) for key in outbox.waiting_zones(connection)]
        stale = [active for active in cycles if find_stale(connection, active, now)]
    for active in stale:
        with app.database.writing() as work:
            take_back_stale(work.connection, active, now)
            work.commit()


class _Pass:
    """One emptying of the outbox. Lanes speak to the mail server side by side, to the database in turn."""

    def __init__(self, app: App, limit: int, before: Sequence[Attempt] = ()) -> None:
        self.report = DeliveryReport()
        self._app = app
        self._left = limit
        self._before = before  # how the newest attempts of earlier passes ended
        self._seen: list[tuple[Active, set[str]]] = []  # cycles that have mail, and its readers' zones
        self._one_writer = Lock()  # SQLite's own would be waited for by sleeping and asking again
        self._same_in_a_row = 0  # of all lanes' newest answers, those that every letter would get
        self._newest_is_same = dict.fromkeys(range(app.settings.mail.connections), False)  # for lanes at work
        self._judging = Lock()
        self._stopping, self._over = Signal(), Signal()  # told to end, or ended by what was answered

    def stop(self) -> None:
        """Offer no more messages; those claimed and not offered are given back."""
        self._stopping.set()

    def lane(self, number: int) -> None:
        """Claim, send and record until nothing is left that may leave, or this lane alone is not let in."""
        try:
            self._work(number)
        finally:
            with self._judging:
                del self._newest_is_same[number]

    def _work(self, number: int) -> None:
        me = uuid4().hex
        newest = deque((Result(outcome, "", "") for outcome in self._before), IN_A_ROW)
        with self._app.open_mailer() as mailer:
            size = FIRST_BATCH
            while not self._is_shut_out(newest):
                still_ours = self._begin_lease()
                if not (held := self._claim(me, size)):
                    break
                answers: list[Answer] = []
                try:
                    self._send(number, mailer, held, answers, newest, still_ours)
                except (Exception, KeyboardInterrupt, SystemExit):
                    # What became of the one in hand nobody knows: it stays held, and becomes uncertain.
                    self._record(me, answers, untried=held[len(answers) + 1 :])
                    raise
                self._record(me, answers, untried=held[len(answers) :])
                size = 2 * len(answers)  # of a slow server's mail, little is held at once

    def _send(
        self,
        number: int,
        mailer: Mailer,
        held: list[Claimed],
        answers: list[Answer],
        newest: deque[Result],
        still_ours: Callable[[], bool],
    ) -> None:
        """Offer message after message and note each answer, until the turn is over."""
        began = uptime()  # the app's clock may stand still

        def offered() -> Iterator[Envelope]:
            for claimed in held:
                if self._has_to_end or (answers and uptime() - began >= TURN):
                    return
                yield self._envelope(claimed, still_ours)

        with closing(mailer.send(offered())) as results:
            for claimed, result in zip(held, results, strict=False):
                answers.append((claimed, result))
                newest.append(result)
                self._judge(number, newest)
                if self._has_to_end or self._is_shut_out(newest):
                    return

    def _judge(self, number: int, newest: deque[Result]) -> None:
        """End the pass where what came last, time after time, would come of every letter.

        One lane alone may not be let in, where a server takes fewer connections: so each that is at work has
        to have been told the same last.
        """
        result = newest[-1]
        if len(newest) == IN_A_ROW and all(r.outcome is Attempt.UNKNOWN for r in newest):
            self.report.gave_up = True  # each is work for a person
            self._over.set()
        with self._judging:
            self._newest_is_same[number] = result.same_for_all
            self._same_in_a_row = self._same_in_a_row + 1 if result.same_for_all else 0
            if self._same_in_a_row >= IN_A_ROW and all(self._newest_is_same.values()):
                self.report.same_for_all = result.detail
                self._over.set()
        if self._is_shut_out(newest) and not self._over.is_set():
            log.warning("one of several connections to the mail server ends: %s", result.detail)

    @staticmethod
    def _is_shut_out(newest: deque[Result]) -> bool:
        """Whether a lane alone has been told often enough what every letter would be."""
        return len(newest) == IN_A_ROW and all(result.same_for_all for result in newest)

    def _begin_lease(self) -> Callable[[], bool]:
        """Whether what is claimed from now on is still ours, by the clock and by the time that has passed."""
        began, ends = uptime(), self._app.clock.now() + LEASE
        return lambda: uptime() - began < LEASE.total_seconds() and self._app.clock.now() < ends

    @property
    def _is_told_to_stop(self) -> bool:
        return self._stopping.is_set() or self._app.stopping.is_set()

    @property
    def _has_to_end(self) -> bool:
        return self._over.is_set() or self._is_told_to_stop

    def _envelope(self, claimed: Claimed, still_ours: Callable[[], bool]) -> Envelope:
        mail = self._app.settings.mail
        sender = sender_for(claimed.message_id, mail.bounce_domain) if mail.bounce_domain else mail.sender
        return Envelope(claimed.message_id, sender, claimed.recipient, claimed.raw, still_ours)

    def _claim(self, me: str, most: int) -> list[Claimed]:
        """From the cycles that were seen to have mail; they are looked for anew when those have none left."""
        now = self._app.clock.now()
        with self._one_writer:
            size = 0 if self._has_to_end else min(BATCH, most, self._left)
            if not size:
                return []
            # Flushed: a claim that a power cut could take back would be a letter sent twice.
            with self._app.database.writing(flushed=True) as work:
                held = self._claim_seen(work.connection, me, now, size)
                if not held:
                    waiting = outbox.waiting_zones(work.connection)
                    self._seen = [
                        (read_active(work.connection, key), zones) for key, zones in waiting.items()
                    ]
                    held = self._claim_seen(work.connection, me, now, size)
                work.commit()
            self._left -= len(held)
        return held

    def _claim_seen(self, connection: Connection, me: str, now: datetime, size: int) -> list[Claimed]:
        for active, zones in self._seen:
            open_now = open_zones(active, zones, now)
            held = outbox.claim(
                connection,
                active.key,
                now=now,
                until=now + LEASE,
                by=me,
                zones=open_now,
                limit=size,
                among=_within_rates(self._app.settings.mail, connection, active.key, open_now, now, size),
            )
            if held:
                return held
        return []

    def _record(self, me: str, answers: Sequence[Answer], *, untried: Sequence[Claimed]) -> None:
        """Keep what was answered; what was never offered waits again.

        A database that is being restarted, or whose disk is full, is waited for a while: without a record
        these letters would be in doubt. That a pass has ended by itself makes nothing more pressing.
        """
        now = self._app.clock.now()
        settled = [_settle(claimed, result, now) for claimed, result in answers]
        with self._one_writer:
            for tries in count(1):
                try:
                    self._write_down(me, answers, settled, untried, now)
                    break
                except OperationalError as fault:
                    if tries >= (LAST_TRIES if self._is_told_to_stop else PATIENCE):
                        raise
                    if tries == 1:
                        log.warning("the answers of the mail server cannot be recorded yet: %s", fault.orig)
                    sleep(PAUSE)
                except IntegrityError:
                    if tries == 1:
                        raise
                    break  # the commit was made, and only its answer was lost
            self._left += len(untried)
            self.report.count(settled)
            self.report.note(result for _, result in answers if result.outcome is not Attempt.ACCEPTED)

    def _write_down(
        self,
        me: str,
        answers: Sequence[Answer],
        settled: Sequence[Settled],
        untried: Sequence[Claimed],
        now: datetime,
    ) -> None:
        with self._app.database.writing() as work:
            outbox.record(work.connection, settled, me)
            for claimed, result in answers:
                if result.outcome is Attempt.REFUSED:
                    _note_refusal(work.connection, claimed, result, now)
                elif result.outcome is Attempt.ACCEPTED and claimed.attempts > 1:
                    _note_acceptance(work.connection, claimed, result, now)
            _ask_for_help(work.connection, answers, settled, now)
            outbox.put_back(work.connection, [claimed.id for claimed in untried], me)
            again = [row.id for row in settled if row.status is OutboxStatus.QUEUED]
            if again or untried:
                hold_to_facts(work.connection, [*again, *(claimed.id for claimed in untried)], now)
            work.commit()


def _within_rates(
    mail: Mail, connection: Connection, cycle_key: str, zones: Collection[str], now: datetime, size: int
) -> list[int] | None:
    """The next messages that the rates per minute allow; None where there are none to keep."""
    if mail.per_minute is None and mail.per_domain_per_minute is None:
        return None
    tried = outbox.recently_tried(connection, now - MINUTE, now + MINUTE)  # clocks differ a little
    to_domain = Counter(_domain(mail, recipient) for recipient in tried)
    left = size if mail.per_minute is None else min(size, mail.per_minute - len(tried))
    chosen: list[int] = []
    for row, recipient in outbox.list_claimable(connection, cycle_key, now=now, zones=zones):
        if len(chosen) >= left:
            break
        domain = _domain(mail, recipient)
        if mail.per_domain_per_minute is None or to_domain[domain] < mail.per_domain_per_minute:
            to_domain[domain] += 1
            chosen.append(row)
    return chosen


def _domain(mail: Mail, recipient: str) -> str:
    """Whose servers get it: everybody's mail may be led to one address."""
    return (mail.redirect_to or recipient).rpartition("@")[2].lower()


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
    words = said(result)
    at_fault = blames_address(result)
    kind = "address_refused" if at_fault else "message_refused"
    detail = {"contact": claimed.contact_key, "message_id": claimed.message_id}
    events.append(connection, [Event(now, SYSTEM, kind, claimed.cycle_key, why=words, detail=detail)])
    if at_fault:
        active = read_active(connection, claimed.cycle_key)
        give_up_address(connection, active, claimed.contact_key, words, now)


def _note_acceptance(connection: Connection, claimed: Claimed, result: Result, now: datetime) -> None:
    """A server that takes the very letter for which it refused the address has changed its mind.

    An address given up for what came back later is not mended by this: that letter was accepted, too.
    """
    active = read_active(connection, claimed.cycle_key)
    contact = rosters.load(connection, active.state).contacts.get(claimed.contact_key)
    if contact is None or contact.email != claimed.recipient:
        return
    refusals = {
        said(Result(attempt["outcome"], attempt["code"], attempt["detail"]))
        for attempt in outbox.list_attempts(connection, claimed.id)
    }
    if contact.undeliverable in refusals:
        mend_address(connection, active, contact.key, said(result), SYSTEM, now)


def _ask_for_help(
    connection: Connection, answers: Sequence[Answer], settled: Sequence[Settled], now: datetime
) -> None:
    """One task a cycle for letters that are not taken and no address is to blame: it may be all its mail."""
    words = {
        claimed.cycle_key: said(result)
        for (claimed, result), row in zip(answers, settled, strict=True)
        if row.status is OutboxStatus.FAILED and not concerns_reader(result)
    }
    for cycle_key, why in words.items():
        state = read_active(connection, cycle_key).state
        office = rosters.load(connection, state).office
        what = (
            f"the mail server does not take letters of {cycle_key}, and no address is to blame ({why}); "
            "settle it with who runs that; "
            f"to see them: {command('outbox list --status failed', cycle_key)}; "
            f"then: {command('outbox retry --all', cycle_key)}"
        )
        code = office.code if office else ""
        tasks.open_once(connection, Task(state, NOT_TAKEN, code, cycle_key, what, now))


def _need_no_help(app: App) -> None:
    """Close the task about letters that no server took, once none of them waits for a server any more."""
    with app.database.reading() as connection:
        is_over = bool(_settled(connection))
    if is_over:
        with app.database.writing() as work:
            for task in _settled(work.connection):  # looked at again: another may have been refused since
                tasks.close(work.connection, task.state, task.id, SYSTEM, app.clock.now())
            work.commit()


def _settled(connection: Connection) -> list[Task]:
    states = {stored.state for stored in cycles.list_cycles(connection)}
    asked = [task for state in states for task in tasks.list_open(connection, state, NOT_TAKEN)]
    return [task for task in asked if not _are_not_taken(connection, task.subject)]


def _are_not_taken(connection: Connection, cycle_key: str) -> bool:
    for outbox_id in still_refused(connection, read_active(connection, cycle_key)):
        *_, last = outbox.list_attempts(connection, outbox_id)
        if not concerns_reader(Result(last["outcome"], last["code"], last["detail"])):
            return True
    return False
