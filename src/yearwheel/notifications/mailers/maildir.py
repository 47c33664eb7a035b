"""Trial mode: each recipient's mail goes to a Maildir on this machine, and nothing leaves it."""

import os
import re
import threading
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result, Results

DRAFTS = "tmp"  # of a Maildir
_DATE = re.compile(rb"^Date: (.+?)\r$", re.MULTILINE)


class MaildirMailer:
    """Delivers into `<inboxes>/<address>/new`, a folder any mail reader opens.

    A file is named by its message alone, so the same message twice is one file, and two runs of the same
    year leave the same bytes under the same names. `durable` also survives a power cut, for some speed.
    """

    def __init__(self, inboxes: Path, *, durable: bool = False) -> None:
        self._inboxes = inboxes
        self._durable = durable

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing was kept open."""

    def inbox(self, recipient: str) -> Path:
        """The recipient's Maildir. Slashes in an address are quoted, so it never leads out of the folder."""
        return self._inboxes / quote(recipient, safe="@+")

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        for envelope in envelopes:
            yield self._keep(envelope)

    def _keep(self, envelope: Envelope) -> Result:
        inbox = self.inbox(envelope.recipient)
        name = _file_name(envelope)
        try:
            try:
                self._deliver(inbox, name, envelope.raw)
            except FileNotFoundError:  # this reader's first letter
                _make(inbox)
                self._deliver(inbox, name, envelope.raw)
        except OSError as error:
            return Result(Attempt.DEFERRED, "", f"cannot write to {inbox}: {error.strerror}")
        return Result(Attempt.ACCEPTED, "250", f"kept in {inbox.name}/new/{name}")

    def has(self, message_id: str, recipient: str) -> bool:
        """Whether the recipient's inbox holds this message, read or unread; settles a doubt after a crash."""
        mark = f".{_digest(message_id)}."
        inbox = self.inbox(recipient)
        return any(mark in path.name for part in ("new", "cur") for path in inbox.glob(f"{part}/*"))

    def _deliver(self, inbox: Path, name: str, raw: bytes) -> None:
        # Two workers may hold the same message: with one draft, one would rename the other's half.
        draft = f"{inbox / DRAFTS}/{name}.{os.getpid()}.{threading.get_ident()}"
        with open(
            draft, "wb"
        ) as file:  # buffered: a bare write may stop short on a full disk, and say nothing
            file.write(raw)
            if self._durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, f"{inbox}/new/{name}")
        if self._durable:
            _sync_folder(inbox / "new")


def _make(inbox: Path) -> None:
    for part in (DRAFTS, "new", "cur"):
        (inbox / part).mkdir(parents=True, exist_ok=True)


def _file_name(envelope: Envelope) -> str:
    """`<seconds>.<digest>.yearwheel`: sorts by the message's own Date; 0 when it has none."""
    date = _DATE.search(envelope.raw)
    return f"{_seconds(date[1]) if date else 0}.{_digest(envelope.message_id)}.yearwheel"


@lru_cache(maxsize=8)  # a round's letters share their Date
def _seconds(date: bytes) -> int:
    return int(parsedate_to_datetime(date.decode("ascii")).timestamp())


def _digest(message_id: str) -> str:
    return sha256(message_id.encode()).hexdigest()[:24]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
