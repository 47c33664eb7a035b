"""What the world does to a deliverer, and that no letter is lost or doubled by it."""

import asyncio
import errno
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread, Timer
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests import postgres
from tests.apps import ANN, CYCLE, EASTERN, KEY, at, begun, ledger, round_at, set_clock
from tests.fakes import BUSY, FakeMailer, offer
from tests.unit.test_smtp_mailer import Sink, listening
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.mailers import Envelope
from yearwheel.notifications.mailers.maildir import MaildirMailer
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer
from yearwheel.services import deliver as delivering
from yearwheel.services.advance import advance
from yearwheel.services.app import App
from yearwheel.services.deliver import TRIES, DeliveryReport, deliver
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.upkeep import list_doubts, resolve, sweep_leases
from yearwheel.store import outbox
from yearwheel.store.database import Database

MORNING = "2027-02-15"  # a rung for Ann, Bob, Cal and Finn


@pytest.fixture
def app(sqlite_database) -> App:
    """Four letters wait."""
    app = begun(sqlite_database, FakeMailer())
    set_clock(app, MORNING)
    assert queue_mail(app, KEY).letters == 4
    return app


def speak_to(app: App, port: int, timeout: float = 2.0) -> None:
    server = SmtpServer("127.0.0.1", port, "planning.example", Security.NONE, timeout=timeout)
    app.open_mailer = lambda: SmtpMailer(server)


def pass_time(app: App, minutes: int) -> None:
    app.clock.set(app.clock.now() + timedelta(minutes=minutes))


def recipients(sink: Sink) -> Counter[str]:
    return Counter(recipient for recipient, _ in sink.accepted)


FOUR = Counter(f"{who}@mail.example" for who in ("ann", "bob", "cal", "finn"))


