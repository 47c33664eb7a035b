"""From a letter to its words: subject, text and HTML, all three from the same templates."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from yearwheel.calendar.cycle import RungKind
from yearwheel.calendar.day_words import day_words, left_words, time_words
from yearwheel.notifications.catalog import LATENESS
from yearwheel.notifications.ledger import NOTHING_DUE, TO_THE_OFFICE, WHOLE_CYCLE, NoticeKind
from yearwheel.notifications.letter import Item, Letter
from yearwheel.notifications.news import NEW_DAYS
from yearwheel.notifications.styles import InlinedStyles
from yearwheel.notifications.untrusted import lines, one_line
from yearwheel.notifications.words import Words, write_words
from yearwheel.roster.people import ROLE_LABELS, Role

TEMPLATES = Path(__file__).parent / "templates"
# Where what is the reader's or the district's own goes. No text of a person keeps a private-use character
# (see `untrusted`).
NAME, REASONS, UNSUBSCRIBE, READER_LINK, DISTRICT, CODE = map(chr, range(0xE000, 0xE006))
_PLACES = re.compile(f"([{NAME}-{CODE}])")
_PAGE = re.compile(r"[\w.~%/-]*", re.ASCII)
KINDS: tuple[str, ...] = (*RungKind, *NoticeKind)

# The order of a digest: what hurts most comes first.
_ORDER: tuple[str, ...] = (
    RungKind.LATE,
    RungKind.ESCALATION,
    RungKind.DUE_TODAY,
    NoticeKind.RETURNED,
    RungKind.REVISION,
    RungKind.REMINDER,
    RungKind.REVIEW,
    RungKind.OPENED,
    NoticeKind.REINSTATED,
    NoticeKind.DATE_MOVED,
    NoticeKind.EXTENSION,
    NoticeKind.EXTENSION_REFUSED,
    NoticeKind.ASSIGNED,
    NoticeKind.ALERT,
    NoticeKind.REQUESTS,
    NoticeKind.RECEIPT,
    NoticeKind.APPROVED,
    NoticeKind.EXCUSED,
    NoticeKind.PUBLISHED,
    NoticeKind.WEEKLY,
)
_LABELS: dict[str, str] = {  # of what is not due, where the kind's own name is not for readers
    NoticeKind.PUBLISHED: "Dates of the year",
    NoticeKind.WEEKLY: "This week",
    NoticeKind.REQUESTS: "To answer",
    NoticeKind.ALERT: "To put right",
}
# The messages that have softer words for districts that a disaster has struck.
_SOFTER: frozenset[str] = frozenset(
    {
        RungKind.LATE,
        RungKind.ESCALATION,
        RungKind.REMINDER,
        RungKind.DUE_TODAY,
        RungKind.OPENED,
        NoticeKind.EXTENSION,
    }
)
# What is not said beside another thing about the same work, since that says it all.
_SAID_BY: Mapping[str, frozenset[str]] = {
    RungKind.REVISION: frozenset({NoticeKind.RETURNED}),
    RungKind.REMINDER: frozenset({NoticeKind.REINSTATED, *NEW_DAYS}),
    RungKind.OPENED: frozenset({NoticeKind.REINSTATED, *NEW_DAYS}),
}
_SAYS_ALL = frozenset().union(*_SAID_BY.values())
# Where it is today, or past, that comes first, and names the day it was before and why it moved.
_FIRST = frozenset({RungKind.DUE_TODAY, RungKind.LATE, RungKind.ESCALATION})
# Who is told of every district alike, also in the place of somebody.
_OF_ALL = tuple(ROLE_LABELS[role] for role in (Role.STATE_ADMIN, Role.OFFICE_LEAD, Role.OFFICE_DIRECTOR))
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words. `template_version` pins each kind in it to the templates it came from."""

    subject: str
    text: str
    html: str
    template_version: str


@dataclass(frozen=True, slots=True)
class _Shared:
    """What many are told alike, cut where the reader's and the district's own goes in."""

    subject: tuple[str, ...]
    text: tuple[str, ...]
    html: tuple[str, ...]


