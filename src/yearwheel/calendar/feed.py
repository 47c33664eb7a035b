"""What a calendar feed shows, before it is written in anybody's format."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from yearwheel.calendar.cycle import Deadline


class FeedScope(StrEnum):
    """Whose dates a feed holds."""

    DISTRICT = "district"  # what one district owes, with its own extensions
    PERSON = "person"  # what every district of one contact owes
    STATE = "state"  # the calendar itself


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One due day. A withdrawn one stays, cancelled. `changed_at` is since when it is shown like this."""

    uid: str
    due: Deadline
    summary: str
    description: str
    changed_at: datetime
    cancelled: bool = False
    alarm: bool = False  # whether a calendar program should speak up a week before
    sequence: int = 0

    def replaces(self, earlier: "FeedEvent") -> bool:
        """Whether somebody who knows the earlier one has to look again (RFC 5545 3.8.7.4)."""
        is_now, was = ((d.due, d.summary, d.cancelled) for d in (self, earlier))
        return is_now != was


def newest(shown: Iterable[FeedEvent]) -> FeedEvent:
    """The last of what was shown of one due day; `sequence` counts how often it had to be looked at again."""
    steps = iter(shown)
    known = next(steps)
    for step in steps:
        since = replace(step, changed_at=known.changed_at, sequence=known.sequence)
        if since != known:
            known = replace(step, sequence=known.sequence + step.replaces(known))
    return known
