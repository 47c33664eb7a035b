"""What a made-up district hands in: plausible, the same every time, complete or lacking something."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import blake2b
from random import Random
from typing import Any

from yearwheel.calendar.cycle import StageKind
from yearwheel.roster.people import District
from yearwheel.stages.drafting import Gear
from yearwheel.stages.gate import same
from yearwheel.stages.input import Group
from yearwheel.stages.review import SECTION_LABELS

Form = dict[str, Any]
Flaw = Callable[[Form], None]

ENROLLMENT_UNKNOWN = 1_500
MOST_LISTED = 40  # asset rows in an inventory, however large the district

# item, KETS code, funding source, dollars for each pupil
EXPENSES = (
    ("Student laptops", "31002100", "kets_offer", 22),
    ("Student laptops", "31002100", "kets_match", 22),
    ("Teacher laptops", "31002105", "general_fund", 14),
    ("Classroom displays", "31002104", "school_council", 9),
    ("Backup storage", "31002107", "general_fund", 3),
    ("Student information system", "31002111", "general_fund", 6),
    ("Reading software", "31002102", "title_i", 11),
    ("Internet access", "31002102", "erate_c1", 8),
)

TITLES = {
    Gear.LEADERSHIP: "Hold a monthly technology council",
    Gear.INFRASTRUCTURE: "Replace student laptops in their fifth year",
    Gear.DATA: "Require a second factor for all staff",
    Gear.BUDGET: "Plan replacement over four years",
    Gear.PARTNERSHIPS: "Lend hotspots with the public library",
    Gear.LEARNING: "Give every grade a digital portfolio",
    Gear.PROFESSIONAL_LEARNING: "Coach teachers in their own classrooms",
    Gear.SPACE_AND_TIME: "Turn two libraries into studios",
}

THEMES = (
    "Wi-Fi in gyms and on buses",
    "Devices that last the school day",
    "Help at home in the evening",
    "Fewer log-ins",
    "More time to learn new tools",
)

GOALS = ("Reading and mathematics", "Achievement gap", "Climate and safety", "Postsecondary readiness")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one piece of evidence is written: by whom, about which schools, for when, with whose luck."""

    district: District
    schools: tuple[str, ...]
    due_on: date
    on: date
    luck: Random
    plan_luck: Random  # the same for every stage, so that budget, plan and review speak of one plan

    @property
    def pupils(self) -> int:
        return self.district.enrollment or ENROLLMENT_UNKNOWN

    def before(self, least: int, most: int) -> str:
        """A day that many days before the due day, or the day it is handed in, both ends included."""
        return (min(self.due_on, self.on) - timedelta(days=self.luck.randint(least, most))).isoformat()


def make_evidence(
    kind: StageKind,
    stage_key: str,
    district: District,
    schools: int | tuple[str, ...],
    *,
    seed: int,
    due_on: date,
    on: date,
    complete: bool = True,
) -> Form:
    """Evidence for a stage, ready for JSON; luck is decided by seed, district code and stage key alone.

    Complete evidence passes its gate when it is handed in `on` that day, also against what the same
    district's earlier stages carry forward. Incomplete evidence is the same but for one flaw that the gate
    calls an error.
    """
    names = school_names(schools) if isinstance(schools, int) else schools
    # Real rosters hold two schools of one name; a body without schools counts as one place.
    names = tuple({same(name): name for name in names or (district.name,)}.values())
    desk = Desk(
        district, names, due_on, on, _luck(seed, district.code, stage_key), _luck(seed, district.code, "plan")
    )
    write, flaws = KINDS[kind]
    form = write(desk)
    if not complete:
        desk.luck.choice(flaws)(form)
    return form


def school_names(count: int) -> tuple[str, ...]:
    """Names for schools of which only the number is known."""
    return tuple(f"School {n}" for n in range(1, count + 1))


def _luck(seed: int, *parts: str) -> Random:
    digest = blake2b("\n".join([str(seed), *parts]).encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest))  # noqa: S311 - a rehearsal must be repeatable, not secret


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _expenses(desk: Desk) -> list[int]:
    """Cents for each of the expenses; the match equals the offer."""
    cents = [desk.pupils * rate * desk.plan_luck.randint(80, 120) for *_, rate in EXPENSES]
    cents[1] = cents[0]
    return cents


