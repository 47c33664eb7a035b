"""How the people of a rehearsed year behave: seeded, so that the same seed is the same year. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2b
from itertools import accumulate

from yearwheel.calendar.cycle import Cycle, RungKind, Stage
from yearwheel.roster.people import Role, Roster


class Manner(StrEnum):
    """How a district meets its deadlines."""

    PUNCTUAL = "punctual"  # hands in well before the deadline
    NUDGED = "needs two reminders"  # hands in after the second one
    LATE = "late"  # hands in after the deadline
    EXTENDED = "asks for an extension"
    SILENT = "silent"  # never answers


SHARES: Mapping[Manner, int] = {
    Manner.PUNCTUAL: 52,
    Manner.NUDGED: 29,
    Manner.LATE: 10,
    Manner.EXTENDED: 8,
    Manner.SILENT: 1,
}
ON_A_BAD_DAY: Mapping[Manner, int] = {  # silence is a trait, not a slip
    Manner.PUNCTUAL: 40,
    Manner.NUDGED: 30,
    Manner.LATE: 20,
    Manner.EXTENDED: 10,
}
SLIPS = 15  # in a hundred: how often a district behaves unlike itself in one stage
DEAD_ADDRESSES = 3  # in a thousand
RETURNS = 18  # plans in a hundred go back once
SLOW_READS = 6  # reviews in a hundred outlast their deadline


@dataclass(frozen=True, slots=True)
class Intent:
    """What a district means to do in a stage: ask for more time, and hand in, from these days on."""

    hands_in_on: date | None
    asks_on: date | None = None
    asks_until: date | None = None


class People:
    """Everyone in a rehearsal. All answers depend on the seed and on names, never on the order of asking."""

    def __init__(self, cycle: Cycle, seed: int) -> None:
        self._cycle = cycle
        self._seed = seed

    def usual_manner(self, code: str) -> Manner:
        """How a district behaves most of the time."""
        return _choose(SHARES, self._roll("manner", code))

    def manner(self, code: str, stage_key: str) -> Manner:
        """How a district behaves in a stage: mostly as ever, now and then not."""
        usual = self.usual_manner(code)
        if usual is Manner.SILENT or self._roll("slip", code, stage_key) >= SLIPS:
            return usual
        return _choose(ON_A_BAD_DAY, self._roll("bad day", code, stage_key))

    def intent(self, code: str, stage: Stage) -> Intent:
        """When a district means to hand in, seen from the stage's own dates."""
        dates = stage.dates
        due, roll = dates.due.on, self._roll("when", code, stage.key)
        match self.manner(code, stage.key):
            case Manner.PUNCTUAL:
                span = max((due - dates.opens.on).days - 3, 1)
                return Intent(dates.opens.on + timedelta(days=span * (25 + roll * 3 // 4) // 100))
            case Manner.NUDGED:
                return Intent(self._second_reminder(stage) + timedelta(days=1 + roll % 3))
            case Manner.LATE:
                span = max((dates.grace_end.on - due).days, 1)
                return Intent(due + timedelta(days=1 + roll % span))
            case Manner.EXTENDED:
                until = min(self._cycle.workdays.on_or_before(due + timedelta(days=14)), dates.close.on)
                asks_on = due - timedelta(days=2 + roll % 6)
                if until <= due:
                    return Intent(asks_on)
                return Intent(until - timedelta(days=roll % 5), asks_on, until)
            case Manner.SILENT:
                return Intent(None)

    def decides_on(self, code: str, rounds: int, taken_up_on: date, due_on: date) -> date:
        """When a reviewer has read a plan: mostly inside their time, now and then after it."""
        roll = self._roll("reads", code, str(rounds))
        span = max((due_on - taken_up_on).days, 1)
        if self._roll("slow", code, str(rounds)) < SLOW_READS:
            return due_on + timedelta(days=2 + roll % 7)
        return taken_up_on + timedelta(days=1 + span * roll // 110)

    def returns(self, code: str, rounds: int) -> bool:
        """Whether the reviewer sends the plan back; never twice."""
        return rounds == 0 and self._roll("returns", code) < RETURNS

    def revises_on(self, code: str, returned_on: date, due_on: date) -> date:
        """When a returned plan comes back."""
        span = max((due_on - returned_on).days, 1)
        return returned_on + timedelta(days=1 + span * self._roll("revises", code) // 105)

    def dead_addresses(self, roster: Roster) -> frozenset[str]:
        """Addresses that refuse mail. Coordinators and the state office always read theirs."""
        reading = {Role.TECHNOLOGY_COORDINATOR, Role.STATE_ADMIN, Role.REVIEWER}
        return frozenset(
            contact.email
            for contact in roster.contacts.values()
            if not contact.roles & reading and self._roll("dead", contact.key, out_of=1000) < DEAD_ADDRESSES
        )

    def _second_reminder(self, stage: Stage) -> date:
        dates = stage.dates
        days = sorted(
            self._cycle.rung_day(rung, dates.due.on, dates.opens.on)[0]
            for rung in stage.ladder
            if rung.kind in (RungKind.REMINDER, RungKind.DUE_TODAY)
        )
        days = [day for day in days if day >= dates.opens.on] or [dates.due.on]
        return days[1] if len(days) > 1 else days[0]

    def _roll(self, *about: str, out_of: int = 100) -> int:
        text = "\n".join((str(self._seed), self._cycle.key, *about))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) % out_of


def _choose(shares: Mapping[Manner, int], roll: int) -> Manner:
    for manner, limit in zip(shares, accumulate(shares.values()), strict=True):
        if roll < limit:
            return manner
    raise ValueError(f"shares add up to {sum(shares.values())}, not 100")
