"""The mail of a rehearsal: a Maildir for each person, and a few addresses that refuse."""

from collections.abc import Collection, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result, Results
from yearwheel.notifications.mailers.maildir import MaildirMailer


class RehearsalMailer:
    """Delivers into Maildirs; dead addresses answer as a mail server would."""

    def __init__(self, inboxes: Path, dead: Collection[str]) -> None:
        self._maildir = MaildirMailer(inboxes)
        self._dead = dead

    def __enter__(self) -> Self:
        self._maildir.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._maildir.__exit__(kind, error, trace)

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        for envelope in envelopes:
            if envelope.recipient in self._dead:
                yield Result(Attempt.REFUSED, "550", "5.1.1 no such user here")
            else:
                yield from self._maildir.send([envelope])

    def has(self, message_id: str, recipient: str) -> bool:
        """Whether the recipient's inbox holds the message."""
        return self._maildir.has(message_id, recipient)
