"""Lint a calendar file against the people of a roster."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yearwheel.calendar.cycle import Cycle
from yearwheel.calendar.lint import Code, Finding, Load, lint, standing
from yearwheel.config.cycle_file import CycleFileError, Problem, load_cycle
from yearwheel.roster.people import STATE_ROLES, Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.app import App
from yearwheel.store import rosters

# A waiver may be meant for a stage that could not be looked at, and a day may lie in one's dates.
OF_ALL_STAGES = frozenset({Code.UNUSED_WAIVER, Code.DAY_OF_OTHER_YEAR})
NO_OFFICE = "the office (the roster has no row of kind state_office)"


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a calendar file can be read: its faults, and the cycle of the stages that have none.

    `cycle` is None where no date can be relied on.
    """

    faults: tuple[Finding, ...]
    cycle: Cycle | None

    def findings(self, roster: Roster | None = None) -> list[Finding]:
        """Everything wrong, waived findings included, in the order of the file.

        Without a roster, what depends on people is not looked at.
        """
        found = lint(self.cycle, load_of(roster) if roster else None) if self.cycle else []
        if self.faults:
            found = [finding for finding in found if finding.code not in OF_ALL_STAGES]
        return sorted([*self.faults, *found], key=lambda finding: finding.line)


def read_far(
    source: Path | str, name: str = "cycle.yaml", files: Mapping[str, bytes] | None = None
) -> Reading:
    """Read a calendar file as far as it goes. OSError when a path cannot be opened."""
    try:
        return Reading((), load_cycle(source, name, files))
    except CycleFileError as fault:
        return Reading(tuple(map(_as_finding, fault.problems)), fault.sound)


def _as_finding(problem: Problem) -> Finding:
    why = f"{problem.where}: {problem.message}" if problem.where else problem.message
    return Finding(problem.code, problem.line, problem.stage, why, problem.fix, problem.example)


def lint_stored(app: App, active: Active) -> list[Finding]:
    """What no waiver accepts in a cycle's calendar, held against the roster of its state."""
    with app.database.reading() as connection:
        roster = rosters.load(connection, active.state)
    return standing(lint(active.cycle, load_of(roster) if roster.districts else None))


def load_of(roster: Roster) -> Load:
    """How many districts and reviewers a roster has, and which roles lack holders."""
    owing = [district.code for district in roster.districts.values() if not district.is_state_office]
    readers = sum(Role.REVIEWER in contact.roles for contact in roster.contacts.values())
    offices = [roster.office.code if roster.office else ""]
    unheld = {
        str(role): [
            roster.districts[code].name if code else NO_OFFICE
            for code in (offices if role in STATE_ROLES else owing)
            if not roster.holders(code, role)
        ]
        for role in Role
    }
    return Load(len(owing), readers, {role: names for role, names in unheld.items() if names})
