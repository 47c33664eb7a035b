"""How a district stood in a stage at each moment, rebuilt from the append-only events alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from itertools import groupby

from yearwheel.calendar.cycle import Cycle, Rung, SendWindow, Stage, StageKind
from yearwheel.notifications.news import Fact
from yearwheel.roster.people import STATE_ROLES
from yearwheel.stages.status import HANDED_IN, OWED, Status

FOREVER = datetime.max.replace(tzinfo=UTC)
OWN_DAY = "own_day"  # the event of a due day that a district's own calendar gives or gives back
_STATUSES = {str(status) for status in Status}


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """A calendar and the moment it came into force; the first one was published.

    `order` places it among the changes of the same moment.
    """

    cycle: Cycle
    at: datetime
    order: int = 0
    by: str = ""
    why: str = ""

    @property
    def day(self) -> date:
        """The cycle's local day it came into force."""
        return self.at.astimezone(self.cycle.zone).date()


@dataclass(frozen=True, slots=True)
class Change:
    """One event about a district in a stage. `before` and `after` are statuses, or days where a date moved.

    `due_on` is the due day in force after it, `own_day` whether it is the district's own and not the
    calendar's; `in_force_from` is since when, where the event says so.
    """

    at: datetime
    stage_key: str
    district_code: str
    kind: str
    actor: str
    before: str
    after: str
    why: str
    due_on: date
    order: int = 0
    own_day: bool = True
    in_force_from: date | None = None
    opens_on: date | None = None  # when its opening is told, where a relief stood over it
    of_year: bool = False  # whether those who were written the year's dates were to hear of it

    @property
    def moves_date(self) -> bool:
        return self.after not in _STATUSES


