"""The proof: every message that was owed is accounted for, and none went out wrongly. Pure.

It shares the calendar with the planner but not the planner's reasoning: what was owed is rebuilt from events.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise

from yearwheel.calendar.cycle import RungKind
from yearwheel.notifications.came_back import tell_returns
from yearwheel.notifications.facts import Facts, Message, Place, Row, Stretch, touched
from yearwheel.notifications.history import FOREVER, OWN_DAY, Change, Span, Turn
from yearwheel.notifications.ledger import (
    LEFT,
    WAITING,
    WHOLE_CYCLE,
    NoticeKind,
    OutboxStatus,
    Reason,
    ReminderKey,
    ReminderStatus,
)
from yearwheel.notifications.missing_weeks import Weeks, missing_weeks
from yearwheel.notifications.news import CHANGES_THE_YEAR, NOTICES, RETIRED, readers
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.presence import BEGINNING
from yearwheel.notifications.rebuilt import RebuiltYear
from yearwheel.notifications.true_reasons import Reasons
from yearwheel.roster.people import Role
from yearwheel.stages.status import LABELS, Status

# A letter that a deliverer has claimed cannot be called back: what happens in this time it cannot know.
IN_HAND = timedelta(minutes=10)


class BreachKind(StrEnum):
    """How one of the promises can be broken."""

    FORGOTTEN = "forgotten"  # it fell due, and the ledger has no row for it
    OVERLOOKED = "overlooked"  # it was due for more than a working day, and no round took it up
    MISSED = "missed"  # the ledger itself says that its moment passed
    STRANDED = "stranded"  # the ledger calls it queued, and no message carries it
    STUCK = "stuck"  # its message is ready, the day has passed, and it has not left
    UNWANTED = "unwanted"  # it waits to go although nobody owes what it asks for
    MISNAMED = "misnamed"  # its name says another week or day than the one it was written on
    FALSE_REASON = "false_reason"  # the reason it ended with is not what happened
    SENT_TWICE = "sent_twice"  # the mail server accepted the same message more than once
    SECOND_LETTER = "second_letter"  # a person got a second letter with reminders on one day
    UNEXPLAINED = "unexplained"  # a message left that no reminder accounts for
    UNACCEPTED = "unaccepted"  # a message is called sent, and neither a server nor a person said so
    WHILE_PAUSED = "while_paused"  # it left although a person had paused the cycle
    OUTSIDE_WINDOW = "outside_window"  # it left on a closed day or outside the reader's hours
    EARLY = "early"  # it left before its own moment
    AFTER_DONE = "after_done"  # it asked for work that was in, waived, or another's turn
    OLD_DATE = "old_date"  # it named a deadline that was not the one in force
    UNRECORDED = "unrecorded"  # a district stands where no recorded move has brought it


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise; fields that do not apply are empty."""

    kind: BreachKind
    words: str
    stage_key: str = ""
    district_code: str = ""
    rung: str = ""
    contact_key: str = ""
    deadline_on: date | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the proof found. Counts are of obligations that fell due up to its moment.

    `expected = sent + reasoned + waiting + uncertain`, and what is left is among the breaches. It holds if
    nothing is broken and no doubt is open: a message of which nobody knows whether it left is neither proof
    that somebody was told nor a breach, and a person has to settle it first.
    """

    holds: bool
    expected: int
    sent: int
    reasoned: int
    waiting: int
    breaches: tuple[Breach, ...]
    reasons: dict[str, int]
    missed: int
    duplicates: int
    uncertain: int
    doubts: tuple[str, ...]  # one line for each message that is in doubt
    returned: tuple[str, ...]  # of those sent, one line for each letter that came back undelivered


def prove(facts: Facts) -> Proof:
    """Check the first two promises against everything on record."""
    return _Prover(facts).run()


@dataclass(slots=True)
class _Obligation:
    """A message that fell due, and each stretch of time in which it was: from then to its turn's end."""

    role: str
    stretches: list[tuple[datetime, datetime]] = field(default_factory=list)


