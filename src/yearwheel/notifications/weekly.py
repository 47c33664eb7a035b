"""The state's week on one page: what is overdue, what comes next, what waits for a person. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from yearwheel.calendar.counted import counted
from yearwheel.calendar.cycle import Cycle, OwedBy, Stage, StageKind
from yearwheel.calendar.day_words import day_words
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.requests import RequestKind, still_waiting
from yearwheel.notifications.whole_cycle import Table
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import OWED, Status

AHEAD = timedelta(days=14)
PATIENCE = timedelta(days=10)  # calendar days that a returned piece of work may stay out unremarked
NAMES_SHOWN = 5
_SETTLE = {  # what became of a message -> what there is to settle
    "uncertain": "May have arrived, or not: somebody has to look",
    "failed": "Refused by the mail server",
    "bounced": "Came back undelivered",
    "held": "Waits for a person's approval",
    "missed": "Never sent, and now too late: their stages have closed",
}


@dataclass(frozen=True, slots=True)
class Week:
    """What the digest is written from. `doubts`: what only a person can settle, and how often.

    Letters that were refused or came back are among them only while their reader is out of reach.
    """

    on: date
    standings: Collection[Standing]
    names: Mapping[str, str]  # district code -> name
    doubts: Mapping[str, int]
    requests: Collection[
        tuple[RequestKind, date]
    ] = ()  # what was told and waits for an answer, and since when


def rung_of(on: date) -> str:
    """The rung of a day's digest: one for each ISO week."""
    year, week, _ = on.isocalendar()
    return f"{NoticeKind.WEEKLY}:{year}-W{week:02}"


def is_due(cycle: Cycle, published_on: date, on: date) -> bool:
    """Whether a digest belongs to this day's week: from the week after the publication to the last close."""
    monday = on - timedelta(days=on.weekday())
    last = max(stage.dates.close.on for stage in cycle.stages)
    return published_on < monday and on <= last and cycle.workdays.is_workday(on)


def write_week(cycle: Cycle, week: Week) -> Table:
    """The digest's lines, the most pressing first; empty when there is nothing to say."""
    by_stage: dict[str, list[Standing]] = defaultdict(list)
    for standing in week.standings:
        by_stage[standing.stage_key].append(standing)
    rows: list[tuple[str, str]] = []
    for line in (_overdue, _unanswered, _soon, _out_long):
        rows += [row for stage in cycle.stages if (row := line(stage, by_stage[stage.key], week))]
    rows += still_waiting(week.requests, week.on)
    rows += [
        (_SETTLE[what], counted(count, "reminder" if what == "missed" else "letter"))
        for what, count in week.doubts.items()
        if count
    ]
    return tuple(rows)


def _overdue(stage: Stage, here: list[Standing], week: Week) -> tuple[str, str] | None:
    # A review is the office's to do, but for work that it sent back.
    owed = {Status.RETURNED} if stage.kind is StageKind.REVIEW else OWED
    days = [(week.on - due).days for s in here if s.status in owed and (due := _due_on(stage, s)) < week.on]
    if not days:
        return None
    longest = counted(max(days), "day")
    if stage.owed_by is OwedBy.STATE:
        return f"Overdue: {stage.title}", f"the office itself, by {longest}"
    return f"Overdue: {stage.title}", f"{counted(len(days), 'district')}, the longest by {longest}"


def _unanswered(stage: Stage, here: list[Standing], week: Week) -> tuple[str, str] | None:
    """The reviews that are late, which are the office's to do."""
    days = [(week.on - s.due_on).days for s in here if s.status is Status.UNDER_REVIEW and s.due_on]
    late = [n for n in days if n > 0]
    if not late:
        return None
    return (
        f"Reviews late: {stage.title}",
        f"{counted(len(late), 'plan')}, the longest by {counted(max(late), 'day')}",
    )


def _soon(stage: Stage, here: list[Standing], week: Week) -> tuple[str, str] | None:
    days = sorted(_due_on(stage, s) for s in here if s.status in OWED)
    soon = [due_on for due_on in days if week.on <= due_on <= week.on + AHEAD]
    if not soon:
        return None
    published = stage.dates.due.on
    due_on = published if published in soon else soon[0]
    what = f"Due {day_words(due_on, week.on)}: {stage.title}"
    if stage.owed_by is OwedBy.STATE:
        return what, "the office itself has this to do"
    words = f"{counted(soon.count(due_on), 'district')} still to hand in"
    if others := [day for day in soon if day != due_on]:
        words += f", {len(others)} more on other days up to {day_words(others[-1], week.on)}"
    return what, words


def _out_long(stage: Stage, here: list[Standing], week: Week) -> tuple[str, str] | None:
    out = sorted(
        ((week.on - s.due_since).days, week.names[s.district_code])
        for s in here
        if s.status is Status.RETURNED and s.due_since is not None and s.due_since < week.on - PATIENCE
    )
    if not out:
        return None
    longest = [f"{name} ({days} days)" for days, name in reversed(out)]
    more = [f"{len(out) - NAMES_SHOWN} more"] if len(out) > NAMES_SHOWN else []
    title = f"Returned more than {PATIENCE.days} days ago: {stage.title}"
    return title, ", ".join([*longest[:NAMES_SHOWN], *more])


def _due_on(stage: Stage, standing: Standing) -> date:
    return standing.due_on or stage.dates.due.on
