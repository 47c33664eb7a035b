"""How a place stood before an act, kept with its event so that the act can be taken back."""

from datetime import date
from typing import Any

from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status

_DAYS = ("due_on", "due_since", "opens_on")


def write(before: Standing) -> dict[str, Any]:
    """A standing as plain values."""
    names = ("status", "due_because", *_DAYS)
    return {name: str(value) if (value := getattr(before, name)) else None for name in names}


def read(place: tuple[str, str], written: dict[str, Any]) -> Standing:
    """The standing that `write` wrote."""
    due_on, due_since, opens_on = (
        date.fromisoformat(on) if (on := written.get(name)) else None for name in _DAYS
    )
    return Standing(
        *place, Status(written["status"]), due_on, due_since, written["due_because"], opens_on=opens_on
    )
