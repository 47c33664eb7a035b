"""Reads the story of a cycle from the database."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from yearwheel.calendar.cycle import Cycle, OwedBy, RungKind, Stage, StageKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.rehearsal.behaviour import People
from yearwheel.rehearsal.samples import write_samples
from yearwheel.rehearsal.story import (
    CellStanding,
    DistrictLine,
    LedgerFigures,
    Outcome,
    StageCount,
    YearStory,
)
from yearwheel.roster.people import District
from yearwheel.services.active import read_active
from yearwheel.services.app import App
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import Status
from yearwheel.store import Connection, events, outbox, reminders, rosters, standings
from yearwheel.store.events import Event

Cells = dict[tuple[str, str], CellStanding]
NOT_REMINDERS = {*NoticeKind, RungKind.OPENED, RungKind.ESCALATION}


def gather_story(
    app: App, cycle: Cycle, seed: int, *, told_by: str, command: str, ledger: LedgerFigures
) -> YearStory:
    """Everything the report tells, as it stands at the clock's moment."""
    with app.database.reading() as connection:
        active = read_active(connection, cycle.key)
        roster = rosters.load(connection, cycle.state, cycle.key)
        as_of = active.day(app.clock.now())
        cells = _cells(connection, cycle)
        people = People(cycle, seed)
        districts = [d for d in roster.districts.values() if not d.is_state_office]
        return YearStory(
            cycle=cycle,
            as_of=as_of,
            generated_for=told_by,
            command=command,
            ledger=ledger,
            districts=tuple(_line(district, cycle, cells) for district in districts),
            stage_counts=tuple(_counts(connection, cycle, cells, as_of)),
            mails_per_day=outbox.count_sent_by_day(connection, cycle.key),
            progress={stage.key: _progress(stage, cells) for stage in cycle.stages},
            behaviours=dict(Counter(str(people.usual_manner(d.code)) for d in districts)),
            sample_mails=tuple(write_samples(connection, cycle.key, app.settings.data_dir)),
        )


def _cells(connection: Connection, cycle: Cycle) -> Cells:
    handed_in = _handed_in(events.list_events(connection, cycle.key, kinds=["submitted", "approved"]), cycle)
    extended = {
        (e.stage_key, e.district_code)
        for e in events.list_events(connection, cycle.key, kinds=["deadline_moved"])
    }
    return {
        (s.stage_key, s.district_code): _cell(cycle.stage(s.stage_key), s, handed_in, extended)
        for s in standings.find(connection, cycle.key)
    }


def _handed_in(history: Iterable[Event], cycle: Cycle) -> dict[tuple[str, str], tuple[date, date]]:
    """The day each work first came in (a review: was decided) and the due day that held then."""
    first: dict[tuple[str, str], tuple[date, date]] = {}
    for event in history:
        assert event.stage_key is not None
        assert event.district_code is not None
        assert event.detail is not None
        stage = cycle.stage(event.stage_key)
        if (event.kind == "approved") == (stage.kind is StageKind.REVIEW):
            day = event.at.astimezone(cycle.zone).date()
            due_on = date.fromisoformat(event.detail["due_on"])
            first.setdefault((event.stage_key, event.district_code), (day, due_on))
    return first


def _cell(
    stage: Stage,
    standing: Standing,
    handed_in: Mapping[tuple[str, str], tuple[date, date]],
    extended: set[tuple[str | None, str | None]],
) -> CellStanding:
    place = (standing.stage_key, standing.district_code)
    day, due_on = handed_in.get(place, (None, standing.due_on or stage.dates.due.on))
    return CellStanding(
        status=standing.status,
        deadline_on=due_on,
        handed_in_on=day,
        days_late=max((day - due_on).days, 0) if day else None,
        extended=place in extended or standing.due_because == DueBecause.EXTENSION,
        is_owed=stage.kind is not StageKind.REVIEW or standing.status is not Status.NOT_OPEN,
    )


def _line(district: District, cycle: Cycle, cells: Cells) -> DistrictLine:
    owed = [stage.key for stage in cycle.stages if stage.owed_by is OwedBy.DISTRICTS]
    return DistrictLine(
        code=district.code,
        name=district.name,
        county=district.county,
        zone_label="Central" if district.zone.key == "America/Chicago" else "Eastern",
        enrollment=district.enrollment,
        cells={key: cells[key, district.code] for key in owed if (key, district.code) in cells},
    )


def _counts(connection: Connection, cycle: Cycle, cells: Cells, as_of: date) -> Iterable[StageCount]:
    sent = reminders.count_sent(connection, cycle.key)
    returned = Counter(e.stage_key for e in events.list_events(connection, cycle.key, kinds=["returned"]))
    for stage in cycle.stages:
        outcomes = Counter(
            cell.outcome(as_of) for (stage_key, _), cell in cells.items() if stage_key == stage.key
        )
        kinds = sent.get(stage.key, {})
        yield StageCount(
            stage.key,
            on_time=outcomes[Outcome.ON_TIME],
            late=outcomes[Outcome.LATE],
            never=outcomes[Outcome.NEVER] + outcomes[Outcome.RETURNED] + outcomes[Outcome.WAITING],
            excused=outcomes[Outcome.WAIVED],
            returned=returned[stage.key],
            reminders_sent=sum(count for kind, count in kinds.items() if kind not in NOT_REMINDERS),
            escalations_sent=kinds.get(RungKind.ESCALATION, 0),
        )


def _progress(stage: Stage, cells: Cells) -> tuple[tuple[date, float], ...]:
    mine = [cell for (stage_key, _), cell in cells.items() if stage_key == stage.key]
    by_day: dict[date, int] = defaultdict(int)
    for cell in mine:
        if cell.handed_in_on:
            by_day[cell.handed_in_on] += 1
    shares, so_far = [], 0
    for day in sorted(by_day):
        so_far += by_day[day]
        shares.append((day, so_far / len(mine)))
    return tuple(shares)
