"""How a place stood before an act, kept with its event so that the act can be taken back."""

from datetime import date
from typing import Any

from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status


def write(before: Standing) -> dict[str, Any]:
    """A standing as plain values."""
    names = ("status", "due_on", "due_since", "due_because")
    return {name: str(value) if (value := getattr(before, name)) else None for name in names}


def read(place: tuple[str, str], written: dict[str, Any]) -> Standing:
    """The standing that `write` wrote."""
    due_on, due_since = (
        date.fromisoformat(written[name]) if written[name] else None for name in ("due_on", "due_since")
    )
    return Standing(*place, Status(written["status"]), due_on, due_since, written["due_because"])
