"""What saving a changed calendar would do: which messages, how many districts, the reviewers' weeks."""

import gc
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from yearwheel.calendar.counted import counted
from yearwheel.calendar.cycle import Cycle, OwedBy, Stage
from yearwheel.calendar.diff import CycleDiff, diff_cycles
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.calendar.workdays import DAY
from yearwheel.notifications.alike import Groups, Place, alike
from yearwheel.notifications.ledger import LedgerRow, PlannedReminder, Reason, ReminderKey, ReminderStatus
from yearwheel.notifications.planner import Difference, Planner, compare
from yearwheel.roster.people import Roster
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import HANDED_IN, WAIVED, Status


@dataclass(frozen=True, slots=True)
class StageChange:
    """What happens to one stage's reminders. A moved one keeps its rung and reader, not its deadline."""

    stage: str
    title: str
    districts: int
    moved: int
    new: int
    cancelled: int
    at_once: int  # of the moved and new ones, those whose day has already passed


@dataclass(frozen=True, slots=True)
class ReviewWeek:
    """Plans a week's reading comes to, before and after, if all arrive on their last day."""

    monday: date
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Everything a changed calendar would change. `writes` is what the ledger itself would then do."""

    diff: CycleDiff
    today: date
    stages: tuple[StageChange, ...]
    districts: int
    writes: Mapping[str, int]
    weeks: tuple[ReviewWeek, ...]
    hits: tuple[str, ...]  # holidays and breaks that the new due days meet
    notices: int = 0  # about days that somebody had been told and that move or end, or a year without a stage

    def total(self, name: str) -> int:
        """The sum over all stages of "moved", "new", "cancelled" or "at_once"."""
        return sum(getattr(stage, name) for stage in self.stages)

    def lines(self) -> list[str]:
        """In sentences: the dates, the messages, the people."""
        if not self.diff:
            return ["Nothing changes."]
        lines = [*self.diff.lines(), *self.hits]
        lines.append(
            f"{counted(self.districts, 'district')} touched; reminders: {self.total('moved'):,} moved, "
            f"{self.total('new'):,} new, {self.total('cancelled'):,} cancelled"
        )
        lines += [
            f"  {s.title}: {s.moved:,} moved, {s.new:,} new, {s.cancelled:,} cancelled, "
            f"{counted(s.districts, 'district')}" + (f"; {s.at_once:,} due at once" if s.at_once else "")
            for s in self.stages
        ]
        if self.notices:
            lines.append(
                f"  {counted(self.notices, 'notice')} where somebody had been told the year as it was"
            )
        lines += [
            f"  Review, week of {week.monday:%B} {week.monday.day}: {week.after:.0f} plans to read "
            f"instead of {week.before:.0f}"
            for week in self.weeks
        ]
        return lines

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "calendar": self.diff.as_json(),
            "today": self.today.isoformat(),
            "notices": self.notices,
            "districts": self.districts,
            "reminders": {name: self.total(name) for name in ("moved", "new", "cancelled", "at_once")},
            "stages": [asdict(stage) for stage in self.stages],
            "writes": dict(self.writes),
            "review_weeks": [asdict(week) | {"monday": week.monday.isoformat()} for week in self.weeks],
            "hits": list(self.hits),
        }

    def as_html(self) -> str:
        """A page that holds all it needs, without scripts and without any request."""
        return _templates().get_template("what_if.html.jinja").render(it=self, diff=self.diff)


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """What a comparison makes is kept to its end; for a nation, searching it for garbage costs a third."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@nothing_to_collect()
def what_if(
    old: Cycle,
    new: Cycle,
    roster: Roster,
    standings: Collection[Standing],
    since: date,
    today: date,
    rows: Collection[LedgerRow] | None = None,
    groups: Groups | None = None,
    district_days: Mapping[str, DistrictDays] | None = None,
    entering: Collection[Standing] | None = None,
    own_days_moved: Collection[Place] = (),
) -> WhatIf:
    """What saving `new` over `old` would do to these standings.

    `since` is the day the cycle was published. `rows` are the ledger's ladder rows, of every place or, with
    `groups`, of one for each group; without them the old plan stands in, its reminders of earlier days being
    said. `entering` is where districts will stand in the added stages, where that is not at their beginning;
    `own_days_moved` are the places to which districts' own calendars give other days now.
    """
    diff = diff_cycles(old, new)
    replanned = replanned_stages(old, new)
    gone = {stage.key for stage in diff.removed}
    kept = [s for s in standings if s.stage_key in replanned or s.place in own_days_moved]
    entered = first_standings(new, roster, {stage.key for stage in diff.added})
    if entering is not None:
        entered = list(entering)
    if groups is None and rows is None:
        groups = alike((old, new), roster, [*kept, *entered])
    if groups is not None:
        kept = [s for s in kept if s.place in groups]
        entered = [s for s in entered if s.place in groups]
    if rows is None:
        existing = _stand_ins(Planner(old, roster, since).plan(kept), today)
    else:
        touched = {s.place for s in kept}
        existing = [row for row in rows if row.key[:2] in touched]
    after = [s for s in kept if s.stage_key not in gone] + entered
    difference = compare(
        new,
        Planner(new, roster, since).plan(after),
        [row for row in existing if row.key.stage_key not in gone],
        {s.place: s for s in after},
    )
    difference.closed += [
        (row, ReminderStatus.CANCELLED, Reason.RUNG_REMOVED)
        for row in existing
        if row.key.stage_key in gone and row.status is ReminderStatus.PLANNED
    ]
    count = _Count(groups or {}, today)
    count.take(difference)
    return WhatIf(
        diff,
        today,
        count.stages(old, new),
        len(count.districts()),
        count.writes,
        _review_weeks(old, new, standings),
        tuple(_hits(diff, district_days or {})),
    )


