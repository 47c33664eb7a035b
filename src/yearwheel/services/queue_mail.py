"""Put what has fallen due into the outbox: one digest a person and day, in one transaction with its cause."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yearwheel.calendar.cycle import Deadline, Stage
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.letter import Item, Letter
from yearwheel.notifications.mime import message_id, to_bytes
from yearwheel.notifications.planner import NOBODY
from yearwheel.roster.people import ROLE_LABELS, Contact, Role, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import HANDED_IN, WAIVED
from yearwheel.store import outbox, reminders, rosters, standings
from yearwheel.store.outbox import NewMessage
from yearwheel.store.reminders import DueReminder


@dataclass(slots=True)
class QueueReport:
    """What one pass put into the outbox, and what it left for later."""

    letters: int = 0
    reminders: int = 0
    deferred: int = 0  # reminders whose reader's window is shut, or who had today's letter
    rewritten: int = 0  # letters of another day that had not left


def queue_mail(app: App, cycle_key: str) -> QueueReport:
    """Write a letter for everyone who has something due, if their send window is open."""
    now = app.clock.now()
    report = QueueReport()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        report.rewritten = _take_back_stale(work.connection, active, now)
        due = reminders.list_due(work.connection, cycle_key, now)
        if due:
            writer = _Writer(app, work.connection, active, now)
            letters = list(writer.letters(due, report))
            ids = outbox.add(work.connection, [message for message, _ in letters])
            carried = [[r.id for r in items] for _, items in letters]
            reminders.mark_queued(work.connection, list(zip(ids, carried, strict=True)), now)
            report.letters = len(ids)
            report.reminders = sum(len(items) for items in carried)
        work.commit()
    return report


def _take_back_stale(connection: Connection, active: Active, now: datetime) -> int:
    """Letters of an earlier day that never left speak of "5 days left": they are written afresh."""
    stale = [
        row["id"]
        for row in outbox.list_messages(connection, cycle_key=active.key, statuses=outbox.NOT_LEFT)
        if row["send_on"] < now.astimezone(ZoneInfo(row["zone"])).date()
    ]
    if stale:
        taken = outbox.move(connection, stale, outbox.NOT_LEFT, OutboxStatus.SUPPRESSED, now)
        reminders.take_back(connection, taken)
    return len(stale)


class _Writer:
    """Turns due reminders into letters, with what it looks up read once."""

    def __init__(self, app: App, connection: Connection, active: Active, now: datetime) -> None:
        self._app = app
        self._active = active
        self._now = now
        self._roster: Roster = rosters.load(connection, active.state, cycle_key=active.key)
        self._standings = {(s.stage_key, s.district_code): s for s in standings.find(connection, active.key)}
        self._connection = connection
        self._stages: Mapping[str, Stage] = {stage.key: stage for stage in active.cycle.stages}
        self._is_open = cache(self._window_is_open)

    def letters(
        self, due: Sequence[DueReminder], report: QueueReport
    ) -> Iterator[tuple[NewMessage, list[DueReminder]]]:
        days = {self._now.astimezone(d.zone).date() for d in self._roster.districts.values()}
        written = outbox.letters_that_day(self._connection, self._active.key, days)
        for contact_key, group in groupby(due, key=lambda r: r.contact_key):
            items = list(group)
            contact = self._roster.contacts.get(contact_key)
            if contact is None or contact_key.startswith(NOBODY) or contact.undeliverable:
                continue  # the stage's own work settles these with a reason
            zone = self._roster.districts[contact.district_code].zone
            on = self._now.astimezone(zone).date()
            earlier, alive = written.get((contact_key, on), (0, 0))
            if not self._is_open(zone) or (alive and not all(r.is_notice for r in items)):
                report.deferred += len(items)
                continue
            yield self._message(contact, zone, on, items, number=earlier + 1), items

    def _message(
        self, contact: Contact, zone: ZoneInfo, on: date, items: list[DueReminder], *, number: int
    ) -> NewMessage:
        settings = self._app.settings
        key = f"{self._active.key}/{contact.key}/{on.isoformat()}/{number}"
        cycle = self._active.cycle
        letter = Letter(
            to_name=contact.name,
            to_address=contact.email,
            office=cycle.office,
            help_address=cycle.help_address,
            cycle_title=cycle.title,
            on=on,
            items=tuple(self._item(reminder, zone, on) for reminder in items),
            message_id=message_id(key, settings.mail.domain),
            sent_at=self._now,
            sender=settings.mail.sender,
            base_url=settings.base_url,
        )
        rendered = self._app.renderer.render(letter)
        return NewMessage(
            key=key,
            cycle_key=cycle.key,
            contact_key=contact.key,
            recipient=contact.email,
            zone=zone.key,
            send_on=on,
            subject=rendered.subject,
            raw=to_bytes(letter, rendered),
            template_version=rendered.template_version,
            message_id=letter.message_id,
            status=OutboxStatus.QUEUED,
            not_before=self._now,
            queued_at=self._now,
        )

    def _item(self, reminder: DueReminder, zone: ZoneInfo, on: date) -> Item:
        stage = self._stages[reminder.stage_key]
        due = Deadline(reminder.deadline_on, stage.dates.due.at, stage.dates.due.zone)
        return Item(
            kind=reminder.kind,
            stage_title=stage.title,
            ask=stage.ask,
            district_name=self._roster.districts[reminder.district_code].name,
            due_on=due.on,
            due_at=due.moment,
            zone=zone,
            cycle_zone=self._active.cycle.zone,
            days_left=(due.on - on).days,
            missing=() if reminder.is_notice else self._missing(stage, reminder.district_code),
            link=f"{self._app.settings.base_url}/{self._active.key}/{reminder.district_code}/{stage.key}",
            basis=stage.basis,
            note=reminder.note,
            role_label=ROLE_LABELS[Role(reminder.role)],
        )

    def _missing(self, stage: Stage, code: str) -> tuple[str, ...]:
        """What is not in, by name: the stages that must come first, then this one."""
        first = [
            self._stages[key].title
            for key in stage.after
            if (standing := self._standings.get((key, code))) and not _is_done(standing)
        ]
        return (*first, stage.title)

    def _window_is_open(self, zone: ZoneInfo) -> bool:
        return self._active.cycle.send_window.is_open(self._now, zone, self._active.cycle.workdays)


def _is_done(standing: Standing) -> bool:
    return standing.status in HANDED_IN | WAIVED


def open_zones(active: Active, zones: Iterable[str], now: datetime) -> set[str]:
    """Those of the zones in which mail may leave at this moment."""
    cycle = active.cycle
    return {zone for zone in zones if cycle.send_window.is_open(now, ZoneInfo(zone), cycle.workdays)}
