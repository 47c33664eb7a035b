"""One life of a process that plans, queues and delivers, and the fate that ends it."""

import os
import signal
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import SecretStr

from yearwheel.clock import VirtualClock
from yearwheel.config.settings import Mail, Settings
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer
from yearwheel.services import deliver
from yearwheel.services.active import read_calendar
from yearwheel.services.advance import advance
from yearwheel.services.app import App, Refused
from yearwheel.services.submit import HandIn, submit
from yearwheel.store import outbox, reminders, standings
from yearwheel.store.database import Database, Writing

KEY, STAGE = "daily-2027", "survey"
SOURCE = (Path(__file__).parents[1] / "cycles" / "daily.yaml").read_text("utf-8")
read_calendar(SOURCE, KEY)  # remembered: the server that forks lives imports this once for all of them
SMALL_BATCH = 4  # so that three deliverers share a day's letters
HELD = ("before the {} is committed", "after the {} is committed")
PLAN, QUEUE, CLAIM, RECORD = (
    tuple(words.format(act) for words in HELD) for act in ("plan", "queue", "claim", "record")
)
SMTP = ("before MAIL", "after DATA", "in the middle of the content", "after the final dot", "after the 250")
ANY = "at any moment"  # the one that a watch decides, from outside
POINTS = (*PLAN, *QUEUE, *CLAIM, *SMTP, *RECORD, ANY)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when a life takes place."""

    database_url: str
    port: int  # of the mail server
    moment: datetime
    district: str = ""  # hands in its work on this day
    connections: int = 1  # of the deliverer


def open_app(scene: Scene) -> App:
    mail = Mail(domain="crash.example", connections=scene.connections, tell_admins=False)
    settings = Settings(base_url="http://planning.example", secret=SecretStr("crash"), mail=mail)
    server = SmtpServer("127.0.0.1", scene.port, "planning.example", Security.NONE, timeout=20)
    return App(settings, VirtualClock(scene.moment), Database(scene.database_url), lambda: SmtpMailer(server))


def plan_day(app: App, district: str) -> None:
    """The day's one act: a district hands in, and its reminders are planned anew. Does nothing twice."""
    with app.database.reading() as connection:
        (standing,) = standings.find(connection, KEY, stage_keys=[STAGE], codes=[district])
    if not standing.version:
        with suppress(Refused):
            evidence = {"done_on": "2026-12-15", "reference": "board minute 7"}
            submit(app, KEY, [HandIn(STAGE, district, evidence, by="Ann")])


def live(scene: Scene, name: str, act: str, point: str = "", passing: int = 1) -> None:
    """Plan or run a round; die at the n-th passing of the point, if one is given."""
    deliver.BATCH = SMALL_BATCH
    deliver.uuid4 = lambda: SimpleNamespace(hex=name)  # type: ignore[assignment,misc]
    app = open_app(scene)
    if point and point != ANY:
        Fate(point, passing).watch()
    if act == "plan":
        plan_day(app, scene.district)
    else:
        advance(app, KEY)
    app.database.close()


class Fate:
    """Strikes at the n-th passing of one point."""

    def __init__(self, point: str, passing: int) -> None:
        self._point = point
        self._left = passing
        self._uncommitted: list[str] = []

    def watch(self) -> None:
        """Put the points into the path of the work. It dies with the process, so nothing is put back."""
        self._mark(reminders, "apply", "plan")
        self._mark(outbox, "add", "queue")
        self._mark(outbox, "claim", "claim")
        self._mark(outbox, "record", "record")
        self._watch_commits()
        self._watch_smtp()

    def _comes(self, point: str) -> bool:
        self._left -= point == self._point
        return point == self._point and self._left == 0

    def _pass(self, point: str) -> None:
        if self._comes(point):
            _die()

    def _mark(self, module: Any, name: str, act: str) -> None:
        do = getattr(module, name)

        def marked(*args: Any, **kwargs: Any) -> Any:
            result = do(*args, **kwargs)
            if result or act == "plan" or (act == "record" and args[1]):
                self._uncommitted.append(act)
            return result

        setattr(module, name, marked)

    def _watch_commits(self) -> None:
        commit = Writing.commit

        def watched(work: Writing) -> None:
            acts, self._uncommitted = self._uncommitted, []
            for act in acts[-1:]:
                self._pass(HELD[0].format(act))
            commit(work)
            for act in acts[-1:]:
                self._pass(HELD[1].format(act))

        Writing.commit = watched  # type: ignore[method-assign]

    def _watch_smtp(self) -> None:
        send, getreply = smtplib.SMTP.send, smtplib.SMTP.getreply
        handed_over: set[smtplib.SMTP] = set()

        def watched_send(smtp: smtplib.SMTP, words: str | bytes) -> None:
            if isinstance(words, str):
                if words.startswith("MAIL"):
                    self._pass("before MAIL")
                send(smtp, words)
                if words.endswith("DATA\r\n"):  # alone, or pipelined after the others
                    self._pass("after DATA")
                return
            content, dot, ahead = words.partition(b"\r\n.\r\n")
            if self._comes("in the middle of the content"):
                send(smtp, content[: len(content) // 2])
                _die()
            send(smtp, content + dot)
            handed_over.add(smtp)
            self._pass("after the final dot")
            if ahead:  # the commands of the next message
                watched_send(smtp, ahead.decode("ascii"))

        def watched_getreply(smtp: smtplib.SMTP) -> tuple[int, bytes]:
            reply = getreply(smtp)
            if smtp in handed_over:
                handed_over.remove(smtp)
                self._pass("after the 250")
            return reply

        smtplib.SMTP.send = watched_send  # type: ignore[method-assign,assignment]
        smtplib.SMTP.getreply = watched_getreply  # type: ignore[method-assign]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def read_accepted(path: Path) -> list[str]:
    """Every Message-ID the mail server accepted, as often as it did."""
    return path.read_text("ascii").splitlines() if path.exists() else []