def first_standings(
    cycle: Cycle, roster: Roster, stage_keys: Collection[str] | None = None
) -> list[Standing]:
    """Where every body stands when a cycle, or some stages of it, begin."""
    return [
        Standing(stage.key, district.code, Status.NOT_OPEN)
        for stage in cycle.stages
        if stage_keys is None or stage.key in stage_keys
        for district in roster.districts.values()
        if district.is_state_office == (stage.owed_by is OwedBy.STATE)
    ]


def replanned_stages(old: Cycle, new: Cycle) -> set[str]:
    """The keys of the stages whose reminders may differ, added and removed ones included."""
    was, is_now = ({stage.key: _plan_of(cycle, stage) for stage in cycle.stages} for cycle in (old, new))
    return {key for key in was.keys() | is_now.keys() if was.get(key) != is_now.get(key)}


def _plan_of(cycle: Cycle, stage: Stage) -> tuple[object, ...]:
    """All that a stage's reminders follow from, apart from people and standings."""
    years = (cycle.year - 1, cycle.year, cycle.year + 1)
    closed = tuple(tuple(cycle.workdays.holidays(year)) for year in years)
    dates = (stage.dates.opens.on, stage.dates.due.on)
    return dates, stage.kind, stage.ladder, stage.review, cycle.zone, cycle.send_window, closed


def _stand_ins(planned: Iterable[PlannedReminder], today: date) -> list[LedgerRow]:
    return [
        LedgerRow(
            0,
            reminder.key,
            reminder.kind,
            ReminderStatus.QUEUED if reminder.due_on < today else ReminderStatus.PLANNED,
            None,
            reminder.due_at,
        )
        for reminder in planned
    ]


class _Count:
    """Counts a difference by stage, each place for all the districts it stands for."""

    def __init__(self, groups: Groups, today: date) -> None:
        self.writes: Counter[str] = Counter()
        self._groups = groups
        self._today = today
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._places: set[Place] = set()

    def take(self, difference: Difference) -> None:
        """Sort each new and closed reminder into moved, new and cancelled."""
        # The same rung for the same reader, whatever its deadline.
        replaced = Counter(row.key[:4] for row, _, _ in difference.closed)
        for reminder in difference.new:
            moved = replaced[reminder.key[:4]] > 0
            replaced[reminder.key[:4]] -= moved
            self._write("new", reminder.key)
            self._come(reminder, moved)
        for row, reminder in difference.revived:
            self._write("revived", row.key)
            self._come(reminder, row.status is ReminderStatus.PLANNED)
        for row, status, _ in difference.closed:
            self._write(str(status), row.key)
            if replaced[row.key[:4]] > 0:
                replaced[row.key[:4]] -= 1
                self._counts[row.key.stage_key]["cancelled"] += self._weight(row.key)

    def _come(self, reminder: PlannedReminder, moved: bool) -> None:
        counts, weight = self._counts[reminder.key.stage_key], self._weight(reminder.key)
        counts["moved" if moved else "new"] += weight
        counts["at_once"] += weight * (reminder.due_on < self._today)

    def _write(self, what: str, key: ReminderKey) -> None:
        self.writes[what] += self._weight(key)
        self._places.add(key[:2])

    def _weight(self, key: ReminderKey) -> int:
        return len(self._groups[key[:2]]) if self._groups else 1

    @cached_property
    def _touched(self) -> dict[str, set[str]]:
        """The districts that are touched, by stage."""
        found: dict[str, set[str]] = defaultdict(set)
        for place in self._places:
            found[place[0]].update(self._groups.get(place, place[1:]))
        return found

    def districts(self) -> set[str]:
        return set().union(*self._touched.values())

    def stages(self, old: Cycle, new: Cycle) -> tuple[StageChange, ...]:
        titles = {stage.key: stage.title for stage in (*old.stages, *new.stages)}
        return tuple(
            StageChange(
                key,
                title,
                len(self._touched[key]),
                *(self._counts[key][name] for name in ("moved", "new", "cancelled", "at_once")),
            )
            for key, title in titles.items()
            if key in self._touched
        )


