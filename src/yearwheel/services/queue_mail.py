"""Put what has fallen due into the outbox: one digest a person and day, in one transaction with its cause."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import groupby, islice
from urllib.parse import quote
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import END_OF_DAY, Deadline, OwedBy, RungKind, Stage
from yearwheel.notifications.catalog import ASKS_FOR_WORK, CATALOG, LATENESS, may_decline
from yearwheel.notifications.invitation import Method, announce, write_dates
from yearwheel.notifications.ledger import (
    SAID_BY_ANOTHER,
    SYSTEM,
    WHOLE_CYCLE,
    NoticeKind,
    OutboxStatus,
    Reason,
    ReminderStatus,
)
from yearwheel.notifications.letter import LINKS_WORK, Item, Letter, basis_words
from yearwheel.notifications.mime import HeaderInjection, letter_id
from yearwheel.notifications.news import NEW_DAYS
from yearwheel.notifications.press import Printed, print_letter
from yearwheel.notifications.tokens import DECLINE, READER, sign
from yearwheel.notifications.whole_cycle import Table, added_words, read_table, year_table
from yearwheel.notifications.words import read_words
from yearwheel.roster.people import ROLE_LABELS, Contact, Role, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App
from yearwheel.services.contacts import welcome_back
from yearwheel.services.disaster import struck_places
from yearwheel.services.replan import settle_taken_back
from yearwheel.services.requests import read_told
from yearwheel.services.rounds import call_due, out_of_reach
from yearwheel.services.untold import known_days
from yearwheel.services.whole_cycle import tell_the_state
from yearwheel.stages.evidence import takes
from yearwheel.stages.standing import Standing, own_due
from yearwheel.stages.status import HANDED_IN, WAIVED
from yearwheel.store import (
    Connection,
    approvals,
    declines,
    events,
    outbox,
    pauses,
    reliefs,
    reminders,
    rosters,
    standings,
)
from yearwheel.store.events import Event
from yearwheel.store.outbox import NewMessage
from yearwheel.store.reminders import DueReminder

WEEK = timedelta(days=7)
HALF_A_YEAR = timedelta(days=182)
BEFORE_IT_IS_LATE = (RungKind.OPENED, RungKind.REMINDER, RungKind.DUE_TODAY)
REPLACES_A_DAY = NEW_DAYS | {NoticeKind.RETURNED}
SHEAF = 128  # letters written down together
UNCAPPED: frozenset[str] = frozenset(
    {NoticeKind.RECEIPT, NoticeKind.ALERT, NoticeKind.REQUESTS, RungKind.DUE_TODAY}
)


@dataclass(slots=True)
class QueueReport:
    """What one pass put into the outbox, and what it left for later."""

    letters: int = 0
    reminders: int = 0
    deferred: int = 0  # reminders whose reader's window is shut, or who had today's letter
    rewritten: int = 0  # letters of another day that had not left
    held: int = 0  # of the letters, those with words that nobody has approved yet
    capped: int = 0  # of the deferred, those whose reader had a week's letters


def queue_mail(app: App, cycle_key: str) -> QueueReport:
    """Write a letter for everyone who has something due, if their send window is open."""
    now = app.clock.now()
    report = QueueReport()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        if active.stored.closed_at is not None or pauses.find_open(work.connection, cycle_key):
            return report
        back = welcome_back(work.connection, active, SYSTEM, now)
        report.rewritten = take_back_stale(work.connection, active, now)
        if back:
            _collapse(work.connection, active, now)
        if app.settings.mail.tell_admins:
            tell_the_state(work.connection, active, now)
        due = reminders.list_due(work.connection, cycle_key, now)
        if due:
            writer = _Writer(app, work.connection, active, due, now)
            for letters in writer.write(due, report):
                _put_out(work.connection, letters, now, report)
            reminders.settle(work.connection, writer.endings, now)
            reminders.note_caps(work.connection, writer.capped)
        work.commit()
    return report


def _put_out(
    connection: Connection, letters: Sequence["_Letter"], now: datetime, report: QueueReport
) -> None:
    ids = outbox.add(connection, [message for message, _ in letters])
    carried = [reminder.id for _, items in letters for reminder in items]
    reminders.mark_queued(connection, carried, min(ids), now)
    report.letters += len(ids)
    report.reminders += len(carried)
    report.held += sum(message.status is OutboxStatus.HELD for message, _ in letters)


def find_stale(connection: Connection, active: Active, now: datetime) -> set[int]:
    """Letters of an earlier day that never left and could now: they speak of "5 days left".

    Where no mail may leave now, as on a Sunday, a letter stays to be read and approved.
    """
    waiting = outbox.list_waiting(connection, active.key)
    days = {zone: now.astimezone(ZoneInfo(zone)).date() for _, zone, _ in waiting}
    is_open = open_zones(active, days, now) if days else set()
    able = [(row, days[zone], send_on) for row, zone, send_on in waiting if zone in is_open]
    of_today = [row for row, today, send_on in able if send_on == today]
    stale = {row for row, today, send_on in able if send_on < today}
    return stale | _outrun_by_the_hour(connection, active, of_today, now)


def _outrun_by_the_hour(
    connection: Connection, active: Active, letters: Sequence[int], now: datetime
) -> set[int]:
    """Letters that say "due today at 12:00 PM" and did not leave before noon."""
    hours = {key: s.dates.due for key, s in active.stages.items() if s.dates.due.at != END_OF_DAY}
    if not hours or not letters:
        return set()
    written = {letter.id: letter.queued_at for letter in outbox.list_queued(connection, letters)}
    return {
        row.outbox_id
        for row in reminders.list_carried(connection, written)
        if row.kind in BEFORE_IT_IS_LATE and row.key.stage_key in hours
        if written[row.outbox_id] <= replace(hours[row.key.stage_key], on=row.key.deadline_on).moment < now
    }


def take_back_stale(connection: Connection, active: Active, now: datetime) -> int:
    """Take back what is stale, to be written afresh. Returns how many letters.

    One that waits for its words to be approved is held again. One that a person holds stays as it is, since
    rewriting would let it go; one that they changed goes as they approved it.
    """
    stale = find_stale(connection, active, now)
    if not stale:
        return 0
    unread = stale & outbox.first_uses(connection, active.key).keys()
    rewritten = stale - events.letters_by_hand(connection, active.key)
    taken = outbox.move(connection, rewritten, [OutboxStatus.QUEUED], OutboxStatus.SUPPRESSED, now)
    taken += outbox.move(connection, unread, [OutboxStatus.HELD], OutboxStatus.SUPPRESSED, now)
    carried = reminders.list_carried(connection, taken)
    reminders.take_back(connection, taken)
    if taken:
        settle_taken_back(connection, active, carried, now)
        _collapse(connection, active, now)
    return len(taken)


def _collapse(connection: Connection, active: Active, now: datetime) -> None:
    """What was taken back or waited for somebody's return meets later rungs: only the newest is said."""
    outrun = reminders.list_outrun(connection, active.key)
    reminders.settle(connection, [(row, *SAID_BY_ANOTHER) for row in outrun], now)
    for stage_key in reminders.stages_with_due(connection, active.key, now):
        call_due(connection, active, active.stages[stage_key], now)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A letter to be printed, the `nth` to this reader on its day, and the reminders it carries."""

    contact: Contact
    nth: int
    zone: ZoneInfo
    items: list[DueReminder]
    letter: Letter


_Letter = tuple[NewMessage, list[DueReminder]]  # what goes into the outbox, with the reminders it carries


class _Writer:
    """Turns due reminders into letters, with what it looks up read once."""

    def __init__(
        self, app: App, connection: Connection, active: Active, due: Sequence[DueReminder], now: datetime
    ) -> None:
        self._app = app
        self._active = active
        self._now = now
        self._roster: Roster = rosters.load(connection, active.state, active.key)
        self._connection = connection
        self._stages: Mapping[str, Stage] = active.stages
        self._undone = self._read_undone(due)
        self._relieved = reliefs.quiet_until(connection, active.key, active.day(now))
        self._is_open = cache(self._window_is_open)
        self._approved = approvals.read(connection, active.key)
        self._declined = declines.read(connection, active.key)
        self._cap = app.settings.mail.letters_per_week
        self._week = self._read_week(due) if self._cap else {}
        moved = {(r.stage_key, r.district_code) for r in due if r.kind in REPLACES_A_DAY}
        self._known_days = known_days(connection, active, moved) if moved else {}
        self._tries = outbox.tries_so_far(connection, active.key)
        self.endings: list[tuple[int, ReminderStatus, Reason]] = []
        self.capped: list[tuple[int, datetime]] = []

    def write(self, due: Sequence[DueReminder], report: QueueReport) -> Iterator[list[_Letter]]:
        """A message for each reader who may be written to now, in sheaves to be put away together."""
        messages = self._messages(self._drafts(due, report))
        while sheaf := list(islice(messages, SHEAF)):
            yield sheaf

    def _messages(self, drafts: Iterable[_Draft]) -> Iterator[_Letter]:
        for draft in drafts:
            outcome = print_letter(draft.letter)
            if isinstance(outcome, Printed):
                yield self._message(draft, outcome), draft.items
            elif outcome.header != "To":
                raise HeaderInjection(outcome.header, outcome.problem)  # our own fault: nobody is given up
            else:
                self._give_up(draft, f"{outcome.header}: {outcome.problem}")

    def _drafts(self, due: Sequence[DueReminder], report: QueueReport) -> Iterator[_Draft]:
        days = {self._now.astimezone(d.zone).date() for d in self._roster.districts.values()}
        written = outbox.letters_that_day(self._connection, self._active.key, days)
        for contact_key, group in groupby(due, key=lambda r: r.contact_key):
            items = list(group)
            if ending := out_of_reach(self._roster, contact_key):
                self.endings += [(reminder.id, *ending) for reminder in items]
                continue
            contact = self._roster.contacts[contact_key]
            items = self._not_declined(contact, items)
            if not items:
                continue
            zone = self._roster.districts[contact.district_code].zone
            on = self._now.astimezone(zone).date()
            earlier, alive = written.get((contact_key, on), (0, 0))
            writable = self._writable_now(items, zone, has_letter=alive > 0)
            report.deferred += len(items) - len(writable)
            if not (items := writable):
                continue
            if self._cap and (until := self._had_enough(contact_key, zone, on, items)):
                self.capped += [(r.id, until) for r in items if r.capped_until is None]
                report.deferred += len(items)
                report.capped += len(items)
                continue
            nth = earlier + 1
            yield _Draft(contact, nth, zone, items, self._letter(contact, nth, zone, on, items))

    def _writable_now(
        self, items: list[DueReminder], zone: ZoneInfo, *, has_letter: bool
    ) -> list[DueReminder]:
        """What a reader may be told now: of reminders one letter a day, of news more."""
        if not self._is_open(zone):
            return []
        return [r for r in items if r.is_notice] if has_letter else items

    def _not_declined(self, contact: Contact, items: list[DueReminder]) -> list[DueReminder]:
        """Without what a reader asked not to get, as far as they need not have it."""
        kinds = self._declined.get(contact.key)
        if not kinds:
            return items
        unwanted = [r for r in items if r.kind in kinds and self._may_decline(r)]
        ending = (ReminderStatus.CANCELLED, Reason.DECLINED)
        self.endings += [(reminder.id, *ending) for reminder in unwanted]
        return [reminder for reminder in items if reminder not in unwanted]

    def _may_decline(self, reminder: DueReminder) -> bool:
        statutory = self._stages[reminder.stage_key].statutory
        return may_decline(reminder.kind, Role(reminder.role), statutory=statutory)

    def _give_up(self, draft: _Draft, why: str) -> None:
        """One person whose name or address cannot stand in a message must not hold up everyone's mail."""
        self.endings += [(r.id, ReminderStatus.NO_ADDRESS, Reason.UNREACHABLE) for r in draft.items]
        detail = {"contact": draft.contact.key}
        refused = Event(self._now, SYSTEM, "letter_refused", self._active.key, why=why, detail=detail)
        events.append(self._connection, [refused])

    def _letter(
        self, contact: Contact, nth: int, zone: ZoneInfo, on: date, items: Sequence[DueReminder]
    ) -> Letter:
        settings, cycle = self._app.settings, self._active.cycle
        return Letter(
            to_name=contact.name,
            to_address=contact.email,
            office=cycle.office,
            help_address=cycle.help_address,
            cycle_title=cycle.title,
            on=on,
            items=tuple(self._item(contact, reminder, zone, on) for reminder in items),
            message_id=letter_id(self._active.key, contact.key, on, nth, settings.mail.domain),
            sent_at=self._now,
            sender=settings.mail.sender,
            dates=self._dates(items, on),
            withdrawn=self._withdrawn(items, on),
            reader_link=self._reader_link(contact, on + LINKS_WORK),
            links_until=on + LINKS_WORK,
            ask_to_confirm=contact.verified_at is None or contact.verified_at < self._now - HALF_A_YEAR,
            to_office=self._roster.districts[contact.district_code].is_state_office,
            unsubscribe=self._unsubscribe(contact, items),
        )

    def _message(self, draft: _Draft, printed: Printed) -> NewMessage:
        new = sorted(kind for kind, _ in read_words(printed.template_version) - self._approved)
        return NewMessage(
            cycle_key=self._active.key,
            contact_key=draft.contact.key,
            send_on=draft.letter.on,
            nth=draft.nth,
            recipient=draft.contact.email,
            zone=draft.zone.key,
            subject=printed.subject,
            raw=printed.raw,
            template_version=printed.template_version,
            message_id=draft.letter.message_id,
            status=OutboxStatus.HELD if new else OutboxStatus.QUEUED,
            not_before=self._now,
            queued_at=self._now,
            held_by=outbox.FIRST_USE if new else None,
            held_because=f"first use of {', '.join(new)}" if new else None,
            attempts=self._tries.get(draft.contact.key, 0),
        )

    def _dates(self, items: Sequence[DueReminder], on: date) -> bytes:
        """The days that these announce, as an .ics."""
        days: dict[tuple[str, str], date] = {}
        for reminder in items:
            code = reminder.district_code
            if reminder.kind == NoticeKind.PUBLISHED:
                days |= {(key, code): due_on for key, due_on in self._year_of(code, on).items()}
            elif CATALOG[reminder.kind].announces:
                days[reminder.stage_key, code] = reminder.deadline_on
        return self._ics(days, on, Method.PUBLISH)

    def _withdrawn(self, items: Sequence[DueReminder], on: date) -> bytes:
        """The days that need not be kept any more, as an .ics that takes them out."""
        gone = (reminder for reminder in items if CATALOG[reminder.kind].withdraws)
        days = {(r.stage_key, r.district_code): r.deadline_on for r in gone}
        return self._ics(days, on, Method.CANCEL)

    def _ics(self, days: Mapping[tuple[str, str], date], on: date, method: Method) -> bytes:
        several = len({code for _, code in days}) > 1
        names = {code: self._roster.districts[code].name if several else "" for _, code in days}
        cycle = self._active.cycle
        return write_dates(
            (
                announce(cycle, self._stages[key], code, due_on, self._basis(key, code, on), names[code])
                for (key, code), due_on in days.items()
            ),
            self._now,
            method,
        )

    def _basis(self, stage_key: str, code: str, on: date) -> str:
        return basis_words(self._stages[stage_key], on, granted=(stage_key, code) in self._set_by_office)

    def _year_of(self, code: str, on: date) -> dict[str, date]:
        """A district's due days that are still ahead: who comes in mid-year is told no others."""
        return {key: due_on for (key, of), due_on in self._years.items() if of == code and due_on >= on}

    @cached_property
    def _set_by_office(self) -> set[tuple[str, str]]:
        """The (stage, district) places whose deadline is a day that the office gave them."""
        return standings.find_set_by_office(self._connection, self._active.key)

    @cached_property
    def _struck(self) -> Collection[tuple[str, str]]:
        """The (stage, district) places that a disaster has touched: of these letters speak softly."""
        return struck_places(self._connection, self._active.key)

    @cached_property
    def _comments(self) -> Mapping[tuple[str, str], str]:
        """What a reviewer wrote last when work went back, by (stage, district) place."""
        returned = events.list_events(self._connection, self._active.key, kinds=["returned"])
        return {(event.stage_key or "", event.district_code or ""): event.why for event in returned}

    @cached_property
    def _years(self) -> Mapping[tuple[str, str], date]:
        """Every due day that is asked of anyone: looked up in the one round that tells of the publication."""
        stages = {stage.key: stage for stage in self._active.cycle.stages}
        return {
            s.place: own_due(stages[s.stage_key], s) or stages[s.stage_key].dates.due.on
            for s in standings.find(self._connection, self._active.key, stage_keys=stages)
            if s.status not in WAIVED
        }

    def _unsubscribe(self, contact: Contact, items: Sequence[DueReminder]) -> str:
        """The link that stops what a letter brings; empty if any of it is the office's duty to tell."""
        if not all(self._may_decline(reminder) for reminder in items):
            return ""
        words = (self._active.key, contact.key, *sorted({r.kind for r in items}))
        return f"{self._app.settings.base_url}/u/{sign(DECLINE, words, self._app.secret)}"

    def _reader_link(self, contact: Contact, until: date) -> str:
        words = (self._active.key, contact.key, until.isoformat())
        return f"{self._app.settings.base_url}/l/{sign(READER, words, self._app.secret)}"

    def _item(self, contact: Contact, reminder: DueReminder, zone: ZoneInfo, on: date) -> Item:
        stage = self._stages[reminder.stage_key]
        due = Deadline(reminder.deadline_on, stage.dates.due.at, stage.dates.due.zone)
        kind = self._kind(reminder)
        item = Item(
            kind=kind,
            stage_title=stage.title,
            ask=stage.ask,
            district_name=self._roster.districts[reminder.district_code].name,
            due_on=due.on,
            due_at=due.moment,
            zone=zone,
            cycle_zone=self._active.cycle.zone,
            days_left=(due.on - on).days,
            missing=() if reminder.is_notice else self._missing(stage, reminder.district_code, contact),
            page=self._page(reminder.district_code, stage.key),
            basis=self._basis(stage.key, reminder.district_code, on),
            note=self._comments.get((stage.key, reminder.district_code), "")
            if kind == RungKind.REVISION
            else reminder.note,
            role_label=self._role_label(contact, Role(reminder.role), reminder.district_code),
            gentle=reminder.district_code in self._relieved
            or (stage.key, reminder.district_code) in self._struck,
            due_before=self._due_before(reminder, stage),
            taken_until=self._taken_until(stage, reminder, kind, on),
            takes=takes(stage.kind) if kind in ASKS_FOR_WORK else (),
            done_by=self._reviewers(reminder) if kind == RungKind.REVIEW else None,
        )
        return self._of_whole_cycle(item, reminder, on) if reminder.kind in WHOLE_CYCLE else item

    def _due_before(self, reminder: DueReminder, stage: Stage) -> date | None:
        """The day that a new one replaces, as its reader knows it. A review's changes replace none."""
        if reminder.kind not in REPLACES_A_DAY or (stage.review and reminder.kind == NoticeKind.RETURNED):
            return None
        known = self._known_days.get((stage.key, reminder.district_code, reminder.contact_key))
        return known if known != reminder.deadline_on else None

    def _page(self, code: str, stage_key: str) -> str:
        """Where the button leads; a stage that was taken out of the calendar has no page."""
        return f"{_in_link(code)}/{stage_key}" if stage_key in self._in_calendar else _in_link(code)

    @cached_property
    def _in_calendar(self) -> set[str]:
        return {stage.key for stage in self._active.cycle.stages}

    def _kind(self, reminder: DueReminder) -> str:
        """Whose words a reminder has today: of late work and of work that came back they are others."""
        asks = (*BEFORE_IT_IS_LATE, RungKind.LATE)
        if reminder.kind in asks and (reminder.stage_key, reminder.district_code) in self._returned:
            return RungKind.REVISION
        due = replace(self._stages[reminder.stage_key].dates.due, on=reminder.deadline_on)
        is_late = reminder.kind in BEFORE_IT_IS_LATE and due.moment < self._now
        return RungKind.LATE if is_late else reminder.kind

    @cached_property
    def _returned(self) -> set[tuple[str, str]]:
        """The (stage, district) places whose work was sent back and is not in again."""
        return standings.find_returned(self._connection, self._active.key)

    def _reviewers(self, reminder: DueReminder) -> tuple[str, ...] | None:
        """Who has to read a district's work, where that is not the letter's reader."""
        if reminder.role == Role.REVIEWER:
            return None
        return tuple(c.name for c in self._roster.holders(reminder.district_code, Role.REVIEWER))

    def _taken_until(self, stage: Stage, reminder: DueReminder, kind: str, on: date) -> datetime | None:
        """When the stage closes for that deadline, where it is late or moved with the date.

        A review ends when it is decided.
        """
        if stage.review is not None or kind not in LATENESS | NEW_DAYS | {NoticeKind.REINSTATED}:
            return None
        close = stage.dates_for(reminder.deadline_on, self._active.cycle.workdays).close
        is_news = kind in LATENESS or reminder.deadline_on < on or close != stage.dates.close
        return close.moment if is_news else None

    def _role_label(self, contact: Contact, role: Role, code: str) -> str:
        """As what a reader is told: in a role of their own, or in the place of somebody who cannot be."""
        stood_in_for = self._roster.contacts.get(contact.deputy_for or "")
        if stood_in_for is None or self._roster.is_own(contact, code, role):
            return ROLE_LABELS[role]
        return f"deputy of {stood_in_for.name}, {ROLE_LABELS[role]}"

    def _of_whole_cycle(self, item: Item, reminder: DueReminder, on: date) -> Item:
        """A message about the whole cycle hangs on a stage of it, and must not speak of that stage."""
        cycle, code = self._active.cycle, reminder.district_code
        if reminder.kind == NoticeKind.PUBLISHED:
            year, page = self._year_of(code, on), _in_link(code)
            table, note = year_table(cycle, year, on), added_words(reminder.note, year)
        else:
            table, note, page = self._table_of(reminder, on), "", ""
        return item._replace(stage_title=cycle.title, table=table, note=note, page=page)

    def _table_of(self, reminder: DueReminder, on: date) -> Table:
        if reminder.kind == NoticeKind.REQUESTS:
            return read_told(self._connection, self._active, self._roster, reminder.note, on)
        return read_table(reminder.note)

    def _missing(self, stage: Stage, code: str, reader: Contact) -> tuple[str, ...]:
        """The stages that have to be done first and are not, by name; the office's own hold up everyone."""
        owing = (code, self._roster.office.code) if self._roster.office else (code,)
        undone = [self._undone[key, of] for key in stage.after for of in owing if (key, of) in self._undone]
        of_office = self._roster.districts[reader.district_code].is_state_office
        return tuple(self._still_missing(stage, standing, of_office=of_office) for standing in undone)

    def _still_missing(self, stage: Stage, undone: Standing, *, of_office: bool) -> str:
        """What is to be done first. Where it was never done only the office can help any more."""
        earlier = self._stages[undone.stage_key]
        words = stage.awaits(earlier)
        close = earlier.dates_for(undone.due_on, self._active.cycle.workdays).close
        if close.moment >= self._now or earlier.owed_by is not OwedBy.DISTRICTS:
            return words
        return f"{words} (closed without it{'' if of_office else ': ask the office'})"

    def _read_undone(self, due: Sequence[DueReminder]) -> Mapping[tuple[str, str], Standing]:
        """Where work stands that stages with something due have to wait for, by (stage, district) place."""
        before = {key for stage_key in {r.stage_key for r in due} for key in self._stages[stage_key].after}
        found = standings.find(self._connection, self._active.key, stage_keys=before) if before else []
        return {s.place: s for s in found if s.status not in HANDED_IN | WAIVED}

    def _read_week(self, due: Sequence[DueReminder]) -> Mapping[str, list[date]]:
        since = self._active.day(self._now) - WEEK
        return outbox.letter_days(self._connection, self._active.key, since, {r.contact_key for r in due})

    def _had_enough(
        self, contact_key: str, zone: ZoneInfo, on: date, items: Sequence[DueReminder]
    ) -> datetime | None:
        """From when a reader may hear of these again, if they have had a week's letters."""
        assert self._cap is not None
        days = [day for day in self._week.get(contact_key, ()) if day > on - WEEK]
        if len(days) < self._cap or any(self._must_go(reminder) for reminder in items):
            return None
        return self._active.cycle.send_window.opening(days[-self._cap] + WEEK, zone)

    def _must_go(self, reminder: DueReminder) -> bool:
        """What no cap holds back: receipts, alerts, the day itself, and what a statute asks for."""
        return reminder.kind in UNCAPPED or self._stages[reminder.stage_key].statutory

    def _window_is_open(self, zone: ZoneInfo) -> bool:
        return self._active.cycle.send_window.is_open(self._now, zone, self._active.cycle.workdays)


@cache
def _in_link(code: str) -> str:
    return quote(code, safe="")


def open_zones(active: Active, zones: Iterable[str], now: datetime) -> set[str]:
    """Those of the zones in which mail may leave at this moment."""
    cycle = active.cycle
    return {zone for zone in zones if cycle.send_window.is_open(now, ZoneInfo(zone), cycle.workdays)}