class Renderer:
    """Renders letters; made once, since it compiles every template. Safe to share between threads."""

    def __init__(self) -> None:
        self.versions = {kind: _version(kind) for kind in KINDS}
        self._plain = _Templates(autoescape=False)
        self._html = _Templates(autoescape=True)
        # A round tells most districts the same, and most people of a district.
        self._render_shared = lru_cache(maxsize=256)(self._render)

    def words(self, kinds: Iterable[str]) -> set[Words]:
        """The words that today's templates have for these kinds."""
        return {(kind, self.versions[kind]) for kind in kinds}

    def render(self, letter: Letter) -> Rendered:
        """The letter in words. ValueError on no items, an unknown kind or a link that is not http(s)."""
        letter = letter._replace(items=_not_said_twice(letter.items))
        for item in letter.items:
            _check_page(item.page)
        place = _only_place(letter.items)
        shared = self._render_shared(_without_reader(letter, place))
        own = {
            NAME: one_line(letter.to_name),
            REASONS: ", and as ".join(_reasons(letter.items)),
            READER_LINK: _web(letter.reader_link),
        }
        if letter.unsubscribe:
            own[UNSUBSCRIBE] = _web(letter.unsubscribe)
        if place:
            own |= {DISTRICT: one_line(place.district), CODE: place.code}
        subject, text = _fill(shared.subject, own), _fill(shared.text, own)
        html = _fill(shared.html, {name: escape(words) for name, words in own.items()})
        version = write_words(self.words({item.kind for item in letter.items}))
        return Rendered(subject, text, html, version)

    def _render(self, letter: Letter) -> _Shared:
        page = _page(letter)
        subject = self._plain.fill("subject.jinja", page).strip()
        text = _BLANK_LINES.sub("\n\n", self._plain.fill("letter.txt.jinja", page)) + "\n"
        html = self._html.fill("letter.html.jinja", page | {"subject": subject})
        return _Shared(*(tuple(_PLACES.split(part)) for part in (subject, text, html)))


def _fill(pieces: tuple[str, ...], own: Mapping[str, str]) -> str:
    return "".join(map(own.get, pieces, pieces))


class _Place(NamedTuple):
    """A district by its name, and the code with which its pages begin."""

    district: str
    code: str

    def taken_from(self, item: Item) -> Item:
        page = CODE + item.page.removeprefix(self.code) if self.code else ""
        return item._replace(role_label="", district_name=DISTRICT, page=page)


def _only_place(items: Iterable[Item]) -> _Place | None:
    """The district that a letter speaks of; None where there are several."""
    places = {_Place(item.district_name, item.page.partition("/")[0]) for item in items}
    return places.pop() if len(places) == 1 else None


def _without_reader(letter: Letter, place: _Place | None) -> Letter:
    """What many are told alike: the letter without who reads it and why, and without its only district."""
    items = (place.taken_from(item) if place else item._replace(role_label="") for item in letter.items)
    return letter._replace(
        to_name="",
        to_address="",
        message_id="",
        items=tuple(items),
        dates=b"",
        unsubscribe=UNSUBSCRIBE if letter.unsubscribe else "",
        reader_link=READER_LINK,
    )


@dataclass(frozen=True)
class Line:
    """One district inside a group, in words."""

    district: str
    due: str  # "Friday, January 29"
    left: str  # "5 days left"
    missing: tuple[str, ...]
    note: tuple[str, ...]
    link: str
    was: str  # of a day that moved: the one its reader knows
    until: str  # of late work: until when it is taken; empty where that is not said


@dataclass(frozen=True)
class Group:
    """The items of one kind and stage: one block for one district, one table for several."""

    kind: str
    stage: str
    ask: str
    basis: str
    days_left: int
    soon: str  # the due day as short as it is clear: "today", "Friday", "from Friday, March 12 on"
    at: str  # "11:59 PM Eastern (10:59 PM Central, your time)"
    lines: tuple[Line, ...]
    table: tuple[tuple[str, str], ...]
    link: str
    takes: tuple[str, ...] = ()  # what the work consists of
    gentle: bool = False
    done_by: str | None = None  # whose work it is, where it is not the reader's own
    to_office: bool = False  # "write to us" would be to themselves

    @property
    def first(self) -> Line:
        return self.lines[0]

    @cached_property
    def many(self) -> bool:
        return len(self.lines) > 1

    @cached_property
    def where(self) -> str:
        return f"{len(self.lines)} districts" if self.many else self.first.district

    @cached_property
    def about_district(self) -> bool:
        return self.kind not in TO_THE_OFFICE

    @cached_property
    def dated(self) -> bool:
        return self.kind not in NOTHING_DUE

    @cached_property
    def one_date(self) -> bool:
        return len({line.due for line in self.lines}) == 1

    @cached_property
    def due(self) -> str:
        return self.first.due if self.one_date else "on the days below"

    @cached_property
    def left(self) -> str:
        """How far away the deadline is; of several, the most urgent one."""
        words = self.first.left
        if self.gentle and self.late:
            return "now past"
        return words if self.one_date else f"up to {words}" if self.late else f"{words} or more"

    @cached_property
    def was(self) -> str:
        """The day they knew, where it was the same everywhere."""
        return self.first.was if len({line.was for line in self.lines}) == 1 else ""

    @cached_property
    def until(self) -> str:
        """Until when late work is taken, where that is the same everywhere."""
        return self.first.until if len({line.until for line in self.lines}) == 1 else ""

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What is missing everywhere, said once; empty where districts differ."""
        return self.first.missing if len({line.missing for line in self.lines}) == 1 else ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """What the table has to say about each district."""
        differ = {
            "due": self.dated and not self.one_date,
            "missing": not self.missing and any(line.missing for line in self.lines),
            "note": any(line.note for line in self.lines),
        }
        return tuple(name for name, wanted in differ.items() if wanted)

    @cached_property
    def late(self) -> bool:
        """Past its day, or on it past its hour."""
        return self.dated and (self.days_left < 0 or self.kind in LATENESS)

    @cached_property
    def label(self) -> str:
        """The state of things in a word or two, on a ground of `tone`."""
        if not self.dated:
            return _LABELS.get(self.kind, self.kind.capitalize())
        if self.gentle and self.late:
            return "Still open"
        if self.left == "today":
            return "Late since today" if self.late else "Due today"
        return self.left.capitalize()

    @cached_property
    def tone(self) -> str:
        """Which colour the label has; the label's words always say the same."""
        if self.kind in (NoticeKind.ALERT, NoticeKind.REQUESTS):
            return "today"
        if not self.dated:
            return "ahead" if self.kind in WHOLE_CYCLE else "done"
        if self.gentle:
            return "ahead"
        if self.late:
            return "late"
        return "today" if self.days_left == 0 else "ahead"


