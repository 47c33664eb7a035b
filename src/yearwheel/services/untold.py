"""Notices that no letter has told yet end when what they tell is undone: a reader hears what holds."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import groupby

from yearwheel.notifications.ledger import ReminderStatus
from yearwheel.notifications.news import NOTICES, Fact, Notice, retired
from yearwheel.services.active import Active
from yearwheel.services.replan import take_back_letters
from yearwheel.stages.standing import Standing
from yearwheel.store import Connection, events, reminders


def retire_untold(connection: Connection, active: Active, here: Iterable[Standing], now: datetime) -> None:
    """Hold the notices about these standings to what is so now, inside the caller's transaction.

    A letter that waits and carries one that ends is taken back; the rest of it is written afresh.
    """
    places = {s.place: _fact(active, s) for s in here}
    if not places:
        return
    found = sorted(
        reminders.list_notices(connection, active.key, places), key=lambda n: (_place_and_reader(n), n.id)
    )
    endings = [
        ending
        for (stage_key, code, _), group in groupby(found, _place_and_reader)
        for ending in retired(list(group), places[stage_key, code], _day_before(connection, active))
    ]
    letters = {n.outbox_id for n, _ in endings if n.outbox_id is not None and n.waits}
    take_back_letters(connection, letters, now)
    ended = [(n.id, ReminderStatus.CANCELLED, reason) for n, reason in endings if reason is not None]
    reminders.settle(connection, ended, now)
    if again := [n.id for n, reason in endings if reason is None]:
        reminders.revive(connection, again)


def _place_and_reader(notice: Notice) -> tuple[str, str, str]:
    return notice.key.stage_key, notice.key.district_code, notice.key.contact_key


def _fact(active: Active, standing: Standing) -> Fact:
    due_on = standing.due_on or active.stages[standing.stage_key].dates.due.on
    return Fact(standing.status, due_on, standing.stage_key in {stage.key for stage in active.cycle.stages})


def _day_before(connection: Connection, active: Active) -> Callable[[Notice], date]:
    """For a notice of a new day, the day that held before: its event says so."""

    def find(notice: Notice) -> date:
        of_its_kind = [kind for kind, answer in NOTICES.items() if answer == notice.kind]
        known = events.list_events(
            connection,
            active.key,
            district_code=notice.key.district_code,
            stage_key=notice.key.stage_key,
            kinds=of_its_kind,
        )
        number = int(notice.key.rung.rpartition(":")[2])
        event = known[number - 1]
        return date.fromisoformat((event.detail or {}).get("instead_of") or event.before or "")

    return find
