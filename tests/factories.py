"""Builders of small cycles and stories, without surprises."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle, Deadline, SendWindow, Stage, StageDates, StageKind
from yearwheel.calendar.offsets import Offset
from yearwheel.calendar.workdays import WorkCalendar
from yearwheel.rehearsal.story import CellStanding, DistrictLine, LedgerFigures, StageCount, YearStory
from yearwheel.stages.status import Status

EASTERN = ZoneInfo("America/New_York")
MIDNIGHT, END_OF_DAY = time(0), time(23, 59)
WEEKDAYS = WorkCalendar("weekdays only", lambda year: {})

# A whole year of stages with the overlaps, clusters and edges a real calendar has.
FULL_YEAR = (
    ("cycle_setup", "Cycle setup", StageKind.MILESTONE, "2026-12-01", "2027-01-08", 0),
    ("budget_preparation", "Budget preparation", StageKind.BUDGET, "2027-01-04", "2027-01-29", 7),
    ("erate_470", "E-rate Form 470", StageKind.MILESTONE, "2027-01-21", "2027-03-03", 0),
    ("erate_471", "E-rate Form 471", StageKind.MILESTONE, "2027-01-21", "2027-03-31", 0),
    ("stakeholder_input", "Stakeholder input", StageKind.INPUT, "2027-02-01", "2027-03-15", 7),
    ("drafting", "Drafting", StageKind.DRAFTING, "2027-03-01", "2027-04-15", 14),
    ("alignment", "Alignment with CDIP and CSIPs", StageKind.ALIGNMENT, "2027-04-01", "2027-05-17", 7),
    ("local_approval", "Local approval", StageKind.MILESTONE, "2027-05-17", "2027-05-28", 3),
    ("submission", "Submission to the state", StageKind.MILESTONE, "2027-05-17", "2027-06-15", 10),
    ("oet_review", "Review by the state", StageKind.REVIEW, "2027-06-01", "2027-08-31", 0),
    ("readiness_survey", "Digital Readiness Survey", StageKind.MILESTONE, "2027-07-01", "2027-09-30", 0),
    ("working_budget", "Working budget", StageKind.BUDGET, "2027-08-02", "2027-09-30", 0),
    ("progress_check", "Progress check", StageKind.ALIGNMENT, "2027-10-01", "2027-11-30", 7),
    ("inventory_validation", "Inventory validation", StageKind.INVENTORY, "2027-10-15", "2027-12-15", 10),
    ("carry_forward", "Close and carry forward", StageKind.MILESTONE, "2027-12-15", "2027-12-31", 7),
)


def make_stage(
    key: str = "drafting",
    title: str = "Drafting",
    kind: StageKind = StageKind.DRAFTING,
    opens: str = "2027-03-01",
    due: str = "2027-04-15",
    grace_days: int = 7,
    zone: ZoneInfo = EASTERN,
) -> Stage:
    due_on = date.fromisoformat(due)
    grace_end = Deadline(due_on + timedelta(days=grace_days), END_OF_DAY, zone)
    opening = Deadline(date.fromisoformat(opens), MIDNIGHT, zone)
    return Stage(
        key=key,
        title=title,
        kind=kind,
        ask=f"Hand in {title}.",
        dates=StageDates(opening, Deadline(due_on, END_OF_DAY, zone), grace_end, grace_end),
        grace=Offset.parse(f"{grace_days} days after") if grace_days else None,
        tell=("technology_coordinator",),
        ladder=(),
    )


def make_cycle(stages: Iterable[Stage] = (), *, title: str = "Test state planning 2027") -> Cycle:
    return Cycle(
        key="test-2027",
        title=title,
        state="KY",
        year=2027,
        zone=EASTERN,
        office="Office of Testing",
        help_address="help@state.example",
        workdays=WEEKDAYS,
        send_window=SendWindow(time(8), time(16)),
        stages=tuple(stages),
    )


def make_full_cycle() -> Cycle:
    return make_cycle(make_stage(*row) for row in FULL_YEAR)


def make_story(cycle: Cycle, districts: int = 3, *, seed: int = 1) -> YearStory:
    """A made-up year that ended: most hand in on time, some late, some are excused, a few never answer."""
    chance = random.Random(seed)
    lines = tuple(_make_line(n, cycle, chance) for n in range(1, districts + 1))
    mails = _make_mails(cycle, districts)
    return YearStory(
        cycle=cycle,
        as_of=date(2028, 1, 31),
        generated_for=f"rehearsal, seed {seed}",
        command=f"yearwheel rehearse --direct --seed {seed}",
        ledger=LedgerFigures(
            planned=sum(mails.values()) + 240,
            sent=sum(mails.values()),
            messages=sum(mails.values()),
            reasons={"work_in": 200, "date_moved": 40},
            ledger_digest="3b1f" * 16,
            seconds=41.7,
            flow_runs=312,
        ),
        districts=lines,
        stage_counts=tuple(_make_count(stage.key, lines) for stage in cycle.stages),
        mails_per_day=mails,
        progress={stage.key: _make_progress(stage.key, lines) for stage in cycle.stages},
        behaviours={"punctual": districts - districts // 5, "late": districts // 5},
    )


def _make_line(number: int, cycle: Cycle, chance: random.Random) -> DistrictLine:
    zone = chance.choice(["Eastern", "Eastern", "Central"])
    cells = {stage.key: _make_cell(stage, chance) for stage in cycle.stages}
    return DistrictLine(
        f"{number:03}", f"District {number:03}", f"County {number % 120}", zone, 500 + 37 * number, cells
    )


def _make_cell(stage: Stage, chance: random.Random) -> CellStanding:
    due = stage.dates.due.on
    length = max((due - stage.dates.opens.on).days, 1)
    luck = chance.random()
    if luck < 0.01:
        return CellStanding(Status.EXCUSED, due)
    if luck < 0.02:
        return CellStanding(Status.OPEN, due)
    if luck < 0.03:
        return CellStanding(Status.RETURNED, due, due, 0)
    if luck < 0.05:
        extended = due + timedelta(days=10)
        return CellStanding(Status.APPROVED, extended, extended, 0, extended=True)
    days_late = chance.randint(1, 9) if luck < 0.13 else 0
    early = 0 if days_late else int(length * chance.random() ** 2.2)
    return CellStanding(Status.APPROVED, due, due + timedelta(days=days_late - early), days_late)


def _make_count(stage_key: str, lines: Iterable[DistrictLine]) -> StageCount:
    cells = [line.cells[stage_key] for line in lines]
    handed_in = [c for c in cells if c.handed_in_on]
    excused = sum(c.status is Status.EXCUSED for c in cells)
    return StageCount(
        stage_key,
        on_time=sum(not c.days_late for c in handed_in),
        late=sum(bool(c.days_late) for c in handed_in),
        never=len(cells) - len(handed_in) - excused,
        excused=excused,
        returned=sum(c.status is Status.RETURNED for c in cells),
        reminders_sent=6 * len(cells),
        escalations_sent=sum(bool(c.days_late) for c in handed_in),
    )


def _make_progress(stage_key: str, lines: tuple[DistrictLine, ...]) -> tuple[tuple[date, float], ...]:
    days = Counter(line.cells[stage_key].handed_in_on for line in lines)
    done, curve = 0, []
    for on in sorted(day for day in days if day):
        done += days[on]
        curve.append((on, done / len(lines)))
    return tuple(curve)


def _make_mails(cycle: Cycle, districts: int) -> dict[date, int]:
    mails: Counter[date] = Counter()
    for stage in cycle.stages:
        mails[cycle.workdays.on_or_after(stage.dates.opens.on)] += 2 * districts
        for before, share in ((21, 0.9), (7, 0.6), (3, 0.4), (0, 0.2), (-3, 0.1)):
            day = cycle.workdays.on_or_before(stage.dates.due.on - timedelta(days=before))
            mails[day] += round(2 * districts * share)
    return dict(mails)
