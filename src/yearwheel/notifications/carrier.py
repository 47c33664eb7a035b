"""The letter that carries a reminder, and how it stands, in words that claim no more than is known. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle
from yearwheel.calendar.day_words import zone_words
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import LEFT, SYSTEM, WAITING, Attempt, OutboxStatus
from yearwheel.notifications.mailers.team import REDIRECTED


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did with a letter, or what came back of it."""

    at: datetime
    by: str
    why: str

    @property
    def words(self) -> str:
        """ "by Ada (wrong date)"."""
        return f"by {self.by} ({self.why})" if self.why else f"by {self.by}"


@dataclass(frozen=True, slots=True)
class Halt:
    """A pause of the cycle; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """The message that carries a reminder. `answer` is what the mail server said last."""

    id: int
    subject: str
    status: OutboxStatus
    zone: ZoneInfo
    send_on: date
    queued_at: datetime
    not_before: datetime
    settled_at: datetime | None
    attempts: int
    outcome: Attempt | None  # of the newest attempt
    answer: str
    lease_until: datetime | None = None  # while a program has it to send
    accepted: int = 0  # how many times the mail server took it
    held: Act | None = None  # who keeps it back, or did
    act: Act | None = None  # who discarded it or settled a doubt about it; how it came back

    @property
    def left(self) -> bool:
        return self.status in LEFT

    @property
    def went_on(self) -> date:
        """The reader's day on which it left; of one that did not, the day it was written for."""
        if self.left and self.settled_at and self.outcome is Attempt.ACCEPTED:
            return self.settled_at.astimezone(self.zone).date()
        return self.send_on

    @property
    def may_have_left(self) -> bool:
        return self.status is OutboxStatus.UNCERTAIN

    @property
    def waits(self) -> bool:
        return self.status in WAITING

    def sent_words(self) -> str:
        """Its hour and subject; where it was not the mail server that said it left, who did."""
        if self.outcome is not Attempt.ACCEPTED and self.act and self.status is OutboxStatus.SENT:
            return f"'{self.subject}', sent as settled {self.act.words} on {self._moment(self.act.at)}"
        at = f"{hour(self.settled_at.astimezone(self.zone))} " if self.settled_at else ""
        return f"{at}'{self.subject}'"

    def return_words(self) -> str:
        """What else is to be known of a letter that left: it went twice, came back, or to another address."""
        said = self._again_words()
        if self.status is OutboxStatus.BOUNCED:
            on = f" on {self._moment(self.act.at)}" if self.act else ""
            why = f": {self.act.why}" if self.act and self.act.why else ""
            said += f" (it left, and came back undelivered{on}{why})"
        # The mailer's own word for a letter that went to another address.
        _, found, rest = self.answer.partition(REDIRECTED)
        return said + (f" ({found}{rest.partition(':')[0]} instead)" if found else "")

    def _again_words(self) -> str:
        """Of a letter that a person sent again, since nobody knew whether it had left."""
        settled = self.outcome is Attempt.ACCEPTED and self.status is OutboxStatus.SENT
        by = f" as settled {self.act.words}" if settled and self.act else ""
        if self.accepted > 1:
            times = "twice" if self.accepted == 2 else f"{self.accepted} times"
            return f" (it went {times}: sent again{by})"
        return f" (sent again{by}; it may have gone twice)" if by else ""

    def stands(self, cycle: Cycle, halt: Halt | None, now: datetime) -> str:
        """Where a letter is that did not surely leave: what keeps it, and what a person can do about it.

        `halt` is the pause that lasts at `now`.
        """
        match self.status:
            case OutboxStatus.HELD:
                approve = command(f"outbox approve {self.id}", cycle.key)
                return f"'{self.subject}' {self._held_words()}; to let it go: {approve}"
            case OutboxStatus.QUEUED:
                return f"'{self.subject}' is written and waits: {self._waits_for(cycle, halt, now)}"
            case OutboxStatus.SENDING:
                return f"'{self.subject}' {self._handing_over(cycle, now)}"
            case OutboxStatus.UNCERTAIN:
                sent = command(f"outbox resolve {self.id} --as sent --why '...'", cycle.key)
                again = command(f"outbox resolve {self.id} --as again --why '...'", cycle.key)
                return (
                    f"'{self.subject}' may have arrived: sending it broke off before an answer was on "
                    "record. It is not sent again by itself; look in the mail server's log, then, "
                    f"if it was sent: {sent}; if it was not: {again}"
                )
            case OutboxStatus.FAILED:
                mended = f"once that is put right: {command(f'outbox retry {self.id}', cycle.key)}"
                return f"'{self.subject}' {self._refusal()}; {mended}"
            case OutboxStatus.DISCARDED:
                on = f" on {self._moment(self.act.at)} {self.act.words}" if self.act else ""
                return (
                    f"'{self.subject}' was discarded{on}; it does not go, and what it said is not said again"
                )
            case _:
                return f"'{self.subject}' was taken back before it left, since what it said was no longer so"

    def _held_words(self) -> str:
        if self.held is None:
            return "is held"
        since = f"since {self._moment(self.held.at)}"
        if self.held.by == SYSTEM:
            return f"is held {since} because nobody has approved its words yet ({self.held.why})"
        return f"is held {since} {self.held.words}"

    def _handing_over(self, cycle: Cycle, now: datetime) -> str:
        if self.lease_until is not None and now <= self.lease_until:
            return "is being handed to the mail server"
        return (
            "may have arrived: the program that was to send it has ended without a word. The next round or "
            "delivery puts it among the letters in doubt: "
            + command("outbox list --status uncertain", cycle.key)
        )

    def _waits_for(self, cycle: Cycle, halt: Halt | None, now: datetime) -> str:
        if halt is not None:
            return f"the cycle has been paused since {self._moment(halt.since)} by {halt.by} ({halt.why})"
        may_leave = cycle.send_window.next_opening(max(self.not_before, now), self.zone, cycle.workdays)
        if self.outcome is Attempt.DEFERRED:
            put_off = f"the mail server put it off ({self.answer})"
            return (
                f"{put_off}; it is tried again from {self._moment(may_leave)}" if may_leave > now else put_off
            )
        if may_leave > now:
            return f"mail may leave again from {self._moment(may_leave)}"
        if self.send_on < now.astimezone(self.zone).date():
            return f"it is of {self.send_on}, and the next round writes it afresh unless a person changed it"
        return "it leaves with the next delivery"

    def _refusal(self) -> str:
        if self.outcome is Attempt.DEFERRED:
            return f"was given up after {self.attempts} attempts; the mail server last said: {self.answer}"
        return f"was refused by the mail server: {self.answer}"

    def _moment(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        return f"{local.date()} {hour(local)}"


def hour(local: datetime) -> str:
    """ "08:05 Central": hours of two zones stand beside each other, so each names its own."""
    return f"{local:%H:%M} {zone_words(local)}"
