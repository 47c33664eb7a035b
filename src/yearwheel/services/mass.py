"""One act for many districts: extended, shifted or excused together, seen before and taken back as one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from yearwheel.calendar.counted import counted
from yearwheel.calendar.cycle import Stage
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.planner import turn_of
from yearwheel.services import as_it_was
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.extend import check_close, notes
from yearwheel.services.moves import Move, count_notices, make_moves, with_status
from yearwheel.services.others_days import warning
from yearwheel.services.reasons import check_reason, need_reason
from yearwheel.services.relief import first_day
from yearwheel.services.selection import Selection, off_the_map, select
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import LABELS, MOVES, OWED, Status
from yearwheel.store import Connection, acts, events, reliefs, rosters, standings
from yearwheel.store.events import Event

# What happens by itself, or moves nothing, does not stand in the way of taking an act back.
HARMLESS = frozenset({"opened", "started", "extension_refused", "relief_ended"})
NAMED = 40  # districts in a look at an act: more is a wall that nobody reads
MOST_WORKDAYS = 250  # about a year of them; more is a slip of the hand


@dataclass(frozen=True, slots=True)
class Touched:
    """What an act does in one stage. `notes` say what somebody should know of its days."""

    stage_key: str
    days: Counter[tuple[date, date]]  # how many districts go from which due day to which
    notes: tuple[str, ...]

    @property
    def districts(self) -> int:
        return self.days.total()


@dataclass(frozen=True, slots=True)
class MassAct:
    """What an act did, or would do: the moves, and the places it leaves as they are with the reason.

    `reminders` are those that follow in the ledger, `notices` the people told of it, summed over the places.
    Without `act` it was only looked at.
    """

    moves: tuple[Move, ...]
    stages: tuple[Touched, ...]  # in the order of the year
    skipped: tuple[str, ...]
    names: tuple[str, ...]  # of the districts that are touched
    reminders: int
    notices: int
    act: str = ""


@dataclass(frozen=True, slots=True)
class NewDay:
    """The due day to give: a day, or so many working days after the present one."""

    until: date | None = None
    workdays: int = 0


def extend_many(
    app: App,
    cycle_key: str,
    chosen: Selection,
    stage_keys: Sequence[str],
    day: NewDay,
    *,
    by: str,
    why: str,
    force: bool = False,
    save: bool = True,
) -> MassAct:
    """Give many districts a later day, in the named stages or in all they owe. Who owes nothing is skipped.

    Refused without a reason, for a day that is later for nobody, and, naming each, past stages' closes unless
    forced.
    """
    need_reason(why, "an extension needs a reason")
    _check_workdays(day)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        moves, left, closed = [], [], {}
        for before in _find(work.connection, active, chosen, stage_keys):
            try:
                move = _extension(work.connection, active, before, day, by, why, now, force=force)
            except Refused as fault:
                closed[before.stage_key] = str(fault)
                continue
            if isinstance(move, Move):
                moves.append(move)
            else:
                left.append((before, move))
        if closed:
            raise Refused("\n".join(closed[key] for key in active.stages if key in closed))
        said = [f"{_place(s)} {words}" for s, words in left] if stage_keys else _summed(left)
        skipped = [*_off_the_map(work.connection, active, chosen), *said]
        done = carry_out(work.connection, active, moves, skipped, now, f"{chosen}: extended", by, why, save)
        if save:
            work.commit()
    return done


def excuse_many(
    app: App,
    cycle_key: str,
    chosen: Selection,
    stage_keys: Sequence[str],
    *,
    by: str,
    why: str,
    save: bool = True,
) -> MassAct:
    """Free many districts from stages. Who has handed in is skipped. Refused without a reason."""
    need_reason(why, "an excuse needs a reason")
    if not stage_keys:
        raise Refused("name the stages they need not do")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        moves, skipped = [], _off_the_map(work.connection, active, chosen)
        for before in _find(work.connection, active, chosen, stage_keys):
            if Status.EXCUSED in MOVES[before.status]:
                after = with_status(before, Status.EXCUSED)
                moves.append(Move(before, after, by, "excused", why, NoticeKind.EXCUSED, why))
            else:
                skipped.append(f"{_place(before)} is {LABELS[before.status]}")
        done = carry_out(work.connection, active, moves, skipped, now, f"{chosen}: excused", by, why, save)
        if save:
            work.commit()
    return done


def undo(app: App, cycle_key: str, act: str, *, by: str, why: str, save: bool = True) -> MassAct:
    """Take an act back as one. Refused, naming them, if later changes stand in the way."""
    check_reason(why)
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        done = acts.find(work.connection, cycle_key, act)
        changed = {(e.stage_key, e.district_code): e for _, e in done if e.stage_key and e.district_code}
        if not changed:
            raise Refused(f"{cycle_key} has no act {act!r} that changed anything")
        _check_not_undone(work.connection, active, act)
        if stands := _in_the_way(work.connection, cycle_key, done):
            lines = [f"  {_said(event)} on {active.day(event.at)} by {event.actor}" for event in stands]
            raise Refused("\n".join([f"{act} cannot be undone; since then:", *lines]))
        here = standings.find(work.connection, cycle_key, stage_keys={stage for stage, _ in changed})
        back = [
            _reversal(before, changed[before.place], by, why) for before in here if before.place in changed
        ]
        moves = [move for move in back if move.after != move.before]
        for relief in reliefs.list_reliefs(work.connection, cycle_key):
            if relief.act == act and relief.ended_at is None:
                reliefs.end(work.connection, relief.id, by, now)
        reversal = carry_out(work.connection, active, moves, [], now, _undone(act), by, why, save)
        if save:
            work.commit()
    return reversal


def carry_out(
    connection: Connection,
    active: Active,
    moves: Sequence[Move],
    skipped: Sequence[str],
    now: datetime,
    what: str,
    by: str,
    why: str,
    save: bool,
) -> MassAct:
    """Make moves as one act inside the caller's transaction, who keeps it only to `save`."""
    if not moves:
        raise Refused("\n".join(["this would change nothing", *skipped]))
    roster = rosters.load(connection, active.state, active.key)
    codes = sorted({move.after.district_code for move in moves})
    names = tuple(roster.districts[code].name for code in codes)
    touched = tuple(_touched(active, moves, active.day(now)))
    act = uuid4().hex[:8]
    marked = tuple(replace(move, detail=_detail(active, move, act)) for move in moves)
    # A look makes the moves, too, and lets go of them: so it counts what would come of them.
    reminders = make_moves(connection, active, marked, now)
    notices = count_notices(active, marked, roster, now)
    detail = {"act": act, "places": len(moves), "districts": len(codes), "skipped": len(skipped)}
    events.append(connection, [Event(now, by, "mass_act", active.key, before=what, why=why, detail=detail)])
    return MassAct(marked, touched, tuple(skipped), names, reminders, notices, act if save else "")


