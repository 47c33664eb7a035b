"""Inventory validation: every device looked for, school by school, and what is missing or at its end."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from yearwheel.stages.findings import Finding, confirm, error, warning
from yearwheel.stages.gate import Carried, Day, Evidence, GateFacts, Money, Name, Part, Text, in_words, same

Count = Annotated[int, Field(ge=0)]


class AssetState(StrEnum):
    """What the count found."""

    PRESENT = "present"
    MISSING = "missing"
    DISPOSED = "disposed"


class FederalRecord(Part):
    """What 2 CFR 200.313(d)(1) asks of equipment bought with federal money, besides serial, date and cost."""

    award: Text = ""  # federal award identification number
    title_holder: Text = ""
    percent: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    condition: Text = ""


class ErateRecord(Part):
    """What E-rate asks to keep for ten years about equipment inside buildings."""

    funding_request: Text = ""
    funding_year: Annotated[int, Field(ge=1998, le=2100)] | None = None
    installed_on: Day | None = None


class Asset(Part):
    """One device. Listed are at least those missing, disposed of, or bought with federal or E-rate money."""

    tag: Text = ""
    serial: Text = ""
    category: Name
    school: Name
    state: AssetState = AssetState.PRESENT
    reason: Text = ""  # why it is missing
    disposal_approval: Text = ""  # board action or surplus order
    acquired_on: Day | None = None
    cost: Money | None = None
    federal: FederalRecord | None = None
    erate: ErateRecord | None = None


class SchoolCount(Part):
    """One school's count, signed by its principal. Disposed devices count as accounted for."""

    school: Name
    expected: Count
    accounted: Count
    to_replace: Count = 0  # reach their end of life before the next count
    replacement_cost: Money = Decimal(0)
    signed_by: Text = ""
    signed_on: Day | None = None


class Inventory(Evidence):
    """The year's count, certified by two people."""

    counted_as_of: Day | None = None
    schools: tuple[SchoolCount, ...] = ()
    assets: tuple[Asset, ...] = ()
    superintendent: Text = ""
    finance_officer: Text = ""


@dataclass(frozen=True, slots=True)
class ReplacementNeed(Carried):
    """How many devices reach their end of life, and what new ones would cost."""

    devices: int
    cost: Decimal


def missing(inventory: Inventory, facts: GateFacts) -> list[Finding]:
    """What keeps the inventory from being handed in."""
    return [
        *_count_day(inventory, facts),
        *_schools(inventory, facts),
        *_shortfalls(inventory),
        *_accounted(inventory, facts),
        *_duplicates(inventory),
        *_assets(inventory),
        *_certified(inventory),
    ]


def carry_forward(inventory: Inventory) -> ReplacementNeed:
    """The replacement need for next January's budget."""
    return ReplacementNeed(
        sum(school.to_replace for school in inventory.schools),
        sum((school.replacement_cost for school in inventory.schools), Decimal(0)),
    )


def _count_day(inventory: Inventory, facts: GateFacts) -> Iterator[Finding]:
    if inventory.counted_as_of is None:
        yield error("counted_as_of", "Give the day the count stands for")
    elif inventory.counted_as_of > facts.today:
        yield from facts.still_ahead("counted_as_of", "The count", inventory.counted_as_of)
    elif inventory.counted_as_of > facts.due_on:
        yield error("counted_as_of", f"The count stands for {inventory.counted_as_of}, after {facts.due_on}")


def _schools(inventory: Inventory, facts: GateFacts) -> Iterator[Finding]:
    if not inventory.schools:
        yield error("schools", "No school has counted yet")
    for school in facts.schools_besides(row.school for row in inventory.schools):
        yield error("schools", f"No count from {school}")
    yield from facts.strangers({f"schools.{n}.school": row.school for n, row in enumerate(inventory.schools)})
    for name, times in Counter(same(row.school) for row in inventory.schools).items():
        if times > 1:
            first = next(row.school for row in inventory.schools if same(row.school) == name)
            yield error("schools", f"{first} is listed {times} times; join the counts")
    for n, row in enumerate(inventory.schools):
        if not row.signed_by or row.signed_on is None:
            yield error(f"schools.{n}.signed_by", f"{row.school} has not signed; say who signed and when")
        yield from facts.still_ahead(f"schools.{n}.signed_on", f"{row.school}: the signature", row.signed_on)
        if row.to_replace and not row.replacement_cost:
            yield error(
                f"schools.{n}.replacement_cost",
                f"{row.school} is to replace {row.to_replace} devices at no cost",
            )
        if row.accounted > row.expected:
            yield confirm(
                f"schools.{n}.accounted",
                f"{row.school} found {row.accounted} devices but expected {row.expected}; confirm both",
            )


def _shortfalls(inventory: Inventory) -> Iterator[Finding]:
    listed = Counter(same(asset.school) for asset in inventory.assets if asset.state is AssetState.MISSING)
    for n, row in enumerate(inventory.schools):
        short = max(row.expected - row.accounted, 0)
        if listed[same(row.school)] != short:
            yield error(
                f"schools.{n}.accounted",
                f"{row.school} is short of {short} devices but lists {listed[same(row.school)]} as missing; "
                "list each one with its reason",
            )


