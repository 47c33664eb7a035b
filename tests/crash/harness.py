"""A month of daily mail, killed again and again on each engine, and the account at its end."""

import random
import shutil
import smtplib
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import lcm
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import URL, select

from tests import postgres
from tests.apps import EASTERN, person
from tests.crash.life import (
    ANY,
    CLAIM,
    KEY,
    PLAN,
    POINTS,
    QUEUE,
    RECORD,
    SMALL_BATCH,
    SMTP,
    SOURCE,
    Scene,
    live,
    open_app,
    plan_day,
    read_accepted,
)
from tests.crash.server import SETTLE, serve
from yearwheel.clock import VirtualClock
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.roster.people import BodyKind, District, Role, Roster
from yearwheel.services.active import read_calendar
from yearwheel.services.advance import advance
from yearwheel.services.app import App
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.deliver import LEASE
from yearwheel.services.ledger_digest import ledger_digest
from yearwheel.services.upkeep import settle_doubts, sweep_leases
from yearwheel.store import rosters
from yearwheel.store.tables import outbox as messages

DISTRICTS = [District(f"{n:03}", f"District {n}", BodyKind.COUNTY, EASTERN) for n in range(1, 25)]
FIRST, LAST = date(2027, 2, 1), date(2027, 3, 1)
BEGUN = datetime(2027, 1, 4, 15, tzinfo=UTC)
SHAPES = ((1, 1), (3, 1), (1, 3))  # deliverers, and each one's connections
LIVES_A_DAY = 20  # at LEASE and a minute each they fit into the send window
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.crash.warm"])
KILLED = -9


@dataclass(slots=True)
class Account:
    """What the kills at one point did."""

    kills: int = 0
    uncertain: int = 0
    lost: int = 0
    duplicates: int = 0


@dataclass(slots=True)
class Leg:
    """An engine, some deliverers and the connections of each: kills still to come, and the account so far."""

    engine: str
    deliverers: int
    connections: int
    fates: list[str] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)

    def at(self, point: str) -> Account:
        return self.accounts.setdefault(point, Account())

    def take(self, points: tuple[str, ...]) -> str:
        """The next fate that may strike at one of these points; empty if there is none."""
        for place, point in enumerate(self.fates):
            if point in points:
                return self.fates.pop(place)
        return ""


@dataclass(frozen=True, slots=True)
class Smooth:
    """What a run without kills sends, and its ledger's digest."""

    sent: frozenset[str]
    digest: str


def crash(
    kills: int,
    seed: int,
    engines: tuple[str, ...] = ("sqlite", "postgresql"),
    shapes: tuple[tuple[int, int], ...] = SHAPES,
    days: int | None = None,
) -> list[Leg]:
    """Strike this many times, shared out evenly; the legs come back with their accounts.

    Each leg has the mail of a month, or of its first `days`.
    """
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yearwheel-crash-")))
        databases = {name: stack.enter_context(_databases(name, folder)) for name in {"sqlite", *engines}}
        month = _days()[:days]
        smooth = _Month(Leg("sqlite", 1, 1), databases["sqlite"], folder, chance, month).run(None)
        legs = [Leg(engine, *shape) for engine in engines for shape in shapes]
        _share_out(kills, legs)
        for leg in legs:
            chance.shuffle(leg.fates)
            while leg.fates:
                _Month(leg, databases[leg.engine], folder, chance, month).run(smooth)
    return legs


