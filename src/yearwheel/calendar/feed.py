"""What a calendar feed shows, before it is written in anybody's format."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class FeedScope(StrEnum):
    """Whose dates a feed holds."""

    DISTRICT = "district"  # what one district owes, with its own extensions
    PERSON = "person"  # what every district of one contact owes
    STATE = "state"  # the calendar itself


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One due day. `sequence` grows with every change; a withdrawn one stays, cancelled."""

    uid: str
    sequence: int
    on: date
    summary: str
    description: str
    changed_at: datetime
    cancelled: bool = False
    alarm: bool = False  # whether a calendar program should speak up a week before
