"""Real mail: one kept connection to the mail server, and an exact account of how each attempt ended."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result, Results

_SENDABLE = re.compile(r"[!-;=?-~]+")  # printable, and no angle bracket: it goes between two
_GO_AHEAD = 354
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
        self._announced = False  # whether the next message's MAIL, RCPT and DATA went with the one before
        self._may_announce = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._drop()

    def send(self, envelopes: Iterable[Envelope]) -> Results:
        waiting = iter(envelopes)
        envelope = next(waiting, None)
        try:
            while envelope is not None:
                following = next(waiting, None)
                yield self._offer(envelope, following)
                envelope = following
        finally:
            if self._announced:  # and will not come: there is no taking it back
                self._drop()

    def _offer(self, envelope: Envelope, following: Envelope | None) -> Result:
        if fault := _fault(envelope):
            return fault
        if following is not None and _fault(following):
            following = None
        kept = self._smtp is not None
        result = self._try(envelope, following)
        if kept and (result == _LOST or result.code == str(_GOODBYE)):
            # Servers end connections that were idle or carried enough messages. This message was not taken,
            # so one new try is safe.
            result = self._try(envelope, following)
        return result

    def _try(self, envelope: Envelope, following: Envelope | None) -> Result:
        try:
            smtp = self._connected()
        except _NO_CONNECTION as error:
            return Result(Attempt.DEFERRED, _code(error), _no_connection(error), same_for_all=True)
        try:
            refusal = self._announce(smtp, envelope)
        except (smtplib.SMTPException, OSError):
            # Some programs in the way lose what comes behind a message: to those nothing is said ahead.
            self._may_announce = self._may_announce and not self._announced
            self._drop()
            return _LOST
        if refusal is None and not envelope.still_ours():
            self._drop()  # the go-ahead was given: there is no other way out
            return _TOO_LATE
        return refusal or self._hand_over(smtp, envelope.raw, following)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = _connect(self._server)
        return self._smtp

    def _announce(self, smtp: smtplib.SMTP, envelope: Envelope) -> Result | None:
        """MAIL, RCPT and DATA up to the server's go-ahead; a result only where it said no.

        A server that offers PIPELINING (RFC 2920) is sent all three at once, where it can be with the message
        before, and each of its answers is read.
        """
        at_once = smtp.has_extn("pipelining")
        if at_once and not self._announced:
            smtp.send("".join(_commands(envelope)))
        refusal: Result | None = None
        for command, (wanted, judge) in zip(_commands(envelope), _JUDGED, strict=True):
            if not at_once:
                smtp.send(command)
            code, words = smtp.getreply()
            if refusal is None and code not in wanted:
                refusal = judge(code, words)
            if code == _GOODBYE or (refusal is not None and not at_once):
                break
        self._announced = False
        if refusal is not None:
            # A go-ahead after a refusal asks for content; an empty message is no way out of that (a server
            # might deliver it), so the connection is given up.
            self._clear(keep=code not in {_GOODBYE, _GO_AHEAD})
        return refusal

    def _hand_over(self, smtp: smtplib.SMTP, raw: bytes, following: Envelope | None) -> Result:
        """The content, and behind it the next message's commands: one wait for the server, not two.

        RFC 2920 3.1 lets content begin a group of commands that way.
        """
        ahead = b""
        if following is not None and self._may_announce and smtp.has_extn("pipelining"):
            ahead = "".join(_commands(following)).encode("ascii")
        self._announced = bool(ahead)
        try:
            # In one piece: a server that reads the content alone answers it alone, and its next answer would
            # wait for our side to acknowledge the first; 20 ms a message where Postfix was measured.
            smtp.send(stuffed(raw) + ahead)
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
        # After a message's end, taken or not, the server's own transaction is over (RFC 5321 4.1.1.4).
        if code == _GOODBYE:
            self._drop()
        return _refused(code, words)

    def _clear(self, *, keep: bool) -> None:
        """A refusal leaves a transaction half open; it is cleared so that the next message can go."""
        try:
            clean = keep and self._smtp is not None and self._smtp.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            clean = False
        if not clean:
            self._drop()

    def _drop(self) -> None:
        self._announced = False
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


# ValueError: what cannot be a host's name, and what a server says that is no base64 though it has to be.
_NO_CONNECTION = (smtplib.SMTPException, OSError, ValueError)
_LOST = Result(
    Attempt.DEFERRED, "", "the mail server closed the connection before the message was handed over"
)


_TOO_LATE = Result(Attempt.DEFERRED, "", "it was not handed over, since the time to do so had run out")


def _fault(envelope: Envelope) -> Result | None:
    """Why an envelope cannot even be offered: an address that would change the conversation."""
    # A fault of our own sender is deferred, whoever the recipient is: nobody is given up for that.
    for address, outcome in ((envelope.sender, Attempt.DEFERRED), (envelope.recipient, Attempt.REFUSED)):
        if not _SENDABLE.fullmatch(address):
            return Result(outcome, "", f"{address!r} cannot be used as a mail address")
    return None


def _commands(envelope: Envelope) -> tuple[str, str, str]:
    return f"MAIL FROM:<{envelope.sender}>\r\n", f"RCPT TO:<{envelope.recipient}>\r\n", "DATA\r\n"


def find_fault(server: SmtpServer) -> str:
    """Connect and log in as for mail, send none, and hang up: what went wrong, or nothing."""
    try:
        smtp = _connect(server)
    except _NO_CONNECTION as error:
        return _no_connection(error)
    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    return ""


def _no_connection(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # The server's words may repeat what we sent, so they are left out.
        if error.smtp_code < 500:
            return f"the mail server could not check our user name and password just now ({error.smtp_code})"
        return "the mail server refused our user name or password"
    return f"no connection to the mail server: {_words(error)}"


def _connect(server: SmtpServer) -> smtplib.SMTP:
    smtp: smtplib.SMTP
    if server.security is Security.TLS:
        smtp = smtplib.SMTP_SSL(
            server.host, server.port, server.local_hostname, timeout=server.timeout, context=_tls(server)
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, server.local_hostname, timeout=server.timeout)
    try:
        assert smtp.sock is not None
        # A message's last packet would wait for a late acknowledgement of those before it.
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _greet(smtp)
        if server.security is Security.STARTTLS:
            smtp.starttls(context=_tls(server))
            _greet(smtp)
        if server.username:
            smtp.login(server.username, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greet(smtp: smtplib.SMTP) -> None:
    """EHLO, or HELO where a server knows no other; not after a goodbye, whose words would be lost."""
    code, words = smtp.ehlo()
    if code != _GOODBYE and not 200 <= code < 300:
        code, words = smtp.helo()
    if not 200 <= code < 300:
        raise smtplib.SMTPHeloError(code, words)


def _tls(server: SmtpServer) -> ssl.SSLContext:
    return server.tls or ssl.create_default_context()


def stuffed(raw: bytes) -> bytes:
    """A message as it goes over the wire: a dot before each line that begins with one, and the end after it.

    RFC 5321 4.5.2.
    """
    raw = raw.replace(b"\n.", b"\n..")
    start = b"." if raw.startswith(b".") else b""
    end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
    return start + raw + end


def _refused(code: int, words: bytes) -> Result:
    """A server that says goodbye takes no other letter either, as far as one can know."""
    outcome = Attempt.REFUSED if 500 <= code < 600 else Attempt.DEFERRED
    return Result(outcome, str(code), _text(words), same_for_all=code == _GOODBYE)


def _sender_refused(code: int, words: bytes) -> Result:
    """Nobody is given up because the server does not like us."""
    return Result(Attempt.DEFERRED, str(code), f"sender refused: {_text(words)}", same_for_all=True)


def _code(error: Exception) -> str:
    return str(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else ""


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_error)
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())


# What each of a message's commands should be answered, and what is thought of another answer.
_JUDGED = (({250}, _sender_refused), ({250, 251}, _refused), ({_GO_AHEAD}, _refused))
