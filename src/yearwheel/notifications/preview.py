"""A letter of every kind as a district of a real year would get it, with nothing sent. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from yearwheel.calendar.cycle import Cycle, Deadline, OwedBy, Rung, RungKind, Stage
from yearwheel.calendar.day_words import day_words
from yearwheel.notifications import alerts
from yearwheel.notifications.alerts import Trouble
from yearwheel.notifications.catalog import ASKS_FOR_WORK, CATALOG, LATENESS, Entry, may_decline
from yearwheel.notifications.invitation import Announced, Method, announce, write_dates
from yearwheel.notifications.ledger import TO_THE_OFFICE, NoticeKind
from yearwheel.notifications.letter import LINKS_WORK, Item, Letter, basis_words
from yearwheel.notifications.mime import message_id
from yearwheel.notifications.news import NEW_DAYS
from yearwheel.notifications.receipt import write_receipt
from yearwheel.notifications.render import Rendered, Renderer
from yearwheel.notifications.requests import (
    Request,
    RequestKind,
    answers_in_words,
    more_time_answers,
    write_requests,
)
from yearwheel.notifications.weekly import Week, write_week
from yearwheel.notifications.whole_cycle import Table, read_table, write_table, year_table
from yearwheel.roster.people import ROLE_LABELS, Contact, District, Role, Roster
from yearwheel.stages.evidence import takes
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import Status

_LATER = timedelta(days=14)  # how far an invented extension goes
_NOTES: dict[str, str] = {
    RungKind.REVISION: "Strategy 2 needs a measure with a baseline.\nSay who owns strategy 4.",
    NoticeKind.RETURNED: "Strategy 2 needs a measure with a baseline.\nSay who owns strategy 4.",
    NoticeKind.EXTENSION: "The board's meeting was moved by snow.",
    NoticeKind.EXTENSION_REFUSED: "The date is set by law.\nPat Doe by link asked for more time.",
    NoticeKind.EXCUSED: "The district merges in July.",
    NoticeKind.REINSTATED: "The merger is off.",
    NoticeKind.DATE_MOVED: "The office closed for two days of snow.",
}
_SET_BY_THE_OFFICE = (NoticeKind.EXTENSION, NoticeKind.RETURNED, RungKind.REVISION)  # the day they name
_OF_REVIEWS = (NoticeKind.ASSIGNED, NoticeKind.RETURNED, NoticeKind.APPROVED)


@dataclass(frozen=True, slots=True)
class Preview:
    """One kind of message in words."""

    entry: Entry
    letter: Letter
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class _Case:
    """What a letter of a kind is written about: who reads it, on which day."""

    stage: Stage
    reader: Contact
    role: Role
    due_on: date
    on: date
    table: Table = ()


class Previewer:
    """Writes previews for one district. KeyError when the roster has no such district."""

    def __init__(self, cycle: Cycle, roster: Roster, code: str, renderer: Renderer, base_url: str) -> None:
        self._cycle = cycle
        self._roster = roster
        self._district: District = roster.districts[code]
        self._renderer = renderer
        self._base_url = base_url

    def preview(self, kind: str) -> Preview | None:
        """A letter of this kind; None where this year has none for this district."""
        case = next(self._cases(kind), None)
        if case is None:
            return None
        letter = self._letter(kind, case)
        return Preview(CATALOG[kind], letter, self._renderer.render(letter))

    def _cases(self, kind: str) -> Iterator[_Case]:
        if kind == NoticeKind.PUBLISHED:
            yield from self._of_cycle(Role.TECHNOLOGY_COORDINATOR, self._dates())
        elif kind == NoticeKind.WEEKLY:
            yield from self._of_cycle(Role.STATE_ADMIN, self._week(), self._monday())
        elif kind == NoticeKind.REQUESTS:
            yield from self._of_cycle(Role.STATE_ADMIN, self._requests())
        elif kind == NoticeKind.ALERT:
            due_on = self._stages()[0].dates.due.on
            yield from self._of_cycle(Role.STATE_ADMIN, self._trouble(due_on), due_on)
        elif kind in set(RungKind):
            yield from self._of_rungs(kind)
        else:
            yield from self._of_acts(kind)

    def _of_cycle(self, role: Role, table: Table, on: date | None = None) -> Iterator[_Case]:
        stage = self._stages()[0]
        for reader in self._roster.holders(self._district.code, role):
            yield _Case(stage, reader, role, stage.dates.due.on, on or stage.dates.opens.on, table)

    def _of_rungs(self, kind: str) -> Iterator[_Case]:
        for stage in self._stages():
            for rung, due_on, began_on in self._rungs(stage):
                if rung.kind == kind:
                    on, _ = self._cycle.rung_day(rung, due_on, began_on)
                    for role in map(Role, rung.to):
                        for reader in self._roster.holders(self._district.code, role):
                            yield _Case(stage, reader, role, due_on, on)

    def _of_acts(self, kind: str) -> Iterator[_Case]:
        for stage in self._stages():
            if (kind in _OF_REVIEWS) != (stage.review is not None):
                continue
            due_on = stage.dates.due.on
            on = self._cycle.workdays.on_or_before(due_on - timedelta(days=3))
            if kind in NEW_DAYS:
                due_on = self._later(stage)
            elif kind in (NoticeKind.ASSIGNED, NoticeKind.RETURNED):
                arrived_on, read_by, changed_by = self._review_days(stage)
                of_reader = kind == NoticeKind.ASSIGNED
                on, due_on = (arrived_on, read_by) if of_reader else (read_by, changed_by)
            roles = [Role.REVIEWER] if kind == NoticeKind.ASSIGNED else [Role(role) for role in stage.tell]
            for role in roles:
                for reader in self._roster.holders(self._district.code, role):
                    yield _Case(stage, reader, role, due_on, on)

    def _rungs(self, stage: Stage) -> Iterator[tuple[Rung, date, date]]:
        """Each rung a stage may call, with the deadline it belongs to and the day that one began to count."""
        for rung in stage.ladder:
            yield rung, stage.dates.due.on, stage.dates.opens.on
        if stage.review is not None:
            arrived_on, read_by, changed_by = self._review_days(stage)
            for rung in stage.review.reviewer_ladder:
                yield rung, read_by, arrived_on
            for rung in stage.review.revision_ladder:
                yield rung, changed_by, read_by

    def _review_days(self, stage: Stage) -> tuple[date, date, date]:
        """Of work that is there when a review opens: that day, and until when each side then has."""
        assert stage.review is not None
        workdays = self._cycle.workdays
        arrived_on = workdays.on_or_after(stage.dates.opens.on)
        read_by = workdays.on_or_after(stage.review.first_look.from_day(arrived_on, workdays))
        return arrived_on, read_by, workdays.on_or_after(stage.review.revise.from_day(read_by, workdays))

    def _later(self, stage: Stage) -> date:
        """A later day for a stage, before it closes where there is room for one."""
        later = self._cycle.workdays.on_or_after(stage.dates.due.on + _LATER)
        last = self._cycle.workdays.on_or_before(stage.dates.close.on)
        return min(later, last) if last > stage.dates.due.on else later

    def _stages(self) -> list[Stage]:
        of_state = self._district.is_state_office
        return [s for s in self._cycle.stages if of_state == (s.owed_by is OwedBy.STATE)]

    def _letter(self, kind: str, case: _Case) -> Letter:
        home = self._roster.districts[case.reader.district_code]
        zone = home.zone
        sent_at = datetime.combine(case.on, time(9), zone)
        declinable = may_decline(kind, case.role, statutory=case.stage.statutory)
        return Letter(
            to_name=case.reader.name,
            to_address=case.reader.email,
            office=self._cycle.office,
            help_address=self._cycle.help_address,
            cycle_title=self._cycle.title,
            on=case.on,
            items=(self._item(kind, case, zone),),
            message_id=message_id(f"preview/{kind}", "yearwheel.example"),
            sent_at=sent_at,
            sender=self._cycle.help_address,
            reader_link=f"{self._base_url}/l/preview",
            links_until=case.on + LINKS_WORK,
            dates=write_dates(self._announced(kind, case), sent_at),
            withdrawn=write_dates(self._withdrawn(kind, case), sent_at, Method.CANCEL),
            to_office=home.is_state_office,
            unsubscribe=f"{self._base_url}/u/preview" if declinable else "",
        )

    def _item(self, kind: str, case: _Case, zone: ZoneInfo) -> Item:
        stage, due = case.stage, case.stage.dates.due
        before = [self._cycle.stage(key) for key in stage.after[-2:]]
        is_rung = kind in set(RungKind)
        return Item(
            kind=kind,
            stage_title=self._cycle.title if case.table else stage.title,
            ask=stage.ask,
            district_name=self._about(kind, case).name,
            due_on=case.due_on,
            due_at=Deadline(case.due_on, due.at, due.zone).moment,
            zone=zone,
            cycle_zone=self._cycle.zone,
            days_left=(case.due_on - case.on).days,
            missing=tuple(map(stage.awaits, before)) if is_rung and not stage.review else (),
            page="" if case.table else f"{quote(self._district.code, safe='')}/{stage.key}",
            basis=_basis(kind, case),
            note=self._receipt(case, zone) if kind == NoticeKind.RECEIPT else _NOTES.get(kind, ""),
            role_label=ROLE_LABELS[case.role],
            table=case.table,
            due_before=stage.dates.due.on if kind in NEW_DAYS else None,
            taken_until=stage.dates.close.moment if kind in LATENESS and not stage.review else None,
            takes=takes(stage.kind) if kind in ASKS_FOR_WORK else (),
        )

    def _receipt(self, case: _Case, zone: ZoneInfo) -> str:
        number = f"{self._cycle.key}/{case.stage.key}/{self._district.code}/1"
        at = datetime.combine(case.on, time(8, 42), zone)
        seal = sha256(number.encode()).hexdigest()
        return write_receipt(number, case.reader.name, at, seal, self._cycle.zone, zone)

    def _about(self, kind: str, case: _Case) -> District:
        of_state = kind in TO_THE_OFFICE
        return self._roster.districts[case.reader.district_code] if of_state else self._district

    def _announced(self, kind: str, case: _Case) -> Iterator[Announced]:
        if kind == NoticeKind.PUBLISHED:
            for stage in self._stages():
                yield announce(self._cycle, stage, self._district.code, stage.dates.due.on, stage.basis)
        elif CATALOG[kind].announces:
            yield announce(self._cycle, case.stage, self._district.code, case.due_on, _basis(kind, case))

    def _withdrawn(self, kind: str, case: _Case) -> Iterator[Announced]:
        if CATALOG[kind].withdraws:
            yield announce(self._cycle, case.stage, self._district.code, case.due_on, _basis(kind, case))

    def _dates(self) -> Table:
        stages = self._stages()
        days = {stage.key: stage.dates.due.on for stage in stages}
        return year_table(self._cycle, days, stages[0].dates.opens.on)

    def _monday(self) -> date:
        """A Monday on which the first deadline is past, and of several the second one near."""
        first, *others = sorted(stage.dates.due.on for stage in self._stages())
        before_next = others[0] - timedelta(days=7) if others else first
        near = max(first + timedelta(days=7), before_next)
        return near - timedelta(days=near.weekday())

    def _week(self) -> Table:
        """A week in which this district alone is late, and nobody has begun what comes next."""
        monday = self._monday()
        codes = [d.code for d in self._roster.districts.values() if not d.is_state_office]
        owing = [
            Standing(stage.key, code, Status.OPEN)
            for stage in self._stages()
            if stage.dates.opens.on <= monday
            for code in ([self._district.code] if stage.dates.due.on < monday else codes)
        ]
        names = {district.code: district.name for district in self._roster.districts.values()}
        return write_week(self._cycle, Week(monday, owing, names, {"uncertain": 1}))

    def _requests(self) -> Table:
        stage, name = self._stages()[0], self._district.name
        due_on = stage.dates.due.on
        later = f"{stage.title}: {name}"
        asks = f"Pat Doe by link asks for time until {day_words(due_on + _LATER, due_on)}: snow; "
        asks += answers_in_words(more_time_answers(self._district.code, stage.key, self._cycle.key))
        helps = f"Pat Doe of {name} asks for help with {stage.title}, due {day_words(due_on, due_on)}"
        asked = [
            Request(RequestKind.MORE_TIME, later, asks),
            Request(RequestKind.HELP, "pat@district.example", helps),
        ]
        return read_table(write_table(write_requests(asked)))

    def _trouble(self, on: date) -> Table:
        trouble = Trouble(
            self._cycle.key,
            on,
            on - timedelta(days=1),
            last_round_on=on - timedelta(days=4),
            waiting_since=on - timedelta(days=3),
            uncertain=2,
            empty_roles={Role.FINANCE_OFFICER: [self._district.name]},
            refused=("pat@district.example",),
        )
        lines = [line for table in alerts.raise_alerts(trouble).values() for line in table]
        return read_table(write_table(lines))


def _basis(kind: str, case: _Case) -> str:
    return basis_words(case.stage, case.on, granted=kind in _SET_BY_THE_OFFICE)


def write_index(previews: list[Preview], cycle: Cycle, district: District) -> str:
    """A page that leads to `<kind>.html` for each preview beside it."""
    environment = Environment(
        loader=PackageLoader("yearwheel.notifications", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("preview.html.jinja")
    return page.render(previews=previews, cycle=cycle, district=district)
