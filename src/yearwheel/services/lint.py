"""Lint a calendar file against the people of a roster."""

from collections.abc import Mapping
from pathlib import Path

from yearwheel.calendar.lint import Code, Finding, Load, lint, standing
from yearwheel.config.cycle_file import CycleFileError, load_cycle
from yearwheel.roster.people import STATE_ROLES, Role, Roster
from yearwheel.services.active import Active
from yearwheel.services.app import App
from yearwheel.store import rosters


def lint_file(
    source: Path | str,
    roster: Roster | None = None,
    *,
    name: str = "cycle.yaml",
    files: Mapping[str, bytes] | None = None,
) -> list[Finding]:
    """Everything wrong with a calendar file, whether or not it can be read, waived findings included.

    Without a roster, what depends on people is not looked at. OSError when a path cannot be opened.
    """
    try:
        cycle = load_cycle(source, name, files)
    except CycleFileError as fault:
        return [
            Finding(Code(problem.code), problem.line, "", f"{problem.key}: {problem.message}", problem.hint)
            for problem in fault.problems
        ]
    return lint(cycle, load_of(roster) if roster else None)


def lint_stored(app: App, active: Active) -> list[Finding]:
    """What no waiver accepts in a cycle's calendar, held against the roster of its state."""
    with app.database.reading() as connection:
        roster = rosters.load(connection, active.state)
    return standing(lint(active.cycle, load_of(roster) if roster.districts else None))


def load_of(roster: Roster) -> Load:
    """How many districts and reviewers a roster has, and which roles lack holders."""
    owing = [district.code for district in roster.districts.values() if not district.is_state_office]
    readers = sum(Role.REVIEWER in contact.roles for contact in roster.contacts.values())
    office = roster.office.code if roster.office else ""
    unheld = {
        str(role): sum(
            not roster.holders(code, role) for code in ([office] if role in STATE_ROLES else owing)
        )
        for role in Role
    }
    return Load(len(owing), readers, {role: count for role, count in unheld.items() if count})