@dataclass(frozen=True, slots=True, eq=False)
class Breaks:
    """The breaks of a district's own, each with its name, as they were known from a moment on."""

    at: datetime
    days: Mapping[date, str]
    order: int = -1  # before any change of the same moment


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody owes: the deadline that counts, and the rungs that call for it from `called_from` on.

    `days` is the day of each rung for the office's people, `own_days` for the district's, who have breaks;
    `announced_on` is the stage's own opening, also where a relief moved it; `window` is when mail may leave.
    """

    due_on: date
    opens_on: date
    announced_on: date
    called_from: date
    rungs: Mapping[str, Rung]
    days: Mapping[str, date]
    own_days: Mapping[str, date]
    window: SendWindow
    # After that nobody is asked who was not there before; a review has none.
    closes_at: datetime | None = field(default=None, compare=False)

    def day(self, slug: str, role: str) -> date:
        """The day of a rung for those who hold a role."""
        return (self.days if role in STATE_ROLES else self.own_days)[slug]

    def calls(self, slug: str, role: str) -> bool:
        """Whether a rung of that name falls into the time in which the deadline counts."""
        return slug in self.rungs and self.day(slug, role) >= self.first_on

    @property
    def first_on(self) -> date:
        """The first day on which something may be asked."""
        return max(self.called_from, self.opens_on)


@dataclass(frozen=True, slots=True)
class Span:
    """From one change up to the next, which is not part of it. `turn` is None while nobody owes anything."""

    start: datetime
    end: datetime
    status: Status
    due_on: date
    turn: Turn | None
    change: Change | None  # what brought this status or day; None for the calendar itself
    edition: Edition | None = None  # the calendar that began it, if one did
    in_calendar: bool = True  # whether the calendar in force has the stage

    @property
    def fact(self) -> Fact:
        """How the district stood, as notices speak of it."""
        return Fact(self.status, self.due_on, self.in_calendar)


@dataclass(slots=True)
class History:
    """One district in one stage, from the cycle's publication on. `faults`: where the events contradict."""

    spans: list[Span] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def now(self) -> Span:
        return self.spans[-1]

    def between(self, first: datetime, last: datetime) -> list[Span]:
        """The spans that touch a stretch of time; both sides of a change that falls on its edge."""
        return [span for span in self.spans if span.start <= last and first <= span.end]

    def turns(self) -> Iterator[tuple[Turn, datetime, datetime]]:
        """Each turn with its beginning and its end; opening or starting the work does not begin a new one."""
        for turn, spans in groupby(self.spans, key=lambda span: span.turn):
            if turn is not None:
                several = list(spans)
                yield turn, several[0].start, several[-1].end


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A stage as one edition has it, since when its own due day holds, and the day its opening is told."""

    cycle: Cycle
    stage: Stage
    due_since: date
    opened_on: date
    ladders: Mapping[Status, Mapping[str, Rung]]

    @property
    def due_on(self) -> date:
        return self.stage.dates.due.on


class Historian:
    """Rebuilds histories of one published cycle. `editions` are its calendars, oldest first."""

    def __init__(self, editions: Sequence[Edition]) -> None:
        self._editions = editions
        self._entries = _entries(editions)
        self._turn = cache(self._make_turn)

    def day(self, moment: datetime) -> date:
        """The cycle's local day of a moment."""
        return moment.astimezone(self._editions[-1].cycle.zone).date()

    def rebuild(self, stage_key: str, changes: Iterable[Change], breaks: Iterable[Breaks] = ()) -> History:
        """The history that these changes, oldest first, lead through, in a district with these breaks."""
        course = _Course(self, stage_key)
        steps: list[Edition | Change | Breaks] = [*self._editions, *changes, *breaks]
        for step in sorted(steps, key=lambda step: (step.at, step.order)):
            match step:
                case Edition():
                    course.take_edition(step, self._entries[step].get(stage_key))
                case Change():
                    course.take_change(step)
                case Breaks():
                    course.take_breaks(step)
        return course.end()

    def turn(
        self,
        entry: _Entry,
        status: Status,
        due_on: date,
        since: date | None,
        opens_on: date | None,
        breaks: Breaks | None,
    ) -> Turn | None:
        """What is owed in a status; `since` is when a due day of the district's own came into force.

        `opens_on` is when its opening is told, where that is not the stage's own day.
        """
        return self._turn(entry, status, due_on, since, opens_on, breaks)

    def _make_turn(
        self,
        entry: _Entry,
        status: Status,
        due_on: date,
        since: date | None,
        later: date | None,
        breaks: Breaks | None,
    ) -> Turn | None:
        rungs = entry.ladders.get(status)
        if rungs is None:
            return None
        is_review = entry.stage.kind is StageKind.REVIEW
        opens_on = since if is_review and since else max(entry.opened_on, later or date.min)
        called_from = max(self._editions[0].day, since or entry.due_since)
        days = {slug: entry.cycle.rung_day(rung, due_on, opens_on)[0] for slug, rung in rungs.items()}
        own_days = days
        if breaks is not None:
            first_on = max(called_from, opens_on)
            own_days = {
                slug: entry.cycle.rung_day_around(breaks.days, rung, due_on, opens_on, first_on)[0]
                for slug, rung in rungs.items()
            }
        closes_at = None
        if not is_review:
            closes_at = entry.stage.dates_for(due_on, entry.cycle.workdays).close.moment
        window = entry.cycle.send_window
        return Turn(due_on, opens_on, entry.opened_on, called_from, rungs, days, own_days, window, closes_at)


