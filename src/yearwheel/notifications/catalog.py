"""The catalog: every kind of message, who gets it and when, and whether a reader may decline it."""

from dataclasses import dataclass
from enum import StrEnum

from yearwheel.calendar.cycle import RungKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.roster.people import Role


class Need(StrEnum):
    """How far a reader may do without a kind of message. Nobody can decline one about a statutory date."""

    DUTY = "duty"  # part of the office's duty to tell: cannot be declined
    COURTESY = "courtesy"  # anybody may decline it
    COURTESY_TO_SCHOOLS = "courtesy to schools"  # principals may decline it, who do not owe the work


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of message. `announces`: it names a new date, and brings it as an .ics.

    `withdraws`: what it speaks of is not asked, and its .ics takes the date out of calendars.
    """

    kind: str
    who: str
    when: str
    need: Need
    example: str  # a subject
    announces: bool = False
    withdraws: bool = False


_TOLD = "the people in charge of the stage"
_TOLD_DATES = f"{_TOLD}, and who was written the year's dates"
_REMINDED = "the people the calendar reminds"
_REVIEWER = "the district's reviewer"
_ADMINS = "the state's admins"

CATALOG: dict[str, Entry] = {
    str(entry.kind): entry
    for entry in (
        Entry(
            NoticeKind.PUBLISHED,
            "technology coordinators and superintendents",
            "a cycle is published, or a stage, a district or a person joins it",
            Need.DUTY,
            "The dates of the year - Adair County",
            announces=True,
        ),
        Entry(
            RungKind.OPENED,
            _TOLD,
            "a stage opens",
            Need.COURTESY_TO_SCHOOLS,
            "Open now: Drafting - Adair County",
            announces=True,
        ),
        Entry(
            RungKind.REMINDER,
            _REMINDED,
            "before the deadline, on the days the calendar names",
            Need.COURTESY_TO_SCHOOLS,
            "Due Friday: Drafting - Adair County",
        ),
        Entry(
            RungKind.DUE_TODAY,
            _REMINDED,
            "on the day",
            Need.DUTY,
            "Due today: Drafting - Adair County",
        ),
        Entry(
            RungKind.LATE,
            _REMINDED,
            "after the deadline, while nothing is in",
            Need.DUTY,
            "Late: Drafting - Adair County",
        ),
        Entry(
            RungKind.ESCALATION,
            "someone higher, as the stage says",
            "after the deadline, while nothing is in",
            Need.DUTY,
            "Late: Drafting - 3 districts",
        ),
        Entry(NoticeKind.RECEIPT, _TOLD, "work comes in", Need.DUTY, "Received: Drafting - Adair County"),
        Entry(
            NoticeKind.ASSIGNED,
            _REVIEWER,
            "work reaches its reviewer",
            Need.DUTY,
            "To review: OET review - Adair County",
        ),
        Entry(
            RungKind.REVIEW,
            "the district's reviewer, then the office's lead and director",
            "before and after the reviewer's own date",
            Need.DUTY,
            "Review late: OET review - Adair County",
        ),
        Entry(
            NoticeKind.RETURNED,
            _TOLD,
            "a reviewer asks for changes",
            Need.DUTY,
            "Changes needed: OET review - Adair County",
            announces=True,
        ),
        Entry(
            RungKind.REVISION,
            _REMINDED,
            "before and after the date for the changes",
            Need.DUTY,
            "Changes due Friday: OET review - Adair County",
        ),
        Entry(
            NoticeKind.APPROVED, _TOLD, "work is accepted", Need.DUTY, "Approved: OET review - Adair County"
        ),
        Entry(
            NoticeKind.EXTENSION,
            _TOLD_DATES,
            "more time is granted, or taken back",
            Need.DUTY,
            "New date: Drafting - Adair County",
            announces=True,
        ),
        Entry(
            NoticeKind.EXTENSION_REFUSED,
            _TOLD,
            "more time is asked for and not given",
            Need.DUTY,
            "Your date stays: Drafting - Adair County",
        ),
        Entry(
            NoticeKind.EXCUSED,
            _TOLD_DATES,
            "a stage need not be done",
            Need.DUTY,
            "Excused: Drafting - Adair County",
            withdraws=True,
        ),
        Entry(
            NoticeKind.REINSTATED,
            _TOLD_DATES,
            "an excuse is taken back",
            Need.DUTY,
            "Asked for after all: Drafting - Adair County",
            announces=True,
        ),
        Entry(
            NoticeKind.DATE_MOVED,
            _TOLD_DATES,
            "a published calendar is changed",
            Need.DUTY,
            "The date moved: Drafting - Adair County",
            announces=True,
        ),
        Entry(
            NoticeKind.WEEKLY,
            _ADMINS,
            "the first round of a week, when there is something to say",
            Need.COURTESY,
            "This week: Kentucky education technology planning 2027",
        ),
        Entry(
            NoticeKind.REQUESTS,
            _ADMINS,
            "a district asked for help or more time, or named another person; at most once a day",
            Need.DUTY,
            "2 requests from districts: Kentucky education technology planning 2027",
        ),
        Entry(
            NoticeKind.ALERT,
            _ADMINS,
            "something went wrong; once a day for each trouble",
            Need.DUTY,
            "2 things to put right: Kentucky education technology planning 2027",
        ),
    )
}
# The messages that say what the work consists of, and those that say until when it is taken though late.
ASKS_FOR_WORK: frozenset[str] = frozenset(
    {RungKind.OPENED, RungKind.REMINDER, RungKind.DUE_TODAY, RungKind.LATE, NoticeKind.REINSTATED}
)
LATENESS: frozenset[str] = frozenset({RungKind.LATE, RungKind.ESCALATION})


def may_decline(kind: str, role: Role, *, statutory: bool) -> bool:
    """Whether a reader in this role may decline messages of this kind, for a stage of this standing."""
    match CATALOG[kind].need:
        case Need.COURTESY:
            return True
        case Need.COURTESY_TO_SCHOOLS:
            return role is Role.PRINCIPAL and not statutory
        case Need.DUTY:
            return False
