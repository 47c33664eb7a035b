"""Whatever people do, and in whatever order, the proof holds after each act and after each round."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.apps import (
    ANN,
    ASH,
    CEDAR,
    FINN,
    KEY,
    PEOPLE,
    SOURCE,
    bare_app,
    hand_in,
    person,
    roster_of,
    round_at,
    set_clock,
)
from tests.fakes import BROKEN_OFF, BUSY, POLICY
from tests.unit.test_change_calendar import WITHOUT_PLAN
from tests.unit.test_tracks import FULL_ONLY
from yearwheel.calendar.cycle import RungKind
from yearwheel.calendar.timetable import DistrictDays
from yearwheel.notifications.ledger import OPEN, SYSTEM, OutboxStatus
from yearwheel.notifications.mailers import Result
from yearwheel.roster.district_days import DayKind
from yearwheel.roster.people import Contact, Role
from yearwheel.services.active import read_active
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import save_change
from yearwheel.services.contacts import call_reachable, give_up_address, name_deputy, set_away
from yearwheel.services.cycles import close_cycle
from yearwheel.services.decide import Decision, decide
from yearwheel.services.disaster import declare_disaster
from yearwheel.services.excuse import excuse, reinstate
from yearwheel.services.extend import Extension, extend, take_back_extension
from yearwheel.services.import_days import DaysFile, import_days
from yearwheel.services.import_roster import RosterFiles, import_roster
from yearwheel.services.mass import NewDay, extend_many, undo
from yearwheel.services.outbox_desk import list_outbox, list_refused, retry
from yearwheel.services.pause import pause_cycle, resume_cycle
from yearwheel.services.prove import prove
from yearwheel.services.relief import end_relief, list_reliefs
from yearwheel.services.reopen import reopen_cycle
from yearwheel.services.selection import Selection
from yearwheel.services.submit import start
from yearwheel.services.tracks import set_track
from yearwheel.services.upkeep import resolve
from yearwheel.store import events, outbox, reminders
from yearwheel.store.database import Database
from yearwheel.store.events import Event

CLAY = person("clay", CEDAR, Role.FINANCE_OFFICER)
ABE = person("abe", ASH, Role.TECHNOLOGY_COORDINATOR)
ALWAYS = tuple(contact for contact in PEOPLE.contacts.values() if contact not in (ANN, FINN))
PAIRS = {"001": ("ann", "sue"), "002": ("bob", "sam"), "003": ("cal", "sid")}  # who, and who stands in
FIRST, EARLIEST_DUE = date(2027, 2, 1), date(2027, 2, 20)


class Year:
    """An installation in February, and what can be taken back."""

    def __init__(self, database: Database) -> None:
        self.app = bare_app(database, str(FIRST))
        self.on = FIRST
        self.acts: list[str] = []

    def live(self, days: int) -> None:
        """The rounds of so many days; then it is the evening of the last."""
        for _ in range(days):
            round_at(self.app, str(self.on))
            self.on += timedelta(days=1)
        set_clock(self.app, f"{self.on - timedelta(days=1)} 18:00")

    def do(self, word: str, stage: str, code: str, ahead: int) -> None:
        """What makes no sense is refused, and then nothing has happened."""
        with suppress(Refused, IndexError):
            ACTS[word](self, stage, code, ahead)

    def holds(self, after: str) -> None:
        assert prove(self.app, KEY).breaches == (), f"after {after}"
        assert self._misplaced() == [], f"after {after}"
        assert [asked for asked, times in self._asked().items() if times > 1] == [], f"after {after}"

    def _misplaced(self) -> list[tuple[int, str]]:
        """Letters that have an end though they are open, or the other way round."""
        with self.app.database.reading() as connection:
            rows = outbox.list_messages(connection, cycle_key=KEY)
        return [(r["id"], r["status"]) for r in rows if (r["settled_at"] is None) != (r["status"] in OPEN)]

    def _asked(self) -> Counter[tuple[object, ...]]:
        """How often each letter asks its reader for the work of one stage by one deadline."""
        with self.app.database.reading() as connection:
            rows = reminders.list_outcomes(connection, KEY)
        asked = ("outbox_id", "stage_key", "district_code", "contact_key", "deadline_on")
        rungs = set(RungKind)
        return Counter(
            tuple(row[name] for name in asked) for row in rows if row["outbox_id"] and row["kind"] in rungs
        )

    def extend(self, stage: str, code: str, ahead: int) -> None:
        until = self.on + timedelta(days=ahead)
        extend(self.app, KEY, [Extension(stage, code, until)], by="ada", why="flood", force=True)

    def take_back(self, stage: str, code: str, _: int) -> None:
        take_back_extension(self.app, KEY, stage, code, by="ada", why="a mistake")

    def excuse(self, stage: str, code: str, _: int) -> None:
        excuse(self.app, KEY, stage, code, by="ada", why="closed")

    def reinstate(self, stage: str, code: str, _: int) -> None:
        reinstate(self.app, KEY, stage, code, by="ada", why="open again")

    def start(self, stage: str, code: str, _: int) -> None:
        start(self.app, KEY, stage, code, by="Ann")

    def hand_in(self, stage: str, code: str, _: int) -> None:
        hand_in(self.app, stage, code, force_why="late")

    def send_back(self, stage: str, code: str, _: int) -> None:
        decide(self.app, KEY, [Decision(stage, code, "ray", "page 2 is missing")])

    def approve(self, stage: str, code: str, _: int) -> None:
        decide(self.app, KEY, [Decision(stage, code, "ray")])

    def decide_review(self, _: str, code: str, ahead: int) -> None:
        decide(self.app, KEY, [Decision("review", code, "ray", "page 2 is missing" * (ahead % 2))])

    def move_the_date(self, _stage: str, _code: str, ahead: int) -> None:
        due = EARLIEST_DUE + timedelta(days=ahead)
        new = SOURCE.replace("on: March 1, basis", f"on: {due:%B} {due.day}, basis")
        save_change(self.app, KEY, new, by="ada", why="the board asked")

    def drop_the_plan(self, _stage: str, _code: str, _ahead: int) -> None:
        save_change(self.app, KEY, WITHOUT_PLAN, by="ada", why="not this year")

    def bring_the_plan(self, _stage: str, _code: str, _ahead: int) -> None:
        save_change(self.app, KEY, SOURCE, by="ada", why="this year after all")

    def close(self, _stage: str, _code: str, _: int) -> None:
        close_cycle(self.app, KEY, by="ada", why="over")

    def reopen(self, _stage: str, _code: str, _: int) -> None:
        reopen_cycle(self.app, KEY, by="ada", why="not over")

    def move_the_opening(self, _stage: str, _code: str, ahead: int) -> None:
        """Of the plan, to a day that is past or still to come."""
        opens = self.on + timedelta(days=ahead - 12)
        new = SOURCE.replace(
            "opens: February 1\n    due: April 15", f"opens: {opens:%B} {opens.day}\n    due: April 15"
        )
        assert new != SOURCE or opens == FIRST
        save_change(self.app, KEY, new, by="ada", why="the portal is ready")

    def declare(self, _: str, code: str, ahead: int) -> None:
        last = self.on + timedelta(days=ahead)
        done = declare_disaster(self.app, KEY, Selection(codes=(code,)), last, by="ada", why="flood")
        self.acts.append(done.act)

    def end_it(self, _stage: str, _code: str, _: int) -> None:
        end_relief(self.app, KEY, list_reliefs(self.app, KEY)[-1].id, by="ada", why="over")

    def extend_all(self, stage: str, _: str, ahead: int) -> None:
        chosen, day = Selection(everyone=True), NewDay(workdays=ahead)
        done = extend_many(self.app, KEY, chosen, [stage], day, by="ada", why="ice", force=True)
        self.acts.append(done.act)

    def undo(self, _stage: str, _code: str, _: int) -> None:
        undo(self.app, KEY, self.acts[-1], by="ada", why="a mistake")

    def take_breaks(self, _: str, code: str, ahead: int) -> None:
        away = {self.on + timedelta(days=n): "a break" for n in range(3, 3 + ahead)}
        file = DaysFile(DayKind.BREAK, {code: DistrictDays(breaks=away)}, "breaks.csv")
        import_days(self.app, "KY", file, by="ada")

    def all_come(self, _stage: str, _code: str, _: int) -> None:
        self._people(ANN, FINN, CLAY, ABE)

    def some_leave(self, _stage: str, _code: str, _: int) -> None:
        self._people(ANN)

    def stand_in(self, _stage: str, code: str, _: int) -> None:
        name_deputy(self.app, KEY, *PAIRS[code], by="ada")

    def go_away(self, _stage: str, code: str, ahead: int) -> None:
        set_away(self.app, KEY, PAIRS[code][0], self.on + timedelta(days=ahead), by="ada")

    def come_back(self, _stage: str, code: str, _: int) -> None:
        set_away(self.app, KEY, PAIRS[code][0], None, by="ada")

    def lose_an_address(self, _stage: str, code: str, _: int) -> None:
        now, (contact, _deputy) = self.app.clock.now(), PAIRS[code]
        with self.app.database.writing() as work:
            said = Event(now, SYSTEM, "address_refused", KEY, why="550 unknown", detail={"contact": contact})
            events.append(work.connection, [said])
            give_up_address(work.connection, read_active(work.connection, KEY), contact, "550 unknown", now)
            work.commit()

    def find_an_address(self, _stage: str, code: str, _: int) -> None:
        call_reachable(self.app, KEY, PAIRS[code][0], by="ada")

    def pause(self, _stage: str, _code: str, _: int) -> None:
        pause_cycle(self.app, KEY, by="ada", why="flood")

    def resume(self, _stage: str, _code: str, _: int) -> None:
        resume_cycle(self.app, KEY, by="ada")

    def is_on_update(self, _stage: str, code: str, _: int) -> None:
        set_track(self.app, KEY, code, 2, 3, by="ada")

    def writes_a_plan(self, _stage: str, code: str, _: int) -> None:
        set_track(self.app, KEY, code, 1, 3, by="ada")

    def ask_full_plans_only(self, _stage: str, _code: str, _: int) -> None:
        save_change(self.app, KEY, FULL_ONLY, by="ada", why="only who writes one")

    def refuse_mail(self, _stage: str, code: str, _: int) -> None:
        self._answer(code, POLICY)

    def put_mail_off(self, _stage: str, code: str, _: int) -> None:
        self._answer(code, BUSY)

    def break_mail_off(self, _stage: str, code: str, _: int) -> None:
        self._answer(code, BROKEN_OFF)

    def take_mail(self, _stage: str, _code: str, _: int) -> None:
        with self.app.open_mailer() as mailer:
            mailer.answers = {}

    def retry(self, _stage: str, _code: str, _: int) -> None:
        if refused := list_refused(self.app, KEY):
            retry(self.app, KEY, refused, by="ada", why="it works again")

    def settle(self, _stage: str, _code: str, ahead: int) -> None:
        doubts = [m.id for m in list_outbox(self.app, KEY, [OutboxStatus.UNCERTAIN])]
        what = OutboxStatus.SENT if ahead % 2 else OutboxStatus.QUEUED
        resolve(self.app, doubts, what, by="ada", why="the log says so")

    def _answer(self, code: str, answer: Result) -> None:
        with self.app.open_mailer() as mailer:
            mailer.answers = {f"{contact}@mail.example": answer for contact in PAIRS[code]}

    def _people(self, *named: Contact) -> None:
        files = RosterFiles(roster_of(*ALWAYS, *named))
        import_roster(self.app, "KY", files, by="ada", source="people.csv")


ACTS: Mapping[str, Callable[[Year, str, str, int], None]] = {
    name: act
    for name, act in vars(Year).items()
    if name not in ("live", "do", "holds") and not name.startswith("_")
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTS)),
        st.sampled_from(["budget", "budget", "plan"]),
        st.sampled_from(["001", "002", "003"]),
        st.integers(1, 25),
        st.sampled_from([0, 0, 0, 1, 2, 6]),
    ),
    min_size=2,
    max_size=12,
)


def _steps(*words: str) -> list[tuple[str, str, str, int, int]]:
    return [(word, "budget", "001", 1, 0) for word in words]


@settings(max_examples=12)
@example(steps=_steps("some_leave", "move_the_date", "all_come"))
@example(steps=[("all_come", "budget", "001", 1, 6)] * 3 + [("take_breaks", "budget", "001", 20, 0)])
@example(
    steps=[("extend", "budget", "001", 25, 6), ("some_leave", "budget", "003", 23, 13), *_steps("all_come")]
)
@given(steps=STEPS)
def test_the_proof_holds_after_each_act_and_each_round(beginning, steps):
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{shutil.copy(beginning, folder)}", durable=False)
        year = Year(database)
        year.live(1)
        for word, stage, code, ahead, days in steps:
            year.do(word, stage, code, ahead)
            year.holds(word)
            year.live(days)
            year.holds(f"{days} days")
        year.live(14)
        year.holds("two weeks")
        database.close()
