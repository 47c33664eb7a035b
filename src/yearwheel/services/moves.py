"""A change of standing: checked, kept as an event, and followed by the ledger in the same transaction."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import NoticeKind, PlannedReminder, ReminderKey
from yearwheel.notifications.news import NEW_DAYS, changes_year, readers
from yearwheel.notifications.requests import RequestKind
from yearwheel.notifications.whole_cycle import anchors
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.answered import close_request
from yearwheel.services.app import Refused
from yearwheel.services.replan import replan, take_back_year
from yearwheel.services.untold import retire_untold
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import OWED, WAIVED, MoveRefused, Status, check_move
from yearwheel.store import Connection, events, reminders, rosters, standings, tasks, versions
from yearwheel.store.events import Event

BEGINNING = (Status.NOT_OPEN, Status.OPEN, Status.IN_PROGRESS)
Place = tuple[str, str]  # stage key, district code


@dataclass(frozen=True, slots=True)
class Move:
    """One district's change in one stage. `notice` is the message it causes, `note` the words it carries."""

    before: Standing
    after: Standing
    by: str
    kind: str  # the event's past-tense word
    why: str = ""
    notice: NoticeKind | None = None
    note: str = ""
    detail: dict[str, Any] | None = None


def find_standing(connection: Connection, active: Active, stage_key: str, code: str) -> Standing:
    """A district's standing; Refused says which stages and districts there are."""
    try:
        active.cycle.stage(stage_key)
    except KeyError as error:
        raise Refused(str(error.args[0])) from None
    found = standings.find_one(connection, active.key, stage_key, code)
    if found is None:
        see = command("board", active.key)
        raise Refused(f"district {code!r} owes nothing in {stage_key} of {active.key}; see: {see}")
    return found


def make_moves(connection: Connection, active: Active, moves: Sequence[Move], now: datetime) -> int:
    """Carry out moves inside the caller's transaction, and say how many ladder reminders that touched.

    Refused if one is not allowed; then none is made.
    """
    _refuse_closed(active)
    for move in moves:
        _check(move)
    changed = [move.after for move in moves]
    standings.save(connection, active.key, changed, now)
    difference = replan(connection, active, changed, now)
    take_back_year(connection, active, {m.after.district_code for m in moves if _changes_year(m)}, now)
    tell(connection, active, moves, now)
    _settle_requests(connection, active, moves, now)
    return difference.count


def tell(connection: Connection, active: Active, moves: Sequence[Move], now: datetime) -> None:
    """Write the events of moves, and enter the messages they cause into the ledger.

    What waits to be told and is undone by them is told no more.
    """
    _refuse_closed(active)
    events.append(connection, [_event(move, active, now) for move in moves])
    roster = rosters.load(connection, active.state, active.key)
    _add_notices(connection, active, moves, roster, now)
    retire_untold(connection, active, [move.after for move in moves if _may_undo(move)], now)


def count_notices(active: Active, moves: Iterable[Move], roster: Roster, now: datetime) -> int:
    """How many people each of these moves would be told to, summed."""
    told = (move for move in moves if move.notice is not None)
    return sum(1 for move in told for _ in _notices(active, move, roster, now, number=1))


def with_status(standing: Standing, status: Status, **changes: Any) -> Standing:
    """The standing after a move."""
    return replace(standing, status=status, **changes)


def find_told(
    connection: Connection, active: Active, places: Collection[Place]
) -> Callable[[Place, date], bool]:
    """Tells of these places whether a letter has spoken of a deadline there, or is about to.

    One that left with the dates of the year spoke of every stage the calendar had then.
    """
    said = reminders.find_said(connection, active.key, places, NEW_DAYS)
    year = reminders.told_the_year(connection, active.key, anchors((*active.former, active.cycle)))
    entered = _entered(connection, active)

    def is_told(place: Place, due_on: date) -> bool:
        stage_key, code = place
        return (*place, due_on) in said or (code in year and entered[stage_key] <= year[code])

    return is_told


def _entered(connection: Connection, active: Active) -> dict[str, datetime]:
    """Since when each stage is in the calendar."""
    found: dict[str, datetime] = {}
    before: set[str] = set()
    kept = versions.list_versions(connection, active.key)  # a calendar that is only weighed is no version yet
    for version, cycle in zip(kept, (*active.former, active.cycle), strict=False):
        here = {stage.key for stage in cycle.stages}
        found |= dict.fromkeys(here - before, version.made_at)
        before = here
    return found


def request_subject(active: Active, stage_key: str) -> str:
    """What a request for more time is about: tasks belong to a state, which may run several cycles."""
    return f"{active.key}/{stage_key}"


