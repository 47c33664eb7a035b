"""Ways of trying out: real mail for a team while everybody else's stays here, or all mail to one address."""

import re
from collections.abc import Collection, Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from types import TracebackType
from typing import Self

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Mailer, Results

REDIRECTED = "redirected to "  # how the answer of a redirected message begins
_SUBJECT = re.compile(rb"^Subject: ", re.MULTILINE | re.IGNORECASE)


def is_on_team(address: str, team: Collection[str]) -> bool:
    """Whether one of the team's addresses and domains (`pat@district.example`, `state.example`) is meant."""
    members = {member.strip().lower().removeprefix("@") for member in team}
    return not members.isdisjoint({address.lower(), address.lower().rpartition("@")[2]})


class TeamMailer:
    """Mail to the team leaves by one mailer, everybody else's by the other."""

    def __init__(self, team: Collection[str], leaving: Mailer, staying: Mailer) -> None:
        self._team = team
        self._leaving = leaving
        self._staying = staying
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._leaving)
        self._stack.enter_context(self._staying)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        for envelope in envelopes:
            mailer = self._leaving if is_on_team(envelope.recipient, self._team) else self._staying
            yield from mailer.send([envelope])


class RedirectingMailer:
    """Sends everybody's mail to one address; the first words of its subject say for whom it was."""

    def __init__(self, to: str, mailer: Mailer) -> None:
        self._to = to
        self._mailer = mailer

    def __enter__(self) -> Self:
        self._mailer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mailer.__exit__(kind, error, trace)

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        with closing(self._mailer.send(map(self._led, envelopes))) as results:
            for result in results:
                # A refusal is about the address redirected to: nobody else is given up for that, and every
                # letter would have it.
                refused = result.outcome is Attempt.REFUSED
                yield replace(
                    result,
                    outcome=Attempt.DEFERRED if refused else result.outcome,
                    detail=f"{REDIRECTED}{self._to}: {result.detail}",
                    same_for_all=result.same_for_all or refused,
                )

    def _led(self, envelope: Envelope) -> Envelope:
        return replace(envelope, recipient=self._to, raw=readdress(envelope.raw, envelope.recipient))


def readdress(raw: bytes, recipient: str) -> bytes:
    """A message that says in its subject and in X-Original-To whom it was for. Its body is as it was."""
    address = recipient.encode("ascii", "replace")
    head, blank, body = raw.partition(b"\r\n\r\n")
    # Folded after the address, so that no line grows beyond what RFC 5322 allows.
    head = _SUBJECT.sub(b"Subject: [" + address + b"]\r\n ", head, count=1)
    return b"X-Original-To: " + address + b"\r\n" + head + blank + body