def _touched(active: Active, moves: Sequence[Move], today: date) -> Iterable[Touched]:
    for key, stage in active.stages.items():
        here = [move for move in moves if move.after.stage_key == key]
        own = stage.dates.due.on
        days = Counter((move.before.due_on or own, move.after.due_on or own) for move in here)
        said = dict.fromkeys(note for move in here for note in _notes(active, stage, move, today))
        if here:
            yield Touched(key, days, tuple(said))


def _notes(active: Active, stage: Stage, move: Move, today: date) -> Iterable[str]:
    if move.kind == "relieved":
        yield "late already; that stays, but nobody is reminded of it while the relief lasts"
    else:
        yield from notes(active.cycle, stage, move.after)
        due_on = move.after.due_on or stage.dates.due.on
        if due_on < today and move.after.due_on != move.before.due_on and move.after.status in OWED:
            yield f"{due_on} is past: who has not handed in is late at once, and told so"


def _detail(active: Active, move: Move, act: str) -> dict[str, Any]:
    detail: dict[str, Any] = {"act": act, "was": as_it_was.write(move.before)}
    said = warning(active.stages[move.after.stage_key], move.after)
    return detail | ({"warning": said} if said else {})


def _in_the_way(connection: Connection, cycle_key: str, done: Sequence[acts.Numbered]) -> list[Event]:
    """What changed in an act's places since it changed them last, and has not been taken back since."""
    newest = {(e.stage_key or "", e.district_code or ""): number for number, e in done}
    later = acts.find_later(connection, cycle_key, done[0].id, set(newest))
    back = taken_back(connection, cycle_key)
    void = {*back, *map(_name, back.values())}  # together they changed nothing
    return [
        event
        for number, event in later
        if event.kind not in HARMLESS
        and number > newest[event.stage_key or "", event.district_code or ""]
        and _name(event) not in void
    ]


def taken_back(connection: Connection, cycle_key: str) -> dict[str, Event]:
    """For each act that stands undone, the event of the act that undid it.

    Whoever undoes an undoing has the first act stand again.
    """
    found: dict[str, Event] = {}
    done = events.list_events(connection, cycle_key, kinds=["mass_act"])
    called = {_undone(_name(event)): _name(event) for event in done}
    for event in reversed(done):
        undid = called.get(event.before or "")
        if undid and _name(event) not in found:
            found[undid] = event
    return found


