"""The Prefect server beside us: a child process on this machine, started, watched and stopped by us."""

import ctypes
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import Request, urlopen

HOST = "127.0.0.1"
USUAL_PORT = 4200
START_LIMIT = 90.0  # seconds; an empty home takes about 12, most of them Prefect's own migrations
STOP_LIMIT = 5.0
LOG_LINES = 15

log = logging.getLogger(__name__)

# Services of the server that nothing here asks for: we schedule, retry and alarm in our own tables, and no
# worker polls a server that lives inside `serve`. Off, they leave the cores and SQLite's one writer alone.
UNUSED_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TRIGGERS",
)


class EngineFailed(RuntimeError):
    """The Prefect server did not come up; the message ends with what it wrote last."""


class PrefectServer:
    """One Prefect server on SQLite in a home of its own. Its database is a display, never the record."""

    def __init__(self, home: Path, *, ui: bool, port: int | None = None) -> None:
        self._home = home.resolve()
        self._ui = ui
        self._port = port or _free_port()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its pages are; its API is below /api."""
        return f"http://{HOST}:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api"

    def launch(self) -> None:
        """Start the child. Only from the main thread: Linux ends the child with the thread that made it."""
        self._home.mkdir(parents=True, exist_ok=True)
        # uvicorn directly: `prefect server start` is a second process of 100 MB that only waits for it.
        command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app"]
        command += ["--host", HOST, "--port", str(self._port), "--no-access-log", "--log-level", "warning"]
        with self._log_file.open("ab") as output:
            self._child = subprocess.Popen(  # noqa: S603 - the words are our own
                command,
                env=_without_prefect(os.environ) | self._server_settings(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we stop the child in our own order
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one prctl, loaded beforehand, takes no lock
            )

    @contextmanager
    def launched(self) -> Iterator[Self]:
        """Launch it, point Prefect's client in this process at it, and stop it after the block.

        It takes seconds to answer; other work fits in before `wait_ready`. Enter before the first
        `import prefect`, which reads the environment once.
        """
        before = dict(os.environ)
        self.launch()
        os.environ.update(self.client_settings())
        try:
            yield self
        finally:
            self.stop()
            os.environ.clear()
            os.environ.update(before)

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urlopen(f"{self.api_url}/health", timeout=2) as answer:  # noqa: S310 - always http to HOST
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def wait_ready(self, limit: float = START_LIMIT) -> None:
        """Return when it answers; EngineFailed when it ended or the limit in seconds has passed."""
        deadline = time.monotonic() + limit
        while not self.is_ready():
            if not self.is_running():
                raise EngineFailed(f"the Prefect server ended while starting.\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"the Prefect server did not answer within {limit:.0f} s.\n{self._last_words()}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End the child, politely first."""
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            log.warning("the Prefect server ignored SIGTERM for %.0f s; killing it", STOP_LIMIT)
            child.kill()
            child.wait()

    def client_settings(self) -> dict[str, str]:
        """What Prefect's client must find in the environment when it is first imported."""
        return _shared_settings(self._home) | {
            "PREFECT_API_URL": self.api_url,
            # Run names, tables and states say it all; every line again over HTTP would cost a request a run.
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
        }

    @property
    def _log_file(self) -> Path:
        return self._home / "server.log"

    def _last_words(self) -> str:
        lines = self._log_file.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return "\n".join(["Its log ends:", *lines, f"The whole log: {self._log_file}"])

    def _server_settings(self) -> dict[str, str]:
        services = "PREFECT_SERVER_SERVICES_"
        off = {f"{services}{name}_ENABLED": "false" for name in UNUSED_SERVICES}
        return (
            _shared_settings(self._home)
            | off
            | {
                "PREFECT_API_URL": self.api_url,
                "PREFECT_SERVER_UI_ENABLED": str(self._ui).lower(),
                # Its own copy of the pages; by default it writes them into site-packages.
                "PREFECT_UI_STATIC_DIRECTORY": str(self._home / "ui"),
                # Task runs arrive in batches, so that they do not fight the API for SQLite's one writer.
                # Killed outright, the server forgets the last second of task history; flow runs are safe.
                f"{services}TASK_RUN_RECORDER_BATCH_SIZE": "100",
                f"{services}TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
                f"{services}TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
                # The event feed is a second copy of every state change; without a page to show it, skip it.
                f"{services}EVENT_PERSISTER_ENABLED": str(self._ui).lower(),
                "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": str(self._ui).lower(),
                "PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED": str(self._ui).lower(),
                f"{services}EVENT_PERSISTER_BATCH_SIZE": "100",
                f"{services}EVENT_PERSISTER_READ_BATCH_SIZE": "100",
            }
        )


@contextmanager
def prefect_server(home: Path, *, ui: bool = False) -> Iterator[str]:
    """A Prefect server that answers, for as long as the block lasts; gives its API's address.

    EngineFailed if it does not come up.
    """
    with PrefectServer(home, ui=ui).launched() as server:
        server.wait_ready()
        yield server.api_url


def count_flow_runs(api_url: str) -> int:
    """How many flow runs the server holds as completed."""
    body = json.dumps({"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}).encode()
    request = Request(  # noqa: S310 - always http to HOST
        f"{api_url}/flow_runs/count", data=body, headers={"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        return int(json.load(answer))


def usual_port() -> int:
    """Prefect's usual port if it is free, so that bookmarks last; else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, USUAL_PORT))
        except OSError:
            return _free_port()
    return USUAL_PORT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _shared_settings(home: Path) -> dict[str, str]:
    """For server and client alike: a home of our own, no server started behind our back, no calls home."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def _without_prefect(environment: "os._Environ[str]") -> dict[str, str]:
    """The environment without a person's own Prefect settings: they are about another server."""
    return {name: value for name, value in environment.items() if not name.startswith("PREFECT_")}


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Linux: when we are killed outright the kernel ends the child, so that none is left behind."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
