"""Real mail: one kept connection to the mail server, and an exact account of how each attempt ended."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result

_LINE_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)
_SENDABLE = re.compile(r"[!-~]+")
_GOODBYE = 421  # the server closes the connection after this reply (RFC 5321 3.8)


class Security(StrEnum):
    """How the connection is protected. What is asked for is insisted on."""

    NONE = "none"  # a relay on this machine or a trusted network
    STARTTLS = "starttls"  # plain first, then TLS; usually port 587
    TLS = "tls"  # TLS from the first byte; usually port 465


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server and how to reach it. `tls` replaces the system's trusted certificates."""

    host: str
    port: int
    local_hostname: str  # our name in EHLO; given, since finding it out would ask DNS
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0  # seconds, for every step
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not (self.username + self.password).isascii():
            raise ValueError("the mail server's user name and password may hold ASCII characters only")


class SmtpMailer:
    """Sends over one kept connection, opened when first needed and again after it was lost."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._drop()

    def send(self, envelope: Envelope) -> Result:
        # A fault of our own sender is deferred, whoever the recipient is: nobody is given up for that.
        for address, outcome in ((envelope.sender, Attempt.DEFERRED), (envelope.recipient, Attempt.REFUSED)):
            if not _SENDABLE.fullmatch(address):
                return Result(outcome, "", f"{address!r} cannot be used as a mail address")
        kept = self._smtp is not None
        result = self._try(envelope)
        if kept and result == _LOST:
            # Servers close idle connections; nothing was handed over, so one new try is safe.
            result = self._try(envelope)
        return result

    def _try(self, envelope: Envelope) -> Result:
        try:
            smtp = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            # The server's words may repeat what we sent, so they are left out.
            return Result(
                Attempt.DEFERRED, str(error.smtp_code), "the mail server refused our user name or password"
            )
        except (smtplib.SMTPException, OSError) as error:
            return Result(
                Attempt.DEFERRED, _code(error), f"no connection to the mail server: {_words(error)}"
            )
        try:
            refusal = self._announce(smtp, envelope)
        except (smtplib.SMTPException, OSError):
            self._drop()
            return _LOST
        return refusal or self._hand_over(smtp, envelope.raw)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = _connect(self._server)
        return self._smtp

    def _announce(self, smtp: smtplib.SMTP, envelope: Envelope) -> Result | None:
        """MAIL, RCPT and DATA up to the server's go-ahead; a result only where it said no."""
        code, words = smtp.mail(envelope.sender)
        if code != 250:
            return self._refusal(Attempt.DEFERRED, code, b"sender refused: " + words)
        code, words = smtp.rcpt(envelope.recipient)
        if code not in {250, 251}:
            return self._refusal(_outcome(code), code, words)
        code, words = smtp.docmd("DATA")
        if code != 354:
            return self._refusal(_outcome(code), code, words)
        return None

    def _hand_over(self, smtp: smtplib.SMTP, raw: bytes) -> Result:
        end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            smtp.send(_LINE_WITH_DOT.sub(b"..", raw) + end)  # RFC 5321 4.5.2
            code, words = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            self._drop()
            return Result(
                Attempt.UNKNOWN,
                "",
                "the connection broke after the message was handed over; it may have arrived",
            )
        if 200 <= code < 300:
            return Result(Attempt.ACCEPTED, str(code), _text(words))
        if not 400 <= code < 600:
            self._drop()
            return Result(Attempt.UNKNOWN, str(code), f"not a reply a mail server gives: {_text(words)}")
        return self._refusal(_outcome(code), code, words)

    def _refusal(self, outcome: Attempt, code: int, words: bytes) -> Result:
        """A refusal leaves a transaction half open; it is cleared so that the next message can go."""
        try:
            clean = code != _GOODBYE and self._smtp is not None and self._smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            clean = False
        if not clean:
            self._drop()
        return Result(outcome, str(code), _text(words))

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


_LOST = Result(
    Attempt.DEFERRED, "", "the mail server closed the connection before the message was handed over"
)


def _connect(server: SmtpServer) -> smtplib.SMTP:
    tls = server.tls or ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.security is Security.TLS:
        smtp = smtplib.SMTP_SSL(
            server.host, server.port, server.local_hostname, timeout=server.timeout, context=tls
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, server.local_hostname, timeout=server.timeout)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security is Security.STARTTLS:
            smtp.starttls(context=tls)
            smtp.ehlo_or_helo_if_needed()
        if server.username:
            smtp.login(server.username, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _outcome(code: int) -> Attempt:
    return Attempt.REFUSED if 500 <= code < 600 else Attempt.DEFERRED


def _code(error: Exception) -> str:
    return str(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else ""


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_error)
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())
