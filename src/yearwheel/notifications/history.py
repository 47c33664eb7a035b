"""How a district stood in a stage at each moment, rebuilt from the append-only events alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

from yearwheel.calendar.cycle import Cycle, Rung, Stage, StageKind
from yearwheel.stages.status import HANDED_IN, OWED, Status

FOREVER = datetime.max.replace(tzinfo=UTC)
_STATUSES = {str(status) for status in Status}


@dataclass(frozen=True, slots=True)
class Change:
    """One event about a district in a stage. `before` and `after` are statuses, or days where a date moved.

    `due_on` is the due day in force after it.
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

    @property
    def moves_date(self) -> bool:
        return self.after not in _STATUSES


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody owes: the deadline that counts, and the rungs that call for it from `called_from` on."""

    due_on: date
    opens_on: date
    called_from: date
    rungs: Mapping[str, Rung]


@dataclass(frozen=True, slots=True)
class Span:
    """From one change up to the next, which is not part of it. `turn` is None while nobody owes anything."""

    start: datetime
    end: datetime
    status: Status
    due_on: date
    turn: Turn | None
    change: Change | None  # what began it; None for the publication


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


class Historian:
    """Rebuilds histories of one published cycle."""

    def __init__(self, cycle: Cycle, published_at: datetime) -> None:
        self._cycle = cycle
        self._published_at = published_at
        self._published_on = self.day(published_at)
        self._ladders = {stage.key: _ladders(stage) for stage in cycle.stages}

    def day(self, moment: datetime) -> date:
        """The cycle's local day of a moment."""
        return moment.astimezone(self._cycle.zone).date()

    def rebuild(self, stage_key: str, changes: Iterable[Change]) -> History:
        """The history that these changes, oldest first, lead through."""
        stage = self._cycle.stage(stage_key)
        history = History()
        status, due_on, since = Status.NOT_OPEN, stage.dates.due.on, None
        start, begun_by = self._published_at, None
        for change in changes:
            history.spans.append(self._span(stage, start, change.at, status, due_on, since, begun_by))
            expected = due_on.isoformat() if change.moves_date else str(status)
            if change.before != expected:
                when = self.day(change.at)
                history.faults.append(f"{change.kind} on {when} starts from {change.before}, not {expected}")
            since = self._since(change, since)
            status = status if change.moves_date else Status(change.after)
            due_on, start, begun_by = change.due_on, change.at, change
        history.spans.append(self._span(stage, start, FOREVER, status, due_on, since, begun_by))
        return history

    def _since(self, change: Change, since: date | None) -> date | None:
        """The day the deadline came into force; None where it is the stage's own, in force from the start."""
        if change.moves_date:
            taken_back = change.after < change.before  # an extension always goes later
            return None if taken_back else self.day(change.at)
        handed_over = change.before in HANDED_IN and change.after in (Status.UNDER_REVIEW, Status.RETURNED)
        return self.day(change.at) if handed_over else since

    def _span(
        self,
        stage: Stage,
        start: datetime,
        end: datetime,
        status: Status,
        due_on: date,
        since: date | None,
        change: Change | None,
    ) -> Span:
        rungs = self._ladders[stage.key].get(status)
        if rungs is None:
            return Span(start, end, status, due_on, None, change)
        is_review = stage.kind is StageKind.REVIEW
        opens_on = since if is_review and since else stage.dates.opens.on
        called_from = max(self._published_on, since or self._published_on)
        return Span(start, end, status, due_on, Turn(due_on, opens_on, called_from, rungs), change)


def _ladders(stage: Stage) -> dict[Status, Mapping[str, Rung]]:
    """Which rungs call in which status: a review has one ladder for its reader, one for changes."""
    if stage.review is None:
        calling = {rung.key: rung for rung in stage.ladder}
        return dict.fromkeys(OWED, calling)
    reading = {rung.key: rung for rung in stage.review.reviewer_ladder}
    changing = {rung.key: rung for rung in stage.review.revision_ladder}
    return {Status.UNDER_REVIEW: reading, Status.RETURNED: changing}
