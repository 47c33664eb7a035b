"""How fast mail leaves: Postfix's own smtp-source, a bare smtplib loop, and ours from reminder to record.

Run it as `python -m benchmarks.delivery` where Postfix's programs are installed; see README.md.
"""

import argparse
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.mail_servers import HOST, SENDER, MailServer, postfix, sink, smtp_source
from pydantic import SecretStr
from sqlalchemy import URL
from tests import postgres
from tests.apps import EASTERN, person
from tests.fakes import ACCEPTED, FakeMailer

from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Mail, Settings
from yearwheel.notifications.mailers import Mailer
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer
from yearwheel.roster.people import BodyKind, District, Role, Roster
from yearwheel.services import deliver as delivering
from yearwheel.services.advance import advance
from yearwheel.services.app import App
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.deliver import deliver
from yearwheel.services.queue_mail import queue_mail
from yearwheel.store import outbox, rosters
from yearwheel.store.database import Database

KEY = "daily-2027"
SOURCE = (Path(__file__).parents[1] / "tests" / "cycles" / "daily.yaml").read_text("utf-8")
BEGUN = datetime(2027, 1, 4, 15, tzinfo=UTC)
RUNG = datetime(2027, 2, 2, 15, tzinfo=UTC)  # a day with a reminder for everybody
MANY = 4  # connections, where it is not one
WARMING = 10  # letters, as many as steps in `peers/dbos_steps.py`
PEERS = Path(__file__).parent / "peers"

Figures = dict[tuple[str, str], float]  # (where, what) -> milliseconds a letter
Way = Callable[[], Figures]


