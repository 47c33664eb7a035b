"""Excusing a district from a stage, and taking that back."""

from yearwheel.notifications.ledger import NoticeKind
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, find_standing, make_moves, with_status
from yearwheel.services.reasons import check_reason, need_reason
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import LABELS, WAIVED, Status


def excuse(
    app: App, cycle_key: str, stage_key: str, code: str, *, by: str, why: str, not_required: bool = False
) -> Standing:
    """Free a district from a stage, with a reason. It counts neither as on time nor as late."""
    need_reason(why, "an excuse needs a reason")
    status = Status.NOT_REQUIRED if not_required else Status.EXCUSED
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        before = find_standing(work.connection, active, stage_key, code)
        if before.status is status:
            raise Refused(f"{code} is {LABELS[status]} already in {stage_key}")
        after = with_status(before, status)
        move = Move(before, after, by, str(status), why, NoticeKind.EXCUSED, note=why)
        make_moves(work.connection, active, [move], now)
        work.commit()
    return after


def reinstate(app: App, cycle_key: str, stage_key: str, code: str, *, by: str, why: str) -> Standing:
    """Take an excuse back: the stage is owed again, its reminders come alive, and who knew of it is told."""
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        before = find_standing(work.connection, active, stage_key, code)
        if before.status not in WAIVED:
            raise Refused(f"{code} is {LABELS[before.status]} in {stage_key}, not excused")
        after = with_status(before, _status_again(active, before, app))
        move = Move(before, after, by, "reinstated", why, NoticeKind.REINSTATED, note=why)
        make_moves(work.connection, active, [move], now)
        work.commit()
    return after


def _status_again(active: Active, before: Standing, app: App) -> Status:
    if before.rounds:
        return Status.RETURNED if before.status is Status.EXCUSED else Status.OPEN
    opened = active.cycle.stage(before.stage_key).dates.opens.moment <= app.clock.now()
    return Status.OPEN if opened else Status.NOT_OPEN
