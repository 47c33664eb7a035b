"""How fast mail leaves: Postfix's own smtp-source, a bare smtplib loop, and ours from reminder to record.

Run it as `python -m benchmarks.delivery` where Postfix's programs are installed; see README.md.
"""

import argparse
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from tests import postgres
from tests.apps import EASTERN, person
from tests.fakes import FakeMailer

from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Mail, Settings
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer
from yearwheel.roster.people import BodyKind, District, Role, Roster
from yearwheel.services.advance import advance
from yearwheel.services.app import App
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.deliver import deliver
from yearwheel.services.queue_mail import queue_mail
from yearwheel.store import rosters
from yearwheel.store.database import Database
from yearwheel.store.tables import outbox as messages

KEY = "daily-2027"
SOURCE = (Path(__file__).parents[1] / "tests" / "cycles" / "daily.yaml").read_text("utf-8")
BEGUN = datetime(2027, 1, 4, 15, tzinfo=UTC)
RUNG = datetime(2027, 2, 2, 15, tzinfo=UTC)  # a day with a reminder for everybody
HOST = "127.0.0.1"
ROW = "{:<44} {:>10} {:>14}"


@dataclass(frozen=True, slots=True)
class Mailbag:
    """A prepared installation in which a letter is due to everyone, and those letters' bytes."""

    template: Path
    raws: list[tuple[str, bytes]]

    @property
    def mean_size(self) -> int:
        return sum(len(raw) for _, raw in self.raws) // len(self.raws)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--letters", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {given.rounds} rounds")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yearwheel-bench-")))
        folder.chmod(0o755)
        bag = _prepare(folder, given.letters)
        print(f"{len(bag.raws)} letters of {bag.mean_size} bytes, one connection\n")
        for name, server in (("smtp-sink", _sink), ("Postfix, queue on disk", _postfix)):
            with server(folder) as port:
                _compare(name, port, bag, folder, given.rounds)
        _ledger(bag, folder, given.rounds)
    return 0


