"""Where districts stand under a calendar that is about to replace another, and what brings them there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from yearwheel.calendar.cycle import Cycle, LocalDue, StageKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.what_if import first_standings, stages_read
from yearwheel.roster.people import Roster
from yearwheel.services.active import Active
from yearwheel.services.local_days import Place, Since, to_own_days, with_own_day
from yearwheel.services.moves import Move
from yearwheel.services.reapply import reapply
from yearwheel.services.tracks import enter_on_tracks, to_tracks
from yearwheel.stages.standing import DueBecause, Standing
from yearwheel.stages.status import OWED
from yearwheel.store import Connection, standings, tracks

# Why a district's due day may be its own, such that another calendar may give it another one.
OF_ITS_OWN = (DueBecause.EXTENSION, DueBecause.RELIEF, DueBecause.LOCAL)


@dataclass(frozen=True, slots=True)
class Led:
    """Where those who were there stand under a new calendar, and the moves that brought them there."""

    after: Sequence[Standing]
    tracked: Sequence[Move]  # to what their tracks ask
    relieved: Sequence[Move]  # to the days that running reliefs give
    overtaken: Sequence[Move]  # extensions that the new days reach
    own: Sequence[Move]  # to the days that their own calendars now give, or back from them

    @property
    def moved(self) -> set[Place]:
        """The places whose reminders may differ for another reason than the calendar's own dates."""
        return {move.after.place for move in (*self.tracked, *self.own, *self.relieved)}


@dataclass(frozen=True, slots=True)
class UnderNew:
    """What moves districts under a new calendar: their tracks, running reliefs, and days of their own."""

    connection: Connection
    old: Cycle
    under_new: Active
    own: Mapping[Place, LocalDue]
    since: Since
    now: datetime
    by: str

    def find_touched(self, replanned: Collection[str]) -> list[Standing]:
        """The standings that the change may move, or whose reviewers' weeks it counts."""
        local = {stage_key for stage_key, _ in self.own}
        read = stages_read(self.old, self.under_new.cycle)
        stages = {*replanned, *self._retracked(), *local, *read}
        return standings.find_touched(self.connection, self.under_new.key, stages, OF_ITS_OWN)

    def lead(self, here: Sequence[Standing]) -> Led:
        """Bring those who are there to what tracks, reliefs and calendars of their own now give them."""
        new = self.under_new.cycle
        tracked = self._to_tracks(here)
        stand = after(here, tracked)
        struck = reapply(self.connection, self.under_new, stand, self.own, self.now, self.by)
        relieved = [move for move in struck.values() if move]
        others = [s for s in stand if s.place not in struck]
        overtaken = _overtaken(new, others, self.own, self.since, self.by)
        kept = {stage.key for stage in new.stages}
        free = (s for s in after(others, overtaken) if s.stage_key in kept)
        own = list(to_own_days(free, self.own, self.since, self.by))
        stands = after(stand, [*relieved, *overtaken, *own])
        return Led(stands, tracked, relieved, overtaken, own)

    def enter(self, roster: Roster, present: Collection[Place]) -> tuple[list[Standing], list[Move]]:
        """Who enters the added stages, where they stand there, and the moves that are in that already."""
        new = self.under_new.cycle
        added = {stage.key for stage in new.stages} - {stage.key for stage in self.old.stages}
        coming = [s for s in first_standings(new, roster, added) if s.place not in present]
        entering, let_off = enter_on_tracks(self.connection, self.under_new, coming, by=self.by)
        own = list(to_own_days(entering, self.own, self.since, self.by))
        entering = after(entering, own)
        in_relief = reapply(self.connection, self.under_new, entering, self.own, self.now, self.by)
        relieved = [move for move in in_relief.values() if move]
        return after(entering, relieved), [*let_off, *own, *relieved]

    def _retracked(self) -> set[str]:
        """The stages that other tracks owe now, and those that come again."""
        was = {stage.key: stage.tracks for stage in self.old.stages}
        return {stage.key for stage in self.under_new.cycle.stages if was.get(stage.key) != stage.tracks}

    def _to_tracks(self, here: Iterable[Standing]) -> list[Move]:
        retracked = self._retracked()
        asked = [standing for standing in here if standing.stage_key in retracked]
        out = retracked - {stage.key for stage in self.old.stages}
        known = tracks.read(self.connection, self.under_new.key)
        return list(to_tracks(self.connection, self.under_new, asked, known, self.by, out))


def after(here: Iterable[Standing], moves: Sequence[Move]) -> list[Standing]:
    """Where districts stand once these moves are made."""
    if not moves:
        return list(here)
    moved = {move.after.place: move.after for move in moves}
    return [moved.get(s.place, s) for s in here]


def _overtaken(
    new: Cycle, here: Sequence[Standing], own: Mapping[Place, LocalDue], since: Since, by: str
) -> list[Move]:
    """Extensions that the calendar's new day reaches: the later day counts, so they end."""
    stages = {stage.key: stage for stage in new.stages}
    moves = []
    for standing in here:
        stage = stages.get(standing.stage_key)
        extended = standing.due_because in (DueBecause.EXTENSION, DueBecause.RELIEF)
        is_owed = standing.status in OWED  # of work that is in no day is told
        if stage is None or not (extended and is_owed) or stage.kind is StageKind.REVIEW:
            continue
        due = own.get(standing.place)
        if standing.due_on is None or standing.due_on > (due.on if due else stage.dates.due.on):
            continue
        without = with_own_day(standing, due, since)
        moves.append(Move(standing, without, by, "extension_overtaken", notice=NoticeKind.DATE_MOVED))
    return moves
