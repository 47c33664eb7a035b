"""`serve` told to stop while mail leaves: the letter in hand is ended, no other begun, none is in doubt."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_serve import ended, free_port
from tests.apps import KEY, begun, set_clock
from tests.fakes import FakeMailer
from tests.unit.test_smtp_mailer import Sink, listening
from yearwheel.services.queue_mail import queue_mail
from yearwheel.store import outbox
from yearwheel.store.database import Database

POSTMAN_AT_ONCE = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
import yearwheel.serve as serving
from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Settings
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer
from yearwheel.services.app import App
from yearwheel.store.database import Database

class Once:
    def __init__(self, cycles, ring, clock, each_minute):
        self.ring = ring
    def start(self):
        self.ringing = asyncio.create_task(self.ring("deliver", "", "now"))
    def pause(self): pass
    def shutdown(self, wait): pass

data, port, mail, moment = sys.argv[1:]
serving.make_scheduler = Once
server = SmtpServer("127.0.0.1", int(mail), "planning.example", Security.NONE)
clock = VirtualClock(datetime.fromisoformat(moment))
database = Database(f"sqlite:///{data}/yearwheel.sqlite")
app = App(Settings(data_dir=Path(data)), clock, database, lambda: SmtpMailer(server))
serving.serve(app, "127.0.0.1", int(port))
"""


class Slow(Sink):
    """Takes every message, after a while."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(0.7)
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_mail_stops_with_the_letter_in_hand(tmp_path: Path, number: signal.Signals) -> None:
    database = Database(f"sqlite:///{tmp_path}/yearwheel.sqlite")
    database.upgrade()
    app = begun(database, FakeMailer())
    set_clock(app, "2027-02-15")
    assert queue_mail(app, KEY).letters == 4

    sink = Slow(pipelining=True)
    with listening(sink) as mail:
        words = [str(tmp_path), str(free_port()), str(mail), app.clock.now().isoformat()]
        command = [sys.executable, "-c", POSTMAN_AT_ONCE, *words]
        with ended(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ) as process:
            deadline = time.monotonic() + 120
            while not sink.accepted:
                assert time.monotonic() < deadline
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            asked = time.monotonic()
            process.send_signal(number)
            _, said = process.communicate(timeout=30)
            took = time.monotonic() - asked

    with database.reading() as connection:
        stand = Counter(str(m["status"]) for m in outbox.list_messages(connection) if m["send_on"].month == 2)
    database.close()
    assert (process.returncode, took < 10) == (0, True)
    assert stand == {"sent": len(sink.accepted), "queued": 4 - len(sink.accepted)}
    assert len(sink.accepted) < 4
    assert "Traceback" not in said
    assert "Crash" not in said
