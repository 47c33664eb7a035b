"""`serve` as its operators meet it: one process that starts, answers, refuses a twin and ends clean."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.terminal import Terminal

SERVE = """
import sys
from pathlib import Path
from yearwheel.bootstrap import build_app
from yearwheel.config.settings import Settings
from yearwheel.serve import serve
from yearwheel.services.app import Refused
try:
    serve(build_app(Settings(data_dir=Path(sys.argv[1]))), "127.0.0.1", int(sys.argv[2]))
except Refused as refusal:
    sys.exit(str(refusal))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVE, str(data), str(port)]
    with ended(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ) as process:
        yield process


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the test."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def fetch(address: str, seconds: float = 20) -> tuple[dict[str, str], str]:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(address, timeout=5) as answer:
                return dict(answer.headers), answer.read().decode()
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def refused(data: Path, port: int, host: str = "127.0.0.1") -> str:
    """What the command says, on its own, when it does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "yearwheel", "serve", "--host", host, "--port", str(port)],
        env=os.environ | {"YEARWHEEL_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.strip()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_an_address_that_cannot_be_had_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = f"port {port} on 127.0.0.1 is taken; give another with --port"
        assert refused(tmp_path, port) == said
    there_is_none = "this machine has no address {}; give one of its own with --host"
    assert refused(tmp_path, port, "192.0.2.1") == there_is_none.format("192.0.2.1")
    assert refused(tmp_path, port, "nowhere.invalid") == there_is_none.format("nowhere.invalid")
    assert not (tmp_path / "prefect").exists()


@pytest.mark.slow
def test_serve_answers_refuses_a_second_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        headers, page = fetch(f"http://127.0.0.1:{port}/")
        assert "No cycle yet." in page
        assert headers["content-security-policy"].startswith("default-src 'none'")
        _, health = fetch(f"http://127.0.0.1:{port}/healthz")
        assert json.loads(health) == {"ok": True, "cycles": 0, "last_round": None, "doubts": 0}

        with serving(tmp_path, free_port()) as twin:
            _, said = twin.communicate(timeout=20)
        assert twin.returncode == 1
        assert said.strip() == (
            f"{tmp_path} is being served already: process {process.pid}, http://127.0.0.1:{port}. "
            "Stop that one, or give another data folder."
        )

        children = children_of(process.pid)
        assert len(children) == 1
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - asked < 10
        assert [child for child in children if Path(f"/proc/{child}").exists()] == []


@pytest.mark.slow
def test_a_prefect_server_that_was_killed_is_brought_back_and_ends_with_serve(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        fetch(f"{address}/api/health", seconds=120)
        (first,) = children_of(process.pid)

        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while (children := children_of(process.pid)) in ([], [first]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        fetch(f"{address}/api/health", seconds=120)
        fetch(f"http://127.0.0.1:{port}/healthz")

        (second,) = children
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert (process.returncode, time.monotonic() - asked < 10) == (0, True)
        assert not Path(f"/proc/{second}").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_serve_takes_its_prefect_server_with_it(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        fetch(f"http://127.0.0.1:{port}/healthz")
        [child] = children_of(process.pid)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 15
        while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not Path(f"/proc/{child}").exists()


@pytest.mark.slow
def test_the_pages_of_an_acted_out_year_are_served_on_a_day_of_it_and_no_bell_rings(tmp_path: Path) -> None:
    terminal, port = Terminal(tmp_path), free_port()
    terminal.does("roster", "import", "--shipped", "kentucky")
    terminal.does("cycle", "create", "kentucky-2027", "--at", "2026-12-01T09:00")
    terminal.does("cycle", "publish", "kentucky-2027", "--yes", "--at", "2026-12-01T09:00")
    there = os.environ | {"YEARWHEEL_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "yearwheel", "serve", "--port", str(port), "--at", "2027-02-15T10:00"]
    with ended(subprocess.Popen(command, env=there, text=True)) as it:
        _, page = fetch(f"http://127.0.0.1:{port}/")
        assert "As of 2027-02-15 15:00 UTC." in page
        assert children_of(it.pid) == []
