"""What an import would change: shown before it happens, so that nothing disappears unseen."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from yearwheel.roster.people import ROLE_LABELS, STATE_ROLES, Contact, District, Role, Roster

NOTABLE_JUMP = (
    0.20  # real districts do grow or shrink by more within three years, so it warns and never blocks
)


class Part(StrEnum):
    """Which part of a roster an entry belongs to."""

    DISTRICT = "district"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Entry:
    """A district or contact that came or went."""

    part: Part
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one entry, before and after, as text."""

    part: Part
    key: str
    name: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RosterDiff:
    """The differences between two rosters. `gone` only says so: a closed district stays in the archive."""

    added: tuple[Entry, ...]
    changed: tuple[Change, ...]
    gone: tuple[Entry, ...]
    warnings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.gone)


def diff_rosters(before: Roster | None, after: Roster) -> RosterDiff:
    """Compare two rosters by code and key, never by name. Without a roster before, everything is added."""
    old = before or Roster({}, {})
    added: list[Entry] = []
    changed: list[Change] = []
    gone: list[Entry] = []
    for part, was, now in (
        (Part.DISTRICT, _districts(old), _districts(after)),
        (Part.CONTACT, _contacts(old), _contacts(after)),
    ):
        added += [Entry(part, key, now[key]["name"]) for key in sorted(now.keys() - was.keys())]
        gone += [Entry(part, key, was[key]["name"]) for key in sorted(was.keys() - now.keys())]
        for key in sorted(was.keys() & now.keys()):
            changed += [
                Change(part, key, now[key]["name"], field, was[key][field], value)
                for field, value in now[key].items()
                if value != was[key][field]
            ]
    warnings = (*_jumps(old, after), *_emptied_roles(old, after))
    return RosterDiff(tuple(added), tuple(changed), tuple(gone), warnings)


def _districts(roster: Roster) -> dict[str, dict[str, str]]:
    return {
        code: {**_as_texts(district), "reviewer": roster.reviewers.get(code, "")}
        for code, district in roster.districts.items()
    }


def _contacts(roster: Roster) -> dict[str, dict[str, str]]:
    # What the mail server said is no part of an import, so its absence there changes nothing.
    return {key: _as_texts(replace(contact, undeliverable=None)) for key, contact in roster.contacts.items()}


def _as_texts(entry: District | Contact) -> dict[str, str]:
    return {field.name: _as_text(getattr(entry, field.name)) for field in fields(entry)}


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case frozenset():
            return "; ".join(sorted(value))
        case ZoneInfo():
            return value.key
        case _:
            return str(value)


def _jumps(before: Roster, after: Roster) -> Iterator[str]:
    for code, now in sorted(after.districts.items()):
        was = before.districts.get(code)
        if was is None or not was.enrollment or now.enrollment is None:
            continue
        share = (now.enrollment - was.enrollment) / was.enrollment
        if abs(share) > NOTABLE_JUMP:
            figures = f"from {was.enrollment:,} to {now.enrollment:,} ({share:+.0%})"
            yield f"{code} {now.name}: enrollment goes {figures}"


def _emptied_roles(before: Roster, after: Roster) -> Iterator[str]:
    for code in sorted(before.districts.keys() & after.districts.keys()):
        district = after.districts[code]
        for role in Role:
            own = (role in STATE_ROLES) == district.is_state_office
            if own and before.holders(code, role) and not after.holders(code, role):
                yield f"{code} {district.name}: nobody would be {ROLE_LABELS[role]} any more"