def _budget(desk: Desk) -> Form:
    cents = _expenses(desk)
    sources: dict[str, int] = {}
    for (_, _, source, _), amount in zip(EXPENSES, cents, strict=True):
        sources[source] = sources.get(source, 0) + amount
    total = sum(cents)
    last_year = total * desk.luck.randint(85, 105) // 100
    return {
        "lines": [
            {
                "item": item,
                "kets_code": code,
                "source": source,
                "plan_year": desk.due_on.year,
                "amount": _text(amount),
            }
            for (item, code, source, _), amount in zip(EXPENSES, cents, strict=True)
        ],
        "total": _text(total),
        "totals_by_source": {source: _text(amount) for source, amount in sources.items()},
        "direct_cost": _text(total * 3),
        "indirect_cost": _text(total * desk.luck.randint(60, 140) // 100),
        "last_year_budgeted": _text(last_year),
        "last_year_spent": _text(last_year * desk.luck.randint(90, 100) // 100),
        "offer": _text(cents[0]),
        "match": _text(cents[1]),
        "escrow": "0.00",
        "board_meeting_on": desk.before(1, 18),
        "board_minutes": f"Board minutes, item {desk.luck.randint(4, 12)}",
    }


def _input(desk: Desk) -> Form:
    groups = [group.value for group in Group]
    return {
        "hearings": [
            {
                "group": group,
                "how": desk.luck.choice(("Survey", "Evening forum", "Interviews")),
                "held_on": desk.before(5, 35),
                "people": desk.luck.randint(3, 10 + desk.pupils // 20),
            }
            for group in groups
        ],
        "themes": [
            {
                "name": name,
                "raised_by": desk.luck.sample(groups, 2),
                "response": desk.luck.choice(("In the draft plan", "Waits for a grant", "Begun this spring")),
            }
            for name in _themes(desk)
        ],
        "student_voice": "A student panel met twice and ranked what it misses most.",
        "last_plan": {
            "achieved": f"{desk.luck.randint(4, 7)} of 8 strategies",
            "not_achieved": "Those that waited for funds",
            "judged_by": "December inventory and readiness survey",
        },
    }


def _themes(desk: Desk) -> list[str]:
    return desk.plan_luck.sample(THEMES, 3)


def _unfunded(desk: Desk, cents: list[int]) -> list[int]:
    """What each strategy lacks: nothing for most."""
    return [amount // 4 if desk.plan_luck.random() < 0.3 else 0 for amount in cents]


def _drafting(desk: Desk) -> Form:
    year = desk.due_on.year
    cents = _expenses(desk)
    unfunded = _unfunded(desk, cents)
    ranks = desk.luck.sample(range(1, len(TITLES) + 1), len(TITLES))
    return {
        "starts_on": f"{year}-07-01",
        "ends_on": f"{year + desk.luck.randint(1, 3)}-06-30",
        "strategies": [
            {
                "key": f"S{n + 1}",
                "title": title,
                "gear": gear.value,
                "owner": desk.luck.choice(("Technology coordinator", "Instructional lead", "Principals")),
                "measure": {
                    "what": "Schools where it is done, in percent",
                    "baseline": desk.luck.randint(0, 40),
                    "target": desk.luck.randint(60, 100),
                    "by": f"{year + 1}-05-31",
                },
                "cost": _text(cents[n] + unfunded[n]),
                "funding": [{"source": EXPENSES[n][2], "plan_year": year, "amount": _text(cents[n])}],
                "unfunded": _text(unfunded[n]),
                "priority": ranks[n],
                "answers": desk.luck.sample(THEMES, 2),
            }
            for n, (gear, title) in enumerate(TITLES.items())
        ],
        "gears_left_out": {},
    }


def _alignment(desk: Desk) -> Form:
    without_goal = desk.luck.randrange(len(TITLES) * 2)  # half of the districts justify one strategy
    return {
        "plan_version_on": desk.before(120, 160),
        "links": [
            {"strategy": f"S{n + 1}", "goal": "", "justification": "Upkeep that serves every goal"}
            if n == without_goal
            else {"strategy": f"S{n + 1}", "goal": desk.luck.choice(GOALS), "justification": ""}
            for n in range(len(TITLES))
        ],
        "schools": [
            {
                "school": school,
                "plan_version_on": desk.before(120, 150),
                "acknowledged_by": "Principal",
                "acknowledged_on": desk.before(2, 20),
            }
            for school in desk.schools
        ],
        "gaps": desk.luck.sample(GOALS, desk.luck.randint(0, 1)),
    }


def _review(desk: Desk) -> Form:
    partly = desk.luck.sample(list(SECTION_LABELS), desk.luck.randint(0, 3))
    return {
        "version": 1,
        "sections": [
            {
                "section": section,
                "mark": "partly" if section in partly else "meets",
                "required_change": "",
                "advice": "Name the data you will look at" if section in partly else "",
            }
            for section in SECTION_LABELS
        ],
        "unmet_need": _text(sum(_unfunded(desk, _expenses(desk)))),
        "decision": "approved",
        "read_by": f"Reviewer {desk.luck.randint(1, 6)}",
        "decided_by": "Office lead",
        "decided_on": desk.before(1, 15),
    }


def _inventory(desk: Desk) -> Form:
    each = max(desk.pupils // len(desk.schools), 25)
    # Only schools that can lose two devices and still account for 98 %.
    could_lose = desk.schools[:12] if each >= 120 else ()
    short = {school: desk.luck.randint(1, 2) for school in could_lose if desk.luck.random() < 0.4}
    counts = []
    for school in desk.schools:
        expected = each * desk.luck.randint(95, 125) // 100
        to_replace = expected // desk.luck.randint(4, 7)
        counts.append(
            {
                "school": school,
                "expected": expected,
                "accounted": expected - short.get(school, 0),
                "to_replace": to_replace,
                "replacement_cost": _text(to_replace * 32_500),
                "signed_by": "Principal",
                "signed_on": desk.before(2, 14),
            }
        )
    places = [(school, "missing") for school, number in short.items() for _ in range(number)]
    listed = min(MOST_LISTED - len(places), 4 + desk.pupils // 400)
    places += [(desk.luck.choice(desk.schools), "present") for _ in range(listed)]
    return {
        "counted_as_of": (min(desk.due_on, desk.on) - timedelta(days=30)).isoformat(),
        "schools": counts,
        "assets": [_asset(desk, n, school, state) for n, (school, state) in enumerate(places)],
        "superintendent": f"Superintendent of {desk.district.name}",
        "finance_officer": f"Finance officer of {desk.district.name}",
    }


def _asset(desk: Desk, n: int, school: str, state: str) -> Form:
    bought_on = date(desk.due_on.year - 1 - n % 4, 8, 2).isoformat()
    asset: Form = {
        "tag": f"{desk.district.code}-{n:05d}",
        "serial": f"{desk.luck.getrandbits(24):06X}{n:03d}",
        "category": "laptop",
        "school": school,
        "state": state,
        "acquired_on": bought_on,
        "cost": "325.00",
    }
    if state == "missing":
        asset["reason"] = desk.luck.choice(("Stolen; police report filed", "Not returned by a former pupil"))
    elif n % 3 == 0:
        asset["category"] = "access point"
        asset["erate"] = {
            "funding_request": f"24990{n:05d}",
            "funding_year": desk.due_on.year - 1 - n % 4,
            "installed_on": bought_on,
        }
    else:
        asset["federal"] = {
            "award": f"S010A{n:06d}",
            "title_holder": desk.district.name,
            "percent": "100",
            "condition": desk.luck.choice(("good", "fair")),
        }
    return asset


def _milestone(desk: Desk) -> Form:
    return {
        "done_on": desk.before(0, 12),
        "reference": f"Receipt {desk.luck.randint(100_000, 999_999)}",
        "does_not_apply": "",
    }


def _set(field: str, value: object, form: Form) -> None:
    form[field] = value


def _drop_last(field: str, form: Form) -> None:
    form[field] = form[field][:-1]


def _change_first(field: str, changes: Form, form: Form) -> None:
    form[field][0] |= changes


# Each kind's writer, and the flaws of which incomplete evidence has one.
KINDS: dict[StageKind, tuple[Callable[[Desk], Form], tuple[Flaw, ...]]] = {
    StageKind.BUDGET: (
        _budget,
        (
            partial(_set, "total", "1.00"),
            partial(_change_first, "lines", {"source": "bake sale"}),
            partial(_set, "board_meeting_on", None),
            partial(_set, "board_minutes", ""),
        ),
    ),
    StageKind.INPUT: (
        _input,
        (
            partial(_drop_last, "hearings"),
            partial(_set, "student_voice", ""),
            partial(_change_first, "themes", {"response": ""}),
        ),
    ),
    StageKind.DRAFTING: (
        _drafting,
        (
            partial(_drop_last, "strategies"),
            partial(_change_first, "strategies", {"owner": ""}),
            partial(_change_first, "strategies", {"cost": "1.00"}),
            partial(_change_first, "strategies", {"measure": {}}),
        ),
    ),
    StageKind.ALIGNMENT: (
        _alignment,
        (
            partial(_set, "plan_version_on", "2001-01-05"),
            partial(_change_first, "links", {"goal": "", "justification": ""}),
            partial(_set, "gaps", None),
        ),
    ),
    StageKind.REVIEW: (
        _review,
        (
            partial(_drop_last, "sections"),
            partial(_set, "decided_by", ""),
            partial(_change_first, "sections", {"required_change": "Give the measure a baseline"}),
        ),
    ),
    StageKind.INVENTORY: (
        _inventory,
        (
            partial(_set, "finance_officer", ""),
            partial(_set, "counted_as_of", None),
            partial(_change_first, "schools", {"signed_by": ""}),
        ),
    ),
    StageKind.MILESTONE: (_milestone, (partial(_set, "done_on", None), partial(_set, "reference", ""))),
}
