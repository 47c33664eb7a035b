"""What districts ask of the office: help, more time, another person in a role. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from yearwheel.calendar.counted import counted
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.whole_cycle import Table


class RequestKind(StrEnum):
    """What is asked; also the kind of task that waits for the answer."""

    HELP = "need_help"
    MORE_TIME = "more_time"
    HAND_OVER = "hand_over"


_WAITING = {
    RequestKind.HELP: "Asked for help",
    RequestKind.MORE_TIME: "Asked for more time",
    RequestKind.HAND_OVER: "Named another person for a role",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked that nobody has answered: what it is about, and who asks what with how to answer.

    `about` may be an address alone, so that it can be copied.
    """

    kind: RequestKind
    about: str
    words: str


Answers = tuple[tuple[str, str], ...]  # what answers a request, each with the command that does


def hand_over_answers(number: int, cycle_key: str) -> Answers:
    """What answers a reader who named another person for their role."""
    return (
        ("to accept", command(f"roster hand-over {number} --accept", cycle_key)),
        ("to refuse", command(f"roster hand-over {number} --refuse", cycle_key)),
    )


def more_time_answers(code: str, stage_key: str, cycle_key: str, past_close: date | None = None) -> Answers:
    """What answers a wish for more time; past the day on which the stage closes it has to be forced."""
    grant = "to grant it" if past_close is None else f"to grant it, although it closes on {past_close}"
    force = "" if past_close is None else " --force"
    return (
        (grant, command(f"extension grant {code} {stage_key}{force}", cycle_key)),
        ("to refuse it", command(f"extension refuse {code} {stage_key} --why '...'", cycle_key)),
    )


def answers_in_words(answers: Answers) -> str:
    """A sentence's end: each command stands between a colon and a semicolon, to be copied as it is."""
    return "; ".join(f"{what}: {typed}" for what, typed in answers)


def rung_of(on: date) -> str:
    """The rung of a day's letter about requests."""
    return f"{NoticeKind.REQUESTS}:{on.isoformat()}"


def write_numbers(numbers: Iterable[int]) -> str:
    """The note of a notice of requests: the numbers of their tasks. What it says is found when it is told."""
    return " ".join(map(str, sorted(numbers)))


def read_numbers(note: str) -> frozenset[int]:
    """The numbers that `write_numbers` wrote; none in a note of before, which holds the table itself."""
    return frozenset() if "\t" in note else frozenset(map(int, note.split()))


def write_requests(asked: Collection[Request]) -> Table:
    """A line for each request, in the order of their kinds."""
    order = list(RequestKind)
    return tuple((r.about, r.words) for r in sorted(asked, key=lambda request: order.index(request.kind)))


def still_waiting(asked: Collection[tuple[RequestKind, date]], on: date) -> Iterator[tuple[str, str]]:
    """For each kind how many wait for an answer, and for how long; given the day each was asked on."""
    counts = Counter(kind for kind, _ in asked)
    for kind in RequestKind:
        if counts[kind]:
            oldest = min(asked_on for asked_kind, asked_on in asked if asked_kind is kind)
            days = (on - oldest).days
            since = f", the longest for {counted(days, 'day')}" if days else ""
            yield _WAITING[kind], f"{counted(counts[kind], 'request')} without an answer{since}"
