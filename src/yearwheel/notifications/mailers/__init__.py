"""How a finished message leaves: the envelope, how the attempt ended, and what a mailer is."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from yearwheel.notifications.ledger import Attempt


@dataclass(frozen=True, slots=True)
class Envelope:
    """A rendered message with the addresses the mail server is told. `raw` has CRLF line ends (RFC 5322)."""

    message_id: str
    sender: str
    recipient: str
    raw: bytes = field(repr=False)
    # Asked right before it is handed over: who slept longer than their lease holds what is others' by now.
    still_ours: Callable[[], bool] = field(default=lambda: True, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended, with the server's reply code (empty when it gave none) and its words.

    With `same_for_all` it is no letter's fault: there was no server to talk to, or it refuses our sender.
    """

    outcome: Attempt
    code: str
    detail: str
    same_for_all: bool = False


Results = Generator[Result, None, None]


class Mailer(Protocol):
    """Delivers envelopes while it is open. A failure to deliver is a Result, never an exception.

    One mailer serves one thread.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        """Offer them in turn and say of each how it ended.

        An envelope may be asked for before the answer to the one before it is known, but its message is
        handed over only after that answer was taken. Closed early, it hands over nothing more.
        """
        ...
