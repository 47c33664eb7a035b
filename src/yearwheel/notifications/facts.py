"""What the proof looks at: the ledger's rows, the messages, and all else on record of one cycle."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle
from yearwheel.notifications.history import Breaks, Change, Edition
from yearwheel.notifications.ledger import NoticeKind, OutboxStatus, Reason, ReminderKey, ReminderStatus
from yearwheel.notifications.presence import PeopleChange
from yearwheel.roster.people import Roster
from yearwheel.stages.status import Status

_NOTICE_KINDS = {str(kind) for kind in NoticeKind}


Place = tuple[str, str]  # stage key, district code
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Row:
    """A ledger row as the proof reads it."""

    key: ReminderKey
    kind: str
    role: str
    status: ReminderStatus
    reason: Reason | None
    due_at: datetime
    outbox_id: int | None
    settled_at: datetime | None
    capped_until: datetime | None = None  # its reader had a week's letters; it waits for the next digest
    asked: str = ""  # the note of a notice of requests: their numbers

    @property
    def is_notice(self) -> bool:
        return self.kind in _NOTICE_KINDS


@dataclass(frozen=True, slots=True)
class Message:
    """An outbox message as the proof reads it."""

    id: int
    contact_key: str
    zone: ZoneInfo
    send_on: date
    status: OutboxStatus
    message_id: str
    queued_at: datetime
    settled_at: datetime | None
    accepted: int  # how many attempts the mail server took
    settled_by_hand: bool  # a person said that it was sent
    lease_until: datetime | None = None  # while a program has it to send
    held: Stretch | None = None  # kept back for a person's word, from then until it was let go
    tried: bool = False  # it was with a mail server, whatever came of it
    not_before: datetime | None = None  # when it may be tried next
    vain_until: datetime | None = (
        None  # until when a try that came to nothing kept its reader from being told
    )

    def is_in_doubt(self, at: datetime) -> bool:
        """Whether nobody knows if it left: sending it broke off, or its sender's time ran out unheard."""
        if self.status is OutboxStatus.SENDING:
            return self.lease_until is None or self.lease_until < at
        return self.status is OutboxStatus.UNCERTAIN

    @property
    def in_vain(self) -> Stretch | None:
        """From when until when it was tried, where it never arrived and was taken back in the end."""
        if not self.tried or self.status is not OutboxStatus.SUPPRESSED or self.vain_until is None:
            return None
        return self.queued_at, self.vain_until

    @property
    def left_at(self) -> datetime:
        """When it left. Where a person settled a doubt nobody knows better than when it was written."""
        return self.settled_at if self.settled_at and self.accepted else self.queued_at


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the proof looks at, up to the moment `until`."""

    cycle: Cycle
    roster: Roster
    published_at: datetime
    until: datetime
    changes: Sequence[Change]  # oldest first
    rows: Sequence[Row]
    messages: Sequence[Message]
    refused: Mapping[str, Sequence[Stretch]]  # contact key -> when their address was given up
    standings: Mapping[Place, tuple[Status, date]]
    editions: Sequence[Edition] = ()  # every calendar that was in force; none means only `cycle`
    told_the_year: int = 0  # to how many people events say that the dates of the year were told
    declined: Collection[tuple[str, str]] = ()  # contact key and kind of message
    pauses: Sequence[Stretch] = ()  # when the cycle was paused
    rounds: Sequence[datetime] = ()  # the rounds that write to the state's admins
    newest_round: datetime | None = None  # of all
    breaks: Mapping[str, Sequence[Breaks]] = field(default_factory=dict)  # by district code, oldest first
    bad_addresses: Mapping[str, int] = field(default_factory=dict)  # contact key -> the open task about it
    people: Sequence[PeopleChange] = ()  # oldest first
    answered: Mapping[int, datetime] = field(default_factory=dict)  # number of a request -> when
    back_for_now: Collection[int] = ()  # letters that came back for a reason other than the address


def touched(stretches: Iterable[Stretch], first: datetime, last: datetime) -> bool:
    """Whether one of these stretches of time touches another."""
    return any(since <= last and first <= until for since, until in stretches)
