"""Notices that no letter has told yet end when what they tell is undone: a reader hears what holds."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from functools import cache
from itertools import groupby

from yearwheel.notifications.ledger import ReminderStatus
from yearwheel.notifications.news import NEW_DAYS, NOTICES, Fact, Notice, newest_untold, retired
from yearwheel.services.active import Active
from yearwheel.services.replan import take_back_letters
from yearwheel.stages.standing import Standing
from yearwheel.store import Connection, events, reminders
from yearwheel.store.events import Event


def retire_untold(connection: Connection, active: Active, here: Iterable[Standing], now: datetime) -> None:
    """Hold the notices about these standings to what is so now, inside the caller's transaction.

    A letter that waits and carries one that ends is taken back; the rest of it is written afresh.
    """
    places = {s.place: _fact(active, s) for s in here}
    if not places:
        return
    endings = [
        ending
        for (stage_key, code, _), notices in _by_reader(connection, active, places)
        for ending in retired(notices, places[stage_key, code], _day_before(connection, active))
    ]
    letters = {n.outbox_id for n, _ in endings if n.outbox_id is not None and n.waits}
    take_back_letters(connection, letters, now)
    ended = [(n.id, ReminderStatus.CANCELLED, reason) for n, reason in endings if reason is not None]
    reminders.settle(connection, ended, now)
    if again := [n.id for n, reason in endings if reason is None]:
        reminders.revive(connection, again)


def known_days(
    connection: Connection, active: Active, places: Collection[tuple[str, str]]
) -> dict[tuple[str, str, str], date]:
    """By stage, district and reader of a new day that waits to be told: the day they know until then."""
    day_before = _day_before(connection, active)
    hearers = reminders.find_hearers(connection, active.key, places, NEW_DAYS)
    found = {}
    for reader, notices in _by_reader(connection, active, places):
        if reader not in hearers:
            continue
        if untold := newest_untold([notice for notice in notices if notice.kind in NEW_DAYS]):
            found[reader] = day_before(untold[0])
    return found


def _by_reader(
    connection: Connection, active: Active, places: Collection[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str, str], list[Notice]]]:
    """Each reader's notices about each place, oldest first."""
    found = reminders.list_notices(connection, active.key, places)
    found.sort(key=lambda notice: (_place_and_reader(notice), notice.id))
    for reader, notices in groupby(found, _place_and_reader):
        yield reader, list(notices)


def _place_and_reader(notice: Notice) -> tuple[str, str, str]:
    return notice.key.stage_key, notice.key.district_code, notice.key.contact_key


def _fact(active: Active, standing: Standing) -> Fact:
    due_on = standing.due_on or active.stages[standing.stage_key].dates.due.on
    return Fact(standing.status, due_on, standing.stage_key in {stage.key for stage in active.cycle.stages})


def _day_before(connection: Connection, active: Active) -> Callable[[Notice], date]:
    """For a notice of a new day, the day that held before: its event says so."""

    @cache  # a district's people are told of the same events
    def read(kind: str, stage_key: str, code: str) -> list[Event]:
        of_its_kind = [event for event, answer in NOTICES.items() if answer == kind]
        return events.list_events(
            connection, active.key, district_code=code, stage_key=stage_key, kinds=of_its_kind
        )

    def find(notice: Notice) -> date:
        number = int(notice.key.rung.rpartition(":")[2])
        event = read(notice.kind, notice.key.stage_key, notice.key.district_code)[number - 1]
        return date.fromisoformat((event.detail or {}).get("instead_of") or event.before or "")

    return find