class _Templates:
    """One compiled environment with the words of every kind at hand."""

    def __init__(self, *, autoescape: bool) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=autoescape,  # noqa: S701 - off only for the text part and the subject
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=[InlinedStyles],
        )
        self._environment.globals["words"] = {kind: self._words(kind) for kind in KINDS}

    def fill(self, name: str, page: dict[str, Any]) -> str:
        return self._environment.get_template(name).render(page)

    def _words(self, kind: str) -> Any:
        return self._environment.get_template(f"kinds/{kind}.jinja").module


def _page(letter: Letter) -> dict[str, Any]:
    groups = _groups(letter)
    return {
        "to_name": NAME,
        "office": one_line(letter.office),
        "help_address": letter.help_address,
        "cycle_title": one_line(letter.cycle_title),
        "groups": groups,
        "due": {(group.stage, group.where, group.due) for group in groups if group.dated},
        "moved": all(group.kind in NEW_DAYS for group in groups if group.dated),
        "reasons": REASONS,
        "unsubscribe": UNSUBSCRIBE if letter.unsubscribe else "",
        "reader_link": READER_LINK,
        "links_until": day_words(letter.links_until, letter.on),
        "ask_to_confirm": letter.ask_to_confirm,
        "to_office": letter.to_office,
    }


def _groups(letter: Letter) -> list[Group]:
    blocks: dict[tuple[object, ...], list[Item]] = {}
    for item in sorted(letter.items, key=_rank):
        own = item.done_by is None
        alike = (_urgency(item), item.kind, item.stage_title, _is_gentle(item), own)
        blocks.setdefault(alike, []).append(item)
    if not blocks:
        raise ValueError("this letter has no items; a letter says at least one thing")
    return [_group(letter, items) for items in blocks.values()]


