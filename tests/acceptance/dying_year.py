"""A rehearsal that kills its own process at a chosen point of its delivery; see test_crash.py."""

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from yearwheel.config.cycle_file import read_shipped
from yearwheel.notifications.mailers import Envelope, Results
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

    def logged(mailer: RehearsalMailer, envelopes: Iterable[Envelope]) -> Results:
        for envelope in envelopes:
            for result in send(mailer, [envelope]):
                with (out / DELIVERED).open("a") as log:
                    log.write(f"{envelope.recipient} {envelope.message_id} {result.outcome}\n")
                yield result

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
        claim, record, send = deliver.outbox.claim, deliver.outbox.record, RehearsalMailer.send
        commit = Writing.commit
        uncommitted: list[str] = []

        def claimed(*args: Any, **kwargs: Any) -> Any:
            found = claim(*args, **kwargs)
            if found:
                self.batch_claimed()
                uncommitted.append("claim")
            return found

        def recorded(*args: Any) -> None:
            record(*args)
            uncommitted.append("record")

        def committed(work: Writing) -> None:
            acts = [uncommitted.pop()] if uncommitted else []
            for act in acts:
                self.passes(f"before the {act} is committed")
            commit(work)
            for act in acts:
                self.passes(f"after the {act}")

        def sent(mailer: RehearsalMailer, envelopes: Iterable[Envelope]) -> Results:
            for envelope in envelopes:
                self.passes("before a message is written")
                for result in send(mailer, [envelope]):
                    self.passes("after a message is written")
                    yield result

        deliver.outbox.claim, deliver.outbox.record = claimed, recorded
        Writing.commit = committed  # type: ignore[method-assign]
        RehearsalMailer.send = sent  # type: ignore[method-assign]
