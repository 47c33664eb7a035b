"""Notices that no letter has told yet end when what they tell is undone: a reader hears what holds."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import groupby

from yearwheel.notifications.ledger import ReminderStatus
from yearwheel.notifications.news import ASKED_OR_NOT, NOTICES, Fact, Notice, retired
from yearwheel.notifications.whole_cycle import anchors
from yearwheel.services.active import Active
from yearwheel.services.replan import take_back_letters
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import WAIVED, Status
from yearwheel.store import Connection, events, reminders, versions
from yearwheel.store.events import Event


def retire_untold(connection: Connection, active: Active, here: Iterable[Standing], now: datetime) -> None:
    """Hold the notices about these standings to what is so now, inside the caller's transaction.

    A letter that waits and carries one that ends is taken back; the rest of it is written afresh.
    """
    places = {s.place: _fact(active, s) for s in here}
    if not places:
        return
    day_before, listed = _day_before(connection, active), _listed(connection, active, places)
    endings = [
        ending
        for (stage_key, code, contact_key), notices in _by_reader(connection, active, places)
        for ending in retired(
            notices,
            places[stage_key, code],
            day_before,
            is_listed=listed((stage_key, code, contact_key), notices),
        )
    ]
    letters = {n.outbox_id for n, _ in endings if n.outbox_id is not None and n.waits}
    take_back_letters(connection, letters, now)
    ended = [(n.id, ReminderStatus.CANCELLED, reason) for n, reason in endings if reason is not None]
    reminders.settle(connection, ended, now)
    if again := [n.id for n, reason in endings if reason is None]:
        reminders.revive(connection, again)


def _listed(
    connection: Connection, active: Active, places: Collection[tuple[str, str]]
) -> Callable[[tuple[str, str, str], list[Notice]], bool]:
    """Tells whether a stage stands in the dates of the year that its reader was written last."""

    @cache  # few readers have notices for which that counts, and it takes reading their letters
    def left_out() -> set[tuple[str, str, str]]:
        told, in_force = _last_told(connection, active, places), _in_force(connection, active)
        of_year = ((reader, at) for reader, (at, day) in told.items() if day is None)
        return {reader for reader, at in of_year if in_force(reader[:2], at) is None}

    def find(reader: tuple[str, str, str], notices: list[Notice]) -> bool:
        return not any(notice.kind in ASKED_OR_NOT for notice in notices) or reader not in left_out()

    return find


def known_days(
    connection: Connection, active: Active, places: Collection[tuple[str, str]]
) -> dict[tuple[str, str, str], date]:
    """By stage, district and reader: the due day of these places that a letter told them last."""
    in_force = _in_force(connection, active)
    told = _last_told(connection, active, places)
    days = {reader: day or in_force(reader[:2], at) for reader, (at, day) in told.items()}
    return {reader: day for reader, day in days.items() if day}


def _last_told(
    connection: Connection, active: Active, places: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str, str], tuple[datetime, date | None]]:
    return reminders.last_told(connection, active.key, places, anchors((*active.former, active.cycle)))


def _in_force(connection: Connection, active: Active) -> Callable[[tuple[str, str], datetime], date | None]:
    """The due day of a place at a moment, as the dates of the year name it; None where it had none."""
    kept = versions.list_versions(connection, active.key)  # one that is only weighed is no version yet
    calendars = [(v.made_at, cycle) for v, cycle in zip(kept, (*active.former, active.cycle), strict=False)]

    @cache
    def find(place: tuple[str, str], at: datetime) -> date | None:
        stage_key, code = place
        # Of one moment, a letter came before the change, and after what it could list itself.
        cycle = next((known for made_at, known in reversed(calendars) if made_at < at), calendars[0][1])
        stage = next((stage for stage in cycle.stages if stage.key == stage_key), None)
        if stage is None:
            return None
        here = events.list_events(connection, active.key, district_code=code, stage_key=stage_key)
        until = [e for e in here if e.at < at or (e.at == at and e.kind not in NOTICES)]
        statuses = [event.after for event in until if event.after in set(Status)]
        if statuses and statuses[-1] in WAIVED:
            return None
        moved = [event.detail for event in until if event.detail and event.after]
        # The day for changes that a review gives is not the review's own.
        if stage.review is None and moved and moved[-1].get("own_day"):
            return date.fromisoformat(moved[-1]["due_on"])
        return stage.dates.due.on

    return find


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
