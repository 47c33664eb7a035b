"""What the SMTP mailer says about each attempt, against a real server on this machine."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer

RAW = b"Subject: Due Friday\r\n\r\nFirst line\r\n.\r\n..two dots\r\nlast line\r\n"


class Sink:
    """Keeps what it accepts; addresses say how it should misbehave."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, bytes]] = []
        self.sessions: set[int] = set()

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("stranger@"):
            return "550 5.7.1 we do not know you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("gone@"):
            return "550 5.1.1 no such person"
        if address.startswith("full@"):
            return "452 4.2.2 mailbox full"
        if address.startswith("hangup@"):
            server.transport.close()
        if address.startswith("closing@"):
            return "421 4.3.2 going down for the night"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("vanish@"):
            server.transport.close()
        if recipient.startswith("spam@"):
            return "554 5.7.1 not wanted"
        if recipient.startswith("later@"):
            return "451 4.7.1 come back later"
        self.accepted.append((recipient, envelope.content))
        self.sessions.add(id(session))
        return "250 2.0.0 taken"


@contextmanager
def listening(sink: Sink, **options: Any) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def port(sink: Sink) -> Iterator[int]:
    with listening(sink) as port:
        yield port


def mailer(port: int, security: Security = Security.NONE, **options: Any) -> SmtpMailer:
    return SmtpMailer(SmtpServer("127.0.0.1", port, "planning.example", security, timeout=5, **options))


def to(recipient: str, sender: str = "planning@oet.example") -> Envelope:
    return Envelope("<1@oet.example>", sender, recipient, RAW)


def test_an_accepted_message_arrives_byte_for_byte_with_its_lone_dots(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        result = smtp.send(to("pat@adair.example"))
    assert result == Result(Attempt.ACCEPTED, "250", "2.0.0 taken")
    assert sink.accepted == [("pat@adair.example", RAW)]


def test_a_final_refusal_is_refused_with_the_servers_words(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to("gone@adair.example")) == Result(Attempt.REFUSED, "550", "5.1.1 no such person")
        assert smtp.send(to("spam@adair.example")) == Result(Attempt.REFUSED, "554", "5.7.1 not wanted")
    assert sink.accepted == []


def test_a_refusal_for_now_is_deferred(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to("full@adair.example")) == Result(Attempt.DEFERRED, "452", "4.2.2 mailbox full")
        assert smtp.send(to("later@adair.example")) == Result(
            Attempt.DEFERRED, "451", "4.7.1 come back later"
        )
    assert sink.accepted == []


def test_one_refused_recipient_does_not_stop_the_next_and_the_connection_is_kept(
    sink: Sink, port: int
) -> None:
    with mailer(port) as smtp:
        outcomes = [smtp.send(to(f"{who}@adair.example")).outcome for who in ("pat", "gone", "full", "lee")]
    assert outcomes == [Attempt.ACCEPTED, Attempt.REFUSED, Attempt.DEFERRED, Attempt.ACCEPTED]
    assert len(sink.sessions) == 1


def test_no_recipient_is_given_up_because_our_own_sender_was_refused(port: int) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to("pat@adair.example", sender="not set")).outcome is Attempt.DEFERRED
        result = smtp.send(to("pat@adair.example", sender="stranger@oet.example"))
    assert result == Result(Attempt.DEFERRED, "550", "sender refused: 5.7.1 we do not know you")


def test_a_connection_lost_after_the_message_was_handed_over_is_unknown(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to("vanish@adair.example")).outcome is Attempt.UNKNOWN
        assert smtp.send(to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_a_connection_lost_before_the_message_was_handed_over_is_deferred(port: int) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to("hangup@adair.example")).outcome is Attempt.DEFERRED
        assert smtp.send(to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_a_server_that_says_goodbye_is_deferred_and_called_again(port: int) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to("closing@adair.example")).code == "421"
        assert smtp.send(to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_a_kept_connection_the_server_closed_while_idle_is_opened_again(sink: Sink) -> None:
    with listening(sink, timeout=0.1) as port, mailer(port) as smtp:
        assert smtp.send(to("pat@adair.example")).outcome is Attempt.ACCEPTED
        time.sleep(0.3)
        assert smtp.send(to("lee@adair.example")).outcome is Attempt.ACCEPTED
    assert [recipient for recipient, _ in sink.accepted] == ["pat@adair.example", "lee@adair.example"]


def test_no_server_at_all_is_deferred() -> None:
    with listening(Sink()) as port:
        pass
    with mailer(port) as smtp:
        assert smtp.send(to("pat@adair.example")) == Result(
            Attempt.DEFERRED, "", "no connection to the mail server: Connection refused"
        )


@pytest.mark.parametrize(
    "address", ["", "a@b.example\r\nRCPT TO:<x@evil.example>", "jané@adair.example", "a b@c"]
)
def test_an_address_that_would_change_the_conversation_is_refused_before_it_starts(
    sink: Sink, port: int, address: str
) -> None:
    with mailer(port) as smtp:
        assert smtp.send(to(address)).outcome is Attempt.REFUSED
    assert sink.accepted == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {cert}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return key, cert


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    key, cert = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[1]))


def test_starttls_protects_the_message(
    sink: Sink, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with (
        listening(sink, tls_context=server_tls, require_starttls=True) as port,
        mailer(port, Security.STARTTLS, tls=trusting) as smtp,
    ):
        assert smtp.send(to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_tls_from_the_first_byte(sink: Sink, server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with listening(sink, ssl_context=server_tls) as port, mailer(port, Security.TLS, tls=trusting) as smtp:
        assert smtp.send(to("pat@adair.example")).outcome is Attempt.ACCEPTED
    assert sink.accepted == [("pat@adair.example", RAW)]


def test_a_certificate_nobody_vouches_for_is_not_accepted(sink: Sink, server_tls: ssl.SSLContext) -> None:
    with listening(sink, tls_context=server_tls) as port, mailer(port, Security.STARTTLS) as smtp:
        result = smtp.send(to("pat@adair.example"))
    assert result.outcome is Attempt.DEFERRED
    assert "certificate verify failed" in result.detail
    assert sink.accepted == []


def test_a_server_without_starttls_never_gets_the_message_in_the_clear(sink: Sink, port: int) -> None:
    with mailer(port, Security.STARTTLS) as smtp:
        result = smtp.send(to("pat@adair.example"))
    assert result.outcome is Attempt.DEFERRED
    assert sink.accepted == []


def test_a_refused_password_is_deferred_and_is_in_no_result_and_no_repr(
    sink: Sink, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def echo_password(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message=f"535 not {data.password.decode()}")

    with (
        listening(sink, tls_context=server_tls, authenticator=echo_password) as port,
        mailer(port, Security.STARTTLS, tls=trusting, username="oet", password="correct horse") as smtp,
    ):
        result = smtp.send(to("pat@adair.example"))
        shown = repr(result) + repr(smtp._server)
    assert result == Result(Attempt.DEFERRED, "535", "the mail server refused our user name or password")
    assert "correct horse" not in shown


def test_a_password_outside_ascii_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValueError, match="ASCII") as caught:
        SmtpServer("127.0.0.1", 25, "planning.example", username="oet", password="schlüssel")
    assert "schlüssel" not in str(caught.value)
