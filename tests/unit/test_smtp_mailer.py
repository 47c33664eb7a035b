"""What the SMTP mailer says about each attempt, against a real server on this machine."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import offer
from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result
from yearwheel.notifications.mailers.smtp import Security, SmtpMailer, SmtpServer, find_fault, stuffed

RAW = b"Subject: Due Friday\r\n\r\nFirst line\r\n.\r\n..two dots\r\nlast line\r\n"


class Sink:
    """Keeps what it accepts; addresses say how it should misbehave."""

    def __init__(self, *, pipelining: bool = False) -> None:
        self.accepted: list[tuple[str, bytes]] = []
        self.sessions: set[int] = set()
        self._pipelining = pipelining

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], *(["250-PIPELINING"] if self._pipelining else []), *responses[1:]]

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


@pytest.fixture(params=["step by step", "pipelining"])
def sink(request: pytest.FixtureRequest) -> Sink:
    """Says the same to both ways of speaking to it."""
    return Sink(pipelining=request.param == "pipelining")


@pytest.fixture
def port(sink: Sink) -> Iterator[int]:
    with listening(sink) as port:
        yield port


def mailer(port: int, security: Security = Security.NONE, **options: Any) -> SmtpMailer:
    options = {"timeout": 5.0, **options}
    return SmtpMailer(SmtpServer("127.0.0.1", port, "planning.example", security, **options))


def to(recipient: str, sender: str = "planning@oet.example") -> Envelope:
    return Envelope("<1@oet.example>", sender, recipient, RAW)


def test_an_accepted_message_arrives_byte_for_byte_with_its_lone_dots(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        result = offer(smtp, to("pat@adair.example"))
    assert result == Result(Attempt.ACCEPTED, "250", "2.0.0 taken")
    assert sink.accepted == [("pat@adair.example", RAW)]


def test_a_final_refusal_is_refused_with_the_servers_words(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to("gone@adair.example")) == Result(Attempt.REFUSED, "550", "5.1.1 no such person")
        assert offer(smtp, to("spam@adair.example")) == Result(Attempt.REFUSED, "554", "5.7.1 not wanted")
    assert sink.accepted == []


def test_a_refusal_for_now_is_deferred(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to("full@adair.example")) == Result(Attempt.DEFERRED, "452", "4.2.2 mailbox full")
        assert offer(smtp, to("later@adair.example")) == Result(
            Attempt.DEFERRED, "451", "4.7.1 come back later"
        )
    assert sink.accepted == []


def test_one_refused_recipient_does_not_stop_the_next_and_the_connection_is_kept(
    sink: Sink, port: int
) -> None:
    with mailer(port) as smtp:
        outcomes = [offer(smtp, to(f"{who}@adair.example")).outcome for who in ("pat", "gone", "full", "lee")]
    assert outcomes == [Attempt.ACCEPTED, Attempt.REFUSED, Attempt.DEFERRED, Attempt.ACCEPTED]
    assert len(sink.sessions) == 1


def test_no_recipient_is_given_up_because_our_own_sender_was_refused(port: int) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example", sender="not set")).outcome is Attempt.DEFERRED
        result = offer(smtp, to("pat@adair.example", sender="stranger@oet.example"))
    said = "sender refused: 5.7.1 we do not know you"
    assert result == Result(Attempt.DEFERRED, "550", said, same_for_all=True)


def test_a_connection_lost_after_the_message_was_handed_over_is_unknown(sink: Sink, port: int) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to("vanish@adair.example")).outcome is Attempt.UNKNOWN
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_a_connection_lost_before_the_message_was_handed_over_is_deferred(port: int) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to("hangup@adair.example")).outcome is Attempt.DEFERRED
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_a_server_that_says_goodbye_is_deferred_and_called_again(port: int) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to("closing@adair.example")).code == "421"
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_a_kept_connection_the_server_closed_while_idle_is_opened_again(sink: Sink) -> None:
    with listening(sink, timeout=0.1) as port, mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED
        time.sleep(0.3)
        assert offer(smtp, to("lee@adair.example")).outcome is Attempt.ACCEPTED
    assert [recipient for recipient, _ in sink.accepted] == ["pat@adair.example", "lee@adair.example"]


def test_same_for_all_at_all_is_deferred() -> None:
    with listening(Sink()) as port:
        pass
    with mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")) == Result(
            Attempt.DEFERRED, "", "no connection to the mail server: Connection refused", same_for_all=True
        )


@pytest.mark.parametrize("said", [["421 4.7.0 too many of you"], ["220 ready", "421 4.7.0 too many of you"]])
def test_a_goodbye_at_the_greeting_is_kept_in_the_servers_words(said: list[str]) -> None:
    with greeting(*said) as (port, _), mailer(port) as smtp:
        words = "no connection to the mail server: 4.7.0 too many of you"
        assert offer(smtp, to("pat@adair.example")) == Result(
            Attempt.DEFERRED, "421", words, same_for_all=True
        )


def test_a_server_that_knows_no_ehlo_is_greeted_as_of_old() -> None:
    said = ("220 ready", "500 what?", "250 hello", "250 ok", "550 5.1.1 who")
    with greeting(*said) as (port, heard), mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")) == Result(Attempt.REFUSED, "550", "5.1.1 who")
    assert heard[:2] == ["ehlo planning.example", "helo planning.example"]


@contextmanager
def greeting(*said: str) -> Iterator[tuple[int, list[str]]]:
    """A server that says its first words at once and the others each after a line, then hangs up."""
    heard: list[str] = []

    def run(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with suppress(ConnectionError), connection, connection.makefile("rb") as lines:
            for number, words in enumerate(said):
                if number:
                    heard.append(lines.readline().decode().strip())
                connection.sendall(words.encode() + b"\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=run, args=[listener], daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(20)


class Script:
    """A server that answers whatever it is told with the next line of a script, and notes what that was.

    `None` hangs up. Content is one thing, from DATA's go-ahead to the dot, and is answered
    after so many lines `behind` it were heard: a number for each connection there will be.
    """

    def __init__(
        self, *answers: str | None, behind: Sequence[int] = (0,), extension: str = "PIPELINING"
    ) -> None:
        self._answers = list(answers)
        self._extension = extension
        self._behind = behind
        self.heard: list[str] = []

    def run(self, listener: socket.socket) -> None:
        for behind in self._behind:
            connection, _ = listener.accept()
            with suppress(ConnectionError), connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 ready\r\n")
                self._talk(connection, lines, behind)

    def _talk(self, connection: socket.socket, lines: BinaryIO, behind: int) -> None:
        content = False
        while line := lines.readline():
            if content and line != b".\r\n":
                continue
            self.heard.append("content" if content else line.decode().strip())
            if line.upper().startswith(b"EHLO"):
                connection.sendall(f"250-script.example\r\n250 {self._extension}\r\n".encode())
                continue
            if content:
                self.heard += [lines.readline().decode().strip() for _ in range(behind)]
            answer = self._answers.pop(0) if self._answers else None
            if answer is None:
                return
            connection.sendall(answer.encode() + b"\r\n")
            content = answer.startswith("354")


@contextmanager
def following(script: Script) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=script.run, args=[listener], daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(20)


OPENING = ["ehlo planning.example", "MAIL FROM:<planning@oet.example>", "RCPT TO:<pat@adair.example>", "DATA"]


def test_a_pipelined_message_is_three_answers_and_then_its_content() -> None:
    script = Script("250 ok", "250 ok", "354 go", "250 taken")
    with following(script) as port, mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")) == Result(Attempt.ACCEPTED, "250", "taken")
    assert script.heard[:5] == [*OPENING, "content"]


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        (
            ("550 no", "503 no", "503 no"),
            Result(Attempt.DEFERRED, "550", "sender refused: no", same_for_all=True),
        ),
        (
            ("451 busy", "503 no", "503 no"),
            Result(Attempt.DEFERRED, "451", "sender refused: busy", same_for_all=True),
        ),
        (("250 ok", "550 5.1.1 who", "503 no"), Result(Attempt.REFUSED, "550", "5.1.1 who")),
        (("250 ok", "451 4.7.1 greylisted", "554 no"), Result(Attempt.DEFERRED, "451", "4.7.1 greylisted")),
        (("250 ok", "250 ok", "451 full"), Result(Attempt.DEFERRED, "451", "full")),
        (("250 ok", "250 ok", "554 no"), Result(Attempt.REFUSED, "554", "no")),
    ],
)
def test_a_pipelined_refusal_is_the_first_of_the_answers_and_the_connection_goes_on(answers, result) -> None:
    script = Script(*answers, "250 reset", "250 ok", "250 ok", "354 go", "250 taken")
    with following(script) as port, mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")) == result
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED
    assert script.heard[:10] == [*OPENING, "rset", *OPENING[1:], "content", "quit"]


def test_a_go_ahead_after_a_refusal_is_not_followed() -> None:
    script = Script("250 ok", "550 5.1.1 who", "354 go")
    with following(script) as port, mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")) == Result(Attempt.REFUSED, "550", "5.1.1 who")
    assert script.heard == OPENING


@pytest.mark.parametrize("answers", [(None,), ("250 ok", None), ("250 ok", "250 ok", None)])
def test_a_connection_dropped_between_pipelined_answers_is_deferred(answers) -> None:
    script = Script(*answers)
    with following(script) as port, mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.DEFERRED
    assert "content" not in script.heard


def test_a_goodbye_among_pipelined_answers_is_believed_and_nothing_more_is_said() -> None:
    script = Script("250 ok", "421 4.3.2 going down")
    with following(script) as port, mailer(port) as smtp:
        goodbye = Result(Attempt.DEFERRED, "421", "4.3.2 going down", same_for_all=True)
        assert offer(smtp, to("pat@adair.example")) == goodbye
    assert script.heard == OPENING


def test_a_connection_dropped_in_the_content_of_a_pipelined_message_is_unknown() -> None:
    script = Script("250 ok", "250 ok", "354 go", None)
    with following(script) as port, mailer(port) as smtp:
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.UNKNOWN
    assert script.heard == [*OPENING, "content"]


def test_the_next_message_is_announced_behind_the_content_of_the_one_before() -> None:
    """Where the mail server is far away this saves every other wait. RFC 2920 3.1."""
    script = Script("250 ok", "250 ok", "354 go", "250 taken\r\n250 ok\r\n250 ok\r\n354 go", behind=[3])
    with following(script) as port, mailer(port) as smtp:
        results = smtp.send([to("pat@adair.example"), to("lee@adair.example")])
        assert next(results) == Result(Attempt.ACCEPTED, "250", "taken")
        results.close()
    announced = [OPENING[1], "RCPT TO:<lee@adair.example>", "DATA"]
    assert script.heard == [*OPENING, "content", *announced]  # and neither content nor anything else after it


def test_a_server_that_loses_what_comes_behind_a_message_is_told_nothing_ahead_any_more() -> None:
    taken = ("250 ok", "250 ok", "354 go", "250 taken")
    script = Script(*taken, *taken, *taken, "221 bye", behind=[3, 0])
    with following(script) as port, mailer(port, timeout=0.5) as smtp:
        results = list(smtp.send([to(f"{who}@adair.example") for who in ("pat", "lee", "kim")]))
    assert results == [Result(Attempt.ACCEPTED, "250", "taken")] * 3
    lee, kim = ([OPENING[1], f"RCPT TO:<{who}@adair.example>", "DATA"] for who in ("lee", "kim"))
    assert script.heard == [*OPENING, "content", *lee, OPENING[0], *lee, "content", *kim, "content", "quit"]


def test_a_server_that_takes_only_so_many_messages_a_connection_gets_the_rest_over_another() -> None:
    taken = ("250 ok", "250 ok", "354 go", "250 taken")
    script = Script(*taken, "421 4.7.0 enough", None, *taken, "221 bye", behind=[0, 0])
    with following(script) as port, mailer(port) as smtp:
        results = list(smtp.send([to("pat@adair.example"), to("lee@adair.example")]))
    assert results == [Result(Attempt.ACCEPTED, "250", "taken")] * 2


EVERY_END = ("pat", "lee", "gone", "full", "spam", "later", "hangup", "closing", "vanish", "not sendable")


@given(st.lists(st.sampled_from(EVERY_END), max_size=6))
def test_messages_offered_together_end_as_they_do_one_by_one(sinks: list[tuple[int, Sink]], who) -> None:
    """What is said ahead changes no answer, and delivers nothing twice."""
    envelopes = [to(f"{name}@adair.example") for name in who]
    for port, sink in sinks:
        sink.accepted.clear()
        with mailer(port) as smtp:
            one_by_one = [offer(smtp, envelope) for envelope in envelopes]
        delivered = list(sink.accepted)
        sink.accepted.clear()
        with mailer(port) as smtp:
            assert list(smtp.send(envelopes)) == one_by_one
        assert sink.accepted == delivered


@pytest.fixture(scope="module")
def sinks() -> Iterator[list[tuple[int, Sink]]]:
    with ExitStack() as stack:
        kinds = [Sink(pipelining=pipelining) for pipelining in (True, False)]
        yield [(stack.enter_context(listening(sink)), sink) for sink in kinds]


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".a\r\n.\r\n..b\r\nc.d\r\n", b"..a\r\n..\r\n...b\r\nc.d\r\n.\r\n"),
        (b"a\n.\r\nMAIL FROM:<x>\r\n", b"a\n..\r\nMAIL FROM:<x>\r\n.\r\n"),  # nothing is smuggled
    ],
)
def test_no_line_of_a_message_ends_it_early(raw: bytes, sent: bytes) -> None:
    assert stuffed(raw) == sent


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a@b.example\r\nRCPT TO:<x@evil.example>",
        "a@b.example>",
        "<a@b.example",
        "jané@adair.example",
        "a b@c",
    ],
)
def test_an_address_that_would_change_the_conversation_is_refused_before_it_starts(
    sink: Sink, port: int, address: str
) -> None:
    with mailer(port) as smtp:
        assert offer(smtp, to(address)).outcome is Attempt.REFUSED
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
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED


def test_tls_from_the_first_byte(sink: Sink, server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with listening(sink, ssl_context=server_tls) as port, mailer(port, Security.TLS, tls=trusting) as smtp:
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED
    assert sink.accepted == [("pat@adair.example", RAW)]


def test_a_certificate_nobody_vouches_for_is_not_accepted(sink: Sink, server_tls: ssl.SSLContext) -> None:
    with listening(sink, tls_context=server_tls) as port, mailer(port, Security.STARTTLS) as smtp:
        result = offer(smtp, to("pat@adair.example"))
    assert result.outcome is Attempt.DEFERRED
    assert "certificate verify failed" in result.detail
    assert sink.accepted == []


def test_a_server_without_starttls_never_gets_the_message_in_the_clear(sink: Sink, port: int) -> None:
    with mailer(port, Security.STARTTLS) as smtp:
        result = offer(smtp, to("pat@adair.example"))
    assert result.outcome is Attempt.DEFERRED
    assert sink.accepted == []


def test_what_is_no_longer_ours_is_not_handed_over_even_after_the_servers_go_ahead(
    sink: Sink, port: int
) -> None:
    late = replace(to("lee@adair.example"), still_ours=lambda: False)
    with mailer(port) as smtp:
        said = [
            result.outcome for result in smtp.send([to("pat@adair.example"), late, to("kim@adair.example")])
        ]

    assert said == [Attempt.ACCEPTED, Attempt.DEFERRED, Attempt.ACCEPTED]
    assert [recipient for recipient, _ in sink.accepted] == ["pat@adair.example", "kim@adair.example"]


def test_who_we_are_is_said_and_the_message_taken(
    sink: Sink, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"oet", b"correct horse"))

    with (
        listening(sink, tls_context=server_tls, authenticator=check, auth_required=True) as port,
        mailer(port, Security.STARTTLS, tls=trusting, username="oet", password="correct horse") as smtp,
    ):
        assert offer(smtp, to("pat@adair.example")).outcome is Attempt.ACCEPTED
    assert [recipient for recipient, _ in sink.accepted] == ["pat@adair.example"]


def test_a_refused_password_is_deferred_and_is_in_no_result_and_no_repr(
    sink: Sink, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def echo_password(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message=f"535 not {data.password.decode()}")

    with (
        listening(sink, tls_context=server_tls, authenticator=echo_password) as port,
        mailer(port, Security.STARTTLS, tls=trusting, username="oet", password="correct horse") as smtp,
    ):
        result = offer(smtp, to("pat@adair.example"))
        shown = repr(result) + repr(smtp._server)
    said = "the mail server refused our user name or password"
    assert result == Result(Attempt.DEFERRED, "535", said, same_for_all=True)
    assert "correct horse" not in shown


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("454 4.7.0 later", "the mail server could not check our user name and password just now (454)"),
        ("334 !!!not base64", "no connection to the mail server: "),
    ],
)
def test_a_login_that_goes_wrong_is_put_off_and_called_what_it_is(answer: str, said: str) -> None:
    script = Script(answer, extension="AUTH CRAM-MD5")
    with following(script) as port, mailer(port, username="oet", password="correct horse") as smtp:
        result = offer(smtp, to("pat@adair.example"))
    assert result.outcome is Attempt.DEFERRED
    assert result.detail.startswith(said)


@pytest.mark.parametrize("wrong", [{"host": "mail..example"}, {"local_hostname": "my pläce"}])
def test_a_name_that_can_be_no_hosts_is_a_sentence(port: int, wrong: dict[str, str]) -> None:
    server = replace(SmtpServer("127.0.0.1", port, "planning.example", Security.NONE, timeout=5), **wrong)
    assert find_fault(server).startswith("no connection to the mail server: ")


def test_a_password_outside_ascii_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValueError, match="ASCII") as caught:
        SmtpServer("127.0.0.1", 25, "planning.example", username="oet", password="schlüssel")
    assert "schlüssel" not in str(caught.value)


def test_a_server_is_asked_whether_it_lets_us_in_and_is_told_nothing_more(sink: Sink, port: int) -> None:
    server = SmtpServer("127.0.0.1", port, "planning.example", Security.NONE, timeout=5)
    assert (find_fault(server), sink.sessions) == ("", set())
    assert find_fault(replace(server, port=1)) == "no connection to the mail server: Connection refused"
    assert find_fault(replace(server, security=Security.STARTTLS)) == (
        "no connection to the mail server: STARTTLS extension not supported by server."
    )