def _name(event: Event) -> str:
    name: str = (event.detail or {}).get("act", "")
    return name


def _check_workdays(day: NewDay) -> None:
    if day.until is None and not 1 <= day.workdays <= MOST_WORKDAYS:
        raise Refused(
            f"a day may be from 1 to {MOST_WORKDAYS} working days later, not {day.workdays:,}; "
            "give another number, or the day itself"
        )


def _find(
    connection: Connection, active: Active, chosen: Selection, stage_keys: Sequence[str]
) -> list[Standing]:
    known = {stage.key for stage in active.cycle.stages}
    if strangers := sorted(set(stage_keys) - known):
        raise Refused(f"{active.key} has no stage {', '.join(strangers)}; it has {', '.join(sorted(known))}")
    codes = [district.code for district in select(rosters.load(connection, active.state), chosen)]
    return standings.find(connection, active.key, stage_keys=stage_keys or known, codes=codes)


def _off_the_map(connection: Connection, active: Active, chosen: Selection) -> list[str]:
    return off_the_map(rosters.load(connection, active.state), chosen)


def _extension(
    connection: Connection,
    active: Active,
    before: Standing,
    day: NewDay,
    by: str,
    why: str,
    now: datetime,
    *,
    force: bool,
) -> Move | str:
    """The move that extends, or the words why there is none."""
    stage = active.cycle.stage(before.stage_key)
    turn = turn_of(stage, before)
    if turn is None or before.status not in OWED:
        return f"is {LABELS[before.status]}"
    until = day.until or active.cycle.workdays.shift(turn.due_on, day.workdays)
    if until <= turn.due_on:
        return f"is due on {turn.due_on} already"
    if until < active.day(now):
        return f"was due on {turn.due_on}, and {until} is past as well"
    check_close(active.cycle, stage, before, until, force=force)
    since = first_day(connection, active, before.district_code, active.day(now))
    after = replace(before, due_on=until, due_since=since, due_because=DueBecause.EXTENSION)
    return Move(before, after, by, "deadline_moved", why, NoticeKind.EXTENSION, why)


def _summed(left: Iterable[tuple[Standing, str]]) -> list[str]:
    """A line for each stage and reason: of a whole year, one for each place would hide the rest."""
    places = Counter((before.stage_key, words) for before, words in left)
    return [f"{stage} {words}: {counted(many, 'district')}" for (stage, words), many in places.items()]


def _undone(act: str) -> str:
    """What an act is called that takes another back."""
    return f"{act} undone"


def _check_not_undone(connection: Connection, active: Active, act: str) -> None:
    """One sentence for an act that was taken back, in the place of all that taking it back has changed."""
    if event := taken_back(connection, active.key).get(act):
        again = command(f"undo {_name(event)} --why '...'", active.key)
        raise Refused(
            f"{act} was undone already on {active.day(event.at)} by {event.actor} ({event.why}); "
            f"to have it back: {again}"
        )


def _reversal(before: Standing, event: Event, by: str, why: str) -> Move:
    was = as_it_was.read(before.place, (event.detail or {})["was"])
    if event.kind == "excused":
        after = with_status(before, Status.OPEN if was.status is Status.IN_PROGRESS else was.status)
        return Move(before, after, by, "reinstated", why, NoticeKind.REINSTATED, why)
    after = replace(before, due_on=was.due_on, due_since=was.due_since, due_because=was.due_because)
    after = replace(after, opens_on=was.opens_on)
    same_day = event.before == event.after
    return Move(
        before,
        after,
        by,
        "relief_ended" if same_day else "deadline_moved",
        why,
        None if same_day else NoticeKind.EXTENSION,
        why,
    )


def _said(event: Event) -> str:
    return f"{event.district_code} {event.stage_key}: {event.kind.replace('_', ' ')}, {event.after}"


def _place(standing: Standing) -> str:
    return f"{standing.district_code} {standing.stage_key}"


def in_lines(done: MassAct) -> Iterable[str]:
    """What an act does, counted and named."""
    for stage in done.stages:
        yield f"  {stage.stage_key}: {counted(stage.districts, 'district')}"
        for (old, new), count in sorted(stage.days.items()):
            if old != new:
                yield f"    {_day(old)} -> {_day(new)}: {counted(count, 'district')}"
        yield from (f"    note: {note}" for note in stage.notes)
    more = len(done.names) - NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    yield f"  {counted(len(done.names), 'district')} in all: {', '.join(done.names[:NAMED])}{rest}"
    yield f"  reminders that follow: {done.reminders:,}; notices to people who are told: {done.notices:,}"
    yield from (f"  left as it is: {words}" for words in done.skipped)


def _day(on: date) -> str:
    return f"{on:%a} {on}"
