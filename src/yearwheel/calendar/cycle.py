"""The model of one planning cycle with every date worked out: stages, deadlines, ladders of reminders."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from yearwheel.calendar.holidays import amended
from yearwheel.calendar.offsets import Offset, Side
from yearwheel.calendar.rules import Point, StageDay
from yearwheel.calendar.timetable import DistrictDays, YearRules, work_out
from yearwheel.calendar.workdays import WorkCalendar


class StageKind(StrEnum):
    """What sort of work a stage asks for; each kind has one file in `yearwheel.stages`."""

    BUDGET = "budget"
    INPUT = "input"
    DRAFTING = "drafting"
    ALIGNMENT = "alignment"
    REVIEW = "review"
    INVENTORY = "inventory"
    MILESTONE = "milestone"


class OwedBy(StrEnum):
    """Which bodies of the roster owe a stage."""

    DISTRICTS = "districts"
    STATE = "state"


class Track(StrEnum):
    """How much of a plan a district does this year."""

    FULL = "full"  # a new plan
    UPDATE = "update"  # a later year of a plan that runs for several

    @classmethod
    def of_year(cls, year: int) -> "Track":
        """The track of a year of a plan: the first writes it."""
        return cls.FULL if year == 1 else cls.UPDATE


class RungKind(StrEnum):
    """What a message says about its deadline."""

    OPENED = "opened"  # the window is open, here is the work
    REMINDER = "reminder"  # the deadline lies ahead
    DUE_TODAY = "due_today"
    LATE = "late"  # the deadline has passed and nothing was handed in
    ESCALATION = "escalation"  # someone higher is told that it is late
    REVIEW = "review"  # a reviewer's own deadline, before or after it
    REVISION = "revision"  # a returned plan is due back


END_OF_DAY = time(23, 59)  # when a day is due that names no time


@dataclass(frozen=True, slots=True)
class Deadline:
    """A local day and time in a zone. Stored as these three; its UTC moment is derived."""

    on: date
    at: time
    zone: ZoneInfo

    @property
    def moment(self) -> datetime:
        """The moment in UTC. In the autumn's repeated hour the first one counts."""
        return datetime.combine(self.on, self.at, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class StageDates:
    """When a stage opens, is due (shown), ends its grace (late but accepted) and closes (enforced)."""

    opens: Deadline
    due: Deadline
    grace_end: Deadline
    close: Deadline

    def __post_init__(self) -> None:
        moments = [d.moment for d in (self.opens, self.due, self.grace_end, self.close)]
        if moments != sorted(moments):
            raise ValueError(
                f"dates out of order: opens {self.opens.on}, due {self.due.on}, "
                f"grace ends {self.grace_end.on}, closes {self.close.on}; "
                "opens <= due <= grace <= close is required"
            )


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder of reminders: how far from the deadline, to which roles, saying what."""

    offset: Offset
    to: tuple[str, ...]
    kind: RungKind
    as_digest: bool = False
    # Stable name of the rung inside its stage; part of a reminder's natural key. Asked for millions of times.
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        prefix = "" if self.kind in PLAIN_KINDS else f"{self.kind}:"
        object.__setattr__(self, "key", prefix + self.offset.slug)


PLAIN_KINDS = frozenset({RungKind.OPENED, RungKind.REMINDER, RungKind.DUE_TODAY, RungKind.LATE})


@dataclass(frozen=True, slots=True)
class ReviewRounds:
    """How long each side has in a review: offsets from the day the work reached them."""

    first_look: Offset
    revise: Offset
    second_look: Offset
    reviewer_ladder: tuple[Rung, ...]
    revision_ladder: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class SendWindow:
    """The hours of a working day in which mail may leave, in the reader's own zone."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M} to {self.closes:%H:%M}"

    def opening(self, on: date, zone: ZoneInfo) -> datetime:
        """The UTC moment the window opens on a day."""
        return datetime.combine(on, self.opens, zone).astimezone(UTC)

    def is_open(self, moment: datetime, zone: ZoneInfo, workdays: WorkCalendar) -> bool:
        local = moment.astimezone(zone)
        return self.opens <= local.time() < self.closes and workdays.is_workday(local.date())

    def next_opening(self, moment: datetime, zone: ZoneInfo, workdays: WorkCalendar) -> datetime:
        """The first moment at or after this one at which mail may leave."""
        if self.is_open(moment, zone, workdays):
            return moment
        local = moment.astimezone(zone)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return self.opening(workdays.on_or_after(day), zone)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding of the linter that the file accepts, and why."""

    finding: str
    why: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of the cycle. `words` keeps each date's rule as written, `lines` where it stands."""

    key: str
    title: str
    kind: StageKind
    ask: str  # one sentence in the imperative: what the reader has to do
    dates: StageDates
    grace: Offset | None
    tell: tuple[str, ...]
    ladder: tuple[Rung, ...]
    after: tuple[str, ...] = ()
    basis: str = ""
    statutory: bool = False
    set_by: str = ""  # who else sets the due day, where neither the office nor the law does
    owed_by: OwedBy = OwedBy.DISTRICTS
    review: ReviewRounds | None = None
    words: dict[str, str] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    tracks: frozenset[Track] = frozenset(Track)  # the tracks that owe it
    due_since: date | None = None  # the local day a changed calendar brought the due day in, if one did
    opened_on: date | None = None  # the local day a change put its opening into the past, if one did

    def line_of(self, key: str) -> int:
        """The file's line of a key of this stage, or of the stage itself when it is left out."""
        return self.lines.get(key) or self.lines.get("", 0)

    @property
    def announced_on(self) -> date:
        """The day on which its opening is told: nobody can be told on a day that was past when it was set."""
        return self.opened_on or self.dates.opens.on

    @property
    def all_rungs(self) -> tuple[Rung, ...]:
        """Every rung it may call, each ladder in its own order."""
        review = self.review
        return (*self.ladder, *review.reviewer_ladder, *review.revision_ladder) if review else self.ladder

    def awaits(self, earlier: "Stage") -> str:
        """An earlier stage as those see it who wait for it here: the office's part is not theirs to do."""
        of_office = earlier.owed_by is OwedBy.STATE and self.owed_by is OwedBy.DISTRICTS
        return f"{earlier.title} (the office's part)" if of_office else earlier.title

    def dates_for(self, due_on: date | None, workdays: WorkCalendar) -> StageDates:
        """The stage's dates for a district whose due day was moved; the grace keeps its length."""
        if due_on is None or due_on == self.dates.due.on:
            return self.dates
        due = replace(self.dates.due, on=due_on)
        grace_on = self.grace.from_day(due_on, workdays) if self.grace else due_on
        grace_end = replace(self.dates.grace_end, on=grace_on)
        close = max(self.dates.close, grace_end, key=lambda d: d.moment)
        opens = min(self.dates.opens, due, key=lambda d: d.moment)
        return StageDates(opens, due, grace_end, close)


@dataclass(frozen=True, slots=True)
class LocalDue:
    """A due day that a district's own calendar gives, and why it is not the state's."""

    on: date
    because: str


@dataclass(frozen=True, slots=True)
class Correction:
    """Days that a file closes or opens by hand: what the list is called, its line, its days.

    `idle` are days to open on which no holiday falls.
    """

    name: str  # "also_closed", "open", or the name of a file of closed days
    line: int
    days: tuple[date, ...]
    idle: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Cycle:
    """One year's run of planning for one state, every rule resolved to dates.

    `revision` counts the changes since the calendar was first published, for readers of the printed year.
    """

    key: str
    title: str
    state: str
    year: int
    zone: ZoneInfo
    office: str  # who runs it: "Office of Education Technology"
    help_address: str
    workdays: WorkCalendar
    send_window: SendWindow
    stages: tuple[Stage, ...]
    rules: YearRules | None = None  # what the dates follow from; None in a cycle made without a file
    revision: int = 0
    waivers: tuple[Waiver, ...] = ()
    corrections: tuple[Correction, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def for_district(self, days: DistrictDays) -> dict[str, LocalDue]:
        """The due days that differ in a district with these days of its own, by stage.

        Stages that lean on a moved day move with it. A day before its stage opens is not taken.
        """
        if self.rules is None or not any(stage.is_local for stage in self.rules.stages.values()):
            return {}
        local = work_out(self.rules, days)
        found = {}
        for stage in self.stages:
            place = StageDay(stage.key, Point.DUE)
            on = local.days.get(place, stage.dates.due.on)
            if on != stage.dates.due.on and on >= stage.dates.opens.on:
                because = local.moved.get(place) or f"{stage.words['due']}, by this district's own dates"
                found[stage.key] = LocalDue(on, because)
        return found

    def stage(self, key: str) -> Stage:
        """The stage of that key; KeyError names the stages there are."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(f"{self.key} has no stage {key!r}; it has {', '.join(s.key for s in self.stages)}")

    def work_of(self, stage: Stage) -> StageKind:
        """The kind of work a district hands in: what a review sent back is the plan that it had read.

        Where no stage before the review drafts one, it is what the nearest of them takes.
        """
        if stage.kind is not StageKind.REVIEW:
            return stage.kind
        before, kinds = list(stage.after), []
        for key in before:  # grows while it is read, the nearest first
            kinds.append(self.stage(key).kind)
            before += [earlier for earlier in self.stage(key).after if earlier not in before]
        if StageKind.DRAFTING in kinds:
            return StageKind.DRAFTING
        return next((kind for kind in kinds if kind is not StageKind.REVIEW), StageKind.MILESTONE)

    def rung_day(self, rung: Rung, due_on: date, opens_on: date) -> tuple[date, str | None]:
        """The day a rung falls on, and why it moved if its own day was closed.

        Rungs at or before the deadline move to the previous working day, later ones to the next;
        an opening notice moves forward, since nothing can be done before the window opens.
        """
        day = self._own_day(rung, due_on, opens_on)
        closed = self.workdays.closed_words(day)
        if closed is None:
            return day, None
        moved = _roll(rung, day, self.workdays)
        return moved, f"{day.isoformat()} {closed}, so it goes on {moved.isoformat()}"

    def rung_day_around(
        self, breaks: Mapping[date, str], rung: Rung, due_on: date, opens_on: date, first_on: date
    ) -> tuple[date, str | None]:
        """The same for a district with breaks of its own, which move a rung as closed days do.

        A rung that a break would drive back before `first_on`, when nothing is asked yet, comes after the
        break instead, as long as that is no later than the deadline.
        """
        day, because = self.rung_day(rung, due_on, opens_on)
        if day not in breaks:
            return day, because
        workdays = amended(self.workdays, breaks, frozenset())
        moved = _roll(rung, day, workdays)
        if moved < first_on <= day and (later := workdays.on_or_after(day)) <= due_on:
            moved = later
        first = f"{because}; " if because else ""
        away = f"{day.isoformat()} falls into the district's break, {breaks[day]}"
        return moved, f"{first}{away}, so it goes on {moved.isoformat()}"

    def _own_day(self, rung: Rung, due_on: date, opens_on: date) -> date:
        if rung.offset.side is Side.OPENING:
            return opens_on
        return rung.offset.from_day(due_on, self.workdays)


def _roll(rung: Rung, day: date, workdays: WorkCalendar) -> date:
    """Off a closed day to the side on which a rung still says something true."""
    forward = rung.offset.side in (Side.OPENING, Side.AFTER)
    return workdays.on_or_after(day) if forward else workdays.on_or_before(day)
