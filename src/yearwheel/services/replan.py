"""Make the ledger say what the plan says, for the districts and stages whose facts changed."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache

from yearwheel.notifications.ledger import (
    SAID_BY_ANOTHER,
    LedgerRow,
    NoticeKind,
    OutboxStatus,
    PlannedReminder,
    Reason,
    ReminderKey,
    ReminderStatus,
)
from yearwheel.notifications.planner import NOBODY, Difference, Planner, compare
from yearwheel.services.active import Active
from yearwheel.stages.standing import Standing
from yearwheel.store import Connection, outbox, reminders, rosters, standings
from yearwheel.store.reminders import Carried


def replan(
    connection: Connection,
    active: Active,
    changed: Collection[Standing],
    now: datetime,
    *,
    people_changed: bool = False,
) -> Difference:
    """Plan these standings afresh and write only the difference, inside the caller's transaction.

    Mail that waits to leave and speaks of them is taken back first, so that nothing goes out on old facts.
    With `people_changed` a stage that has closed asks nobody any more: not who came, or came back, later. And
    of a role that falls empty no rung is called that was called when somebody held it.
    """
    roster = rosters.load(connection, active.state, active.key)
    there = {stage.key for stage in active.cycle.stages}
    # Where a stage was taken out of the calendar its standings stay, and nothing is planned for them.
    places = {standing.place: standing for standing in changed if standing.stage_key in there}
    take_back_waiting(connection, active, places, now)
    desired = Planner(active.cycle, roster, active.since).plan(places.values())
    existing = reminders.list_ladder(connection, active.key, places)
    difference = compare(active.cycle, desired, existing, places)
    if people_changed:
        _leave_what_closed(active, difference, places, now)
        # On record as said by another: the letter that said it may be written afresh, and then seem newer.
        said = _take_out_what_was_told(difference, desired, existing, now)
        reminders.add(connection, active.key, said, now, active.stored.version, ended=SAID_BY_ANOTHER)
    reminders.apply(connection, active.key, difference, now, active.stored.version)
    return difference


def find_unwanted(
    connection: Connection, active: Active, carried: Collection[Carried], now: datetime
) -> list[Carried]:
    """Of what letters carry the rungs that the plan does not want any more, or not yet."""
    wanted, _ = _plan_for(connection, active, carried)

    def is_wanted(row: Carried) -> bool:
        reminder = wanted.get(row.key)
        # What is as it was when the letter was written is due, whatever a clock that was put back says.
        return reminder is not None and reminder.due_at <= max(now, row.due_at)

    return [row for row in carried if not row.is_notice and not is_wanted(row)]


def settle_taken_back(
    connection: Connection, active: Active, carried: Collection[Carried], now: datetime
) -> None:
    """Hold what letters carried that were taken back to the plan: facts changed while they were out of reach.

    Whatever else the plan wants was planned when they changed. In a closed cycle who has left is left to its
    reopening, which counts from then.
    """
    wanted, places = _plan_for(connection, active, carried)
    planned = ReminderStatus.PLANNED
    rows = [LedgerRow(r.id, r.key, r.kind, planned, None, r.due_at) for r in carried if not r.is_notice]
    here = [row for row in rows if row.key[:2] in places]
    difference = compare(active.cycle, wanted.values(), here, places)
    difference.new = []
    difference.closed += [
        (row, ReminderStatus.CANCELLED, Reason.RUNG_REMOVED) for row in rows if row.key[:2] not in places
    ]
    if active.stored.closed_at is not None:
        difference.closed = [e for e in difference.closed if e[2] is not Reason.CONTACT_LEFT]
    reminders.apply(connection, active.key, difference, now, active.stored.version)


def _plan_for(
    connection: Connection, active: Active, carried: Collection[Carried]
) -> tuple[dict[ReminderKey, PlannedReminder], dict[tuple[str, str], Standing]]:
    """What the plan wants at the places of what letters carry, and those places, as far as they still are."""
    asked = {row.key[:2] for row in carried if not row.is_notice}
    stages = {key for key, _ in asked} & {stage.key for stage in active.cycle.stages}
    if not stages:
        return {}, {}
    codes = {code for _, code in asked}
    here = standings.find(connection, active.key, stage_keys=stages, codes=codes)
    places = {s.place: s for s in here if s.place in asked}
    roster = rosters.load(connection, active.state, active.key)
    plan = Planner(active.cycle, roster, active.since).plan(places.values())
    return {reminder.key: reminder for reminder in plan}, places


def _leave_what_closed(
    active: Active, difference: Difference, places: Mapping[tuple[str, str], Standing], now: datetime
) -> None:
    today = active.day(now)

    @cache
    def closed(stage_key: str, code: str) -> bool:
        stage = active.stages[stage_key]
        dates = stage.dates_for(places[stage_key, code].due_on, active.cycle.workdays)
        # On its last day, too: the round of that day has been, or nobody was to wait for it.
        return stage.review is None and dates.close.on <= today

    difference.new = [reminder for reminder in difference.new if not closed(*reminder.key[:2])]
    difference.revived = [(row, plan) for row, plan in difference.revived if not closed(*row.key[:2])]


def _take_out_what_was_told(
    difference: Difference,
    desired: Collection[PlannedReminder],
    existing: Collection[LedgerRow],
    now: datetime,
) -> list[PlannedReminder]:
    """The rungs of a role that fell empty which the district had been told, in whatever role."""
    days = {(*reminder.key[:3], reminder.key.deadline_on): reminder.due_on for reminder in desired}
    called: dict[tuple[str, str, date], date] = {}  # by stage, district and deadline the newest rung's day
    for row in existing:
        on = days.get((*row.key[:3], row.key.deadline_on))
        if row.status is ReminderStatus.QUEUED and on is not None:
            place = (*row.key[:2], row.key.deadline_on)
            called[place] = max(on, called.get(place, on))

    def was_told(reminder: PlannedReminder) -> bool:
        newest = called.get((*reminder.key[:2], reminder.key.deadline_on))
        of_nobody = reminder.key.contact_key.startswith(NOBODY) and reminder.due_at <= now
        return of_nobody and newest is not None and reminder.due_on <= newest

    told = [reminder for reminder in difference.new if was_told(reminder)]
    difference.new = [reminder for reminder in difference.new if not was_told(reminder)]
    return told


def take_back_waiting(
    connection: Connection, active: Active, places: Collection[tuple[str, str]], now: datetime
) -> None:
    """Take back the letters that have not left and speak of these (stage, district) places."""
    waiting = [row for row, _, _ in outbox.list_waiting(connection, active.key)]
    if waiting:
        take_back_letters(connection, reminders.find_carrying(connection, waiting, places), now)


def take_back_year(connection: Connection, active: Active, codes: Collection[str], now: datetime) -> None:
    """Take back the letters that have not left and tell these districts the dates of their year."""
    waiting = [row for row, _, _ in outbox.list_waiting(connection, active.key)] if codes else []
    if waiting:
        telling = reminders.find_telling(connection, waiting, NoticeKind.PUBLISHED, codes)
        take_back_letters(connection, telling, now)


def take_back_letters(connection: Connection, letters: Collection[int], now: datetime) -> None:
    """Take back letters that have not left; what they carry waits again."""
    if letters:
        taken = outbox.move(connection, letters, outbox.NOT_LEFT, OutboxStatus.SUPPRESSED, now)
        reminders.take_back(connection, taken)
