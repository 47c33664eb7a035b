"""Districts that hear the same on the same days: one stands for all of them. A nation's are a few hundred."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from yearwheel.calendar.cycle import Cycle
from yearwheel.notifications.planner import NOBODY
from yearwheel.roster.people import Role, Roster
from yearwheel.stages.standing import Standing

Place = tuple[str, str]  # stage key, district code
Groups = Mapping[Place, tuple[str, ...]]  # one place for all that are alike: the districts it stands for
Outline = Mapping[
    Place, Collection[tuple[object, ...]]
]  # each ledger row: its contact, and all else about it


def alike(
    cycles: tuple[Cycle, Cycle],
    roster: Roster,
    standings: Iterable[Standing],
    outline: Outline | None = None,
) -> dict[Place, tuple[str, ...]]:
    """Group these standings for a comparison of two calendars.

    Those of a group stand alike, have the same breaks, and their roles are held by as many people in the
    same zones. With the `outline` of a ledger those people also have the same rows.
    """
    roles = _roles(cycles)
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for s in standings:
        numbers, people = _people(roster, s.district_code, roles[s.stage_key])
        breaks = tuple(roster.breaks.get(s.district_code, ()))
        rows = _rows(outline.get(s.place, ()), numbers) if outline is not None else None
        facts = (s.stage_key, s.status, s.due_on, s.due_since, s.due_because, s.opens_on)
        groups[*facts, people, breaks, rows].append(s.district_code)
    return {(str(group[0]), codes[0]): tuple(codes) for group, codes in groups.items()}


def _roles(cycles: tuple[Cycle, Cycle]) -> Mapping[str, list[Role]]:
    """The roles that each stage speaks to under either calendar."""
    roles: dict[str, set[Role]] = defaultdict(set)
    for cycle in cycles:
        for stage in cycle.stages:
            review = (*stage.review.reviewer_ladder, *stage.review.revision_ladder) if stage.review else ()
            roles[stage.key].update(Role(name) for rung in (*stage.ladder, *review) for name in rung.to)
    return {key: sorted(named) for key, named in roles.items()}


def _people(
    roster: Roster, code: str, roles: Iterable[Role]
) -> tuple[dict[str, int], tuple[tuple[tuple[int, str], ...], ...]]:
    """Who holds the roles, as numbers: the same number is the same person."""
    numbers: dict[str, int] = {}
    return numbers, tuple(
        tuple(
            (numbers.setdefault(contact.key, len(numbers)), roster.districts[contact.district_code].zone.key)
            for contact in roster.holders(code, role)
        )
        for role in roles
    )


def _rows(found: Collection[tuple[object, ...]], numbers: dict[str, int]) -> frozenset[tuple[object, ...]]:
    """The rows with numbers for people; who holds no role any more gets one after the others."""
    if strangers := {str(row[0]) for row in found} - numbers.keys():
        for contact in sorted(strangers):
            if not contact.startswith(NOBODY):
                numbers[contact] = len(numbers)
    return frozenset((numbers.get(str(row[0]), row[0]), *row[1:]) for row in found)
