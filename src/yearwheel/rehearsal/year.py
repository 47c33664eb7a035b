"""A year on a virtual clock: each working day a round in the morning, and what people do in the afternoon."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from yearwheel.calendar.cycle import Cycle, Stage, StageKind
from yearwheel.clock import VirtualClock
from yearwheel.rehearsal.behaviour import People
from yearwheel.rehearsal.evidence import make_evidence
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import read_active
from yearwheel.services.app import App
from yearwheel.services.decide import Decision, decide
from yearwheel.services.extend import Extension, extend
from yearwheel.services.rounds import is_quiet
from yearwheel.services.submit import HandIn, submit
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status
from yearwheel.store import rosters, rounds, standings

MORNING = time(10)  # in the cycle's zone: every reader's send window is open
AFTERNOON = time(14)
AFTERMATH = timedelta(days=21)  # after the last deadline closed
CHANGES = "Give strategy 2 a measure with a baseline, and say who owns strategy 4."

Round = Callable[[str, datetime], Awaitable[None]]
Progress = Callable[[date, int, int], None]


@dataclass(frozen=True, slots=True)
class Year:
    """The days a rehearsal walks through."""

    first: date
    last: date

    @classmethod
    def of(cls, cycle: Cycle) -> "Year":
        """From the working day before the first window opens until the last deadline is long closed."""
        first = min(stage.dates.opens.on for stage in cycle.stages)
        last = max(stage.dates.close.on for stage in cycle.stages)
        return cls(cycle.workdays.shift(first, -1), last + AFTERMATH)

    def workdays(self, cycle: Cycle) -> list[date]:
        days = (self.last - self.first).days + 1
        every = (self.first + timedelta(days=n) for n in range(days))
        return [day for day in every if cycle.workdays.is_workday(day)]


async def run_year(
    app: App, cycle_key: str, *, seed: int, run_round: Round, on_day: Progress, clock: VirtualClock
) -> None:
    """Walk a published cycle from its first day to its last, or from where an earlier walk was cut off.

    A round or an afternoon that was cut off is run again: both find what is already done and leave it.
    """
    with app.database.reading() as connection:
        cycle = read_active(connection, cycle_key).cycle
        newest = rounds.newest(connection, cycle_key)
        roster = rosters.load(connection, cycle.state, cycle_key)
    afternoon = Afternoon(app, cycle, roster, seed)
    days = Year.of(cycle).workdays(cycle)
    for number, day in enumerate(days):
        if newest is None or day >= newest.astimezone(cycle.zone).date():
            clock.set(morning(cycle, day))
            if not is_quiet(app, cycle_key):
                await run_round(cycle_key, clock.now())
            clock.set(_moment(cycle, day, AFTERNOON))
            afternoon.happens(day)
        on_day(day, number + 1, len(days))


class Afternoon:
    """What people do on one day: hand in, ask for time, read, decide."""

    def __init__(self, app: App, cycle: Cycle, roster: Roster, seed: int) -> None:
        self._app = app
        self._cycle = cycle
        self._roster = roster
        self._seed = seed
        self._people = People(cycle, seed)
        self._intents = {
            (stage.key, code): self._people.intent(code, stage)
            for stage in cycle.stages
            for code in roster.districts
        }

    def happens(self, day: date) -> None:
        """Everything people do that day; doing it again changes nothing."""
        here = self._standings(day)
        extensions = list(self._extensions(here, day))
        if extensions:
            extend(self._app, self._cycle.key, extensions, by="state admin", why="asked for by the district")
        hand_ins = list(self._hand_ins(here, day))
        if hand_ins:
            submit(self._app, self._cycle.key, hand_ins)
        decisions = list(self._decisions(here, day))
        if decisions:
            decide(self._app, self._cycle.key, decisions)

    def _standings(self, day: date) -> list[tuple[Stage, Standing]]:
        active = {s.key: s for s in self._cycle.stages if s.dates.opens.on <= day}
        with self._app.database.reading() as connection:
            found = standings.find_in_hand(connection, self._cycle.key, active)
        return [(active[standing.stage_key], standing) for standing in found]

    def _extensions(self, here: list[tuple[Stage, Standing]], day: date) -> Iterator[Extension]:
        for stage, standing in here:
            intent = self._intents[stage.key, standing.district_code]
            asks = intent.asks_on is not None and intent.asks_on <= day <= stage.dates.due.on
            if asks and standing.due_on is None and standing.status is Status.OPEN:
                assert intent.asks_until is not None
                yield Extension(stage.key, standing.district_code, intent.asks_until)

    def _hand_ins(self, here: list[tuple[Stage, Standing]], day: date) -> Iterator[HandIn]:
        for stage, standing in here:
            if self._hands_in(stage, standing, day):
                district = self._roster.districts[standing.district_code]
                due_on = standing.due_on or stage.dates.due.on
                evidence = make_evidence(
                    self._cycle.work_of(stage),
                    stage.key,
                    district,
                    district.schools or 0,
                    seed=self._seed,
                    due_on=due_on,
                    on=day,
                )
                writer = Role.STATE_ADMIN if district.is_state_office else Role.TECHNOLOGY_COORDINATOR
                person = self._roster.holders(district.code, writer)[0]
                yield HandIn(stage.key, district.code, evidence, person.name, confirmed=True)

    def _hands_in(self, stage: Stage, standing: Standing, day: date) -> bool:
        if standing.status is Status.RETURNED:
            assert standing.due_since is not None
            assert standing.due_on is not None
            return self._people.revises_on(standing.district_code, standing.due_since, standing.due_on) <= day
        if stage.kind is StageKind.REVIEW or standing.status is not Status.OPEN:
            return False
        wanted = self._intents[stage.key, standing.district_code].hands_in_on
        closes = stage.dates_for(standing.due_on, self._cycle.workdays).close.on
        return wanted is not None and wanted <= day <= closes

    def _decisions(self, here: list[tuple[Stage, Standing]], day: date) -> Iterator[Decision]:
        for stage, standing in here:
            if standing.status is not Status.UNDER_REVIEW:
                continue
            assert standing.due_since is not None
            assert standing.due_on is not None
            code, rounds_so_far = standing.district_code, standing.rounds
            read_on = self._people.decides_on(code, rounds_so_far, standing.due_since, standing.due_on)
            if read_on <= day:
                reader = self._roster.holders(code, Role.REVIEWER)[0].name
                changes = CHANGES if self._people.returns(code, rounds_so_far) else ""
                yield Decision(stage.key, code, reader, changes)


def morning(cycle: Cycle, day: date) -> datetime:
    """The moment of a day's round."""
    return _moment(cycle, day, MORNING)


def _moment(cycle: Cycle, day: date, at: time) -> datetime:
    return datetime.combine(day, at, cycle.zone).astimezone(UTC)