class _Course:
    """Follows one district through one stage, step by step."""

    def __init__(self, historian: Historian, stage_key: str) -> None:
        self._historian = historian
        self._stage_key = stage_key
        self._history = History()
        self._entry: _Entry | None = None  # as the calendar in force has it; None once it is removed
        self._known: _Entry | None = None  # as it was last in a calendar
        self._start: datetime | None = None
        self._status = Status.NOT_OPEN
        self._due_on = date.min
        self._own_day = False
        self._since: date | None = None
        self._opens_on: date | None = None
        self._change: Change | None = None
        self._edition: Edition | None = None
        self._breaks: Breaks | None = None

    def take_breaks(self, breaks: Breaks) -> None:
        if self._start is not None:
            self._close(breaks.at)
        self._breaks, self._edition = breaks, None

    def take_edition(self, edition: Edition, entry: _Entry | None) -> None:
        if entry is None and self._known is None:
            return
        self._close(edition.at)
        if entry is not None:
            if not self._own_day:
                moved = self._due_on != entry.due_on
                self._due_on, self._since = entry.due_on, None if moved else self._since
            self._known = entry
        self._entry, self._edition = entry, edition

    def take_change(self, change: Change) -> None:
        self._close(change.at)
        expected = self._due_on.isoformat() if change.moves_date else str(self._status)
        if change.before != expected:
            when = self._historian.day(change.at)
            self._history.faults.append(
                f"{change.kind} on {when} starts from {change.before}, not {expected}"
            )
        self._since = self._since_after(change)
        self._status = self._status if change.moves_date else Status(change.after)
        self._due_on, self._own_day, self._opens_on = change.due_on, change.own_day, change.opens_on
        self._change, self._edition = change, None

    def end(self) -> History:
        self._close(FOREVER)
        return self._history

    def _close(self, end: datetime) -> None:
        if self._start is not None:
            entry, status, due_on = self._entry, self._status, self._due_on
            turn = self._make_turn(entry) if entry else None
            span = Span(
                self._start, end, status, due_on, turn, self._change, self._edition, entry is not None
            )
            self._history.spans.append(span)
        self._start = end

    def _make_turn(self, entry: _Entry) -> Turn | None:
        return self._historian.turn(
            entry, self._status, self._due_on, self._since, self._opens_on, self._breaks
        )

    def _since_after(self, change: Change) -> date | None:
        """The day the deadline came into force; None where it is the stage's own."""
        if change.moves_date:
            if change.in_force_from:
                return change.in_force_from
            taken_back = not change.own_day or change.after < change.before  # an extension always goes later
            return None if taken_back else self._historian.day(change.at)
        handed_over = change.before in HANDED_IN and change.after in (Status.UNDER_REVIEW, Status.RETURNED)
        return (change.in_force_from or self._historian.day(change.at)) if handed_over else self._since


def _entries(editions: Sequence[Edition]) -> dict[Edition, dict[str, _Entry]]:
    """The stages of each edition by key."""
    found: dict[Edition, dict[str, _Entry]] = {}
    before: dict[str, _Entry] = {}
    for edition in editions:
        here = {}
        for stage in edition.cycle.stages:
            was = before.get(stage.key)
            same_day = was is not None and was.due_on == stage.dates.due.on
            since = was.due_since if was and same_day else edition.day
            opened_on = _opened_on(was, stage, edition.day) if found else stage.dates.opens.on
            here[stage.key] = _Entry(edition.cycle, stage, since, opened_on, _ladders(stage))
        found[edition], before = here, here
    return found


def _opened_on(was: _Entry | None, stage: Stage, day: date) -> date:
    """When people can hear that a stage is open, under a calendar that came into force on a day."""
    opens = stage.dates.opens.on
    if opens >= day:
        return opens
    if was is None or was.stage.dates.opens.on > day:
        return day
    return was.opened_on if was.opened_on > was.stage.dates.opens.on else opens


def _ladders(stage: Stage) -> dict[Status, Mapping[str, Rung]]:
    """Which rungs call in which status: a review has one ladder for its reader, one for changes."""
    if stage.review is None:
        calling = {rung.key: rung for rung in stage.ladder}
        return dict.fromkeys(OWED, calling)
    reading = {rung.key: rung for rung in stage.review.reviewer_ladder}
    changing = {rung.key: rung for rung in stage.review.revision_ladder}
    return {Status.UNDER_REVIEW: reading, Status.RETURNED: changing}
