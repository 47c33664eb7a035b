"""Why one district heard what it heard on one day, or why it heard nothing, in plain sentences. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from yearwheel.calendar.cycle import Cycle, OwedBy, RungKind, Stage
from yearwheel.notifications.carrier import Carrier, Halt, hour
from yearwheel.notifications.commands import ended
from yearwheel.notifications.history import (
    FOREVER,
    OWN_DAY,
    Breaks,
    Change,
    Edition,
    Historian,
    History,
    Span,
    Turn,
)
from yearwheel.notifications.ledger import (
    SYSTEM,
    WHOLE_CYCLE,
    NoticeKind,
    OutboxStatus,
    Reason,
    ReminderKey,
    ReminderStatus,
)
from yearwheel.notifications.planner import NOBODY
from yearwheel.roster.people import ROLE_LABELS, STATE_ROLES, District, Role, Roster
from yearwheel.stages.status import HANDED_IN, LABELS, WAIVED, Status

DID = {  # events in the words of a sentence
    "submitted": "handed in",
    "received": "received",
    "taken_up": "taken up by its reviewer",
    "returned": "returned for changes",
    "approved": "approved",
    "excused": "excused",
    "not_required": "found not to be required",
    "reinstated": "owed again",
    "off_track": "left out by the year of the plan",
    "let_off": "left out by the year of the plan",
    "brought_back": "owed again by the year of the plan",
}
BECAUSE = {  # why a notice was written
    NoticeKind.RECEIPT: "because the work was handed in",
    NoticeKind.EXTENSION: "because the deadline moved",
    NoticeKind.RETURNED: "because the work was returned for changes",
    NoticeKind.APPROVED: "because the work was approved",
    NoticeKind.EXCUSED: "because the stage need not be done",
    NoticeKind.REINSTATED: "because the work is asked for after all",
    NoticeKind.EXTENSION_REFUSED: "because more time was asked for and not given",
    NoticeKind.DATE_MOVED: "because the calendar was changed",
    NoticeKind.ASSIGNED: "because the work reached its reviewer",
    NoticeKind.PUBLISHED: "because the dates of the year were set",
    NoticeKind.WEEKLY: "because there was something to say of the week",
    NoticeKind.REQUESTS: "because a district asked something of the office",
    NoticeKind.ALERT: "because something went wrong",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger row with the message that carries it."""

    key: ReminderKey
    kind: str
    role: str
    status: ReminderStatus
    reason: Reason | None
    due_at: datetime
    due_on: date
    moved_because: str | None
    settled_at: datetime | None
    carrier: Carrier | None
    capped_until: datetime | None = None

    @property
    def went_on(self) -> date:
        """The reader's day on which its message left or was to leave; without one, its own day."""
        return self.carrier.went_on if self.carrier else self.due_on

    @property
    def came_at(self) -> datetime:
        """When its letter left, or else its moment came."""
        gone = self.carrier.settled_at if self.carrier and self.carrier.left else None
        return gone or self.due_at

    @property
    def offset(self) -> str:
        """When its rung falls, as the calendar says it: "7 days before"."""
        return self.key.rung.rpartition(":")[2].replace("-", " ")

    @property
    def left(self) -> bool:
        return self.carrier is not None and self.carrier.left

    @property
    def may_have_left(self) -> bool:
        return self.carrier is not None and self.carrier.may_have_left

    @property
    def waits(self) -> bool:
        return self.carrier.waits if self.carrier else self.status is ReminderStatus.PLANNED

    @property
    def ended(self) -> bool:
        """Whether it does not go: neither has it left nor may it have, and nothing waits."""
        return not (self.left or self.may_have_left or self.waits)


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one district in a cycle."""

    cycle: Cycle
    roster: Roster
    editions: Sequence[Edition]  # every calendar that was in force, oldest first
    district: District
    changes: Sequence[Change]
    entries: Sequence[Entry]
    now: datetime  # the newest moment on record; what comes after it is still to come
    closed_at: datetime | None = None
    pauses: Sequence[Halt] = ()  # oldest first
    of_office: Sequence[Change] = ()  # the changes of the stages that the state itself owes
    breaks: Sequence[Breaks] = ()  # the district's own, oldest first


@dataclass(frozen=True, slots=True)
class StageWords:
    """What there is to say of one stage: what left, what may have, what waits, what does not go.

    Without a key it is of the whole cycle, whose messages hang on a stage in the ledger only.
    `quiet` is why there was nothing to say, where all of these are empty.
    """

    stage_key: str
    title: str
    sent: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    not_sent: tuple[str, ...] = ()
    quiet: str = ""

    def lines(self) -> list[str]:
        """A sentence a line; whoever reads only the first word is not misled."""
        said = {
            "Sent": self.sent,
            "In doubt": self.in_doubt,
            "Waiting": self.waiting,
            "Not sent": self.not_sent,
        }
        return [f"{how}: {words}" for how, sentences in said.items() for words in sentences] or [self.quiet]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One district's day."""

    district_code: str
    district_name: str
    on: date
    day: str  # what sort of day it was, where that matters: "2027-04-10 is a Saturday; no mail leaves"
    stages: tuple[StageWords, ...]

    def lines(self) -> list[str]:
        """The explanation as text, a sentence or a heading a line."""
        found = [f"{self.district_name} ({self.district_code}) on {self.on:%A} {self.on}"]
        found += [self.day] if self.day else []
        for stage in self.stages:
            found += ["", stage.title, *(f"  {words}" for words in stage.lines())]
        return found

    def as_dict(self) -> dict[str, Any]:
        """The explanation ready for JSON."""
        return {**asdict(self), "on": self.on.isoformat()}