def _not_said_twice(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Without what another thing about the same work says as well."""
    if not any(item.kind in _SAYS_ALL for item in items):  # nearly always
        return items
    alike: dict[tuple[str, str, date], list[Item]] = {}
    for item in items:
        alike.setdefault((item.stage_title, item.district_name, item.due_on), []).append(item)
    return tuple(item for about_one in alike.values() for item in _said_once(about_one))


def _said_once(items: list[Item]) -> list[Item]:
    """Of what is said of one deadline, what one reader need not read twice."""
    kinds = {item.kind for item in items}
    moved = next((item for item in items if item.kind in NEW_DAYS), None)
    if moved and kinds & _FIRST:
        return [_with_news(item, moved) for item in items if item.kind not in NEW_DAYS]
    missing = next((item.missing for item in items if item.missing), ())
    said = [item for item in items if not kinds & _SAID_BY.get(item.kind, frozenset())]
    return [item._replace(missing=missing) if item.kind in NEW_DAYS else item for item in said]


def _with_news(item: Item, moved: Item) -> Item:
    if item.kind not in _FIRST:
        return item
    return item._replace(
        due_before=moved.due_before,
        note=item.note or moved.note,
        taken_until=item.taken_until or moved.taken_until,
    )


def _rank(item: Item) -> tuple[int, int, int, str, str]:
    if item.kind not in _ORDER:
        raise ValueError(f"{item.kind!r} is not a kind of message; it may be: {', '.join(KINDS)}")
    return _urgency(item), _ORDER.index(item.kind), item.days_left, item.stage_title, item.district_name


def _urgency(item: Item) -> int:
    """0 late, 1 today, 2 ahead or nothing due."""
    return 2 if item.kind in NOTHING_DUE else (item.days_left >= 0) + (item.days_left > 0)


def _group(letter: Letter, items: list[Item]) -> Group:
    first = items[0]
    told_of = (row for item in items for row in item.table)
    table = tuple(dict.fromkeys((one_line(what), one_line(words)) for what, words in told_of))
    if first.kind in WHOLE_CYCLE:
        items = items[:1]  # several of them are one longer table
    told = _lines(items, letter.on)
    return Group(
        kind=first.kind,
        stage=one_line(first.stage_title),
        ask=one_line(first.ask),
        basis=one_line(first.basis) if len({item.basis for item in items}) == 1 else "",
        days_left=first.days_left,
        soon=_soon(items, letter.on),
        at=_time_words(first.due_at, first),
        lines=told,
        table=table,
        link=told[0].link if len(told) == 1 else _link(""),
        takes=tuple(map(one_line, first.takes)),
        gentle=_is_gentle(first),
        done_by=_done_by(items),
        to_office=letter.to_office,
    )


def _done_by(items: Iterable[Item]) -> str | None:
    """Whose work it is, each person once; empty where nobody is named, None where it is the reader's own."""
    named = [item.done_by for item in items]
    if None in named:
        return None
    names = dict.fromkeys(one_line(name) for names in named for name in names or ())
    return ", ".join(names)


def _is_gentle(item: Item) -> bool:
    return item.gentle and item.kind in _SOFTER


def _lines(items: Iterable[Item], on: date) -> tuple[Line, ...]:
    """A line for each district, however often it is spoken of; what is noted of it stands together."""
    told: dict[tuple[str, str], Line] = {}
    for item in items:
        line = _line(item, on)
        place = line.district, line.link
        earlier = told[place].note if place in told else ()
        told[place] = replace(line, note=tuple(dict.fromkeys((*earlier, *line.note))))
    return tuple(told.values())


def _line(item: Item, on: date) -> Line:
    return Line(
        district=DISTRICT if item.district_name == DISTRICT else one_line(item.district_name),
        due=day_words(item.due_on, on),
        left=left_words(item.days_left),
        missing=tuple(map(one_line, item.missing)),
        note=lines(item.note),
        link=_link(item.page),
        was=day_words(item.due_before, on) if item.due_before else "",
        until=_until(item, on) if item.taken_until else "",
    )


def _until(item: Item, on: date) -> str:
    assert item.taken_until is not None
    day = item.taken_until.astimezone(item.cycle_zone).date()
    return f"{day_words(day, on)} at {_time_words(item.taken_until, item)}"


def _soon(items: list[Item], on: date) -> str:
    first = items[0]
    near = {0: "today", 1: "tomorrow"}.get(first.days_left)
    words = near or (f"{first.due_on:%A}" if 0 < first.days_left < 7 else day_words(first.due_on, on))
    return words if len({item.due_on for item in items}) == 1 else f"from {words} on"


def _time_words(moment: datetime, item: Item) -> str:
    """The time of day in the legal zone and, where they differ, in the reader's own."""
    words = time_words(moment, item.cycle_zone, item.zone)
    return f"{words.removesuffix(')')}, your time)" if words.endswith(")") else words


def _reasons(items: Iterable[Item]) -> list[str]:
    """Why the reader gets this: each role with the districts it is for."""
    districts: dict[str, dict[str, None]] = {}
    for item in items:
        districts.setdefault(one_line(item.role_label), {})[one_line(item.district_name)] = None
    return [
        role
        if role.endswith(_OF_ALL)
        else f"{role} for {' and '.join(names) if len(names) < 3 else f'{len(names)} districts'}"
        for role, names in districts.items()
    ]


def _check_page(page: str) -> None:
    if not _PAGE.fullmatch(page):
        raise ValueError(f"{page!r} cannot be a page in a letter; write for example 001/drafting")


def _link(page: str) -> str:
    return f"{READER_LINK}/{page}" if page else READER_LINK


def _web(link: str) -> str:
    if not link.startswith(("https://", "http://")):
        raise ValueError(f"{link!r} cannot be a link in a letter; links start with https:// or http://")
    return link


def _version(kind: str) -> str:
    """Of the words of one kind: its own template, and those that every letter shares."""
    digest = sha256()
    for path in (
        TEMPLATES / "kinds" / f"{kind}.jinja",
        *sorted(p for p in TEMPLATES.iterdir() if p.is_file()),
    ):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
