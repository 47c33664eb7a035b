"""Where a district stands in a stage, and which moves are allowed. Overdue and late are derived."""

from enum import StrEnum


class Status(StrEnum):
    """A district's standing in one stage."""

    NOT_OPEN = "not_open"  # the window has not opened, or it has and what must come first is not in
    OPEN = "open"  # the work may begin
    IN_PROGRESS = "in_progress"  # the district has begun
    SUBMITTED = "submitted"  # handed in; nobody has taken it up
    UNDER_REVIEW = "under_review"  # a reviewer is reading this version
    RETURNED = "returned"  # sent back with reasons and a date of its own
    APPROVED = "approved"  # accepted; the stage is over for this district
    EXCUSED = "excused"  # need not be done this time, with a reason; reversible
    NOT_REQUIRED = "not_required"  # does not apply to this district, with a reason; reversible


MOVES: dict[Status, frozenset[Status]] = {
    # The window is open by date: who has to wait for earlier work may begin, and hand in, all the same.
    Status.NOT_OPEN: frozenset(
        {Status.OPEN, Status.IN_PROGRESS, Status.SUBMITTED, Status.EXCUSED, Status.NOT_REQUIRED}
    ),
    Status.OPEN: frozenset(
        {Status.NOT_OPEN, Status.IN_PROGRESS, Status.SUBMITTED, Status.EXCUSED, Status.NOT_REQUIRED}
    ),
    Status.IN_PROGRESS: frozenset({Status.SUBMITTED, Status.EXCUSED, Status.NOT_REQUIRED}),
    Status.SUBMITTED: frozenset({Status.UNDER_REVIEW, Status.RETURNED, Status.APPROVED, Status.IN_PROGRESS}),
    Status.UNDER_REVIEW: frozenset({Status.RETURNED, Status.APPROVED}),
    Status.RETURNED: frozenset({Status.SUBMITTED, Status.EXCUSED}),
    Status.APPROVED: frozenset({Status.RETURNED}),  # re-evaluation, KRS 157.655(3)
    Status.EXCUSED: frozenset({Status.NOT_OPEN, Status.OPEN, Status.RETURNED}),
    Status.NOT_REQUIRED: frozenset({Status.NOT_OPEN, Status.OPEN}),
}

LABELS: dict[Status, str] = {
    Status.NOT_OPEN: "not open yet",
    Status.OPEN: "open",
    Status.IN_PROGRESS: "in progress",
    Status.SUBMITTED: "submitted",
    Status.UNDER_REVIEW: "under review",
    Status.RETURNED: "returned for changes",
    Status.APPROVED: "approved",
    Status.EXCUSED: "excused",
    Status.NOT_REQUIRED: "not required",
}

OWED = frozenset({Status.NOT_OPEN, Status.OPEN, Status.IN_PROGRESS, Status.RETURNED})
HANDED_IN = frozenset({Status.SUBMITTED, Status.UNDER_REVIEW, Status.APPROVED})
WAIVED = frozenset({Status.EXCUSED, Status.NOT_REQUIRED})


class MoveRefused(ValueError):
    """A move between statuses that is not allowed; the message names the allowed ones."""


def check_move(before: Status, after: Status) -> None:
    """Refuse a move that is not in the table; MoveRefused names the ones that are."""
    if after in MOVES[before]:
        return
    allowed = ", ".join(LABELS[s] for s in sorted(MOVES[before]))
    raise MoveRefused(
        f"cannot go from {LABELS[before]} to {LABELS[after]}; from here it may become: {allowed}"
    )