@dataclass(frozen=True, slots=True)
class Mailbag:
    """A database in which letters are due, one in which they are queued, and the letters themselves."""

    due: Path
    queued: Path
    database: Database  # the one at work, made a copy of either: a process compiles its statements once
    one: Path  # a letter of middling size, with the line ends that smtp-source wants
    raws: list[tuple[str, bytes]]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.delivery", description=__doc__)
    options.add_argument("--letters", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--short", action="store_true", help="one round of 200 letters: a trial, no result")
    options.add_argument("--peers", type=Path, help="a folder to install DBOS and procrastinate into, once")
    given = options.parse_args()
    letters, rounds = (200, 1) if given.short else (given.letters, given.rounds)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yearwheel-bench-")))
        folder.chmod(0o755)
        bag = _prepare(folder, letters)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {rounds} rounds")
        print(f"{letters} letters of about {bag.one.stat().st_size:,} bytes")
        ways = [*_ledger_ways(bag, stack, given.peers)]
        for server in (stack.enter_context(sink()), stack.enter_context(postfix(folder))):
            ways += _ways_to(server, bag)
        _warm(bag)
        _show(_run(ways, rounds))
        print(f"load {os.getloadavg()[0]:.1f} at the end")
    return 0


def _warm(bag: Mailbag) -> None:
    """What a process does only once, such as compiling templates, is not what is asked here."""
    with _app(_fresh(bag, bag.due), RUNG) as app:
        queue_mail(app, KEY)
        deliver(app)


def _run(ways: list[Way], rounds: int) -> dict[tuple[str, str], list[float]]:
    """Every way once, then every way again: what else the machine does falls on all of them."""
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for way in ways:
            for name, figure in way().items():
                taken.setdefault(name, []).append(figure)
    return taken


def _show(taken: dict[tuple[str, str], list[float]]) -> None:
    """A table for each place; the first line of each is what the others are compared with, round by round.

    Within a run a machine drifts by more than what is compared differs.
    """
    row = "{:<46} {:>10} {:>10} {:>17} {:>9}"
    for where in dict.fromkeys(where for where, _ in taken):
        here = {what: figures for (place, what), figures in taken.items() if place == where}
        first = next(iter(here.values()))
        print("\n" + row.format(where, "ms each", "a second", "slowest-fastest", "speed"))
        for what, figures in here.items():
            middle = median(figures)
            spread = f"{1000 / max(figures):.0f}-{1000 / min(figures):.0f}"
            speed = median(one / other for one, other in zip(first, figures, strict=True))
            print(row.format(what, f"{middle:.3f}", f"{1000 / middle:.0f}", spread, f"{speed:.0%}"))
    print()


def _ways_to(server: MailServer, bag: Mailbag) -> Iterator[Way]:
    """The same mail to one server, by each sender."""
    where, count = f"to {server.name}", len(bag.raws)

    def source(connections: int) -> Way:
        name = _named("smtp-source", connections)
        return lambda: {(where, name): smtp_source(server, bag.one, count, connections) / count * 1000}

    def ours(connections: int) -> Figures:
        queueing, leaving = (part / count * 1000 for part in _ours(server, bag, connections))
        return {
            (where, _named("ours, outbox to record", connections)): leaving,
            (where, _named("ours, reminder to record", connections)): queueing + leaving,
        }

    def rested(way: Way) -> Way:
        return lambda: (server.rest(), way())[1]

    yield rested(source(1))
    yield rested(lambda: {(where, "smtplib, bytes made before"): _smtplib(server, bag) / count * 1000})
    yield rested(lambda: ours(1))
    yield rested(source(MANY))
    yield rested(lambda: ours(MANY))


def _named(way: str, connections: int) -> str:
    return way if connections == 1 else f"{way}, {connections} connections"


def _smtplib(server: MailServer, bag: Mailbag) -> float:
    began = time.perf_counter()
    with smtplib.SMTP(HOST, server.port, "bench.example") as smtp:
        for recipient, raw in bag.raws:
            smtp.sendmail(SENDER, [recipient], raw)
    return time.perf_counter() - began


def _ours(server: MailServer, bag: Mailbag, connections: int) -> tuple[float, float]:
    """Seconds to render and queue, and to claim, send and record."""
    smtp = SmtpServer(HOST, server.port, "bench.example", Security.NONE)
    with _app(_fresh(bag, bag.due), RUNG, lambda: SmtpMailer(smtp), connections) as app:
        began = time.perf_counter()
        queued = queue_mail(app, KEY)
        written = time.perf_counter()
        sent = deliver(app).sent
        ended = time.perf_counter()
    assert queued.letters == sent == len(bag.raws), (queued, sent)
    return written - began, ended - written


def _ledger_ways(bag: Mailbag, stack: ExitStack, peers: Path | None) -> Iterator[Way]:
    """What claim and record cost where the mail server costs nothing, beside others' durable steps."""
    python = _install(peers) if peers else None
    if python is None:
        print("DBOS and procrastinate are left out; --peers FOLDER installs them there")
    count = len(bag.raws)
    sqlite, postgresql = "a durable step, SQLite", "a durable step, PostgreSQL without fsync"
    yield lambda: {(sqlite, "ours, claim and record"): _ledger(_fresh(bag, bag.queued))}
    if python:
        yield lambda: {(sqlite, "DBOS, a step of a workflow"): _dbos(python, bag.due.parent, count)}
    try:
        server = stack.enter_context(postgres.server())
    except postgres.NoPostgres as reason:
        print(f"PostgreSQL is left out: {reason}")
        return
    queued = postgres.create_database(server)
    _queue(Database(_url(queued)), count)
    yield lambda: {(postgresql, "ours, claim and record"): _ledger_there(server, queued)}
    if python:
        yield lambda: {(postgresql, "procrastinate, a job"): _procrastinate(python, server, count)}


def _ledger(database: Database) -> float:
    """Milliseconds to claim and to record a letter, with every answer at hand.

    The first ones, for which a connection is opened and statements are compiled, are not counted: nor are
    those of the peers.
    """
    with _app(database, RUNG) as app:
        run = delivering._Pass(app, sys.maxsize)
        _claim_and_record(run, WARMING)
        recorded = 0
        began = time.perf_counter()
        while some := _claim_and_record(run, delivering.BATCH):
            recorded += some
        return (time.perf_counter() - began) / recorded * 1000


def _claim_and_record(run: delivering._Pass, most: int) -> int:
    held = run._claim("bench", most)
    run._record("bench", [(claimed, ACCEPTED) for claimed in held], untried=[])
    return len(held)


def _ledger_there(server: URL, queued: URL) -> float:
    made = postgres.create_database(server, like=queued)
    taken = _ledger(Database(_url(made)))
    postgres.drop_database(server, made)
    return taken


def _dbos(python: Path, folder: Path, steps: int) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return _peer(python, "dbos_steps.py", f"{place}/dbos.sqlite", steps)


def _procrastinate(python: Path, server: URL, jobs: int) -> float:
    made = postgres.create_database(server)
    taken = _peer(python, "procrastinate_jobs.py", _url(made.set(drivername="postgresql")), jobs)
    postgres.drop_database(server, made)
    return taken


def _peer(python: Path, script: str, where: str, steps: int) -> float:
    """Milliseconds a step, as the script in the peers' own Python says."""
    command = [python, PEERS / script, where, str(steps)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
    return float(ended.stdout.split()[-1]) / steps * 1000


def _install(folder: Path) -> Path | None:
    """The Python of a venv that has the peers; None, with a sentence, where they cannot be had."""
    python = folder.resolve() / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        packages = ["dbos", "procrastinate", "psycopg[binary]"]
        command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            shutil.rmtree(folder)
            print("DBOS and procrastinate could not be installed")
            return None
    return python


def _prepare(folder: Path, letters: int) -> Mailbag:
    due, queued, one = folder / "due.sqlite", folder / "queued.sqlite", folder / "letter.eml"
    _publish(Database(f"sqlite:///{due}"), letters // 2)
    _queue(Database(f"sqlite:///{queued}"), letters)
    with _app(Database(f"sqlite:///{queued}"), RUNG) as app, app.database.writing() as work:
        zones = outbox.waiting_zones(work.connection)[KEY]
        claimed = outbox.claim(
            work.connection, KEY, now=RUNG, until=RUNG, by="bench", zones=zones, limit=letters
        )
    raws = [(letter.recipient, letter.raw) for letter in claimed]
    one.write_bytes(sorted((raw for _, raw in raws), key=len)[letters // 2].replace(b"\r\n", b"\n"))
    return Mailbag(due, queued, Database(f"sqlite:///{folder / 'work.sqlite'}"), one, raws)


def _queue(database: Database, letters: int) -> None:
    """The day's letters, written and waiting."""
    _publish(database, letters // 2)
    with _app(database, RUNG) as app:
        assert queue_mail(app, KEY).letters == letters


def _publish(database: Database, districts: int) -> None:
    """The cycle, published and its news delivered, to this many districts with two people each."""
    places = [District(f"{n:05}", f"District {n}", BodyKind.COUNTY, EASTERN) for n in range(districts)]
    roles = (("tech", Role.TECHNOLOGY_COORDINATOR), ("finance", Role.FINANCE_OFFICER))
    people = [person(f"{who}{d.code}", d, role) for d in places for who, role in roles]
    with _app(database, BEGUN) as app:
        app.database.upgrade()
        with app.database.writing() as work:
            roster = Roster({d.code: d for d in places}, {p.key: p for p in people})
            rosters.save(work.connection, "KY", roster)
            work.commit()
        create_cycle(app, SOURCE, by="ada")
        approve_kinds(app, KEY, by="ada")
        publish_cycle(app, KEY, by="ada")
        advance(app, KEY)


@contextmanager
def _app(
    database: Database,
    moment: datetime,
    open_mailer: Callable[[], AbstractContextManager[Mailer]] = FakeMailer,
    connections: int = 1,
) -> Iterator[App]:
    mail = Mail(connections=connections, tell_admins=False)
    settings = Settings(base_url="http://planning.example", secret=SecretStr("bench"), mail=mail)
    app = App(settings, VirtualClock(moment), database, open_mailer)
    try:
        yield app
    finally:
        app.database.close()


def _fresh(bag: Mailbag, like: Path) -> Database:
    """The database at work, as if nothing had been done since `like`."""
    at_work = bag.database.url.database
    assert at_work is not None
    for file in (at_work, f"{at_work}-wal", f"{at_work}-shm"):
        Path(file).unlink(missing_ok=True)
    shutil.copy(like, at_work)
    return bag.database


def _url(place: URL) -> str:
    return place.render_as_string(hide_password=False)


if __name__ == "__main__":
    sys.exit(main())
