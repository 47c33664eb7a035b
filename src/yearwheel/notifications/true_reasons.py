"""Whether the reason with which a ledger row ended is what happened. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property

from yearwheel.notifications.facts import Row, touched
from yearwheel.notifications.history import Change, Span
from yearwheel.notifications.ledger import NoticeKind, Reason, ReminderKey, ReminderStatus
from yearwheel.notifications.news import ASKED_OR_NOT, NEW_DAYS, NOTICES, RETIRED, at_first
from yearwheel.notifications.planner import NOBODY
from yearwheel.notifications.rebuilt import RebuiltYear
from yearwheel.notifications.requests import read_numbers
from yearwheel.stages.status import HANDED_IN, WAIVED


class Reasons:
    """Holds reasons to the record of a year."""

    def __init__(self, year: RebuiltYear) -> None:
        self._year = year

    def is_true(self, row: Row, reason: Reason, at: datetime) -> bool:
        match reason:
            case Reason.ROLE_EMPTY:
                return row.key.contact_key.startswith(NOBODY)
            case Reason.UNREACHABLE:
                return touched(self._year.facts.refused.get(row.key.contact_key, ()), at, at)
            case Reason.CONTACT_LEFT:
                return self._year.presence.was_away(row.key.district_code, row.role, row.key.contact_key, at)
            case Reason.DECLINED:
                return (row.key.contact_key, row.kind) in self._year.facts.declined
            case Reason.CAPPED:
                return row.capped_until is not None
            case Reason.PAUSED:
                return touched(self._year.facts.pauses, row.due_at, at)
            case Reason.HELD:
                return touched(self._year.held.get(row.key.contact_key, ()), row.due_at, at)
            case Reason.TOO_LATE:
                return touched(self._year.in_vain.get(row.key.contact_key, ()), row.due_at, at)
            case Reason.COLLAPSED:
                if any(self._says_it_all(other, row, at) for other in self._ladder_mates(row)):
                    return True
                return row.key.contact_key.startswith(NOBODY) and self._was_told_before(row, at)
            case Reason.UNDONE:
                return row.is_notice and self._was_undone(row, at)
            case Reason.NO_NEWS:
                return row.is_notice and self._was_known(row, at)
        return not row.is_notice and any(
            self._was_so(row, reason, span) for span in self._year.around(row, at)
        )

    def _was_so(self, row: Row, reason: Reason, span: Span) -> bool:
        """Whether a reason that speaks of the district's own work was true in a span."""
        match reason:
            case Reason.WORK_IN:
                return span.status in HANDED_IN and span.turn is None
            case Reason.WAIVED:
                return span.status in WAIVED
            case Reason.NOT_OWED:
                return span.turn is not None and row.key.rung not in span.turn.rungs
            case Reason.RELIEF:
                return span.turn is not None and self._year.historian.day(row.due_at) < span.turn.called_from
            case Reason.DATE_MOVED:
                return span.turn is not None and span.due_on != row.key.deadline_on
            case _:
                return not self._year.wants(row, span) or self._year.is_past_close(row, span)

    def _was_undone(self, row: Row, at: datetime) -> bool:
        """Whether what a notice was to tell was so no more, and its reader hears what is, if that is news.

        That ends it at once, or else when the letter is taken back that was out of reach just then.
        """
        if row.kind == NoticeKind.REQUESTS:
            return self._were_answered(row, at)
        came_back = at in self._year.taken_back.get(row.key.contact_key, ())
        for span in self._year.around(row, at):
            at_once = span.start == at
            if not (at_once or came_back) or span.fact.bears_out(row.kind, row.key.deadline_on):
                continue
            told = any(c.at == at or (not at_once and row.due_at < c.at < at) for c in self._answered(row))
            news = row.kind in NEW_DAYS and span.turn is not None
            if not news or told or self._known_before(row) == span.due_on:
                return True
        return False

    def _answered(self, row: Row) -> Iterator[Change]:
        """The changes about a row's place of which people are told."""
        return (change for change in self._year.changes[row.key[:2]] if change.kind in NOTICES)

    def _were_answered(self, row: Row, at: datetime) -> bool:
        """Whether nobody waited any more for the answer to what a notice was to tell."""
        when = [self._year.facts.answered.get(number) for number in read_numbers(row.asked)]
        return bool(when) and all(then is not None and then <= at for then in when)

    def _was_known(self, row: Row, at: datetime) -> bool:
        """Whether a notice would have told its reader what they knew or believed."""
        if row.kind in ASKED_OR_NOT:
            may_list = self._year.may_list(row.key, at)
            return any(self._believed_before(row, is_listed=listed) == row.kind for listed in may_list)
        return row.kind in NEW_DAYS and self._known_before(row) == row.key.deadline_on

    def _known_before(self, row: Row) -> date | None:
        """The due day that a reader knew before the unbroken run of untold new days that ends with a row."""
        began: datetime | None = None
        for _, key, at in self._answers(row, NEW_DAYS):
            other = self._year.rows.get(key)
            untold = other is not None and other.reason in RETIRED
            began = (began or at) if untold else None
        spans = [span for span in self._year.history(row.key[:2]).spans if began and span.start < began]
        return spans[-1].due_on if spans else None

    def _believed_before(self, row: Row, *, is_listed: bool) -> NoticeKind:
        """Whether a row's reader took the work to be asked, by what a letter told them before it."""
        known = at_first(is_listed=is_listed)
        for kind, key, _ in self._answers(row, ASKED_OR_NOT):
            other = self._year.rows.get(key)
            if key != row.key and other is not None and other.reason not in RETIRED:
                known = kind
        return known

    def _answers(
        self, row: Row, kinds: Collection[NoticeKind]
    ) -> Iterator[tuple[NoticeKind, ReminderKey, datetime]]:
        """The notices of these kinds about a row's place, with their keys for its reader, until that row."""
        numbers: Counter[NoticeKind] = Counter()
        for change in self._year.changes[row.key[:2]]:
            kind = NOTICES.get(change.kind)
            if kind is None or kind not in kinds:
                continue
            numbers[kind] += 1
            key = row.key._replace(rung=f"{kind}:{numbers[kind]}", deadline_on=change.due_on)
            yield kind, key, change.at
            if key == row.key:
                return

    def _says_it_all(self, other: Row, row: Row, at: datetime) -> bool:
        """Whether another rung, due by then, took a collapsed one's place and was not given up before it.

        Of rungs that collapsed at one moment none took another's place; one that did so later had until then.
        """
        if other.key.rung == row.key.rung or not row.due_at <= other.due_at <= at:
            return False
        if other.status in (ReminderStatus.QUEUED, ReminderStatus.PLANNED):
            return True
        if other.settled_at is None:
            return False
        return at < other.settled_at if other.reason is Reason.COLLAPSED else at <= other.settled_at

    def _was_told_before(self, row: Row, at: datetime) -> bool:
        """Whether a rung of an empty role, or a later one, was with somebody of the district by then."""
        return any(
            not other.is_notice
            and other.key.deadline_on == row.key.deadline_on
            and not other.key.contact_key.startswith(NOBODY)
            and row.due_at.date() <= other.due_at.date()
            and other.due_at <= at
            and (other.status is ReminderStatus.QUEUED or at <= (other.settled_at or at))
            for other in self._year.by_place.get(row.key[:2], ())
        )

    def _ladder_mates(self, row: Row) -> list[Row]:
        """The ladder rows about the same deadline of the same district for the same person."""
        return self._by_ladder.get((*row.key[:2], *row.key[3:]), [])

    @cached_property
    def _by_ladder(self) -> Mapping[tuple[str, str, str, date], list[Row]]:
        found = defaultdict(list)
        for row in self._year.facts.rows:
            if not row.is_notice:
                found[*row.key[:2], *row.key[3:]].append(row)
        return found
