"""What a notice tells, whether that still holds, and whether its reader knows it already. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from yearwheel.calendar.cycle import Stage
from yearwheel.notifications.ledger import NoticeKind, Reason, ReminderKey
from yearwheel.roster.people import Role
from yearwheel.stages.status import HANDED_IN, OWED, WAIVED, Status

NOTICES: Mapping[str, NoticeKind] = {  # the event that each notice answers
    "submitted": NoticeKind.RECEIPT,
    "deadline_moved": NoticeKind.EXTENSION,
    "returned": NoticeKind.RETURNED,
    "approved": NoticeKind.APPROVED,
    "excused": NoticeKind.EXCUSED,
    "not_required": NoticeKind.EXCUSED,
    "reinstated": NoticeKind.REINSTATED,
    "extension_refused": NoticeKind.EXTENSION_REFUSED,
    "date_moved": NoticeKind.DATE_MOVED,
    "extension_overtaken": NoticeKind.DATE_MOVED,
    "withdrawn": NoticeKind.EXCUSED,
    "restored": NoticeKind.REINSTATED,
    "let_off": NoticeKind.EXCUSED,
    "brought_back": NoticeKind.REINSTATED,
    "taken_up": NoticeKind.ASSIGNED,
}
NEW_DAYS = frozenset({NoticeKind.EXTENSION, NoticeKind.DATE_MOVED})  # the due day is another one now
ASKED_OR_NOT = frozenset({NoticeKind.EXCUSED, NoticeKind.REINSTATED})
RETIRED = frozenset({Reason.UNDONE, Reason.NO_NEWS})  # no letter told it, and none has to
# The events by which a district's year has another date than before, one less, or one again.
CHANGES_THE_YEAR = frozenset(
    {
        "date_moved",
        "deadline_moved",
        "extension_overtaken",
        "withdrawn",
        "restored",
        "let_off",
        "brought_back",
        "excused",
        "not_required",
        "reinstated",
    }
)
TOLD_THE_YEAR = (Role.TECHNOLOGY_COORDINATOR, Role.SUPERINTENDENT)  # who is written the year's dates


def changes_year(event: str, stage: Stage) -> bool:
    """Whether those who were written the year's dates have to hear of an event.

    A review that sends work back gives a day for the changes; the year's dates name the review's own.
    """
    return event in CHANGES_THE_YEAR or (event == "returned" and stage.review is None)


def readers(event: str, stage: Stage, *, of_year: bool) -> tuple[str, ...]:
    """The roles that hear of an event: the stage's, and if it is `of_year` those who were written that."""
    if NOTICES.get(event) is NoticeKind.ASSIGNED:
        return (Role.REVIEWER,)
    return tuple(dict.fromkeys((*stage.tell, *TOLD_THE_YEAR))) if of_year else stage.tell


@dataclass(frozen=True, slots=True)
class Fact:
    """How a district stands in a stage, as far as notices speak of it."""

    status: Status
    due_on: date
    in_calendar: bool = True  # the calendar in force still has the stage

    def bears_out(self, kind: str, deadline_on: date) -> bool:
        """Whether what a notice of this kind, written about that deadline, tells is so."""
        match kind:
            case NoticeKind.EXTENSION | NoticeKind.DATE_MOVED | NoticeKind.EXTENSION_REFUSED:
                return self.in_calendar and self.status not in WAIVED and self.due_on == deadline_on
            case NoticeKind.REINSTATED:
                return self.in_calendar and self.status in OWED and self.due_on == deadline_on
            case NoticeKind.RECEIPT:
                return self.status in HANDED_IN
            case NoticeKind.RETURNED:
                return self.status is Status.RETURNED
            case NoticeKind.APPROVED:
                return self.status is Status.APPROVED
            case NoticeKind.EXCUSED:
                return self.status in WAIVED or not self.in_calendar
            case NoticeKind.ASSIGNED:
                return self.status is Status.UNDER_REVIEW
        return True  # what is said of a whole cycle


@dataclass(frozen=True, slots=True)
class Notice:
    """A ledger row of an act. It `waits` while no letter has left with it."""

    id: int
    key: ReminderKey
    kind: str
    reason: Reason | None
    waits: bool
    outbox_id: int | None = None  # the letter that it waits in

    @property
    def is_untold(self) -> bool:
        return self.waits or self.reason in RETIRED


def retired(
    notices: Sequence[Notice], fact: Fact, day_before: Callable[[Notice], date], *, is_listed: bool = True
) -> Iterator[tuple[Notice, Reason | None]]:
    """Of one reader's notices about one place, oldest first: which end untold, and which wait again (None).

    What was undone is not told. Of new days only the last is, and that only where it differs from the one
    the reader knows; `day_before` gives the day that held before a notice was written. That work is asked,
    or is not, is told to those who believe the opposite: at first by whether their dates of the year list it.
    """
    days = [notice for notice in notices if notice.kind in NEW_DAYS]
    untold = newest_untold(days)
    asked = [notice for notice in notices if notice.kind in ASKED_OR_NOT]
    for notice in notices:
        if not fact.bears_out(notice.kind, notice.key.deadline_on):
            if notice.waits:
                yield notice, Reason.UNDONE
        elif untold and notice is untold[-1]:
            known = len(untold) > 1 and day_before(untold[0]) == notice.key.deadline_on
            if known == notice.waits:
                yield notice, Reason.NO_NEWS if known else None
        elif asked and notice is asked[-1]:
            known = notice.kind == _believed(asked, is_listed=is_listed)
            if known == notice.waits:
                yield notice, Reason.NO_NEWS if known else None


def _believed(asked: Sequence[Notice], *, is_listed: bool) -> str:
    """Whether a reader takes work to be asked, by what of these a letter told them: the kind that says so."""
    told = [notice.kind for notice in asked if not notice.is_untold]
    return told[-1] if told else at_first(is_listed=is_listed)


def at_first(*, is_listed: bool) -> NoticeKind:
    """What a reader of the year's dates believes of work that they list, or do not: the kind that says so."""
    return NoticeKind.REINSTATED if is_listed else NoticeKind.EXCUSED


def newest_untold(days: Sequence[Notice]) -> list[Notice]:
    """Of one reader's new days of one place, oldest first: those after the last one a letter told."""
    found: list[Notice] = []
    for notice in reversed(days):
        if not notice.is_untold:
            break
        found.insert(0, notice)
    return found
