"""A cycle's year rebuilt from its record, without the planner's help. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, cached_property
from operator import itemgetter
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle, OwedBy, SendWindow, Stage
from yearwheel.notifications.carrier import hour
from yearwheel.notifications.facts import Facts, Place, Row, Stretch
from yearwheel.notifications.history import Change, Edition, Historian, History, Span, Turn
from yearwheel.notifications.ledger import (
    LEFT,
    NOTHING_DUE,
    NoticeKind,
    OutboxStatus,
    ReminderKey,
)
from yearwheel.notifications.news import NOTICES
from yearwheel.notifications.presence import Presence
from yearwheel.roster.people import Contact, Role
from yearwheel.stages.status import WAIVED


class RebuiltYear:
    """Where each district stood at any moment, who was told, and which calendar was in force."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.editions = facts.editions or (Edition(facts.cycle, facts.published_at),)
        self.historian = Historian(self.editions)
        self.rows = {row.key: row for row in facts.rows}
        self.messages = {message.id: message for message in facts.messages}
        self.changes: dict[Place, list[Change]] = defaultdict(list)
        for change in facts.changes:
            self.changes[change.stage_key, change.district_code].append(change)
        self.history = cache(self._rebuild)
        self.opening = cache(SendWindow.opening)
        self.presence = Presence(facts.people, facts.roster.office.code if facts.roster.office else "")
        self.held: dict[str, list[Stretch]] = defaultdict(list)
        self.in_vain: dict[str, list[Stretch]] = defaultdict(list)
        self.taken_back: dict[str, set[datetime | None]] = defaultdict(set)
        for message in facts.messages:
            if message.status is OutboxStatus.SUPPRESSED:
                self.taken_back[message.contact_key].add(message.settled_at)
            if message.held:
                self.held[message.contact_key].append(message.held)
            if message.in_vain:
                self.in_vain[message.contact_key].append(message.in_vain)
        self._holders = cache(facts.roster.holders)

    def places(self) -> Iterator[Place]:
        """Every stage of any calendar with each district that owes it."""
        stages = {stage.key: stage for edition in self.editions for stage in edition.cycle.stages}
        for stage in stages.values():
            for district in self.facts.roster.districts.values():
                if district.is_state_office == (stage.owed_by is OwedBy.STATE):
                    yield stage.key, district.code

    def readers(self, code: str, roles: Iterable[str]) -> Iterator[tuple[str, Contact | None]]:
        """Who holds these roles for a district by today's roster; None for a role that nobody holds."""
        for role in roles:
            yield from ((role, contact) for contact in self._holders(code, Role(role)) or (None,))

    def cycle_at(self, moment: datetime) -> Cycle:
        """The calendar in force at a moment."""
        known = [edition.cycle for edition in self.editions if edition.at <= moment]
        return known[-1] if known else self.editions[0].cycle

    def stage_at(self, key: str, moment: datetime) -> Stage:
        """A stage as it was then, or as it was last before it was removed.

        Of an act that a clock put back has brought before the stage, as it was first.
        """
        editions = ((edition.at, stage) for edition in self.editions for stage in edition.cycle.stages)
        known = [(at, stage) for at, stage in editions if stage.key == key]
        return ([stage for at, stage in known if at <= moment] or [known[0][1]])[-1]

    def _rebuild(self, place: Place) -> History:
        breaks = self.facts.breaks.get(place[1], ())
        return self.historian.rebuild(place[0], self.changes.get(place, ()), breaks)

    def around(self, row: Row, first: datetime, last: datetime | None = None) -> list[Span]:
        """How a row's district stood between two moments, those included."""
        return self.history((row.key.stage_key, row.key.district_code)).between(first, last or first)

    def moment_of(self, row: Row, turn: Turn, zone: ZoneInfo) -> datetime:
        """When a row's message may leave, for a reader in this zone."""
        return self.opening(turn.window, turn.day(row.key.rung, row.role), zone)

    def zone_of(self, contact: Contact | None) -> ZoneInfo:
        """A reader's own zone; the cycle's where nobody holds the role."""
        return self.facts.roster.districts[contact.district_code].zone if contact else self.facts.cycle.zone

    def wants(self, row: Row, span: Span) -> bool:
        """Whether a row's message belongs to what was owed in a span."""
        turn = span.turn
        return turn is not None and turn.due_on == row.key.deadline_on and turn.calls(row.key.rung, row.role)

    def is_past_close(self, row: Row, span: Span) -> bool:
        """Whether a break or a day of the district's own brings a row's rung past the close."""
        turn = span.turn
        if turn is None or turn.closes_at is None or row.key.rung not in turn.rungs:
            return False
        zone = self.zone_of(self.facts.roster.contacts.get(row.key.contact_key))
        return self.moment_of(row, turn, zone) > turn.closes_at

    @cached_property
    def by_place(self) -> Mapping[Place, list[Row]]:
        """The ledger's rows of each stage and district."""
        found = defaultdict(list)
        for row in self.facts.rows:
            found[row.key.stage_key, row.key.district_code].append(row)
        return found

    def knows_year(self, place: Place, at: datetime) -> bool:
        """Whether a letter with the dates of the year had told somebody of a stage that stayed until then."""
        return any(self._stayed(place[0], told_at, at) for told_at in self._told_year.get(place[1], ()))

    def _stayed(self, stage_key: str, since: datetime, until: datetime) -> bool:
        *_, first = (e for e in self.editions if e.at <= since)
        between = [first, *(e for e in self.editions if since < e.at < until)]
        return since < until and all(stage_key in {s.key for s in e.cycle.stages} for e in between)

    def may_list(self, key: ReminderKey, at: datetime) -> set[bool]:
        """Whether the newest dates of the year that a reader had by then listed a stage of their district.

        Either may be so where a letter was in doubt. Who was written none, or was asked for the work since,
        takes it to be asked.
        """
        if any(written_at <= at for written_at in self._doubtful.get(key.contact_key, ())):
            return {True, False}
        read = self._letters.get((key.district_code, key.contact_key), ())
        told = [(when, row.kind) for when, row in read if when <= at and _tells_day(row, key.stage_key)]
        if not told or told[-1][1] != NoticeKind.PUBLISHED:
            return {True}
        then = [span for span in self.history(key[:2]).spans if self._was_before(span, told[-1][0])]
        return {bool(then) and then[-1].in_calendar and then[-1].status not in WAIVED}

    def _was_before(self, span: Span, letter: datetime) -> bool:
        """Whether a span had begun when a letter was written; of one moment, what is news came after it."""
        is_news = span.change.kind in NOTICES if span.change else span.start > self.editions[0].at
        return span.start < letter or (span.start == letter and not is_news)

    @cached_property
    def _doubtful(self) -> Mapping[str, list[datetime]]:
        """By reader, when letters were written that were tried and are not known to have left."""
        found = defaultdict(list)
        for message in self.facts.messages:
            if message.tried and message.status not in LEFT:
                found[message.contact_key].append(message.queued_at)
        return found

    @cached_property
    def _letters(self) -> Mapping[tuple[str, str], list[tuple[datetime, Row]]]:
        """What each reader's letters that left told them of a district, oldest first."""
        found = defaultdict(list)
        for row in self.facts.rows:
            message = self.messages.get(row.outbox_id or 0)
            if message and message.status in LEFT:
                found[row.key.district_code, row.key.contact_key].append((message.queued_at, row))
        return {reader: sorted(told, key=itemgetter(0)) for reader, told in found.items()}

    @cached_property
    def _told_year(self) -> Mapping[str, list[datetime]]:
        """When letters that left with the dates of the year were written, by district."""
        found = defaultdict(list)
        for row in self.facts.rows:
            message = self.messages.get(row.outbox_id or 0)
            if row.kind == NoticeKind.PUBLISHED and message and message.status in LEFT:
                found[row.key.district_code].append(message.queued_at)
        return found

    def words(self, moment: datetime, zone: ZoneInfo | None = None) -> str:
        """A moment in words, in the cycle's zone or another: "Monday 2027-02-01 18:00 Eastern"."""
        local = moment.astimezone(zone or self.facts.cycle.zone)
        return f"{local:%A %Y-%m-%d} {hour(local)}"


def _tells_day(row: Row, stage_key: str) -> bool:
    """Whether a letter with a row names a day of a stage; the dates of the year speak of every one."""
    of_stage = row.key.stage_key == stage_key and row.kind not in NOTHING_DUE
    return of_stage or row.kind == NoticeKind.PUBLISHED