def _accounted(inventory: Inventory, facts: GateFacts) -> Iterator[Finding]:
    expected = sum(row.expected for row in inventory.schools)
    # A surplus at one school must not hide a loss at another.
    accounted = sum(min(row.accounted, row.expected) for row in inventory.schools)
    if inventory.schools and not expected:
        yield confirm("schools", "No school expected a single device; confirm that there are none")
    elif expected and Decimal(accounted) / expected < facts.accounted_threshold:
        yield error(
            "schools",
            f"{accounted} of {expected} devices are accounted for ({accounted / expected:.1%}); "
            f"{facts.accounted_threshold:.0%} are needed",
        )


def _duplicates(inventory: Inventory) -> Iterator[Finding]:
    for field in ("tag", "serial"):
        rows = defaultdict[str, list[int]](list)
        for n, asset in enumerate(inventory.assets):
            if number := getattr(asset, field):
                rows[same(number)].append(n)
        for places in rows.values():
            if len(places) > 1:
                number = getattr(inventory.assets[places[0]], field)
                schools = in_words(dict.fromkeys(inventory.assets[n].school for n in places))
                yield error(
                    f"assets.{places[1]}.{field}",
                    f"The {field} {number} is on {len(places)} devices, at {schools}",
                )


def _assets(inventory: Inventory) -> Iterator[Finding]:
    counted = {same(row.school) for row in inventory.schools}
    for n, asset in enumerate(inventory.assets):
        where = f"assets.{n}"
        name = _name(asset)
        if same(asset.school) not in counted:
            yield error(f"{where}.school", f"{name} is put at {asset.school}, which has no count")
        if not asset.tag:
            yield error(f"{where}.tag", f"{name} has no asset tag")
        if not asset.serial and not (asset.federal or asset.erate):
            yield warning(f"{where}.serial", f"{name} has no serial number")
        if asset.state is AssetState.MISSING and not asset.reason:
            yield error(f"{where}.reason", f"{name} is missing; give the reason, such as theft or loss")
        if asset.state is AssetState.DISPOSED and not asset.disposal_approval:
            yield error(f"{where}.disposal_approval", f"{name} was disposed of; name the approval")
        for field, words in _unrecorded(asset).items():
            yield error(f"{where}.{field}", f"{name} lacks {words}, which its funding asks for")


def _name(asset: Asset) -> str:
    number = asset.tag or asset.serial
    return f"{asset.category} {number}" if number else f"A {asset.category} at {asset.school}"


def _unrecorded(asset: Asset) -> dict[str, str]:
    """The fields that federal or E-rate money asks for and that are still empty."""
    asked: dict[str, tuple[str, object]] = {}
    if asset.federal or asset.erate:
        asked["serial"] = ("a serial number", asset.serial)
    if asset.federal:
        asked |= {
            "acquired_on": ("the day it was acquired", asset.acquired_on),
            "cost": ("its cost", asset.cost),
            "federal.award": ("the federal award number", asset.federal.award),
            "federal.title_holder": ("the holder of its title", asset.federal.title_holder),
            "federal.percent": ("the federal share in percent", asset.federal.percent),
            "federal.condition": ("its condition", asset.federal.condition),
        }
    if asset.erate:
        asked |= {
            "erate.funding_request": ("the E-rate funding request number", asset.erate.funding_request),
            "erate.funding_year": ("the E-rate funding year", asset.erate.funding_year),
            "erate.installed_on": ("the day it was installed", asset.erate.installed_on),
        }
    return {field: words for field, (words, value) in asked.items() if value is None or value == ""}


def _certified(inventory: Inventory) -> Iterator[Finding]:
    for field, words in {"superintendent": "superintendent", "finance_officer": "finance officer"}.items():
        if not getattr(inventory, field):
            yield error(field, f"The {words} has not certified the count")
    if inventory.superintendent and same(inventory.superintendent) == same(inventory.finance_officer):
        yield confirm(
            "finance_officer",
            f"{inventory.superintendent} certifies twice; confirm that one person holds both posts",
        )


TAKES = (
    "each school's count of its devices, and the day it stands for",
    "the superintendent's and the finance officer's certification",
)

EXAMPLE: dict[str, Any] = {
    "counted_as_of": "2027-11-15",
    "schools": [
        {
            "school": "Riverside Elementary",
            "expected": 412,
            "accounted": 411,
            "to_replace": 60,
            "replacement_cost": "19500.00",
            "signed_by": "Principal",
            "signed_on": "2027-12-03",
        }
    ],
    "assets": [
        {
            "tag": "R-0217",
            "serial": "5CD0217XY",
            "category": "laptop",
            "school": "Riverside Elementary",
            "state": "missing",
            "reason": "Stolen; police report 27-1108",
        },
        {
            "tag": "R-0300",
            "serial": "CN88AP300",
            "category": "access point",
            "school": "Riverside Elementary",
            "state": "present",
            "erate": {"funding_request": "2499012345", "funding_year": 2024, "installed_on": "2024-08-02"},
        },
    ],
    "superintendent": "Name of the superintendent",
    "finance_officer": "Name of the finance officer",
}