def _settle_requests(connection: Connection, active: Active, moves: Iterable[Move], now: datetime) -> None:
    """A request ends with work that is owed no more; one for more time also with a day that moved."""
    waiting = {
        (task.kind, task.subject, task.district_code)
        for kind in (RequestKind.MORE_TIME, RequestKind.HELP)
        for task in tasks.list_open(connection, active.state, kind)
    }
    for move in moves if waiting else ():
        subject, code = request_subject(active, move.after.stage_key), move.after.district_code
        over = move.after.status not in OWED
        settled = {
            RequestKind.MORE_TIME: over or move.after.due_on != move.before.due_on,
            RequestKind.HELP: over,
        }
        for kind, is_settled in settled.items():
            if is_settled and (kind, subject, code) in waiting:
                close_request(connection, active.state, kind, code, subject, move.by, now)


def _refuse_closed(active: Active) -> None:
    if active.stored.closed_at is not None:
        raise Refused(
            f"{active.key} is closed, and nothing changes in it any more; to go on with it: "
            f"yearwheel cycle reopen {active.key} --why '...'"
        )


def _changes_year(move: Move) -> bool:
    """Whether a move changes what is asked of a district, or by when."""
    before, after = move.before, move.after
    return before.due_on != after.due_on or (before.status in WAIVED) != (after.status in WAIVED)


def _may_undo(move: Move) -> bool:
    """Whether a move can make untrue what a notice tells. The many that open or hand in work cannot."""
    before, after = move.before, move.after
    moves_on = before.status in BEGINNING and after.status not in WAIVED
    return not moves_on or before.due_on != after.due_on or move.notice in NEW_DAYS


def _check(move: Move) -> None:
    if move.before.status is move.after.status:
        return
    try:
        check_move(move.before.status, move.after.status)
    except MoveRefused as refusal:
        place = f"{move.before.district_code} {move.before.stage_key}"
        raise Refused(f"{place}: {refusal}") from None


def _event(move: Move, active: Active, now: datetime) -> Event:
    moved_date = move.before.status is move.after.status
    before, after = (
        (_due_word(move.before, active), _due_word(move.after, active))
        if moved_date
        else (str(move.before.status), str(move.after.status))
    )
    place = (move.after.stage_key, move.after.district_code)
    detail = {"due_on": _due_word(move.after, active), **(move.detail or {})}
    if move.after.due_on is not None:
        detail["own_day"] = True
    if move.after.opens_on is not None:
        detail["opens_on"] = str(move.after.opens_on)
    if move.notice is not None and changes_year(move.kind, active.stages[move.after.stage_key]):
        detail["of_year"] = True  # on record, since who hears of what may change from version to version
    since_changed = moved_date or move.after.due_since != move.before.due_since
    if since_changed and move.after.due_since is not None:
        detail["in_force_from"] = str(move.after.due_since)
    return Event(now, move.by, move.kind, active.key, *place, before, after, move.why, detail)


def _due_word(standing: Standing, active: Active) -> str:
    due_on = standing.due_on or active.stages[standing.stage_key].dates.due.on
    return due_on.isoformat()


def _add_notices(
    connection: Connection, active: Active, moves: Iterable[Move], roster: Roster, now: datetime
) -> None:
    telling = [move for move in moves if move.notice is not None]
    if not telling:
        return
    places = [(move.after.stage_key, move.after.district_code) for move in telling]
    numbers = Counter(reminders.count_notices(connection, active.key, places))
    notices: list[PlannedReminder] = []
    for move in telling:
        assert move.notice is not None
        place = (move.after.stage_key, move.after.district_code, str(move.notice))
        numbers[place] += 1
        notices += _notices(active, move, roster, now, number=numbers[place])
    reminders.add(connection, active.key, notices, now, active.stored.version)


def _notices(
    active: Active, move: Move, roster: Roster, now: datetime, *, number: int
) -> Iterable[PlannedReminder]:
    assert move.notice is not None
    stage = active.stages[move.after.stage_key]
    deadline_on: date = move.after.due_on or stage.dates.due.on
    seen = set()
    for role in readers(move.kind, stage, of_year=changes_year(move.kind, stage)):
        for contact in roster.holders(move.after.district_code, Role(role)):
            if contact.key in seen:
                continue
            seen.add(contact.key)
            rung = f"{move.notice}:{number}"
            key = ReminderKey(stage.key, move.after.district_code, rung, contact.key, deadline_on)
            yield PlannedReminder(key, move.notice, role, now, active.day(now), note=move.note)
