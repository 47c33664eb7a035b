"""The proof's check of the weekly digests: a week in which the state was owed one has one. Pure.

What was to be said is rebuilt from the recorded moves alone. A week whose only news was a doubtful message
is not asked for: what was doubtful then is on no record.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from yearwheel.calendar.cycle import Cycle, Stage, StageKind
from yearwheel.notifications.history import Edition, History
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.stages.status import OWED

AHEAD = timedelta(days=14)  # a deadline this near is news

Place = tuple[str, str]  # stage key, district code


@dataclass(frozen=True, slots=True)
class Weeks:
    """What the check looks at. `rounds`: those that write to the state's admins, none in a pause."""

    editions: Sequence[Edition]
    rounds: Iterable[datetime]
    written: Collection[str]  # rungs of the digests in the ledger
    places: Collection[Place]
    history: Callable[[Place], History]


def missing_weeks(weeks: Weeks) -> Iterator[str]:
    """A sentence for each week in which a round ran, there was something to say, and nobody said it."""
    for rung, rounds in _by_week(weeks).items():
        if rung not in weeks.written and (news := next(filter(None, (_news(weeks, r) for r in rounds)), "")):
            yield f"the state's admins were told nothing of the week {rung.rpartition(':')[2]}, though {news}"


def _by_week(weeks: Weeks) -> Mapping[str, list[datetime]]:
    """The rounds that had to write a digest, under its name: on working days, from the second week on."""
    first = weeks.editions[0].day
    found: dict[str, list[datetime]] = defaultdict(list)
    for moment in weeks.rounds:
        cycle = _cycle_at(weeks.editions, moment)
        on = moment.astimezone(cycle.zone).date()
        monday = on - timedelta(days=on.weekday())
        if first < monday and on <= _last_close(cycle) and cycle.workdays.is_workday(on):
            year, week, _ = on.isocalendar()
            found[f"{NoticeKind.WEEKLY}:{year}-W{week:02}"].append(moment)
    return found


def _news(weeks: Weeks, moment: datetime) -> str:
    """What there was to say at a moment, or nothing."""
    cycle = _cycle_at(weeks.editions, moment)
    on = moment.astimezone(cycle.zone).date()
    for stage in cycle.stages:
        if stage.dates.opens.on <= on:
            for key, code in weeks.places:
                if key == stage.key and (news := _news_of(stage, weeks.history((key, code)), moment, on)):
                    return f"{code} {news}"
    return ""


def _news_of(stage: Stage, history: History, moment: datetime, on: date) -> str:
    spans = history.between(moment, moment)
    if not spans or any(span.status not in OWED for span in spans):
        return ""  # of what changed in that very moment both sides have to be news
    if stage.kind is not StageKind.REVIEW and all(span.due_on < on for span in spans):
        return f"was late with {stage.key}"
    return f"owed {stage.key}, due soon" if all(on <= span.due_on <= on + AHEAD for span in spans) else ""


def _cycle_at(editions: Sequence[Edition], moment: datetime) -> Cycle:
    known = [edition.cycle for edition in editions if edition.at <= moment]
    return known[-1] if known else editions[0].cycle


def _last_close(cycle: Cycle) -> date:
    return max(stage.dates.close.on for stage in cycle.stages)
