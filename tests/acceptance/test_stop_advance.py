"""`advance` told to stop while letters leave, as a real signal to a real process: none is left in doubt."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.acceptance.test_serve import free_port

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"
YEARWHEEL = (sys.executable, "-m", "yearwheel")
NUMBERS = range(1, 31)
DISTRICTS = "code,name,kind,timezone\n" + "".join(
    f"{n:03},District {n:03},county,America/New_York\n" for n in NUMBERS
)
CONTACTS = "district_code,name,email,roles\n" + "".join(
    f"{n:03},Pat {n:03},pat{n:03}@mail.example,technology_coordinator\n" for n in NUMBERS
)


class Slow:
    """A mail server that takes its time for each letter, and notes what it took."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        time.sleep(0.1)  # its own thread, and one letter after the other
        self.taken.append(envelope.rcpt_tos[0])
        return "250 taken"


@pytest.fixture
def server() -> Iterator[tuple[Slow, int]]:
    slow, port = Slow(), free_port()
    controller = Controller(slow, hostname="127.0.0.1", port=port)
    controller.start()
    yield slow, port
    controller.stop()


@pytest.fixture
def environment(tmp_path: Path, server: tuple[Slow, int]) -> dict[str, str]:
    """The small cycle published to thirty districts, whose mail leaves to the server."""
    mail = {"HOST": "127.0.0.1", "PORT": str(server[1]), "SECURITY": "none", "TEAM": '["mail.example"]'}
    settings = {f"YEARWHEEL_MAIL__{name}": value for name, value in mail.items()}
    found = {**os.environ, **settings, "YEARWHEEL_DATA_DIR": str(tmp_path / "data"), "USER": "pat"}
    (tmp_path / "districts.csv").write_text(DISTRICTS, "utf-8")
    (tmp_path / "contacts.csv").write_text(CONTACTS, "utf-8")
    at = ("--at", "2027-01-04T09:00")
    for words in (
        ("roster", "import", "districts.csv", "--contacts", "contacts.csv"),
        ("cycle", "create", str(CALENDAR), *at),
        ("notifications", "approve", "--all", "--cycle", "small-2027", *at),
        ("cycle", "publish", "small-2027", "--yes", *at),
    ):
        subprocess.run([*YEARWHEEL, *words], env=found, cwd=tmp_path, check=True, capture_output=True)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_with_the_letter_in_hand(
    environment: dict[str, str], server: tuple[Slow, int], number: signal.Signals
) -> None:
    slow, _ = server
    advance = [*YEARWHEEL, "advance", "--at", "2027-01-04T10:00"]
    with subprocess.Popen(
        advance, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while len(slow.taken) < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        said, complained = process.communicate(timeout=60)

    assert process.returncode == 130, complained
    assert complained == "stopping with the letters that are in hand; once more stops at once\n"
    assert "stopped: what is left goes with the next round or delivery" in said
    assert statuses(environment) == {"sent": len(slow.taken), "queued": len(NUMBERS) - len(slow.taken)}

    subprocess.run(advance, env=environment, check=True, capture_output=True)
    assert statuses(environment) == {"sent": len(NUMBERS)}
    assert Counter(slow.taken) == Counter(f"pat{n:03}@mail.example" for n in NUMBERS)


def statuses(environment: dict[str, str]) -> Counter[str]:
    listing = [*YEARWHEEL, "outbox", "list", "--limit", "100", "--json"]
    found = subprocess.run(listing, env=environment, check=True, capture_output=True, text=True)
    return Counter(letter["status"] for letter in json.loads(found.stdout))