def stages_read(old: Cycle, new: Cycle) -> set[str]:
    """The reviews, and the stages they wait for, if a reviewer's weeks may differ; else none."""
    reviews = [stage for cycle in (old, new) for stage in cycle.stages if stage.review is not None]
    read = {key for stage in reviews for key in (stage.key, *stage.after)}
    waits = [{s.key: s.after for s in cycle.stages if s.review is not None} for cycle in (old, new)]
    return read if waits[0] != waits[1] or read & replanned_stages(old, new) else set()


def _review_weeks(old: Cycle, new: Cycle, standings: Collection[Standing]) -> tuple[ReviewWeek, ...]:
    read = stages_read(old, new)
    if not read:
        return ()
    here = [standing for standing in standings if standing.stage_key in read]
    before, after = _reading(old, here), _reading(new, here)
    return tuple(
        ReviewWeek(monday, round(before[monday], 1), round(after[monday], 1))
        for monday in sorted(before.keys() | after.keys())
        if round(before[monday]) != round(after[monday])
    )


def _reading(cycle: Cycle, standings: Collection[Standing]) -> Mapping[date, float]:
    """Plans to read by week: each from the last day it may arrive, evenly over its first look."""
    places = {s.place: s for s in standings}
    weeks: dict[date, float] = defaultdict(float)
    for stage in cycle.stages:
        if stage.review is None:
            continue
        arrivals = Counter(
            _arrives(cycle, stage, s.district_code, places)
            for s in standings
            if s.stage_key == stage.key and s.status in (Status.NOT_OPEN, Status.SUBMITTED)
        )
        for arrival, plans in arrivals.items():
            due = cycle.workdays.on_or_after(stage.review.first_look.from_day(arrival, cycle.workdays))
            days = [on for on in _each_day(arrival + DAY, due) if cycle.workdays.is_workday(on)]
            for on in days:
                weeks[on - timedelta(days=on.weekday())] += plans / len(days)
    return weeks


def _arrives(cycle: Cycle, stage: Stage, code: str, places: Mapping[Place, Standing]) -> date:
    arrival = stage.dates.opens.on
    for key in stage.after:
        standing = places.get((key, code))
        if standing and standing.status not in HANDED_IN | WAIVED:
            arrival = max(arrival, standing.due_on or cycle.stage(key).dates.due.on)
    return arrival


def _each_day(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _hits(diff: CycleDiff, district_days: Mapping[str, DistrictDays]) -> Iterable[str]:
    """Holidays that new messages meet, and districts on a break on a new due day."""
    was = {stage.key: stage for stage in diff.old.stages}
    for stage in diff.new.stages:
        due, opens = stage.dates.due.on, stage.dates.opens.on
        before = was.get(stage.key)
        if before and before.dates.due.on == due:
            continue
        for rung in stage.ladder:
            _, because = diff.new.rung_day(rung, due, opens)
            if because and " is a " not in because:  # weekends are no news
                yield f"{stage.title}: {str(rung.offset)!r}: {because}"
        away = sum(due in days.breaks for days in district_days.values())
        if away:
            who = "1 district is" if away == 1 else f"{away:,} districts are"
            yield f"{stage.title}: {who} on a break on {due:%B} {due.day}, when it is due"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("yearwheel.notifications", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda n: f"{n:,}"
    environment.filters["day"] = lambda on: f"{on:%b} {on.day}, {on.year}"
    return environment
