"""Stakeholder input: who was heard, what they said, and what the last plan achieved."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from yearwheel.stages.findings import Finding, error, warning
from yearwheel.stages.gate import Carried, Day, Evidence, GateFacts, Name, Part, Text, in_words


class Group(StrEnum):
    """The groups that must each be heard before a plan is drafted."""

    STUDENTS = "students"
    TEACHERS = "teachers"
    FAMILIES = "families"
    SCHOOL_LEADERS = "school_leaders"
    DISTRICT_LEADERSHIP = "district_leadership"
    TECHNICAL_STAFF = "technical_staff"


GROUP_LABELS: dict[Group, str] = {
    Group.STUDENTS: "students",
    Group.TEACHERS: "teachers",
    Group.FAMILIES: "families and the community",
    Group.SCHOOL_LEADERS: "school leaders",
    Group.DISTRICT_LEADERSHIP: "district leadership",
    Group.TECHNICAL_STAFF: "technical staff",
}


class Hearing(Part):
    """One occasion on which a group was asked: a meeting, a survey, an interview."""

    group: Group
    how: Name
    held_on: Day
    people: Annotated[int, Field(ge=0)]


class Theme(Part):
    """Something several people said, and what the district does about it."""

    name: Name
    raised_by: tuple[Group, ...] = ()
    response: Text = ""


class LastPlan(Part):
    """How the plan now ending is judged by those who carried it out."""

    achieved: Text = ""
    not_achieved: Text = ""
    judged_by: Text = ""  # the data that was looked at


class StakeholderInput(Evidence):
    """What was asked and heard."""

    hearings: tuple[Hearing, ...] = ()
    themes: tuple[Theme, ...] = ()
    student_voice: Text = ""
    last_plan: LastPlan = LastPlan()


@dataclass(frozen=True, slots=True)
class Needs(Carried):
    """The themes a plan should answer, each with the groups that raised it."""

    themes: dict[str, tuple[Group, ...]]


LAST_PLAN = {
    "achieved": "which of its strategies were achieved",
    "not_achieved": "which were not, or that all were",
    "judged_by": "which data this was judged by",
}


def missing(heard: StakeholderInput, facts: GateFacts) -> list[Finding]:
    """What keeps the input from being handed in."""
    return [*_groups(heard, facts), *_themes(heard), *_texts(heard)]


def carry_forward(heard: StakeholderInput) -> Needs:
    """The needs that drafting should answer."""
    return Needs({theme.name: theme.raised_by for theme in heard.themes})


def _groups(heard: StakeholderInput, facts: GateFacts) -> Iterator[Finding]:
    reached = {hearing.group for hearing in heard.hearings if hearing.people}
    for group in Group:
        if group not in reached:
            yield error(
                "hearings",
                f"No input from {GROUP_LABELS[group]}; record a meeting, survey or interview with them",
            )
    for row, hearing in enumerate(heard.hearings):
        if not hearing.people:
            yield warning(
                f"hearings.{row}.people", f"Nobody took part in {hearing.how!r}, so it does not count"
            )
        if hearing.held_on > facts.today:
            yield from facts.still_ahead(f"hearings.{row}.held_on", repr(hearing.how), hearing.held_on)
        elif hearing.held_on > facts.due_on:
            yield error(
                f"hearings.{row}.held_on",
                f"{hearing.how!r} is dated {hearing.held_on}, after the due day {facts.due_on}",
            )


def _themes(heard: StakeholderInput) -> Iterator[Finding]:
    if not heard.themes:
        yield error("themes", "No themes; name at least one thing that people said")
    reached = {hearing.group for hearing in heard.hearings}
    for row, theme in enumerate(heard.themes):
        if not theme.response:
            yield error(f"themes.{row}.response", f"Say what is done about {theme.name!r}, or why nothing is")
        unheard = [GROUP_LABELS[group] for group in theme.raised_by if group not in reached]
        if unheard:
            yield warning(
                f"themes.{row}.raised_by",
                f"{theme.name!r} is put to {in_words(unheard)}, with no input recorded",
            )


def _texts(heard: StakeholderInput) -> Iterator[Finding]:
    if not heard.student_voice:
        yield error(
            "student_voice", "Student voice is empty; say how students were asked and what changed by it"
        )
    for field, words in LAST_PLAN.items():
        if not getattr(heard.last_plan, field):
            yield error(f"last_plan.{field}", f"Evaluate the last plan: say {words}")


TAKES = (
    f"a meeting, survey or interview with each of these: {in_words(GROUP_LABELS.values())}",
    "what people said, by theme",
    "how students were asked, and what changed by it",
    "which strategies of the last plan were achieved, which were not, and the data this was judged by",
)

EXAMPLE: dict[str, Any] = {
    "hearings": [
        {"group": group.value, "how": "Winter survey", "held_on": "2027-02-18", "people": 40}
        for group in Group
    ],
    "themes": [
        {
            "name": "Wi-Fi in gyms and on buses",
            "raised_by": ["students", "families"],
            "response": "Access points for the gyms are planned; buses wait for a grant",
        }
    ],
    "student_voice": "A student panel met twice; its wish for loaner chargers is in the plan.",
    "last_plan": {
        "achieved": "Every classroom has a display",
        "not_achieved": "Two of nine schools still lack spare devices",
        "judged_by": "Inventory of December and the readiness survey",
    },
}
