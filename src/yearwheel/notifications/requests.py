"""What districts ask of the office: help, more time, another person in a role. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from yearwheel.calendar.counted import counted
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


def rung_of(on: date) -> str:
    """The rung of a day's letter about requests."""
    return f"{NoticeKind.REQUESTS}:{on.isoformat()}"


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
            yield _WAITING[kind], f"{counted(counts[kind], 'district')} without an answer{since}"
