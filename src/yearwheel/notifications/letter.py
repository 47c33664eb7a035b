"""A letter before it has words: to whom, about which items. Rendering needs nothing else.

Named tuples: each is made, changed and looked up anew for every reader, and a frozen dataclass would take
three times as long.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Stage
from yearwheel.calendar.day_words import day_words

LINKS_WORK = timedelta(days=60)  # so that an old letter in other hands opens nothing


class Item(NamedTuple):
    """One thing a letter speaks of. Every text in it may come from a person and is treated as untrusted."""

    kind: str  # a RungKind or NoticeKind value
    stage_title: str
    ask: str  # one sentence in the imperative
    district_name: str
    due_on: date  # in the cycle's zone, the legal one
    due_at: datetime  # aware
    zone: ZoneInfo  # the reader's own
    cycle_zone: ZoneInfo
    days_left: int  # calendar days from the letter's day; negative when late
    missing: tuple[str, ...]  # what is not handed in, by name
    page: str  # where the button leads, below the reader's own page: "001/drafting"; empty is that page
    basis: str  # what the deadline rests on, see `basis_words`; may be empty
    note: str  # a reviewer's comment, the reason of an extension; may be empty
    role_label: str  # why this reader: "district technology coordinator"
    gentle: bool = False  # a disaster has struck the district: softer words
    table: tuple[tuple[str, str], ...] = ()  # what a message about the whole cycle lists, two words a line
    due_before: date | None = None  # of a day that moved: the one its reader knows
    taken_until: datetime | None = None  # of late work: until when it can be handed in all the same; aware
    takes: tuple[str, ...] = ()  # what the work consists of
    done_by: tuple[str, ...] | None = None  # whose work it is, by name; None where it is the reader's own


def basis_words(stage: Stage, on: date, *, granted: bool = False) -> str:
    """What a stage's date rests on. One that the office granted is neither a law's nor anybody else's.

    Theirs stays what it is, and who reads of another day has to know of it.
    """
    if not granted:
        return stage.basis
    fixed = stage.basis if stage.statutory else f"the date that {stage.set_by} sets" if stage.set_by else ""
    if not fixed or stage.review is not None:
        return "the office's decision" if stage.basis else ""
    published = day_words(stage.dates.due.on, on)
    return f"the office's decision, which does not change {fixed}; the published date is {published}"


class Letter(NamedTuple):
    """Everything one person is told on one day."""

    to_name: str
    to_address: str
    office: str
    help_address: str
    cycle_title: str
    on: date  # the reader's local day on which it goes
    items: tuple[Item, ...]
    message_id: str  # with its angle brackets, see `mime.message_id`
    sent_at: datetime  # aware; becomes the Date header
    sender: str  # the address in From
    reader_link: str  # http(s), the reader's own page: how the work stands, or that they are the wrong person
    links_until: date  # the last day on which its links work
    dates: bytes = b""  # the .ics of the dates it announces, see `invitation`; may be empty
    withdrawn: bytes = b""  # the .ics that takes dates out of a calendar; may be empty
    ask_to_confirm: bool = False  # half a year has passed since they said that their role is right
    to_office: bool = False  # its reader works in the office itself: it is not theirs to write to
    unsubscribe: str = ""  # the link that stops letters like this; empty where the reader must be told
