"""Due days that the office does not set: it may wait longer itself, and must say that others do not."""

from yearwheel.calendar.cycle import Stage
from yearwheel.stages.standing import DueBecause, Standing

GIVEN = (DueBecause.EXTENSION, DueBecause.RELIEF, DueBecause.RETURNED)


def warning(stage: Stage, standing: Standing) -> str:
    """What to say of a day that we gave past the one that the law or others set; else empty."""
    set_by = "the law" if stage.statutory else stage.set_by
    due_on = stage.dates.due.on
    if stage.review is not None and standing.due_because == DueBecause.RETURNED:
        return ""  # the law sets the day of the review, not the one for changes
    if not set_by or standing.due_because not in GIVEN or not standing.due_on or standing.due_on <= due_on:
        return ""
    basis = f" ({stage.basis})" if stage.basis else ""
    return f"{stage.title}: {set_by} sets {due_on}{basis}; a later day of ours does not move that"
