"""Stand-ins for what cannot be made to fail on cue otherwise."""

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Mailer, Result, Results

ACCEPTED = Result(Attempt.ACCEPTED, "250", "2.0.0 queued")
BUSY = Result(Attempt.DEFERRED, "451", "4.3.0 try again later")
NO_SUCH_USER = Result(Attempt.REFUSED, "550", "5.1.1 no such user here")
POLICY = Result(Attempt.REFUSED, "554", "5.7.1 message looks like advertising")
BROKEN_OFF = Result(Attempt.UNKNOWN, "", "the connection broke after the message was handed over")


def offer(mailer: Mailer, envelope: Envelope) -> Result:
    """What a mailer says of one message."""
    (result,) = mailer.send([envelope])
    return result


class FakeMailer:
    """Keeps what it was given; answers each recipient as told, else accepts."""

    def __init__(
        self,
        answers: Mapping[str, Result] | None = None,
        *,
        before: Callable[[Envelope], None] = lambda envelope: None,
    ) -> None:
        self.answers = dict(answers or {})
        self.before = before
        self.tried: list[Envelope] = []
        self.sent: list[Envelope] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        for envelope in envelopes:
            self.before(envelope)
            self.tried.append(envelope)
            result = self.answers.get(envelope.recipient, ACCEPTED)
            if result.outcome is Attempt.ACCEPTED:
                self.sent.append(envelope)
            yield result

    def recipients(self) -> list[str]:
        """Whom it reached, in order."""
        return [envelope.recipient for envelope in self.sent]
