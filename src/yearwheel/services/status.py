"""The installation at a glance: what comes next, what was done last, what a person must look at."""

from dataclasses import dataclass, field
from datetime import date, datetime

from yearwheel.calendar.counted import counted
from yearwheel.calendar.day_words import zone_words
from yearwheel.notifications.ledger import OutboxStatus, ReminderStatus
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App
from yearwheel.services.board import count_owed
from yearwheel.stages.status import OWED
from yearwheel.store import Connection, cycles, outbox, reminders, rounds, standings
from yearwheel.store.cycles import StoredCycle

NEXT_DEADLINES = 5
LAST_ROUNDS = 10

DOUBTS: dict[OutboxStatus | ReminderStatus, str] = {
    OutboxStatus.UNCERTAIN: "may have arrived: sending it broke off; say whether it left",
    OutboxStatus.FAILED: "the mail server refused it for good",
    OutboxStatus.BOUNCED: "accepted, then returned undelivered",
    OutboxStatus.HELD: "waits for a person's approval",
    ReminderStatus.MISSED: "its moment passed and nothing was sent",
    ReminderStatus.NO_ADDRESS: "nobody holds the role, or mail cannot reach them",
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A stage whose deadline lies ahead."""

    title: str
    due_on: date
    days_left: int
    owed: int  # districts that owe their work, as the board counts them


@dataclass(frozen=True, slots=True)
class Doubt:
    """What only a person can settle, and how often it stands so."""

    what: str
    count: int
    noun: str  # "letter", or "reminder" where no letter carries it
    meaning: str

    @property
    def how_many(self) -> str:
        """ "3 letters"."""
        return counted(self.count, self.noun)


@dataclass(frozen=True, slots=True)
class CycleStatus:
    """One cycle at a glance."""

    key: str
    title: str
    phase: str  # draft, running or closed
    zone: str  # as people name it: "Eastern"
    done: float  # percent of the year's work that is in or not owed
    coming: list[Coming]
    outbox: dict[OutboxStatus, int]
    doubts: list[Doubt]


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round that was run."""

    cycle_key: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Everything the first page shows."""

    now: datetime
    cycles: list[CycleStatus] = field(default_factory=list)
    rounds: list[RoundLine] = field(default_factory=list)


def status(app: App) -> StatusPage:
    """Look at every cycle once."""
    now = app.clock.now()
    with app.database.reading() as connection:
        found = [_cycle(connection, stored, now) for stored in cycles.list_cycles(connection)]
        last = [
            RoundLine(row["cycle_key"], row["as_of"]) for row in rounds.list_newest(connection, LAST_ROUNDS)
        ]
    return StatusPage(now, found, last)


def progress(app: App, cycle_key: str) -> float:
    """Percent of a cycle's work that is in or not owed; 0 before it is published."""
    with app.database.reading() as connection:
        return _share_done(standings.count_by_status(connection, cycle_key))


def running_cycles(app: App) -> list[tuple[str, str]]:
    """Key and time zone of every cycle that is published and not closed."""
    with app.database.reading() as connection:
        return list_running(connection)


def list_running(connection: Connection) -> list[tuple[str, str]]:
    """The same, read by a connection."""
    running = [c for c in cycles.list_cycles(connection) if _phase(c) == "running"]
    return [(c.key, read_active(connection, c.key).cycle.zone.key) for c in running]


def _cycle(connection: Connection, stored: StoredCycle, now: datetime) -> CycleStatus:
    active = read_active(connection, stored.key)
    counts = standings.count_by_status(connection, stored.key)
    mail = outbox.count_by_status(connection, stored.key)
    return CycleStatus(
        stored.key,
        stored.title,
        _phase(stored),
        zone_words(now.astimezone(active.cycle.zone)),
        _share_done(counts),
        _coming(active, counts, now),
        mail,
        _doubts(connection, stored.key, mail),
    )


def _phase(stored: StoredCycle) -> str:
    if stored.closed_at:
        return "closed"
    return "running" if stored.published_at else "draft"


def _share_done(counts: dict[str, dict[str, int]]) -> float:
    everything = sum(sum(here.values()) for here in counts.values())
    owed = sum(count for here in counts.values() for standing, count in here.items() if standing in OWED)
    return round(100 * (everything - owed) / everything, 1) if everything else 0.0


def _coming(active: Active, counts: dict[str, dict[str, int]], now: datetime) -> list[Coming]:
    if active.stored.closed_at is not None:
        return []
    ahead = sorted(
        (stage for stage in active.cycle.stages if stage.dates.due.moment >= now),
        key=lambda stage: stage.dates.due.moment,
    )
    today = active.day(now)
    return [
        Coming(
            stage.title,
            stage.dates.due.on,
            (stage.dates.due.on - today).days,
            count_owed(stage, counts.get(stage.key, {})),
        )
        for stage in ahead[:NEXT_DEADLINES]
    ]


def _doubts(connection: Connection, cycle_key: str, mail: dict[OutboxStatus, int]) -> list[Doubt]:
    unwritten = reminders.count_by_status(connection, cycle_key)
    found = []
    for state, meaning in DOUBTS.items():
        if isinstance(state, OutboxStatus):
            count, noun = mail.get(state, 0), "letter"
        else:
            count, noun = unwritten.get(state, 0), "reminder"
        if count:
            found.append(Doubt(state.replace("_", " "), count, noun, meaning))
    return found
