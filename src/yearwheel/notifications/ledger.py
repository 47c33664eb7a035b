"""The words of the ledger: what a reminder and an outbox message can be, and what makes each one unique."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

SYSTEM = "yearwheel"  # who acts where no person did


class ReminderStatus(StrEnum):
    """A reminder is a planned, dated message about a deadline to one contact."""

    PLANNED = "planned"  # waits for its moment
    QUEUED = "queued"  # written into an outbox message; that message tells the rest
    SUPERSEDED = "superseded"  # its deadline moved, or a newer rung took its place
    CANCELLED = "cancelled"  # no longer needed: the work is in, or was waived
    MISSED = "missed"  # its moment passed and nothing was queued; loud
    NO_ADDRESS = "no_address"  # nobody holds the role, or mail cannot reach them


class Reason(StrEnum):
    """Why a reminder ended without an outbox message."""

    WORK_IN = "work_in"  # the district handed it in
    WAIVED = "waived"  # excused or not required
    NOT_OWED = "not_owed"  # the turn passed to the other side of a review
    CONTACT_LEFT = "contact_left"  # the contact no longer holds the role
    RUNG_REMOVED = "rung_removed"  # the calendar no longer has this rung
    DATE_MOVED = "date_moved"  # the deadline is another day now
    RELIEF = "relief"  # it fell into a relief, in which the district is asked for nothing
    COLLAPSED = "collapsed"  # a later rung was due in the same round and says it all
    ROLE_EMPTY = "role_empty"  # nobody holds the role
    UNREACHABLE = "unreachable"  # the contact's address refused mail before
    TOO_LATE = "too_late"  # the stage closed before it could go
    DECLINED = "declined"  # its reader need not have it, and asked not to
    PAUSED = "paused"  # the stage closed while a person had paused the cycle
    HELD = "held"  # the stage closed while a person held its letter back
    CAPPED = "capped"  # the stage closed while its reader had all the letters a week may bring
    UNDONE = "undone"  # what a notice was to tell was taken back before any letter told it
    NO_NEWS = "no_news"  # a notice would tell the day that its reader knows: what lay between was undone


SAID_BY_ANOTHER = (ReminderStatus.SUPERSEDED, Reason.COLLAPSED)
# Endings that a change of facts may undo. A collapsed reminder has been said by another, and that nobody held
# a role when it fell due stays so.
REVIVABLE = frozenset(
    {
        Reason.WORK_IN,
        Reason.WAIVED,
        Reason.NOT_OWED,
        Reason.CONTACT_LEFT,
        Reason.RUNG_REMOVED,
        Reason.DATE_MOVED,
        Reason.RELIEF,
    }
)


class OutboxStatus(StrEnum):
    """An outbox message is rendered once and never changed."""

    HELD = "held"  # waits for a person's approval
    QUEUED = "queued"  # may be sent, and may be replayed freely
    SENDING = "sending"  # claimed under a lease; never replayed by itself
    SENT = "sent"  # the mail server accepted it
    FAILED = "failed"  # the mail server refused it for good
    UNCERTAIN = "uncertain"  # the sender died in the middle; a person decides
    BOUNCED = "bounced"  # accepted, then returned undelivered
    SUPPRESSED = "suppressed"  # taken back before it left: its facts changed, or a newer one replaced it
    DISCARDED = "discarded"  # a person decided that it does not go


LEFT = frozenset({OutboxStatus.SENT, OutboxStatus.BOUNCED})
MAY_HAVE_LEFT = LEFT | {OutboxStatus.SENDING, OutboxStatus.UNCERTAIN}
WAITING = frozenset({OutboxStatus.HELD, OutboxStatus.QUEUED, OutboxStatus.SENDING})
OPEN = WAITING | {OutboxStatus.UNCERTAIN}  # not settled: it may leave yet, or nobody knows whether it did
OUTBOX_MOVES: dict[OutboxStatus, frozenset[OutboxStatus]] = {
    OutboxStatus.HELD: frozenset({OutboxStatus.QUEUED, OutboxStatus.SUPPRESSED, OutboxStatus.DISCARDED}),
    OutboxStatus.QUEUED: frozenset(
        {OutboxStatus.HELD, OutboxStatus.SENDING, OutboxStatus.SUPPRESSED, OutboxStatus.DISCARDED}
    ),
    OutboxStatus.SENDING: frozenset(
        {OutboxStatus.SENT, OutboxStatus.FAILED, OutboxStatus.QUEUED, OutboxStatus.UNCERTAIN}
    ),
    OutboxStatus.SENT: frozenset({OutboxStatus.BOUNCED}),
    OutboxStatus.FAILED: frozenset({OutboxStatus.QUEUED}),
    OutboxStatus.UNCERTAIN: frozenset({OutboxStatus.SENT, OutboxStatus.QUEUED, OutboxStatus.BOUNCED}),
    OutboxStatus.BOUNCED: frozenset(),
    OutboxStatus.SUPPRESSED: frozenset(),
    OutboxStatus.DISCARDED: frozenset(),
}


class Attempt(StrEnum):
    """How one attempt to deliver an outbox message ended."""

    ACCEPTED = "accepted"  # the server took responsibility (2xx)
    REFUSED = "refused"  # final refusal (5xx)
    DEFERRED = "deferred"  # refused for now (4xx), or no connection: nothing was sent
    UNKNOWN = "unknown"  # the connection broke after the message was handed over


class NoticeKind(StrEnum):
    """Messages caused by an act rather than by a date."""

    RECEIPT = "receipt"  # we have your work
    EXTENSION = "extension"  # your deadline moved
    RETURNED = "returned"  # changes are needed
    APPROVED = "approved"  # your work is accepted
    EXCUSED = "excused"  # you need not do this
    REINSTATED = "reinstated"  # you need to do it after all
    EXTENSION_REFUSED = "extension_refused"  # your deadline stays
    DATE_MOVED = "date_moved"  # the calendar was changed for everybody
    ASSIGNED = "assigned"  # a plan has reached you, its reviewer
    PUBLISHED = "published"  # here are the dates of the year
    WEEKLY = "weekly"  # how the state stands this week
    REQUESTS = "requests"  # districts asked something of the office
    ALERT = "alert"  # something only an operator can set right


# Messages about the whole cycle. Their note is a table, see `notifications.whole_cycle`.
WHOLE_CYCLE = frozenset({NoticeKind.PUBLISHED, NoticeKind.WEEKLY, NoticeKind.REQUESTS, NoticeKind.ALERT})
# Messages that give no day by which something is due.
NOTHING_DUE = WHOLE_CYCLE | {NoticeKind.RECEIPT, NoticeKind.APPROVED, NoticeKind.EXCUSED}
TO_THE_OFFICE = WHOLE_CYCLE - {NoticeKind.PUBLISHED}  # the messages that speak of no one district


class ReminderKey(NamedTuple):
    """The natural key: planning twice finds it already there."""

    stage_key: str
    district_code: str
    rung: str
    contact_key: str
    deadline_on: date


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder that should exist."""

    key: ReminderKey
    kind: str  # a RungKind or NoticeKind value
    role: str
    due_at: datetime
    due_on: date  # the local day it goes on
    moved_because: str | None = None  # why that is not the rung's own day
    note: str = ""  # a person's words that a notice carries; untrusted


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What the ledger holds for a key."""

    id: int
    key: ReminderKey
    kind: str
    status: ReminderStatus
    reason: Reason | None
    due_at: datetime
