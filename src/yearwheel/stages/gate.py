"""What every gate works with: the base of the evidence models, money, and the facts evidence is judged by."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from yearwheel.stages.codes import KENTUCKY, Codes
from yearwheel.stages.findings import Finding, error, warning

# Dollars with at most two places, kept as Decimal; JSON carries them as text ("1250.00") or as a number.
Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]

# Any text, or none yet. NUL is refused because PostgreSQL cannot store it.
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=r"^[^\x00]*$")]

# A text that a row is known by, so it has to be there.
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")
]

# A slip such as 0207-01-31 is caught here, and arithmetic with days stays inside the calendar.
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]

PlanYear = Annotated[
    int, Field(ge=2000, le=2100)
]  # the calendar year in which a July-to-June plan year begins


class Part(BaseModel):
    """A part of some evidence. Unknown fields are errors; what is still empty is for the gate to say."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Evidence(Part):
    """What a district hands in for one stage."""


class Carried:
    """What a finished stage passes on to a later one; each kind has its own."""

    __slots__ = ()


C = TypeVar("C", bound=Carried)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What a gate may know besides the evidence itself.

    `today` is the day in the district's own zone: what has happened has happened by then.
    `schools` holds the names of the district's schools or, where the roster has no names, their number.
    `accounted_threshold` is the share of devices, 0 to 1, that an inventory must account for.
    """

    due_on: date
    today: date
    schools: tuple[str, ...] | int = ()
    carried: tuple[Carried, ...] = ()
    accounted_threshold: Decimal = Decimal("0.95")
    improvement_plan_on: date | None = None  # the newest district improvement plan the state knows of
    handed_in_by: str = ""  # who handed in the plan under review
    codes: Codes = KENTUCKY

    def received(self, what: type[C]) -> C | None:
        """What an earlier stage passed on, or None if it passed on nothing of that sort."""
        return next((value for value in self.carried if isinstance(value, what)), None)

    def still_ahead(self, where: str, what: str, day: date | None) -> Iterator[Finding]:
        """An error where a day that has to have been is yet to come: plans are no proof."""
        if day is not None and day > self.today:
            yield error(where, f"{what} is dated {day}, which is yet to come; hand it in once it has been")

    def schools_besides(self, named: Iterable[str]) -> list[str]:
        """The district's schools that are not among the named ones, or how many where names are unknown."""
        seen = {same(name) for name in named}
        if isinstance(self.schools, int):
            lacking = self.schools - len(seen)
            return [f"{lacking} more school{'' if lacking == 1 else 's'}"] if lacking > 0 else []
        return [school for school in self.schools if same(school) not in seen]

    def strangers(self, named: Mapping[str, str]) -> Iterator[Finding]:
        """A warning for each school, given by its place in the evidence, that the roster does not have."""
        if isinstance(self.schools, int) or not self.schools:
            return
        known = {same(school) for school in self.schools}
        for where, school in named.items():
            if same(school) not in known:
                yield warning(where, f"The roster has no school named {school!r} in this district")


def same(text: str) -> str:
    """A form in which two spellings of one name or number are equal: case and spaces do not count."""
    return "".join(text.split()).casefold()


def dollars(amount: Decimal) -> str:
    """An amount as people write it: $1,250.00."""
    return f"${amount:,.2f}"


def in_words(names: Iterable[str]) -> str:
    """A list as people say it: "a, b and c"."""
    *most, last = list(names)
    return f"{', '.join(most)} and {last}" if most else last