class Grumpy(Sink):
    """Answers each message's first attempts otherwise than with acceptance."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self._answers = list(answers)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self._answers and (answer := self._answers.pop(0)):
            if answer == "drop":
                server.transport.abort()
            if answer == "stall":
                await asyncio.sleep(3600)
            if answer == "slow":
                await asyncio.sleep(0.1)
                return await super().handle_DATA(server, session, envelope)
            return answer
        return await super().handle_DATA(server, session, envelope)


def test_a_server_that_refuses_connections_gets_everything_when_it_is_back(app):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    speak_to(app, port)
    refused = "no connection to the mail server: Connection refused"
    assert deliver(app) == DeliveryReport(deferred=3, same_for_all=refused)

    sink = Sink()
    with listening(sink) as port:
        speak_to(app, port)
        assert deliver(app) == DeliveryReport(sent=1)  # the others not before their minute has passed
        pass_time(app, 2)
        assert deliver(app) == DeliveryReport(sent=3)
    assert recipients(sink) == FOUR


def test_a_server_that_never_answers_costs_three_timeouts_and_no_letter(app):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        speak_to(app, silent.getsockname()[1], timeout=0.1)
        said = "no connection to the mail server: Connection unexpectedly closed: timed out"
        assert deliver(app) == DeliveryReport(deferred=3, same_for_all=said)


def test_a_server_that_is_slow_gets_every_letter(app):
    sink = Grumpy(*["slow"] * 4)
    with listening(sink) as port:
        speak_to(app, port)
        assert deliver(app) == DeliveryReport(sent=4)
    assert recipients(sink) == FOUR


def test_a_server_too_slow_to_say_whether_it_took_a_letter_leaves_one_doubt(app):
    sink = Grumpy("stall")
    with listening(sink) as port:
        speak_to(app, port)
        assert deliver(app) == DeliveryReport(sent=3, uncertain=1)
        (doubt,) = list_doubts(app)
        resolve(app, [doubt.outbox_id], OutboxStatus.SENT, by="ada", why="the server's log has it")
        assert deliver(app) == DeliveryReport()
    assert recipients(sink) == FOUR - Counter([doubt.recipient])


def test_a_connection_dropped_in_mid_data_leaves_one_doubt_and_the_others_go(app):
    sink = Grumpy("drop")
    with listening(sink) as port:
        speak_to(app, port)
        assert deliver(app) == DeliveryReport(sent=3, uncertain=1)
        (doubt,) = list_doubts(app)
        resolve(app, [doubt.outbox_id], OutboxStatus.QUEUED, by="ada", why="the server's log has it not")
        assert deliver(app) == DeliveryReport(sent=1)
    assert recipients(sink) == FOUR


def test_greylisting_is_waited_out(app):
    sink = Grumpy(*["451 4.7.1 greylisted"] * 4)
    with listening(sink) as port:
        speak_to(app, port)
        assert deliver(app) == DeliveryReport(deferred=4)
        pass_time(app, 2)
        assert deliver(app) == DeliveryReport(sent=4)
    assert recipients(sink) == FOUR


def test_a_full_disk_under_the_inboxes_defers_and_leaves_no_half_message(app, tmp_path):
    app.open_mailer = lambda: MaildirMailer(tmp_path / "inboxes")
    with app.database.reading() as connection:
        row = outbox.list_messages(connection, statuses=[OutboxStatus.QUEUED])[0]
        stored = outbox.read(connection, row["id"])
    envelope = Envelope(stored["message_id"], "planning@oet.example", stored["recipient"], stored["raw"])
    with files_no_larger_than(100), app.open_mailer() as mailer:
        result = offer(mailer, envelope)
    assert (result.outcome, os.strerror(errno.EFBIG) in result.detail) == ("deferred", True)
    assert list((tmp_path / "inboxes").glob("*/new/*")) == []

    assert deliver(app) == DeliveryReport(sent=4)
    assert len(list((tmp_path / "inboxes").glob("*/new/*"))) == 4


def test_a_full_disk_under_the_database_stops_the_round_and_loses_nothing(sqlite_database, tmp_path):
    mailer = FakeMailer()
    app = begun(sqlite_database, mailer)
    mailer.sent.clear()
    set_clock(app, MORNING)
    with files_no_larger_than(4096), pytest.raises(OperationalError):
        advance(app, KEY)
    assert mailer.sent == []

    advance(app, KEY)
    assert Counter(mailer.recipients()) == FOUR


def test_a_disk_that_is_full_when_answers_come_leaves_doubts_and_no_letter_goes_again(app):
    with ExitStack() as full:
        mailer = FakeMailer()
        mailer.before = lambda envelope: mailer.tried or full.enter_context(files_no_larger_than(4096))
        speak_through(app, mailer)
        with pytest.raises(OperationalError):
            deliver(app)
    assert deliver(app) == DeliveryReport()
    sweep_leases(app, holders_are_dead=True)
    assert len(list_doubts(app)) == 4
    assert Counter(mailer.recipients()) == FOUR


def test_a_clock_that_jumps_back_sends_nothing_twice_and_nothing_early(app):
    mailer = FakeMailer()
    speak_through(app, mailer)
    deliver(app)
    for moment in ("2027-02-12", "2027-02-01", "2027-02-15"):
        round_at(app, moment)
    assert Counter(mailer.recipients()) == FOUR


def test_a_deferred_letter_waits_on_when_the_clock_jumps_back(app):
    mailer = FakeMailer({ANN.email: BUSY})
    speak_through(app, mailer)
    assert deliver(app) == DeliveryReport(sent=3, deferred=1)
    pass_time(app, -60)
    assert deliver(app) == DeliveryReport()
    mailer.answers.clear()
    pass_time(app, 62)
    assert deliver(app) == DeliveryReport(sent=1)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2027-03-12 07:59", False),
        ("2027-03-12 08:00", True),  # the Friday before the clocks go forward
        ("2027-03-14 03:30", False),  # the Sunday itself
        ("2027-03-15 07:59", False),
        ("2027-03-15 08:00", True),
        ("2027-11-08 07:59", False),  # the Monday after they went back
        ("2027-11-08 08:00", True),
    ],
)
def test_the_send_window_opens_at_eight_by_the_readers_clock_on_either_side_of_a_clock_change(moment, open_):
    assert CYCLE.send_window.is_open(at(moment), EASTERN, CYCLE.workdays) is open_


def test_two_schedulers_at_once_send_nothing_twice(database):
    mailer = FakeMailer()
    app = begun(database, mailer)
    mailer.sent.clear()
    set_clock(app, MORNING)
    together, faults = Barrier(2), []

    def ring() -> None:
        together.wait()
        try:
            advance(app, KEY)
        except Exception as fault:
            faults.append(fault)

    bells = [Thread(target=ring) for _ in range(2)]
    for bell in bells:
        bell.start()
    for bell in bells:
        bell.join()
    assert faults == []
    assert Counter(mailer.recipients()) == FOUR


def test_a_letter_refused_for_now_day_after_day_fails_in_the_end_and_is_shown(sqlite_database):
    mailer = FakeMailer({ANN.email: BUSY})
    app = begun(sqlite_database, mailer)
    round_at(app, MORNING)
    for day in range(16, 27):
        for hour in ("08:00", "15:00"):
            round_at(app, f"2027-02-{day} {hour}")

    tried = [envelope for envelope in mailer.tried if envelope.recipient == ANN.email]
    assert len(tried) == TRIES
    assert "failed" in {outcome for _, _, outcome, _ in ledger(app, contact_key="ann")}
    assert len({envelope.message_id for envelope in tried}) > 1  # it was rewritten each morning


@pytest.fixture
def restartable() -> Iterator[tuple[App, FakeMailer, Callable[[str], None]]]:
    """Four letters wait in a database of its own server, with what stops and restarts that."""
    try:
        with own_cluster() as (url, control):
            made = postgres.create_database(url)
            database = Database(made.render_as_string(hide_password=False))
            database.upgrade()
            mailer = FakeMailer()
            app = begun(database, mailer)
            mailer.sent.clear()
            set_clock(app, MORNING)
            queue_mail(app, KEY)
            yield app, mailer, control
            database.close()
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))


def test_a_database_restarted_between_rounds_is_found_again(restartable):
    app, mailer, control = restartable
    control("restart")
    assert deliver(app) == DeliveryReport(sent=4)
    assert Counter(mailer.recipients()) == FOUR


def test_a_database_restarted_while_mail_is_sent_still_records_all_of_it(restartable):
    app, mailer, control = restartable
    mailer.before = lambda envelope: control("restart") if len(mailer.sent) == 2 else None
    assert deliver(app) == DeliveryReport(sent=4)
    assert Counter(mailer.recipients()) == FOUR
    assert list_doubts(app) == []


def test_a_database_that_is_away_for_a_while_is_waited_for_with_the_answers(restartable):
    app, mailer, control = restartable
    back = Timer(2.5, control, ["restart"])

    def go_away(envelope):
        if len(mailer.sent) == 3:
            control("stop")
            back.start()

    mailer.before = go_away
    assert deliver(app) == DeliveryReport(sent=4)
    back.join()
    assert Counter(mailer.recipients()) == FOUR
    assert list_doubts(app) == []


def test_a_commit_whose_answer_was_lost_is_not_made_twice(restartable, monkeypatch):
    """Only a mock can lose just that answer."""
    app, mailer, _ = restartable
    write_down, calls = delivering._Pass._write_down, []

    def lose_the_answer(run, *given):
        write_down(run, *given)
        calls.append(given)
        if len(calls) == 1:
            raise OperationalError("COMMIT", None, Exception("the connection was lost"))

    monkeypatch.setattr(delivering._Pass, "_write_down", lose_the_answer)
    assert deliver(app) == DeliveryReport(sent=4)
    assert (len(calls), list_doubts(app)) == (1, [])
    assert deliver(app) == DeliveryReport()
    assert Counter(mailer.recipients()) == FOUR


def test_answers_that_no_database_took_in_leave_doubts_and_no_letter_goes_again(restartable, monkeypatch):
    app, mailer, control = restartable
    monkeypatch.setattr(delivering, "PATIENCE", 2)
    mailer.before = lambda envelope: control("stop") if len(mailer.sent) == 3 else None
    with pytest.raises(OperationalError):
        deliver(app)
    control("restart")
    mailer.before = lambda envelope: None

    assert deliver(app) == DeliveryReport()
    sweep_leases(app, holders_are_dead=True)
    assert len(list_doubts(app)) == 4
    assert deliver(app) == DeliveryReport()
    assert Counter(mailer.recipients()) == FOUR


def speak_through(app: App, mailer: FakeMailer) -> None:
    app.open_mailer = lambda: mailer


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: what a full disk does to a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)


@contextmanager
def own_cluster() -> Iterator[tuple[Any, Any]]:
    """A PostgreSQL cluster that may be restarted, since no other test uses it."""
    folder = Path(tempfile.mkdtemp(prefix="yearwheel-pg-"))
    try:
        with postgres._cluster(folder) as url:
            run_as = postgres._not_root(folder)

            def control(act: str) -> None:
                command = [postgres._find("pg_ctl"), act, "-D", folder / "data", "-m", "fast", "-w"]
                # The server keeps what it is started with open: a pipe would never end.
                quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                subprocess.run(command, check=True, cwd=folder, timeout=30, **quiet, **run_as)

            yield url, control
    finally:
        subprocess.run(
            [postgres._find("pg_ctl"), "stop", "-D", folder / "data", "-m", "fast", "-w"],
            check=False, capture_output=True, cwd=folder, timeout=30, **postgres._not_root(folder),
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
