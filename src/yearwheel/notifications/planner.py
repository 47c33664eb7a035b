"""The planner: which reminders should exist, and the difference from those that do. Pure; writes nothing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle, Rung, RungKind, Stage, StageKind
from yearwheel.notifications.ledger import (
    REVIVABLE,
    LedgerRow,
    PlannedReminder,
    Reason,
    ReminderKey,
    ReminderStatus,
)
from yearwheel.roster.people import STATE_ROLES, Contact, Role, Roster
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import OWED, WAIVED, Status

NOBODY = "nobody:"  # contact key of a role that nobody holds


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose move it is: the deadline that counts now and the ladder that belongs to it."""

    due_on: date
    opens_on: date
    ladder: tuple[Rung, ...]


def turn_of(stage: Stage, standing: Standing) -> Turn | None:
    """Whose move it is in a stage, or None when nobody owes anything."""
    due_on = standing.due_on or stage.dates.due.on
    if stage.kind is not StageKind.REVIEW:
        opens_on = max(stage.announced_on, standing.opens_on or date.min)
        return Turn(due_on, opens_on, stage.ladder) if standing.status in OWED else None
    assert stage.review is not None
    began_on = standing.due_since or stage.dates.opens.on
    if standing.status is Status.UNDER_REVIEW:
        return Turn(due_on, began_on, stage.review.reviewer_ladder)
    if standing.status is Status.RETURNED:
        return Turn(due_on, began_on, stage.review.revision_ladder)
    return None


@cache
def _roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    return tuple(Role(name) for name in names)


class Planner:
    """Plans one cycle for one roster. `since` is the day it was published: no rung before it is called."""

    def __init__(self, cycle: Cycle, roster: Roster, since: date) -> None:
        self._cycle = cycle
        self._roster = roster
        self._since = since
        self._stages = {stage.key: stage for stage in cycle.stages}
        # A year has thousands of reminders on a few hundred days.
        self._rung_day = cache(cycle.rung_day)
        self._own_rung_day = cache(self._around_breaks)
        self._opening = cache(self._send_moment)
        self._close = cache(self._close_for)

    def plan(self, standings: Iterable[Standing]) -> list[PlannedReminder]:
        """Every reminder that should exist for these standings."""
        planned: dict[ReminderKey, PlannedReminder] = {}
        for standing in standings:
            for reminder in self._plan_one(standing):
                planned.setdefault(reminder.key, reminder)
        return list(planned.values())

    def _plan_one(self, standing: Standing) -> Iterable[PlannedReminder]:
        stage = self._stages[standing.stage_key]
        turn = turn_of(stage, standing)
        if turn is None:
            return
        since = max(self._since, standing.due_since or stage.due_since or self._since, turn.opens_on)
        away = standing.district_code in self._roster.breaks
        close = self._close(stage.key, turn.due_on)
        for rung in turn.ladder:
            day = own_day = self._rung_day(rung, turn.due_on, turn.opens_on)
            if away:
                own_day = self._own_rung_day(standing.district_code, rung, turn.due_on, turn.opens_on, since)
            for role in _roles(rung.to):
                due_on, moved_because = day if role in STATE_ROLES else own_day
                if due_on < since:
                    continue
                for contact in self._roster.holders(standing.district_code, role) or (None,):
                    key = ReminderKey(
                        standing.stage_key,
                        standing.district_code,
                        rung.key,
                        contact.key if contact else NOBODY + role,
                        turn.due_on,
                    )
                    due_at = self._opening(due_on, self._zone(contact))
                    if close is not None and due_at > close:
                        continue  # nobody could act on it; a day of its own may bring a rung there
                    yield PlannedReminder(key, rung.kind, role, due_at, due_on, moved_because)

    def _around_breaks(
        self, code: str, rung: Rung, due_on: date, opens_on: date, first_on: date
    ) -> tuple[date, str | None]:
        breaks = self._roster.breaks[code]
        return self._cycle.rung_day_around(breaks, rung, due_on, opens_on, first_on)

    def _close_for(self, stage_key: str, due_on: date) -> datetime | None:
        """When nothing is asked any more; a review ends when it is decided."""
        stage = self._stages[stage_key]
        return None if stage.review else stage.dates_for(due_on, self._cycle.workdays).close.moment

    def _zone(self, contact: Contact | None) -> ZoneInfo:
        return self._roster.districts[contact.district_code].zone if contact else self._cycle.zone

    def _send_moment(self, on: date, zone: ZoneInfo) -> datetime:
        return self._cycle.send_window.opening(on, zone)


