"""Postfix's programs as a benchmark needs them: a sink, a server that queues on disk, and a sender to beat.

The system's own Postfix is never started. All runs on free ports of this machine and in a temporary folder.
"""

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SENDER = "planning@education.ky.example"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server on this machine. What it has not thrown away yet lies below `queue`."""

    name: str
    port: int
    queue: Path | None = None

    def rest(self) -> None:
        """Wait until it has nothing left to do: the next sender shall not pay for the one before."""
        limit = time.monotonic() + 60
        while self.queue and any(self._files()) and time.monotonic() < limit:
            time.sleep(0.05)

    def _files(self) -> Iterator[Path]:
        for part in ("incoming", "active"):
            yield from (path for path in (self.queue / part).rglob("*") if path.is_file())  # type: ignore[operator]


def smtp_source(server: MailServer, letter: Path, count: int, connections: int) -> float:
    """Seconds that Postfix's own test program takes to send a letter so often, to a new reader each time."""
    command = [
        find("smtp-source"), "-d", "-N", "-s", str(connections), "-m", str(count), "-F", str(letter),
        "-f", SENDER, "-t", "reader@mail.example", f"{HOST}:{server.port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


@contextmanager
def sink() -> Iterator[MailServer]:
    """A server that takes everything and keeps nothing."""
    port = _free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to stay root
    child = subprocess.Popen([find("smtp-sink"), *as_nobody, f"{HOST}:{port}", "100"])
    try:
        _wait(port)
        yield MailServer("smtp-sink", port)
    finally:
        child.terminate()
        child.wait()


@contextmanager
def postfix(folder: Path) -> Iterator[MailServer]:
    """A Postfix of our own that queues on disk and then throws mail away. Only root may start one."""
    port, home = _free_port(), folder / "postfix"
    for part in ("config", "queue", "data"):
        (home / part).mkdir(parents=True)
    shutil.chown(home / "data", "postfix")
    (home / "config" / "main.cf").write_text(MAIN.format(home=home), "ascii")
    (home / "config" / "master.cf").write_text(MASTER.format(host=HOST, port=port), "ascii")
    program = [find("postfix"), "-c", str(home / "config")]
    subprocess.run([*program, "start"], check=True, capture_output=True)
    try:
        _wait(port)
        yield MailServer("Postfix, queue on disk", port, home / "queue")
    finally:
        subprocess.run([*program, "stop"], check=True, capture_output=True)


def find(program: str) -> str:
    """The program's path; ends the benchmark with a sentence where it is missing."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(f"{program} is not installed; it comes with Postfix (see benchmarks/README.md)")
    return found


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
        return port


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