def explain(record: Record, on: date) -> Explanation:
    """Say for each stage of a district why it was told what it was on a local day, or why not."""
    return _Explainer(record, on).run()


class _Explainer:
    def __init__(self, record: Record, on: date) -> None:
        self._record = record
        self._cycle = record.cycle
        self._on = on
        self._historian = Historian(record.editions)
        self._histories = {stage.key: self._rebuild(stage) for stage in self._owed()}
        self._earlier = self._histories | {
            stage.key: self._rebuild(stage) for stage in self._cycle.stages if stage.owed_by is OwedBy.STATE
        }

    def run(self) -> Explanation:
        district = self._record.district
        words = (self._explain_whole(), *map(self._explain, self._owed()), *self._explain_removed())
        told = tuple(said for said in words if said is not None)
        return Explanation(district.code, district.name, self._on, self._day_words(), told)

    def _owed(self) -> Iterator[Stage]:
        of_state = self._record.district.is_state_office
        return (s for s in self._cycle.stages if of_state == (s.owed_by is OwedBy.STATE))

    def _rebuild(self, stage: Stage) -> History:
        known = (*self._record.changes, *self._record.of_office)
        changes = [change for change in known if change.stage_key == stage.key]
        return self._historian.rebuild(stage.key, changes, self._record.breaks)

    def _day_words(self) -> str:
        if self._is_ahead:
            return f"{self._on} is still to come; this is how things stand on {self._today}."
        published_on = self._record.editions[0].day
        if self._on < published_on:
            return f"The calendar was published on {published_on}; nothing was promised before."
        closed = self._cycle.workdays.closed_words(self._on)
        if closed:
            return f"{self._on} {closed}; no mail leaves on a closed day."
        halt = self._halt(self._noon)
        return f"{self._halt_words(halt)}; no mail left." if halt else ""

    def _halt(self, moment: datetime) -> Halt | None:
        """The pause of the cycle that a moment lies in."""
        return next((h for h in self._record.pauses if h.since <= moment < (h.until or FOREVER)), None)

    def _halt_words(self, halt: Halt) -> str:
        until = f" until {self._historian.day(halt.until)}" if halt.until else ""
        return f"The cycle was paused from {self._historian.day(halt.since)}{until} by {halt.by} ({halt.why})"

    def _explain_whole(self) -> StageWords | None:
        whole = [entry for entry in self._record.entries if entry.kind in WHOLE_CYCLE]
        return self._say("", self._cycle.title, whole)

    def _explain_removed(self) -> Iterator[StageWords | None]:
        """Of stages that the calendar has no more, what was said that day."""
        there = {stage.key for stage in self._cycle.stages}
        former = {s.key: s for edition in self._record.editions for s in edition.cycle.stages}
        for key in (key for key in former if key not in there):
            here = [e for e in self._record.entries if e.key.stage_key == key and e.kind not in WHOLE_CYCLE]
            yield self._say(key, former[key].title, here)

    def _explain(self, stage: Stage) -> StageWords | None:
        here = [e for e in self._record.entries if e.key.stage_key == stage.key and e.kind not in WHOLE_CYCLE]
        if said := self._say(stage.key, stage.title, here, self._before_it_counted(stage)):
            return said
        quiet = self._why_quiet(stage)
        return StageWords(stage.key, stage.title, quiet=quiet) if quiet else None

    def _say(
        self, key: str, title: str, here: Sequence[Entry], not_called: Sequence[str] = ()
    ) -> StageWords | None:
        """What is to be said of some rows, and of rungs that have none; None if there is nothing."""
        went = [e for e in here if e.carrier and e.went_on == self._on]
        bare = [e for e in here if e.due_on == self._on and not e.carrier]
        elsewhere = [e for e in here if e.due_on == self._on and e.carrier and e.went_on != self._on]
        planned = self._sentences((e for e in bare if e.waits), self._what_it_waits_for)
        is_over = self._record.closed_at is not None
        sent = self._sentences((e for e in went if e.left), self._why_sent)
        in_doubt = [
            *self._sentences((e for e in went if e.may_have_left), self._how_it_stands),
            *self._sentences((e for e in elsewhere if e.may_have_left), self._in_another_letter),
        ]
        waiting = [
            *self._sentences((e for e in went if e.waits), self._how_it_stands),
            *self._sentences((e for e in elsewhere if e.waits), self._in_another_letter),
            *([] if is_over else planned),
        ]
        not_sent = [
            *self._sentences((e for e in went if e.ended), self._how_it_stands),
            *self._sentences((e for e in bare if e.ended), self._why_not),
            *(planned if is_over else []),
            *self._sentences((e for e in elsewhere if e.left or e.ended), self._in_another_letter),
            *not_called,
        ]
        if sent or in_doubt or waiting or not_sent:
            return StageWords(key, title, tuple(sent), tuple(in_doubt), tuple(waiting), tuple(not_sent))
        return None

    def _sentences(self, entries: Iterable[Entry], why: Callable[[Entry], str]) -> list[str]:
        """One sentence for everyone of whom the same is to be said, in the order in which it came about."""
        same: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        for entry in entries:
            person = self._person(entry.key.contact_key, entry.role)
            same.setdefault((self._rung_words(entry), why(entry)), []).append((entry.came_at, person))
        in_order = sorted(same.items(), key=lambda said: (min(at for at, _ in said[1]), said[0]))
        return [
            ended(
                f"{rung} to {_listed(dict.fromkeys(sorted(p for _, p in people)))}: {words}", self._cycle.key
            )
            for (rung, words), people in in_order
        ]

    def _person(self, contact_key: str, role: str) -> str:
        contact = self._record.roster.contacts.get(contact_key)
        label = ROLE_LABELS[Role(role)]
        return f"{contact.name} ({label})" if contact else f"the {label}"

    def _rung_words(self, entry: Entry) -> str:
        if entry.kind in BECAUSE:
            return f"{NoticeKind(entry.kind).capitalize().replace('_', ' ')} notice"
        name = "Escalation" if entry.key.rung.startswith("escalation:") else "Reminder"
        return f"{name} '{entry.offset}' of {entry.key.deadline_on}"

    # Sent

    def _why_sent(self, entry: Entry) -> str:
        assert entry.carrier is not None
        why = BECAUSE[NoticeKind(entry.kind)] if entry.kind in BECAUSE else self._distance(entry)
        return f"{entry.carrier.sent_words()}, {why}{entry.carrier.return_words()}"

    def _distance(self, entry: Entry) -> str:
        moved = f"; {entry.moved_because}" if entry.moved_because else ""
        counted = f"that is {_count_days((entry.key.deadline_on - entry.went_on).days)}"
        if entry.kind == RungKind.OPENED:
            counted = "the stage opened"
        stage = self._cycle.stage(entry.key.stage_key)
        span = self._span(stage)
        own = self._own_day(stage, span) if span.due_on == entry.key.deadline_on else ""
        own = f"; the deadline is set{own}" if own else ""
        return f"because {counted}{moved}{own}{self._why_later(entry)}"

    def _why_later(self, entry: Entry) -> str:
        """What is known of why a letter left on another day than its reminder's own."""
        if entry.carrier is None or entry.went_on == entry.due_on:
            return ""
        later, held = f"; its own day was {entry.due_on}", entry.carrier.held
        if halt := self._halt(entry.due_at):
            return f"{later}, when the cycle was paused by {halt.by} ({halt.why})"
        if held is not None:
            by = "nobody had approved its words" if held.by == SYSTEM else f"it was held {held.words}"
            return f"{later}, and {by}"
        if entry.capped_until:
            return f"{later}, and they had had all the letters a week may bring"
        return f"{later}, and the mail server put it off" if entry.carrier.attempts > 1 else later

    # Not sent, not yet, or nobody knows

    def _how_it_stands(self, entry: Entry) -> str:
        assert entry.carrier is not None
        if self._record.closed_at and entry.carrier.status is OutboxStatus.QUEUED:
            return f"'{entry.carrier.subject}' is written, but {self._closed_words()}"
        return entry.carrier.stands(self._cycle, self._lasting_halt(), self._record.now)

    def _in_another_letter(self, entry: Entry) -> str:
        there = f"it was put into the letter of {entry.went_on}"
        return there if entry.left else f"{there}: {self._how_it_stands(entry)}"

    def _lasting_halt(self) -> Halt | None:
        return next((halt for halt in self._record.pauses if halt.until is None), None)

    def _why_not(self, entry: Entry) -> str:
        match entry.reason:
            case None:
                return f"its moment was {self._moment(entry.due_at)}, and nothing was written"
            case Reason.PAUSED:
                return "the stage closed while the cycle was paused"
            case Reason.WORK_IN:
                return self._since(entry, "the work was", lambda c: c.after in HANDED_IN)
            case Reason.WAIVED:
                return self._since(entry, "the stage was", lambda c: c.after in WAIVED)
            case Reason.NOT_OWED:
                return self._since(entry, "the work was", lambda c: not c.moves_date)
            case Reason.DATE_MOVED:
                return self._moved(entry)
            case Reason.COLLAPSED if entry.key.contact_key.startswith(NOBODY) and not self._later(entry):
                return "it had been told when somebody held the role"
            case Reason.COLLAPSED:
                return f"a later one was due in the same round and says it all{self._later(entry)}"
            case Reason.UNREACHABLE:
                return f"their address refused mail before{self._server_words(entry.key.contact_key)}"
            case Reason.CONTACT_LEFT:
                return self._who_is_told_instead(entry)
        return {
            Reason.RELIEF: "it fell into a relief, in which the district is asked for nothing",
            Reason.ROLE_EMPTY: "nobody holds that role",
            Reason.RUNG_REMOVED: "the calendar no longer asks for it",
            Reason.TOO_LATE: "the stage had closed before it could go",
            Reason.DECLINED: "they asked not to get this kind of message",
            Reason.HELD: "the stage closed while a person held its letter back",
            Reason.CAPPED: "the stage closed while they had all the letters a week may bring",
            Reason.UNDONE: "what it was to tell was taken back before any letter told it",
            Reason.NO_NEWS: "it would tell the day they know: what lay between was taken back untold",
        }[entry.reason]

    def _what_it_waits_for(self, entry: Entry) -> str:
        if self._record.closed_at:
            return self._closed_words()
        halt = self._lasting_halt()
        if halt and entry.due_at >= halt.since:
            return f"{self._halt_words(halt)}; it waits"
        if entry.capped_until:
            until = self._moment(entry.capped_until)
            return f"they have had all the letters a week may bring; it waits for the next, or for {until}"
        if entry.due_at <= self._record.now:
            return f"its moment was {self._moment(entry.due_at)}; it waits for the next round"
        return f"it waits for its moment, {self._moment(entry.due_at)}"

    def _closed_words(self) -> str:
        assert self._record.closed_at is not None
        closed_on = self._historian.day(self._record.closed_at)
        return f"the cycle was closed on {closed_on}; no mail leaves any more"

    def _since(self, entry: Entry, subject: str, did: Callable[[Change], bool]) -> str:
        change = self._last_change(entry, did)
        if change is None:
            return f"{subject} no longer owed"
        by = "" if change.actor == SYSTEM else f" by {change.actor}"
        why = f" ({change.why})" if change.why and change.after in WAIVED else ""
        words = DID.get(change.kind, change.kind.replace("_", " "))
        return f"{subject} {words} on {self._historian.day(change.at)}{by}{why}"

    def _moved(self, entry: Entry) -> str:
        change = self._last_change(entry, lambda c: c.due_on != entry.key.deadline_on)
        edition = self._last_edition(entry)
        if edition and (change is None or change.at <= edition.at):
            moved_on, because = edition.day, f" ({edition.why})" if edition.why else ""
            return f"the calendar was changed on {moved_on} by {edition.by}, and moved the deadline{because}"
        if change is None:
            return "the deadline moved"
        by = "" if change.actor == SYSTEM else f" by {change.actor}"
        why = f" ({change.why})" if change.why and change.moves_date else ""
        days = f"from {entry.key.deadline_on} to {change.due_on}"
        return f"the deadline moved {days} on {self._historian.day(change.at)}{by}{why}"

    def _last_change(self, entry: Entry, wanted: Callable[[Change], bool]) -> Change | None:
        """The newest change of that sort up to the moment a row ended."""
        changes = [s.change for s in self._histories[entry.key.stage_key].spans if s.change is not None]
        before = [c for c in changes if entry.settled_at is None or c.at <= entry.settled_at]
        return next((change for change in reversed(before) if wanted(change)), None)

    def _last_edition(self, entry: Entry) -> Edition | None:
        """The newest change of the calendar that moved the stage's own day away, up to when a row ended."""
        spans = self._histories[entry.key.stage_key].spans
        found = [
            after.edition
            for before, after in pairwise(spans)
            if after.edition and before.due_on != after.due_on
            if entry.settled_at is None or after.start <= entry.settled_at
        ]
        return found[-1] if found else None

    def _later(self, entry: Entry) -> str:
        mates = [
            e
            for e in self._record.entries
            if e.key.stage_key == entry.key.stage_key
            and (e.key.contact_key, e.key.deadline_on) == (entry.key.contact_key, entry.key.deadline_on)
            and e.due_at >= entry.due_at
            and e.kind not in BECAUSE
            and e.reason is not Reason.COLLAPSED
        ]
        taken = min(mates, key=lambda e: (e.carrier is None, e.went_on, e.due_at), default=None)
        if taken is None:
            return ""
        if taken.left:
            return f": {self._rung_words(taken)}, which went on {taken.went_on}"
        if taken.carrier is None:
            stands = self._what_it_waits_for(taken) if taken.waits else self._why_not(taken)
            return f": {self._rung_words(taken)}; {stands}"
        return f": {self._rung_words(taken)}, of {taken.went_on}: {self._how_it_stands(taken)}"

    def _who_is_told_instead(self, entry: Entry) -> str:
        """As the roster is now: they left, lost the role, cannot be told, or are told again."""
        roster, role = self._record.roster, Role(entry.role)
        contact = roster.contacts.get(entry.key.contact_key)
        if contact is None:
            return "they are not on the roster any more"
        told = roster.holders(entry.key.district_code, role)
        if contact in told:
            return "somebody else was told in their place then; now it is they again"
        names = [c.name for c in told]
        instead = f"; {_listed(names)} {'is' if len(names) == 1 else 'are'} told instead" if names else ""
        if role in contact.roles:
            away = f"are away until {contact.away_until}" if contact.away_until else "cannot be reached"
            return f"they {away}{instead}"
        if contact.deputy_for:
            return f"they stood in for somebody and do not now{instead}"
        return f"they are told in that role no more{instead}"

    def _server_words(self, contact_key: str) -> str:
        contact = self._record.roster.contacts.get(contact_key)
        return (
            f": {contact.undeliverable}" if contact and contact.undeliverable else "; now it takes mail again"
        )

    def _before_it_counted(self, stage: Stage) -> list[str]:
        """Rungs that would fall on this day of a deadline that came into force only after it."""
        found = []
        for turn, _, end in self._histories[stage.key].turns():
            if self._on < turn.first_on and self._noon < end:
                found += [
                    f"'{rung.offset}' of {turn.due_on}: that deadline came into force on {turn.called_from}, "
                    "and rungs before it are not called."
                    for on, rung in self._calls(turn)
                    if on == self._on and self._on >= turn.opens_on
                ]
        return found

    # Quiet

    def _why_quiet(self, stage: Stage) -> str:
        """Why nothing was to be said that day; empty for a stage whose time it was not."""
        known = [e for e in self._record.editions if stage.key in {s.key for s in e.cycle.stages}]
        if self._noon < known[0].at:
            return ""
        span = self._span(stage)
        dates = stage.dates_for(span.due_on, self._cycle.workdays)
        if self._on < dates.opens.on:
            return f"It is not open until {dates.opens.on}." if self._is_next(stage) else ""
        if span.turn is None:
            return self._done(stage, span) if self._on <= dates.close.on else ""
        if self._on > dates.close.on and stage.review is None:
            closed = "It will have closed" if self._is_ahead else "It closed"
            missing = "is not handed in so far" if self._is_ahead else "was not handed in by then"
            if span.status is Status.RETURNED:
                missing = f"{'is' if self._is_ahead else 'was'} returned for changes, and not handed in again"
            return f"{closed} on {dates.close.on} and {missing}. {self._next(stage, span.turn)}"
        own = self._own_day(stage, span)
        stood = f"It {self._stood(stage, span)}, due {span.due_on}{own}"
        return f"{stood}. {self._next(stage, span.turn)}"

    def _done(self, stage: Stage, span: Span) -> str:
        if span.change is None:
            return f"It {self._stood(stage, span)}; nobody owed anything."
        by = "" if span.change.actor == SYSTEM else f" by {span.change.actor}"
        did = DID.get(span.change.kind, span.change.kind.replace("_", " "))
        return f"It was {did} on {self._historian.day(span.change.at)}{by}; nobody owed anything."

    def _own_day(self, stage: Stage, span: Span) -> str:
        """Why a due day is the one of the district's own calendar, where it is."""
        known = [s.change for s in self._histories[stage.key].spans if s.change and s.start <= span.start]
        given = [
            change.why
            for change in known
            if change.kind in (OWN_DAY, "date_moved") and change.own_day and change.moves_date
            if change.due_on == span.due_on
        ]
        return f" by the district's own calendar ({given[-1]})" if given else ""

    def _stood(self, stage: Stage, span: Span) -> str:
        """Where the work stood, in the words of the board: its window is open, but earlier work is not in."""
        was, waited = ("is", "waits") if self._is_ahead else ("was", "waited")
        if span.status is not Status.NOT_OPEN:
            return f"{was} {LABELS[span.status]}"
        first = [self._cycle.stage(key) for key in stage.after if key in self._earlier]
        undone = [s.title for s in first if self._is_undone(s)]
        return f"{waited} for {_listed(undone)}" if undone else f"{was} open"

    def _is_undone(self, stage: Stage) -> bool:
        status = self._earlier[stage.key].between(self._midnight, self._midnight)[0].status
        return status not in ({Status.APPROVED, *WAIVED} if stage.review else HANDED_IN | WAIVED)

    def _next(self, stage: Stage, turn: Turn) -> str:
        """Where this day lies between the reminders that went and those that come."""
        days = sorted((on, f"'{rung.offset}'") for on, rung in self._calls(turn) if on >= turn.called_from)
        went = [
            (
                e.went_on,
                f"'{e.offset}'" + ("" if e.key.deadline_on == turn.due_on else f" of {e.key.deadline_on}"),
            )
            for e in self._record.entries
            if e.key.stage_key == stage.key and e.left and e.kind not in BECAUSE and e.went_on < self._on
        ]
        still_to_go = [(on, words) for on, words in days if self._today < on < self._on]
        past = max(went + still_to_go, default=None)
        ahead = [f"{words} on {on}" for on, words in days if on > self._on]
        last = f"the one before was {past[1]} on {past[0]}" if past else "none came before"
        coming = f"the next is {ahead[0]}" if ahead else "none is left"
        return f"No reminder falls on this day: {last}, {coming}."

    def _is_next(self, stage: Stage) -> bool:
        """Whether a stage is the first that opens after this day."""
        ahead = [s.dates.opens.on for s in self._owed() if s.dates.opens.on > self._on]
        return stage.dates.opens.on == min(ahead)

    def _calls(self, turn: Turn) -> Iterator[tuple[date, Any]]:
        for slug, rung in turn.rungs.items():
            first = min(rung.to, key=lambda role: role in STATE_ROLES)  # the district's people, if any
            yield turn.day(slug, first), rung

    def _span(self, stage: Stage) -> Span:
        """How the district stood at the end of the day."""
        history = self._histories[stage.key]
        # Of a day before the stage came into the calendar nothing is known but how it began.
        return (history.between(self._midnight, self._midnight) or history.spans)[0]

    @property
    def _is_ahead(self) -> bool:
        return self._on > self._today

    @property
    def _today(self) -> date:
        return self._historian.day(self._record.now)

    @property
    def _noon(self) -> datetime:
        return datetime.combine(self._on, time(12), self._record.district.zone)

    @property
    def _midnight(self) -> datetime:
        return datetime.combine(self._on + timedelta(days=1), time(), self._record.district.zone)

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(self._record.district.zone)
        return f"{local.date()} {hour(local)}"


def _count_days(days: int) -> str:
    if days == 0:
        return "the deadline's own day"
    return f"{abs(days)} day{'' if abs(days) == 1 else 's'} {'before' if days > 0 else 'after'} the deadline"


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