def _share_out(kills: int, legs: list[Leg]) -> None:
    """Every point is struck before one is struck again, and in the end every point on every leg."""
    meet_again = lcm(len(legs), len(POINTS))
    for number in range(kills):
        legs[number % len(legs)].fates.append(POINTS[(number + number // meet_again) % len(POINTS)])


class _Databases:
    """Fresh copies of a prepared database, on one engine."""

    def __init__(self, folder: Path, server: URL | None) -> None:
        self._folder = folder
        self._server = server
        self._made = 0
        self._template = postgres.create_database(server) if server else folder / "template.sqlite"
        app = open_app(Scene(_url(self._template), 0, BEGUN))
        prepare(app)
        app.database.close()

    def new(self) -> str:
        self._made += 1
        if self._server:
            assert isinstance(self._template, URL)
            return _url(postgres.create_database(self._server, like=self._template))
        assert isinstance(self._template, Path)
        return _url(Path(shutil.copy(self._template, self._folder / f"{self._made}.sqlite")))


def _url(place: URL | Path) -> str:
    return place.render_as_string(hide_password=False) if isinstance(place, URL) else f"sqlite:///{place}"


@contextmanager
def _databases(engine: str, folder: Path) -> Iterator[_Databases]:
    if engine == "sqlite":
        yield _Databases(folder, None)
        return
    with postgres.server() as server:
        yield _Databases(folder, server)


def prepare(app: App) -> None:
    """The cycle, published to everybody, in an empty database."""
    app.database.upgrade()
    people = [
        person(f"{who}{d.code}", d, role)
        for d in DISTRICTS
        for who, role in (("tech", Role.TECHNOLOGY_COORDINATOR), ("finance", Role.FINANCE_OFFICER))
    ]
    with app.database.writing() as work:
        rosters.save(
            work.connection, "KY", Roster({d.code: d for d in DISTRICTS}, {p.key: p for p in people})
        )
        work.commit()
    create_cycle(app, SOURCE, by="ada")
    approve_kinds(app, KEY, by="ada")
    publish_cycle(app, KEY, by="ada")


def _days() -> list[date]:
    workdays = read_calendar(SOURCE, KEY).workdays
    month = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    return [day for day in month if workdays.is_workday(day)]


class _Month:
    """Days of mail on a fresh database, with a mail server of their own."""

    def __init__(
        self, leg: Leg, databases: _Databases, folder: Path, chance: random.Random, days: list[date]
    ) -> None:
        self._leg = leg
        self._url = databases.new()
        self._accepted = Path(tempfile.mkdtemp(dir=folder)) / "accepted"
        self._chance = chance
        self._days = days
        self._doubted: dict[str, str] = {}  # Message-ID -> the point that left it in doubt
        self._lives = 0

    def run(self, smooth: Smooth | None) -> Smooth:
        with _listening(self._accepted, pipelining=self._leg.connections > 1) as port:
            self._port = port
            self._app = open_app(Scene(self._url, port, BEGUN))
            for number, day in enumerate(self._days):
                self._clock = datetime.combine(day, time(9), EASTERN).astimezone(UTC)
                self._plan(DISTRICTS[number].code if number < len(DISTRICTS) else "")
                self._deliver()
            result = Smooth(frozenset(read_accepted(self._accepted)), ledger_digest(self._app, KEY))
            self._app.database.close()
        if smooth is not None:
            self._leg.digests.add("equal" if result.digest == smooth.digest else "differs")
            self._count(smooth)
        return result

    def _plan(self, district: str) -> None:
        """One district hands in; the process is killed as long as there are fates for it."""
        while district and (point := self._leg.take(PLAN)):
            if self._live("plan", [point], district) == [0]:
                return
        if district:
            self._at_the_clock()
            plan_day(self._app, district)

    def _deliver(self) -> None:
        """Rounds until nothing of the day is left; after each, what its dead left behind is settled."""
        for life in range(LIVES_A_DAY):
            sending = (*CLAIM, *SMTP, *RECORD, ANY)
            points = (*QUEUE, *sending) if life == 0 else sending  # a day is queued once
            wanted = self._chance.randint(1, self._leg.deliverers)
            fates = [point for _ in range(wanted) if (point := self._leg.take(points))]
            if not fates:
                break
            if KILLED not in self._live("round", fates + [""] * (self._leg.deliverers - len(fates))):
                break
        self._at_the_clock()
        advance(self._app, KEY)

    def _live(self, act: str, fates: list[str], district: str = "") -> list[int | None]:
        """Processes side by side, each with its fate. What did not strike goes back to the others."""
        scene = Scene(self._url, self._port, self._clock, district, self._leg.connections)
        names = [f"{self._lives}-{place}" for place in range(len(fates))]
        self._lives += 1
        processes: list[BaseProcess] = []
        for name, point in zip(names, fates, strict=True):
            passing = self._chance.randint(1, 3) if point in (*CLAIM, *SMTP, *RECORD) else 1
            process = PROCESSES.Process(target=live, args=(scene, name, act, point, passing))
            process.start()
            processes.append(process)
        for process, point in zip(processes, fates, strict=True):
            if point == ANY:
                process.join(self._chance.uniform(0, 0.3))
                process.kill()
        for process in processes:
            process.join(60)
        died = {}
        for name, process, point in zip(names, processes, fates, strict=True):
            if process.exitcode == KILLED:
                self._leg.at(point).kills += 1
                died[name] = point
            elif process.exitcode != 0:
                raise RuntimeError(f"a life ended with {process.exitcode}")
            elif point:
                self._leg.fates.append(point)
        self._settle(died)
        return [process.exitcode for process in processes]

    def _settle(self, died: dict[str, str]) -> None:
        """What the dead were sending becomes uncertain, and is settled from what the server accepted."""
        self._clock += LEASE + timedelta(minutes=1)
        self._at_the_clock()
        with self._app.database.reading() as connection:
            held = select(messages.c.message_id, messages.c.lease_by).where(
                messages.c.status == OutboxStatus.SENDING
            )
            rows = connection.execute(held).all()
        for message_id, holder in rows:
            self._doubted[message_id] = died[holder]
            self._leg.at(died[holder]).uncertain += 1
        most = max(Counter(holder for _, holder in rows).values(), default=0)
        assert most <= SMALL_BATCH * self._leg.connections, f"a kill left {most} messages in doubt"
        # Where a deliverer may still live only time tells that a lease is void.
        sweep_leases(self._app, holders_are_dead=self._leg.deliverers == 1)
        _wait_for_server(self._port)
        accepted = set(read_accepted(self._accepted))
        settle_doubts(
            self._app,
            lambda doubt: doubt.message_id in accepted,
            by="ada",
            why="read from the mail server's list",
        )

    def _at_the_clock(self) -> None:
        assert isinstance(self._app.clock, VirtualClock)
        self._app.clock.set(self._clock)

    def _count(self, smooth: Smooth) -> None:
        times = Counter(read_accepted(self._accepted))
        for message_id in smooth.sent - times.keys():
            self._leg.at(self._doubted.get(message_id, "never in doubt")).lost += 1
        for message_id in (m for m, n in times.items() if n > 1 or m not in smooth.sent):
            self._leg.at(self._doubted.get(message_id, "never in doubt")).duplicates += 1


@contextmanager
def _listening(accepted: Path, *, pipelining: bool) -> Iterator[int]:
    ours, theirs = PROCESSES.Pipe()
    server = PROCESSES.Process(target=serve, args=(accepted, theirs), kwargs={"pipelining": pipelining})
    server.start()
    try:
        yield ours.recv()
    finally:
        server.kill()
        server.join()


def _wait_for_server(port: int) -> None:
    """A killed client's last bytes may still be on their way to the server."""
    with smtplib.SMTP("127.0.0.1", port, "settle.example", timeout=20) as smtp:
        smtp.docmd(SETTLE)
