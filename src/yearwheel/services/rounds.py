"""One round: what each stage has to do at this moment, done once and safe to repeat."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from yearwheel.calendar.cycle import Cycle, OwedBy, Stage, StageKind
from yearwheel.notifications.ledger import SAID_BY_ANOTHER, SYSTEM, NoticeKind, Reason, ReminderStatus
from yearwheel.notifications.planner import NOBODY
from yearwheel.roster.people import Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App
from yearwheel.services.moves import Move, make_moves, with_status
from yearwheel.services.whole_cycle import has_admins
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import Status
from yearwheel.store import Connection, outbox, pauses, reminders, rosters, rounds, standings
from yearwheel.store.reminders import DueReminder


@dataclass(frozen=True, slots=True)
class StageWork:
    """A stage that has something to do, and why."""

    stage_key: str
    kind: StageKind
    title: str
    why: str


@dataclass(slots=True)
class StageReport:
    """What one round did in one stage."""

    stage_key: str
    title: str
    opened: int = 0
    taken_in: int = 0
    called: int = 0
    collapsed: int = 0
    no_address: int = 0
    missed: int = 0
    standing: dict[str, int] = field(default_factory=dict)


def stages_with_work(app: App, cycle_key: str) -> list[StageWork]:
    """The stages in which something is due, opens, or arrived, in calendar order."""
    now = app.clock.now()
    with app.database.reading() as connection:
        active = read_active(connection, cycle_key)
        if active.stored.published_at is None or active.stored.closed_at is not None:
            return []
        due = reminders.stages_with_due(connection, cycle_key, now)
        opened = [stage for stage in active.cycle.stages if stage.dates.opens.moment <= now]
        unfinished = _unfinished(connection, active, {key for s in opened for key in (s.key, *s.after)})
        found = []
        for stage in active.cycle.stages:
            reasons = ["reminders are due"] if stage.key in due else []
            if ready := _ready(active, stage, unfinished, now):
                reasons.append(f"{len(ready)} may begin")
            if reasons:
                found.append(StageWork(stage.key, stage.kind, stage.title, " and ".join(reasons)))
        return found


def work_stage(app: App, cycle_key: str, stage_key: str) -> StageReport:
    """Open what may open, take in what arrived for review, and call the reminders whose moment has come."""
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        stage = active.cycle.stage(stage_key)
        report = StageReport(stage.key, stage.title)
        unfinished = _unfinished(work.connection, active, {stage.key, *stage.after})
        ready = _ready(active, stage, unfinished, now)
        if stage.kind is StageKind.REVIEW:
            report.taken_in = _take_in(work.connection, active, stage, ready, now)
        else:
            report.opened = _open(work.connection, active, ready, now)
        if not pauses.find_open(work.connection, cycle_key):
            _report_calls(report, *call_due(work.connection, active, stage, now))
        report.standing = standings.count_by_status(work.connection, cycle_key).get(stage.key, {})
        work.commit()
    return report


def is_quiet(app: App, cycle_key: str) -> bool:
    """Whether a round would find nothing to do: no stage has work and no message waits."""
    with app.database.reading() as connection:
        if reminders.has_due(connection, cycle_key, app.clock.now()) or outbox.waiting_zones(connection):
            return False
    return not stages_with_work(app, cycle_key)


def finish_round(app: App, cycle_key: str, report: Mapping[str, object]) -> None:
    """Record that a round was run for this moment."""
    now = app.clock.now()
    with app.database.writing() as work:
        # Read inside the transaction: two rounds of one moment finish one after the other.
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state, active.key)
        tells = app.settings.mail.tell_admins and has_admins(roster)
        rounds.add(work.connection, cycle_key, now, now, {**report, rounds.TELLS_THE_STATE: tells})
        work.commit()


Unfinished = Mapping[str, Mapping[str, Standing]]  # stage key -> district code -> standing


def _unfinished(connection: Connection, active: Active, stage_keys: Collection[str]) -> Unfinished:
    reviews = [stage.key for stage in active.cycle.stages if stage.kind is StageKind.REVIEW]
    found: dict[str, dict[str, Standing]] = {}
    for standing in standings.find_unfinished(connection, active.key, stage_keys, reviews):
        found.setdefault(standing.stage_key, {})[standing.district_code] = standing
    return found


def _ready(active: Active, stage: Stage, unfinished: Unfinished, now: datetime) -> list[Standing]:
    """Districts whose window is open and whose earlier stages are done."""
    if stage.dates.opens.moment > now:
        return []
    before = [active.cycle.stage(key) for key in stage.after if key in unfinished]
    if stage.owed_by is OwedBy.DISTRICTS and any(s.owed_by is OwedBy.STATE for s in before):
        return []  # the state's own work holds up everyone
    held_up = {code for earlier in before for code in unfinished[earlier.key]}
    here = unfinished.get(stage.key, {}).values()
    return [s for s in here if s.status in _waiting(stage) and s.district_code not in held_up]


def _waiting(stage: Stage) -> set[Status]:
    """The statuses in which a district waits for the round to let it in."""
    return {Status.NOT_OPEN, Status.SUBMITTED} if stage.kind is StageKind.REVIEW else {Status.NOT_OPEN}


def _open(connection: Connection, active: Active, ready: list[Standing], now: datetime) -> int:
    moves = [Move(s, with_status(s, Status.OPEN), SYSTEM, "opened") for s in ready]
    if moves:
        make_moves(connection, active, moves, now)
    return len(moves)


def _take_in(
    connection: Connection, active: Active, stage: Stage, ready: list[Standing], now: datetime
) -> int:
    """Work that arrived goes to its reviewer, whose own clock starts today."""
    assert stage.review is not None
    today = active.day(now)
    first = active.cycle.workdays.on_or_after(stage.review.first_look.from_day(today, active.cycle.workdays))
    second = active.cycle.workdays.on_or_after(
        stage.review.second_look.from_day(today, active.cycle.workdays)
    )
    new = [s for s in ready if s.status is Status.NOT_OPEN]
    if new:
        arrived = [Move(s, with_status(s, Status.SUBMITTED), SYSTEM, "received") for s in new]
        make_moves(connection, active, arrived, now)
        ready = [move.after for move in arrived] + [s for s in ready if s.status is Status.SUBMITTED]
    moves = [
        Move(
            s,
            with_status(
                s,
                Status.UNDER_REVIEW,
                due_on=second if s.rounds else first,
                due_since=today,
                due_because=DueBecause.RECEIVED,
            ),
            SYSTEM,
            "taken_up",
            notice=NoticeKind.ASSIGNED,
        )
        for s in ready
    ]
    if moves:
        make_moves(connection, active, moves, now)
    return len(moves)


def out_of_reach(roster: Roster, contact_key: str) -> tuple[ReminderStatus, Reason] | None:
    """Why no mail can reach a contact, or None if it can."""
    if contact_key.startswith(NOBODY):
        return ReminderStatus.NO_ADDRESS, Reason.ROLE_EMPTY
    contact = roster.contacts.get(contact_key)
    if contact is None:
        return ReminderStatus.CANCELLED, Reason.CONTACT_LEFT
    if contact.undeliverable:
        return ReminderStatus.NO_ADDRESS, Reason.UNREACHABLE
    return None


def call_due(
    connection: Connection, active: Active, stage: Stage, now: datetime
) -> tuple[int, Counter[ReminderStatus]]:
    """Settle the due reminders that will not go; the rest wait for the mail of this round.

    Returns how many wait, and how many ended how.
    """
    due = reminders.list_due(connection, active.key, now, stage_key=stage.key)
    if not due:
        return 0, Counter()
    roster = rosters.load(connection, active.state, active.key)
    here = standings.find(connection, active.key, stage_keys=[stage.key])
    call = _Call(active.cycle, stage, roster, {s.district_code: s for s in here}, due, now)
    endings = [(r.id, *ending) for r in due if (ending := call.ending(r)) is not None]
    if any(status is ReminderStatus.MISSED for _, status, _ in endings):
        endings = _excused(connection, active, due, endings, now)
    reminders.settle(connection, endings, now)
    return len(due) - len(endings), Counter(status for _, status, _ in endings)


def still_to_tell(connection: Connection, active: Active, now: datetime) -> list[DueReminder]:
    """Of all whose moment has come, what a round would tell now."""
    roster = rosters.load(connection, active.state, active.key)
    found = []
    for stage in active.cycle.stages:
        if due := reminders.list_due(connection, active.key, now, stage_key=stage.key):
            here = standings.find(connection, active.key, stage_keys=[stage.key])
            call = _Call(active.cycle, stage, roster, {s.district_code: s for s in here}, due, now)
            found += [reminder for reminder in due if call.ending(reminder) is None]
    return found


Ending = tuple[int, ReminderStatus, Reason]


def _excused(
    connection: Connection,
    active: Active,
    due: Iterable[DueReminder],
    endings: Iterable[Ending],
    now: datetime,
) -> list[Ending]:
    """A rung is not missed if it was in a letter that no server took, or if a person's pause, a person's hold
    or the cap on letters stood in its way."""
    paused = pauses.list_pauses(connection, active.key)
    released = outbox.last_released(connection, active.key)
    in_vain = outbox.last_in_vain(connection, active.key)
    by_id = {reminder.id: reminder for reminder in due}

    def why(reminder: DueReminder) -> Reason | None:
        if any(reminder.due_at < (pause.until or now) for pause in paused):
            return Reason.PAUSED
        if reminder.due_at < released.get(reminder.contact_key, reminder.due_at):
            return Reason.HELD
        if reminder.due_at < in_vain.get(reminder.contact_key, reminder.due_at):
            return Reason.TOO_LATE
        return Reason.CAPPED if reminder.capped_until else None

    return [
        (row, ReminderStatus.CANCELLED, excuse)
        if status is ReminderStatus.MISSED and (excuse := why(by_id[row]))
        else (row, status, reason)
        for row, status, reason in endings
    ]


def _report_calls(report: StageReport, called: int, ended: Counter[ReminderStatus]) -> None:
    report.called = called
    report.collapsed = ended[ReminderStatus.SUPERSEDED]
    report.no_address = ended[ReminderStatus.NO_ADDRESS]
    report.missed = ended[ReminderStatus.MISSED]


class _Call:
    """Decides which of a stage's due reminders still make sense."""

    def __init__(
        self,
        cycle: Cycle,
        stage: Stage,
        roster: Roster,
        here: Mapping[str, Standing],
        due: Iterable[DueReminder],
        now: datetime,
    ) -> None:
        self._cycle = cycle
        self._stage = stage
        self._roster = roster
        self._here = here
        self._now = now
        self._newest = self._find_newest(due)

    def ending(self, reminder: DueReminder) -> tuple[ReminderStatus, Reason] | None:
        """Why a due reminder does not go, or None if it does."""
        if unreachable := out_of_reach(self._roster, reminder.contact_key):
            return unreachable
        if reminder.is_notice:
            return None
        if self._newest[_place(reminder)] != reminder.id:
            return SAID_BY_ANOTHER
        if self._stage.kind is not StageKind.REVIEW and self._is_closed(reminder.district_code):
            return ReminderStatus.MISSED, Reason.TOO_LATE
        return None

    def _is_closed(self, code: str) -> bool:
        dates = self._stage.dates_for(self._here[code].due_on, self._cycle.workdays)
        return dates.close.moment < self._now

    def _find_newest(self, due: Iterable[DueReminder]) -> dict[tuple[str, str, date], int]:
        """For each district, person and deadline the one rung that still makes sense: the latest."""
        rank = {rung.key: place for place, rung in enumerate(self._stage.all_rungs)}
        best: dict[tuple[str, str, date], tuple[datetime, int, int]] = {}
        for reminder in due:
            if not reminder.is_notice:
                standing = (reminder.due_at, rank.get(reminder.rung, -1), reminder.id)
                best[_place(reminder)] = max(best.get(_place(reminder), standing), standing)
        return {place: reminder_id for place, (_, _, reminder_id) in best.items()}


def _place(reminder: DueReminder) -> tuple[str, str, date]:
    return reminder.district_code, reminder.contact_key, reminder.deadline_on