class _Prover:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._year = RebuiltYear(facts)
        self._words, self._day = self._year.words, self._year.historian.day
        self._reasons = Reasons(self._year)
        self._end_of_patience = cache(self._count_patience)
        self._breaches: list[Breach] = []

    def run(self) -> Proof:
        expected = self._obligations()
        broken = set(self._judge_rows())
        self._judge_messages()
        self._judge_standings()
        self._judge_calendars()
        self._judge_publication()
        self._judge_weeks()
        counts, reasons = self._account(expected, broken)
        self._breaches.sort(key=lambda b: (b.kind, b.stage_key, b.district_code, b.contact_key, b.words))
        found = Counter(breach.kind for breach in self._breaches)
        doubts = tuple(
            f"{m.message_id} to {m.contact_key}, written {self._words(m.queued_at)}"
            for m in self._facts.messages
            if m.is_in_doubt(self._facts.until)
        )
        return Proof(
            holds=not self._breaches and not doubts,
            expected=len(expected),
            sent=counts["sent"],
            reasoned=reasons.total(),
            waiting=counts["waiting"],
            breaches=tuple(self._breaches),
            reasons=dict(sorted(reasons.items())),
            missed=found[BreachKind.MISSED],
            duplicates=found[BreachKind.SENT_TWICE] + found[BreachKind.SECOND_LETTER],
            uncertain=counts["uncertain"],
            doubts=doubts,
            returned=tell_returns(self._facts),
        )

    # What was owed

    def _obligations(self) -> dict[ReminderKey, _Obligation]:
        """Every message whose moment came while its work was owed, and every notice of an act."""
        expected: dict[ReminderKey, _Obligation] = {}
        for stage_key, code in self._year.places():
            for turn, start, end in self._year.history((stage_key, code)).turns():
                self._call(expected, (stage_key, code), turn, start, end)
        for place, changes in self._year.changes.items():
            if place[1] in self._facts.roster.districts:
                self._answer(expected, place, changes)
        for row in self._facts.rows:
            # The row itself is the promise: no act calls for it, or its reader is of the roster no more.
            if row.kind in WHOLE_CYCLE or (self._has_left(row) and row.status is ReminderStatus.QUEUED):
                expected.setdefault(row.key, _Obligation(row.role, [(row.due_at, FOREVER)]))
        return expected

    def _has_left(self, row: Row) -> bool:
        reader = row.key.contact_key
        return reader not in self._facts.roster.contacts and not reader.startswith(NOBODY)

    def _call(
        self,
        expected: dict[ReminderKey, _Obligation],
        place: Place,
        turn: Turn,
        start: datetime,
        end: datetime,
    ) -> None:
        for slug, rung in turn.rungs.items():
            for role, contact in self._year.readers(place[1], rung.to):
                if not turn.calls(slug, role):
                    continue
                reader = contact.key if contact else NOBODY + role
                moment = self._year.opening(turn.window, turn.day(slug, role), self._year.zone_of(contact))
                came_at = self._year.presence.since(place[1], role, reader)
                if self._is_too_late(turn, moment, came_at):
                    continue
                key = ReminderKey(*place, slug, reader, turn.due_on)
                # Since it is on record which rungs had been told when a role fell empty, they have rows.
                is_new = contact is None and key not in self._year.rows
                if is_new and self._was_called(place, slug, turn, came_at):
                    continue
                if rung.kind is RungKind.OPENED and self._was_opened(place, reader, turn):
                    continue
                falls_due = max(moment, start, came_at)
                if falls_due < end and falls_due <= self._facts.until:
                    expected.setdefault(key, _Obligation(role)).stretches.append((falls_due, end))

    def _is_too_late(self, turn: Turn, moment: datetime, came_at: datetime) -> bool:
        """Whether a rung lies past the close, or its reader came no sooner than on the last day."""
        if turn.closes_at is None:
            return False
        is_late = came_at > BEGINNING and self._day(came_at) >= self._day(turn.closes_at)
        return is_late or moment > turn.closes_at

    def _was_called(self, place: Place, slug: str, turn: Turn, empty_since: datetime) -> bool:
        """Whether a rung, or a later one, had been told when a role fell empty: to who held it then."""
        return any(
            turn.days.get(row.key.rung, date.min) >= turn.days[slug]
            and row.key.deadline_on == turn.due_on
            and row.status is ReminderStatus.QUEUED
            and row.outbox_id is not None
            and self._year.messages[row.outbox_id].queued_at <= empty_since
            for row in self._year.by_place.get(place, ())
        )

    def _was_opened(self, place: Place, reader: str, turn: Turn) -> bool:
        """Whether a reader had heard that it is open when the deadline moved, or a relief began."""
        return any(
            row.kind == RungKind.OPENED
            and row.key.contact_key == reader
            and row.key.deadline_on != turn.due_on
            and row.status is ReminderStatus.QUEUED
            and self._day(row.due_at) >= turn.announced_on
            for row in self._year.by_place.get(place, ())
        )

    def _answer(
        self, expected: dict[ReminderKey, _Obligation], place: Place, changes: Iterable[Change]
    ) -> None:
        numbers: Counter[NoticeKind] = Counter()
        for change in changes:
            kind = NOTICES.get(change.kind)
            if kind is None or change.at > self._facts.until:
                continue
            numbers[kind] += 1
            stage = self._year.stage_at(place[0], change.at)
            roles = readers(change.kind, stage, of_year=change.of_year)
            for role, contact in self._year.readers(place[1], roles):
                if contact is not None and self._year.presence.since(place[1], role, contact.key) < change.at:
                    key = ReminderKey(*place, f"{kind}:{numbers[kind]}", contact.key, change.due_on)
                    expected.setdefault(key, _Obligation(role, self._while_so(key, kind, change.at)))

    def _while_so(self, key: ReminderKey, kind: NoticeKind, since: datetime) -> list[Stretch]:
        """Each stretch of time, from an act on, in which what its notice tells was so."""
        found: list[Stretch] = []
        for span in self._year.history(key[:2]).spans:
            if span.end <= since or not span.fact.bears_out(kind, key.deadline_on):
                continue
            begins = max(span.start, since)
            if found and found[-1][1] == begins:
                begins = found.pop()[0]
            found.append((begins, span.end))
        return found or [(since, since)]

    # The first promise: nobody is forgotten

    def _account(
        self, expected: Mapping[ReminderKey, _Obligation], broken: Collection[ReminderKey]
    ) -> tuple[Counter[str], Counter[str]]:
        """How each obligation ended: sent, waiting, uncertain, or with a reason."""
        counts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for key, obligation in expected.items():
            row = self._year.rows.get(key)
            if key in broken:
                continue
            if row is None:
                when = self._words(obligation.stretches[-1][0])
                self._break(BreachKind.FORGOTTEN, key, f"it fell due {when}, and the ledger has no row")
            elif row.status is ReminderStatus.QUEUED:
                self._account_message(row, counts, reasons)
            elif days := self._overlooked(row, obligation):
                self._break(BreachKind.OVERLOOKED, key, days)
            elif row.status is ReminderStatus.PLANNED:
                counts["waiting"] += 1
            else:
                reasons[str(row.reason)] += 1
        return counts, reasons

    def _account_message(self, row: Row, counts: Counter[str], reasons: Counter[str]) -> None:
        message = self._year.messages[row.outbox_id] if row.outbox_id is not None else None
        status = message.status if message else None
        if status in LEFT:
            counts["sent"] += 1
        elif message and message.is_in_doubt(self._facts.until):
            counts["uncertain"] += 1
        elif status in (OutboxStatus.FAILED, OutboxStatus.DISCARDED):
            reasons[str(status)] += 1
        else:
            counts["waiting"] += 1

    def _overlooked(self, row: Row, obligation: _Obligation) -> str:
        """How long a row lay due without a round taking it up, in words; empty if it did not."""
        if row.reason in (Reason.COLLAPSED, Reason.UNREACHABLE, Reason.ROLE_EMPTY, *RETIRED):
            return ""
        settled_at = self._facts.until if row.status is ReminderStatus.PLANNED else row.settled_at
        for falls_due, end in obligation.stretches:
            if self._waits_for_its_hours(row, falls_due):
                continue
            stopped = min(end, settled_at or self._facts.until)
            if idle := self._idle(falls_due, stopped, self._kept_back(row)):
                since = "" if idle == falls_due else f" from {self._words(idle)}"
                return f"it fell due {self._words(falls_due)} and lay{since} until {self._words(stopped)}"
        return ""

    def _waits_for_its_hours(self, row: Row, falls_due: datetime) -> bool:
        """Whether a round has seen what still waits, and its reader's window has not been open since."""
        contact = self._facts.roster.contacts.get(row.key.contact_key)
        newest = self._facts.newest_round
        if row.status is not ReminderStatus.PLANNED or contact is None or newest is None:
            return False
        zone = self._facts.roster.districts[contact.district_code].zone
        cycle = self._facts.cycle
        opens = cycle.send_window.next_opening(newest, zone, cycle.workdays)
        return newest > falls_due and opens > self._facts.until

    def _kept_back(self, row: Row) -> list[Stretch]:
        """When a person, a pause, the cap on letters or a mail server kept a row from going."""
        capped = [(row.due_at, row.capped_until)] if row.capped_until else []
        reader = row.key.contact_key
        to_reader = (*self._year.held.get(reader, ()), *self._year.in_vain.get(reader, ()))
        return [*self._facts.pauses, *to_reader, *capped]

    def _idle(self, start: datetime, stopped: datetime, kept_back: Sequence[Stretch]) -> datetime | None:
        """Since when something lay for longer than is right with nothing to keep it back; None if it did not.

        Patience begins anew when what kept it back is over.
        """
        for since, until in sorted(kept_back):
            if until <= start or stopped <= since:
                continue
            if self._end_of_patience(self._day(start)) < since:
                return start
            start = until
        return start if start < stopped and self._end_of_patience(self._day(start)) < stopped else None

    # Every row: what it says of itself must be true

    def _judge_rows(self) -> Iterator[ReminderKey]:
        """Name each row that is broken in itself; the keys come back."""
        for row in self._facts.rows:
            if breach := self._fault(row):
                self._break(breach[0], row.key, breach[1])
                yield row.key

    def _fault(self, row: Row) -> tuple[BreachKind, str] | None:
        if row.kind in WHOLE_CYCLE and not self._is_well_named(row):
            return BreachKind.MISNAMED, f"it was written {self._words(row.due_at)}"
        match row.status:
            case ReminderStatus.MISSED:
                return (
                    BreachKind.MISSED,
                    f"its moment was {self._words(row.due_at)}; no letter told it in time",
                )
            case ReminderStatus.QUEUED:
                return self._fault_of_queued(row)
            case ReminderStatus.PLANNED:
                return self._fault_of_waiting(row)
            case _:
                return self._fault_of_reason(row)

    def _is_well_named(self, row: Row) -> bool:
        """Whether the name under which it can exist once is the one of its own week or day."""
        on = self._day(row.due_at)
        name, _, of = row.key.rung.partition(":")
        match row.kind:
            case NoticeKind.WEEKLY:
                year, week, _ = on.isocalendar()
                fits = of == f"{year}-W{week:02}" and Role(row.role) is Role.STATE_ADMIN
            case NoticeKind.REQUESTS:
                fits = of == on.isoformat() and Role(row.role) is Role.STATE_ADMIN
            case NoticeKind.ALERT:
                fits = of.endswith(f":{on.isoformat()}") and Role(row.role) is Role.STATE_ADMIN
            case _:  # told by a version of the calendar; a clock that was put back says little of which
                fits = of in {str(number) for number in range(1, len(self._year.editions) + 1)}
        return name == row.kind and fits

    def _fault_of_waiting(self, row: Row) -> tuple[BreachKind, str] | None:
        """Whether something waits to be told that is not so, or to ask for what nobody owes."""
        spans = self._year.around(row, self._facts.until)
        if row.is_notice:
            if not spans or any(s.fact.bears_out(row.kind, row.key.deadline_on) for s in spans):
                return None
            return BreachKind.UNWANTED, "it waits to be told, but what it tells was undone"
        if any(self._year.wants(row, span) for span in spans):
            return None
        return BreachKind.UNWANTED, f"it waits for {self._words(row.due_at)}, but nobody owes it"

    def _fault_of_queued(self, row: Row) -> tuple[BreachKind, str] | None:
        message = self._year.messages.get(row.outbox_id) if row.outbox_id is not None else None
        if message is None:
            return BreachKind.STRANDED, "it is called queued, and there is no message"
        if message.status is OutboxStatus.SUPPRESSED:
            return BreachKind.STRANDED, f"its message {message.message_id} was taken back"
        if row.is_notice:
            return self._fault_of_told(row, message)
        if message.status not in LEFT:
            return None
        left_at = message.left_at
        spans = self._year.around(row, left_at - IN_HAND, left_at)
        calling = [s for s in spans if s.turn is not None and row.key.rung in s.turn.rungs]
        if not calling:
            stood = LABELS[spans[-1].status] if spans else "not published"
            return BreachKind.AFTER_DONE, f"it left {self._words(left_at)}, when the work was {stood}"
        turns = [s.turn for s in calling if s.turn and s.turn.due_on == row.key.deadline_on]
        if not turns:
            in_force = calling[-1].due_on
            return (
                BreachKind.OLD_DATE,
                f"it left {self._words(left_at)}, when the deadline was {in_force}",
            )
        moment = min(self._year.moment_of(row, turn, message.zone) for turn in turns)
        if left_at < moment:
            return BreachKind.EARLY, f"it left {self._words(left_at)}, before {self._words(moment)}"
        return None

    def _fault_of_told(self, row: Row, message: Message) -> tuple[BreachKind, str] | None:
        """Whether a letter tells, or is about to tell, what was undone."""
        if message.status in (OutboxStatus.HELD, OutboxStatus.QUEUED):
            return self._fault_of_waiting(row)
        if message.status not in LEFT:
            return None
        spans = self._year.around(row, message.left_at - IN_HAND, message.left_at)
        if not spans or any(s.fact.bears_out(row.kind, row.key.deadline_on) for s in spans):
            return None
        words = f"it left {self._words(message.left_at)}, when"
        if spans[-1].due_on != row.key.deadline_on:
            return BreachKind.OLD_DATE, f"{words} the deadline was {spans[-1].due_on}"
        return BreachKind.AFTER_DONE, f"{words} the work was {LABELS[spans[-1].status]}"

    def _fault_of_reason(self, row: Row) -> tuple[BreachKind, str] | None:
        if row.settled_at is None or row.reason is None:
            return BreachKind.FALSE_REASON, f"it is {row.status} without a reason or a moment"
        if self._reasons.is_true(row, row.reason, row.settled_at):
            return None
        when = self._words(row.settled_at)
        return BreachKind.FALSE_REASON, f"it ended {when} as {row.reason}, which was not so"

    # Every message: it left once, in time, and for a reason

    def _judge_messages(self) -> None:
        carries: dict[int, list[Row]] = defaultdict(list)
        for row in self._facts.rows:
            if row.outbox_id is not None:
                carries[row.outbox_id].append(row)
        letters: set[tuple[str, date]] = set()
        for message in self._facts.messages:
            if message.status in WAITING:
                self._judge_waiting(message)
            if message.status not in LEFT:
                continue
            self._judge_left(message, carries.get(message.id, []))
            if any(not row.is_notice for row in carries.get(message.id, [])):
                letter = (message.contact_key, message.left_at.astimezone(message.zone).date())
                if letter in letters:
                    self._break_message(
                        BreachKind.SECOND_LETTER, message, f"a second letter with reminders on {letter[1]}"
                    )
                letters.add(letter)

    def _judge_waiting(self, message: Message) -> None:
        kept_back = [*self._facts.pauses, *([message.held] if message.held else ())]
        midnight = datetime.combine(message.send_on, time(), self._facts.cycle.zone).astimezone(UTC)
        # One that waits again after a refusal or a doubt does so since then.
        since = max(midnight, message.not_before or midnight)
        if self._idle(since, self._facts.until, kept_back):
            words = f"it was to go on {message.send_on} and is still {message.status}"
            self._break_message(BreachKind.STUCK, message, words)

    def _judge_left(self, message: Message, carried: Sequence[Row]) -> None:
        if not carried:
            self._break_message(BreachKind.UNEXPLAINED, message, "it left, and no reminder accounts for it")
        if message.accepted > 1:
            words = f"the mail server accepted it {message.accepted} times"
            self._break_message(BreachKind.SENT_TWICE, message, words)
        if not message.accepted and not message.settled_by_hand:
            words = "it is called sent, and no attempt of it was accepted"
            self._break_message(BreachKind.UNACCEPTED, message, words)
        if message.accepted and any(s + IN_HAND < message.left_at < u for s, u in self._facts.pauses):
            words = f"it left {self._words(message.left_at)}, while the cycle was paused"
            self._break_message(BreachKind.WHILE_PAUSED, message, words)
        cycle = self._year.cycle_at(message.left_at)
        window, workdays = cycle.send_window, cycle.workdays
        moments = (message.left_at, message.left_at - IN_HAND)
        if not any(window.is_open(moment, message.zone, workdays) for moment in moments):
            words = f"it left {self._words(message.left_at, message.zone)}, when nothing may"
            self._break_message(BreachKind.OUTSIDE_WINDOW, message, words)

    # Every standing: recorded moves lead to it

    def _judge_standings(self) -> None:
        for place, (status, due_on) in self._facts.standings.items():
            history = self._year.history(place)
            faults = list(history.faults)
            if (history.now.status, history.now.due_on) != (status, due_on):
                faults.append(
                    f"it stands as {LABELS[status]}, due {due_on}, but the recorded moves lead to "
                    f"{LABELS[history.now.status]}, due {history.now.due_on}"
                )
            for fault in faults:
                self._breaches.append(
                    Breach(BreachKind.UNRECORDED, fault, stage_key=place[0], district_code=place[1])
                )

    # Every change of the calendar, or of a district's own: who had been told the old day was told the new one

    def _judge_calendars(self) -> None:
        for place in self._year.places():
            for before, after in pairwise(self._year.history(place).spans):
                of_its_own = after.change is not None and after.change.kind == OWN_DAY
                if (after.edition or of_its_own) and self._has_to_be_told(place, before, after):
                    words = f"the calendar was changed {self._words(after.start)}, and nobody was told of it"
                    self._breaches.append(
                        Breach(BreachKind.FORGOTTEN, words, *place, deadline_on=before.due_on)
                    )

    def _has_to_be_told(self, place: Place, before: Span, after: Span) -> bool:
        """Whether a changed calendar took back a day somebody had been told, and no recorded act says so."""
        expected = before.in_calendar and (before.turn is not None or before.status is Status.NOT_OPEN)
        if not expected or (after.in_calendar and after.due_on == before.due_on):
            return False
        told = self._year.knows_year(place, after.start) or any(
            row.status is ReminderStatus.QUEUED
            and row.key.deadline_on == before.due_on
            and (row.settled_at or FOREVER) < after.start
            for row in self._year.by_place.get(place, ())
            if not row.is_notice
        )
        acts = (change for change in self._year.changes.get(place, ()) if change.at == after.start)
        return told and not any(change.kind in CHANGES_THE_YEAR for change in acts)

    # The dates of the year: as many were told as the events say

    def _judge_publication(self) -> None:
        told = sum(row.kind == NoticeKind.PUBLISHED for row in self._facts.rows)
        if told < self._facts.told_the_year:
            words = f"{self._facts.told_the_year} were told the dates of the year; the ledger has {told}"
            self._breaches.append(Breach(BreachKind.FORGOTTEN, words))

    # The state's weeks: one in which there was something to say was told

    def _judge_weeks(self) -> None:
        written = {row.key.rung for row in self._facts.rows if row.kind == NoticeKind.WEEKLY}
        ran = [r for r in self._facts.rounds if not touched(self._facts.pauses, r, r)]
        weeks = Weeks(self._year.editions, ran, written, list(self._year.places()), self._year.history)
        self._breaches += [Breach(BreachKind.FORGOTTEN, words) for words in missing_weeks(weeks)]

    # Small things

    def _count_patience(self, on: date) -> datetime:
        """The end of the working day after the day something fell due; by then a round has been there."""
        following = self._facts.cycle.workdays.shift(on, 1) + timedelta(days=1)
        return datetime.combine(following, time(), self._facts.cycle.zone).astimezone(UTC)

    def _break(self, kind: BreachKind, key: ReminderKey, words: str) -> None:
        self._breaches.append(Breach(kind, words, *key))

    def _break_message(self, kind: BreachKind, message: Message, words: str) -> None:
        self._breaches.append(Breach(kind, f"{message.message_id}: {words}", contact_key=message.contact_key))