def _compare(name: str, port: int, bag: Mailbag, folder: Path, rounds: int) -> None:
    ways: dict[str, Callable[[], float]] = {
        "smtp-source": lambda: _smtp_source(port, bag),
        "smtplib, bytes made before": lambda: _smtplib(port, bag),
        "ours, outbox to record": lambda: _ours(port, bag, folder)[1],
        "ours, reminder to record": lambda: sum(_ours(port, bag, folder)),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            taken[way].append(run())
    rates = {way: len(bag.raws) / statistics.median(seconds) for way, seconds in taken.items()}
    print(ROW.format(f"to {name}", "letters/s", "of smtp-source"))
    for way, rate in rates.items():
        print(ROW.format(way, f"{rate:.0f}", f"{rate / rates['smtp-source']:.0%}"))
    print()


def _smtp_source(port: int, bag: Mailbag) -> float:
    command = [
        _find("smtp-source"), "-d", "-s", "1", "-m", str(len(bag.raws)), "-l", str(bag.mean_size),
        "-f", "planning@education.ky.example", "-t", "reader@mail.example", f"{HOST}:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _smtplib(port: int, bag: Mailbag) -> float:
    began = time.perf_counter()
    with smtplib.SMTP(HOST, port, "bench.example") as smtp:
        for recipient, raw in bag.raws:
            smtp.sendmail("planning@education.ky.example", [recipient], raw)
    return time.perf_counter() - began


def _ours(port: int, bag: Mailbag, folder: Path) -> tuple[float, float]:
    """Seconds to render and queue, and to claim, send and record."""
    copy = Path(shutil.copy(bag.template, folder / "round.sqlite"))
    server = SmtpServer(HOST, port, "bench.example", Security.NONE)
    app = _app(f"sqlite:///{copy}", RUNG, lambda: SmtpMailer(server))
    began = time.perf_counter()
    queued = queue_mail(app, KEY)
    written = time.perf_counter()
    sent = deliver(app).sent
    ended = time.perf_counter()
    app.database.close()
    for leftover in folder.glob("round.sqlite*"):
        leftover.unlink()
    assert queued.letters == sent == len(bag.raws), (queued, sent)
    return written - began, ended - written


def _ledger(bag: Mailbag, folder: Path, rounds: int) -> None:
    """What a claim and a record cost, when the mail server costs nothing."""
    print(ROW.format("claim and record", "ms/letter", ""))
    sqlite = [_claim_and_record(f"sqlite:///{_copy(bag, folder, n)}") for n in range(rounds)]
    print(ROW.format("SQLite", f"{statistics.median(sqlite) / len(bag.raws) * 1000:.3f}", ""))
    try:
        with postgres.server() as server:
            taken = []
            for _ in range(rounds):
                made = postgres.create_database(server).render_as_string(hide_password=False)
                database = Database(made)
                database.upgrade()
                database.close()
                _publish(made, len(bag.raws) // 2)
                taken.append(_claim_and_record(made))
            print(
                ROW.format(
                    "PostgreSQL, fsync off", f"{statistics.median(taken) / len(bag.raws) * 1000:.3f}", ""
                )
            )
    except postgres.NoPostgres as reason:
        print(reason)


def _claim_and_record(url: str) -> float:
    app = _app(url, RUNG, FakeMailer)
    queue_mail(app, KEY)
    began = time.perf_counter()
    deliver(app)
    taken = time.perf_counter() - began
    app.database.close()
    return taken


def _copy(bag: Mailbag, folder: Path, number: int) -> Path:
    return Path(shutil.copy(bag.template, folder / f"ledger{number}.sqlite"))


def _prepare(folder: Path, letters: int) -> Mailbag:
    template = folder / "template.sqlite"
    database = Database(f"sqlite:///{template}")
    database.upgrade()
    database.close()
    _publish(f"sqlite:///{template}", letters // 2)
    app = _app(f"sqlite:///{_copy(Mailbag(template, []), folder, 0)}", RUNG, FakeMailer)
    queue_mail(app, KEY)
    with app.database.reading() as connection:
        waiting = messages.select().where(messages.c.status == "queued")
        raws = [(row.recipient, row.raw) for row in connection.execute(waiting)]
    app.database.close()
    return Mailbag(template, raws)


def _publish(url: str, districts: int) -> None:
    """The cycle, published and its news delivered, to this many districts with two people each."""
    app = _app(url, BEGUN, FakeMailer)
    places = [District(f"{n:05}", f"District {n}", BodyKind.COUNTY, EASTERN) for n in range(districts)]
    roles = (("tech", Role.TECHNOLOGY_COORDINATOR), ("finance", Role.FINANCE_OFFICER))
    people = [person(f"{who}{d.code}", d, role) for d in places for who, role in roles]
    with app.database.writing() as work:
        rosters.save(work.connection, "KY", Roster({d.code: d for d in places}, {p.key: p for p in people}))
        work.commit()
    create_cycle(app, SOURCE, by="ada")
    approve_kinds(app, KEY, by="ada")
    publish_cycle(app, KEY, by="ada")
    advance(app, KEY)
    app.database.close()


def _app(url: str, moment: datetime, open_mailer: Callable[[], object]) -> App:
    settings = Settings(
        base_url="http://planning.example", secret=SecretStr("bench"), mail=Mail(tell_admins=False)
    )
    return App(settings, VirtualClock(moment), Database(url), open_mailer)  # type: ignore[arg-type]


def _find(program: str) -> str:
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(f"{program} is not installed; it comes with Postfix (see benchmarks/README.md)")
    return found


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _sink(_folder: Path) -> Iterator[int]:
    port = _free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to stay root
    child = subprocess.Popen([_find("smtp-sink"), *as_nobody, f"{HOST}:{port}", "100"])
    try:
        _wait(port)
        yield port
    finally:
        child.terminate()
        child.wait()


@contextmanager
def _postfix(folder: Path) -> Iterator[int]:
    """A Postfix of our own that queues on disk and then throws mail away."""
    port, home = _free_port(), folder / "postfix"
    for part in ("config", "queue", "data"):
        (home / part).mkdir(parents=True)
    shutil.chown(home / "data", "postfix")
    (home / "config" / "main.cf").write_text(MAIN.format(home=home), "ascii")
    (home / "config" / "master.cf").write_text(MASTER.format(host=HOST, port=port), "ascii")
    postfix = [_find("postfix"), "-c", str(home / "config")]
    subprocess.run([*postfix, "start"], check=True, capture_output=True)
    try:
        _wait(port)
        yield port
    finally:
        subprocess.run([*postfix, "stop"], check=True, capture_output=True)


def _wait(port: int) -> None:
    limit = time.monotonic() + 10
    while True:
        try:
            smtplib.SMTP(HOST, port, "bench.example", timeout=5).quit()
        except (OSError, smtplib.SMTPException):
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)
        else:
            return


MAIN = """\
compatibility_level = 3.6
myhostname = bench.example
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/data/log
maillog_file_prefixes = /tmp, /var
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
default_transport = discard:
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
"""
MASTER = """\
{host}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


if __name__ == "__main__":
    sys.exit(main())
