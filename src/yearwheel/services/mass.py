"""One act for many districts: extended, shifted or excused together, seen before and taken back as one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.planner import turn_of
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.moves import Move, make_moves, with_status
from yearwheel.services.relief import first_day
from yearwheel.services.selection import Selection, select
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import LABELS, MOVES, OWED, Status
from yearwheel.store import Connection, acts, events, reliefs, rosters, standings
from yearwheel.store.events import Event

# What happens by itself does not stand in the way of taking an act back.
BY_ITSELF = frozenset({"opened", "started"})


@dataclass(frozen=True, slots=True)
class MassAct:
    """What an act did, or would do: the moves, and the places it leaves as they are with the reason.

    Without `act` it was only looked at.
    """

    moves: tuple[Move, ...]
    skipped: tuple[str, ...]
    names: tuple[str, ...]  # of the districts that are touched
    act: str = ""

    @property
    def stages(self) -> Counter[str]:
        """How many districts are touched in each stage."""
        return Counter(move.after.stage_key for move in self.moves)


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

    Refused without a reason, for a day that is later for nobody, and past a stage's close unless forced.
    """
    if not why.strip():
        raise Refused("an extension needs a reason: --why '...'")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        moves, skipped = [], []
        for before in _find(work.connection, active, chosen, stage_keys):
            move = _extension(work.connection, active, before, day, by, why, now, force=force)
            if isinstance(move, Move):
                moves.append(move)
            elif stage_keys:
                skipped.append(move)
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
    if not why.strip():
        raise Refused("an excuse needs a reason: --why '...'")
    if not stage_keys:
        raise Refused("name the stages they need not do")
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        moves, skipped = [], []
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
    now = app.clock.now()
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        done = acts.find(work.connection, cycle_key, act)
        changed = {(e.stage_key, e.district_code): e for _, e in done if e.stage_key and e.district_code}
        if not changed:
            raise Refused(f"{cycle_key} has no act {act!r} that changed anything")
        later = acts.find_later(work.connection, cycle_key, done[-1].id, set(changed))
        if stands := [event for _, event in later if event.kind not in BY_ITSELF]:
            lines = [f"  {_said(event)} on {active.day(event.at)} by {event.actor}" for event in stands]
            raise Refused("\n".join([f"{act} cannot be undone; since then:", *lines]))
        here = standings.find(work.connection, cycle_key, stage_keys={stage for stage, _ in changed})
        moves = [
            _reversal(before, changed[before.stage_key, before.district_code], by, why)
            for before in here
            if (before.stage_key, before.district_code) in changed
        ]
        for relief in reliefs.list_reliefs(work.connection, cycle_key):
            if relief.act == act and relief.ended_at is None:
                reliefs.end(work.connection, relief.id, by, now)
        undone = carry_out(work.connection, active, moves, [], now, f"{act} undone", by, why, save)
        if save:
            work.commit()
    return undone


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
    """Make moves as one act, inside the caller's transaction, or only say what they would be."""
    if not moves:
        raise Refused("\n".join(["this would change nothing", *skipped]))
    roster = rosters.load(connection, active.state, active.key)
    codes = sorted({move.after.district_code for move in moves})
    names = tuple(roster.districts[code].name for code in codes)
    if not save:
        return MassAct(tuple(moves), tuple(skipped), names)
    act = uuid4().hex[:8]
    marked = [replace(move, detail={"act": act, "was": _as_it_was(move.before)}) for move in moves]
    make_moves(connection, active, marked, now)
    detail = {"act": act, "places": len(moves), "districts": len(codes), "skipped": len(skipped)}
    events.append(connection, [Event(now, by, "mass_act", active.key, before=what, why=why, detail=detail)])
    return MassAct(tuple(marked), tuple(skipped), names, act)


def _find(
    connection: Connection, active: Active, chosen: Selection, stage_keys: Sequence[str]
) -> list[Standing]:
    known = {stage.key for stage in active.cycle.stages}
    if strangers := sorted(set(stage_keys) - known):
        raise Refused(f"{active.key} has no stage {', '.join(strangers)}; it has {', '.join(sorted(known))}")
    codes = [district.code for district in select(rosters.load(connection, active.state), chosen)]
    return standings.find(connection, active.key, stage_keys=stage_keys or known, codes=codes)


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
    """The move that extends, or why there is none."""
    stage = active.cycle.stage(before.stage_key)
    turn = turn_of(stage, before)
    if turn is None or before.status not in OWED:
        return f"{_place(before)} is {LABELS[before.status]}"
    until = day.until or active.cycle.workdays.shift(turn.due_on, day.workdays)
    if until <= turn.due_on:
        return f"{_place(before)} is due on {turn.due_on} already"
    if until > stage.dates.close.on and not force:
        raise Refused(
            f"{stage.title} closes on {stage.dates.close.on}; to go past it use --force with a reason"
        )
    since = first_day(connection, active, before.district_code, active.day(now))
    after = replace(before, due_on=until, due_since=since, due_because=DueBecause.EXTENSION)
    return Move(before, after, by, "deadline_moved", why, NoticeKind.EXTENSION, why)


def _as_it_was(before: Standing) -> dict[str, Any]:
    names = ("status", "due_on", "due_since", "due_because")
    return {name: str(value) if (value := getattr(before, name)) else None for name in names}


def _reversal(before: Standing, event: Event, by: str, why: str) -> Move:
    was = (event.detail or {})["was"]
    if event.kind == "excused":
        status = Status(was["status"])
        after = with_status(before, Status.OPEN if status is Status.IN_PROGRESS else status)
        return Move(before, after, by, "reinstated", why)
    due_on, due_since = _day(was["due_on"]), _day(was["due_since"])
    after = replace(before, due_on=due_on, due_since=due_since, due_because=was["due_because"])
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


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _said(event: Event) -> str:
    return f"{event.district_code} {event.stage_key}: {event.kind.replace('_', ' ')}, {event.after}"


def _place(standing: Standing) -> str:
    return f"{standing.district_code} {standing.stage_key}"


def in_lines(done: MassAct) -> Iterable[str]:
    """What an act does, counted and named."""
    for stage_key, count in done.stages.items():
        yield f"  {stage_key}: {count} district{'' if count == 1 else 's'}"
    yield f"  {len(done.names)} in all: {', '.join(done.names)}"
    yield from (f"  left as it is: {words}" for words in done.skipped)
