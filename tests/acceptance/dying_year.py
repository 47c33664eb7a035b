"""A rehearsal that kills its own process at a chosen point of its delivery; see test_crash.py."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yearwheel.config.cycle_file import read_shipped
from yearwheel.notifications.mailers import Envelope, Result
from yearwheel.rehearsal.inboxes import RehearsalMailer
from yearwheel.rehearsal.rehearse import MARK, Plan, rehearse
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services import deliver
from yearwheel.store.database import Writing

DISTRICTS = 8
DELIVERED = "delivered.log"  # a line for each message that reached an inbox; outlives the process
POINTS = (
    "before the claim is committed",
    "after the claim",
    "before a message is written",
    "after a message is written",
    "before the record is committed",
    "after the record",
)


def run_year(out: Path, point: str = "", batch: int = 0, message: int = 0) -> None:
    """Run or resume the small year, Kentucky's own calendar for eight districts, up to the point if any."""
    log_deliveries(out)
    if point:
        Fate(point, batch, message).watch()
    plan = Plan(
        read_shipped("kentucky-2027"),
        out,
        roster=shipped_roster(limit=DISTRICTS),
        resume=(out / MARK).exists(),
    )
    rehearse(plan, lambda what, done, of: None)


def log_deliveries(out: Path) -> None:
    """Note each message that reached an inbox, as a mail server's own log would."""
    send = RehearsalMailer.send

    def logged(mailer: RehearsalMailer, envelope: Envelope) -> Result:
        result = send(mailer, envelope)
        with (out / DELIVERED).open("a") as log:
            log.write(f"{envelope.recipient} {envelope.message_id} {result.outcome}\n")
        return result

    RehearsalMailer.send = logged  # type: ignore[method-assign]


class Fate:
    """Strikes at one point of the n-th batch; for points around a message, at the m-th message from there."""

    def __init__(self, point: str, batch: int, message: int) -> None:
        self._point = point
        self._batch = batch
        self._message = message
        self._batches = 0
        self._messages = 0

    def batch_claimed(self) -> None:
        self._batches += 1

    def passes(self, point: str) -> None:
        if self._batches < self._batch or point != self._point:
            return
        if point.endswith("is written"):
            self._messages += 1
            if self._messages < self._message:
                return
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Put the points into the path of every message."""
        claim, record, send = deliver._claim, deliver._record, RehearsalMailer.send
        outbox_claim, outbox_record, commit = deliver.outbox.claim, deliver.outbox.record, Writing.commit
        next_commit: list[str] = []

        def store_claim(*args: Any, **kwargs: Any) -> Any:
            found = outbox_claim(*args, **kwargs)
            if found:
                self.batch_claimed()
                next_commit.append("before the claim is committed")
            return found

        def store_record(*args: Any, **kwargs: Any) -> None:
            outbox_record(*args, **kwargs)
            next_commit.append("before the record is committed")

        def store_commit(work: Writing) -> None:
            if next_commit:
                self.passes(next_commit.pop())
            commit(work)

        def sent(mailer: RehearsalMailer, envelope: Envelope) -> Result:
            self.passes("before a message is written")
            result = send(mailer, envelope)
            self.passes("after a message is written")
            return result

        deliver.outbox.claim, deliver.outbox.record = store_claim, store_record
        Writing.commit = store_commit  # type: ignore[method-assign]
        RehearsalMailer.send = sent  # type: ignore[method-assign]
        deliver._claim = self._then(claim, "after the claim")
        deliver._record = self._then(record, "after the record")

    def _then(self, act: Callable[..., Any], point: str) -> Callable[..., Any]:
        def done(*args: Any) -> Any:
            result = act(*args)
            if result or act.__name__ == "_record":
                self.passes(point)
            return result

        return done