@dataclass(slots=True)
class Difference:
    """What has to be written so that the ledger says what the plan says."""

    new: list[PlannedReminder] = field(default_factory=list)
    revived: list[tuple[LedgerRow, PlannedReminder]] = field(default_factory=list)
    closed: list[tuple[LedgerRow, ReminderStatus, Reason]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows are touched."""
        return len(self.new) + len(self.revived) + len(self.closed)

    def __bool__(self) -> bool:
        return bool(self.new or self.revived or self.closed)


def compare(
    cycle: Cycle,
    desired: Collection[PlannedReminder],
    existing: Collection[LedgerRow],
    standings: Mapping[tuple[str, str], Standing],
) -> Difference:
    """The difference between the plan and the ladder rows of the ledger, for the same standings.

    Rows that were queued are history: they are neither repeated nor taken back. That a stage is open is told
    once, also where the deadline moves, or a relief begins, on the very day.
    """
    wanted = {reminder.key: reminder for reminder in desired}
    present = {row.key for row in existing}
    opened = _Openings(cycle, existing)
    difference = Difference(
        new=[
            r for r in desired if r.key not in present and not (r.kind == RungKind.OPENED and opened.told(r))
        ]
    )
    ending = _Endings(cycle, standings, wanted)
    for row in existing:
        reminder = wanted.get(row.key)
        if row.status is ReminderStatus.PLANNED:
            if reminder is None:
                difference.closed.append((row, *ending.of(row)))
            elif reminder.due_at != row.due_at:
                difference.revived.append((row, reminder))
        elif reminder is not None and row.reason in REVIVABLE:
            difference.revived.append((row, reminder))
    return difference


class _Openings:
    """Who has heard that a stage is open since it opened last."""

    def __init__(self, cycle: Cycle, existing: Iterable[LedgerRow]) -> None:
        self._zone = cycle.zone
        self._announced_on = {stage.key: stage.announced_on for stage in cycle.stages}
        self._told_at = {
            row.key[:4]: row.due_at
            for row in existing
            if row.kind == RungKind.OPENED and row.status is ReminderStatus.QUEUED
        }

    def told(self, opening: PlannedReminder) -> bool:
        told_at = self._told_at.get(opening.key[:4])
        announced_on = self._announced_on[opening.key.stage_key]
        return told_at is not None and told_at.astimezone(self._zone).date() >= announced_on


class _Endings:
    """Why planned rows are not wanted any more. A nation's ledger asks for a hundred thousand of them."""

    def __init__(
        self,
        cycle: Cycle,
        standings: Mapping[tuple[str, str], Standing],
        wanted: Iterable[ReminderKey],
    ) -> None:
        self._stages = {stage.key: stage for stage in cycle.stages}
        self._standings = standings
        self._called = {key[:3] for key in wanted}
        self._owed: dict[tuple[str, str], tuple[Turn | None, frozenset[str]]] = {}
        self._zone = cycle.zone

    def _fell_into(self, row: LedgerRow, standing: Standing) -> bool:
        """Whether a rung lay before the day on which a relief lets ask again."""
        since = standing.due_since
        return since is not None and row.due_at.astimezone(self._zone).date() < since

    def of(self, row: LedgerRow) -> tuple[ReminderStatus, Reason]:
        place = row.key[:2]
        standing = self._standings[place]
        if standing.status in WAIVED:
            return ReminderStatus.CANCELLED, Reason.WAIVED
        if place not in self._owed:
            turn = turn_of(self._stages[place[0]], standing)
            self._owed[place] = turn, frozenset(rung.key for rung in turn.ladder) if turn else frozenset()
        turn, rungs = self._owed[place]
        if turn is None:
            return ReminderStatus.CANCELLED, Reason.WORK_IN
        if row.key.rung not in rungs:
            other_side = self._stages[place[0]].review is not None
            return ReminderStatus.CANCELLED, Reason.NOT_OWED if other_side else Reason.RUNG_REMOVED
        if row.key.deadline_on != turn.due_on:
            return ReminderStatus.SUPERSEDED, Reason.DATE_MOVED
        if row.key[:3] in self._called:
            return ReminderStatus.CANCELLED, Reason.CONTACT_LEFT
        if standing.due_because == DueBecause.RELIEF and self._fell_into(row, standing):
            return ReminderStatus.CANCELLED, Reason.RELIEF
        return ReminderStatus.CANCELLED, Reason.RUNG_REMOVED
