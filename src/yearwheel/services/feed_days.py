"""What a feed shows of each due day, by the record: its SEQUENCE rises with its own changes only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge

from yearwheel.calendar.cycle import Cycle, Stage
from yearwheel.calendar.feed import FeedEvent, newest
from yearwheel.calendar.ics import describe, event_uid
from yearwheel.notifications.history import Change, Edition
from yearwheel.services.active import Active
from yearwheel.stages.standing import Standing, own_due
from yearwheel.stages.status import OWED, WAIVED, Status


def days_of_state(active: Active, editions: Sequence[Edition]) -> Iterator[FeedEvent]:
    """The due days of the calendar itself, withdrawn ones too."""
    known = editions or [Edition(active.cycle, active.stored.created_at)]  # a draft was never in force
    for key in active.stages:
        yield newest(_shown(known, (), Standing(key, "", Status.NOT_OPEN)))


def days_of_district(
    active: Active, editions: Sequence[Edition], changes: Sequence[Change], here: Iterable[Standing]
) -> Iterator[FeedEvent]:
    """The due days of a district where it stands in a stage. `changes` are the district's own."""
    standing_in = {standing.stage_key: standing for standing in here}
    for key in active.stages:
        if key in standing_in:
            of_stage = [change for change in changes if change.stage_key == key]
            yield newest(_shown(editions, of_stage, standing_in[key]))


def _shown(editions: Iterable[Edition], changes: Iterable[Change], now: Standing) -> Iterator[FeedEvent]:
    """What was shown of one place after each step, and last what is to be shown of it now."""
    place = Standing(*now.place, Status.NOT_OPEN)
    cycle, stage, withdrawn = None, None, False
    steps: Iterator[Edition | Change] = merge(editions, changes, key=lambda step: step.order)
    for step in steps:
        if isinstance(step, Change):
            place = _after(place, step)
        else:
            there = {stage.key: stage for stage in step.cycle.stages}.get(now.stage_key)
            cycle, stage, withdrawn = (step.cycle, there, False) if there else (cycle, stage, True)
        if cycle and stage:
            yield _show(cycle, stage, place, step.at, withdrawn=withdrawn)
    if cycle and stage:
        yield _show(cycle, stage, now, step.at, withdrawn=withdrawn)


def _after(place: Standing, change: Change) -> Standing:
    status = place.status if change.moves_date else Status(change.after)
    return replace(place, status=status, due_on=change.due_on if change.own_day else None)


def _show(cycle: Cycle, stage: Stage, place: Standing, at: datetime, *, withdrawn: bool) -> FeedEvent:
    dates = stage.dates_for(own_due(stage, place), cycle.workdays)
    return FeedEvent(
        event_uid(cycle.key, *place.place),
        dates.due,
        f"Due: {stage.title}",
        describe(cycle, stage, dates),
        at,
        cancelled=withdrawn or place.status in WAIVED,
        alarm=bool(place.district_code) and place.status in OWED,
    )
