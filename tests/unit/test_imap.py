"""Bounces read from a real IMAP server over TLS: each is taken in once, kept aside, and lost by no fault."""

import os
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests import dovecot
from tests.apps import ANN, KEY, begun, round_at
from tests.dovecot import PASSWORD, USER, Dovecot
from tests.unit.test_bounces import about, contact_of, sample
from yearwheel.config.settings import Mail
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.mailboxes import READ_FOLDER, ImapServer, NotYet, _inbox, log_in, read_imap
from yearwheel.services.app import App
from yearwheel.services.outbox_desk import list_outbox
from yearwheel.services.read_bounces import BounceReport, read_imap_bounces
from yearwheel.services.tasks import list_tasks


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    try:
        with dovecot.server() as found:
            yield found
    except dovecot.NoDovecot as reason:
        pytest.skip(str(reason))


@pytest.fixture
def mail_server(running: Dovecot) -> Dovecot:
    """The server with nothing in its mailbox."""
    running.empty()
    return running


@pytest.fixture
def server(mail_server: Dovecot) -> ImapServer:
    """How our reader reaches it."""
    trusting = ssl.create_default_context(cafile=str(mail_server.certificate))
    return ImapServer("127.0.0.1", USER, PASSWORD, mail_server.port, timeout=10, tls=trusting)


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_every_message_is_handed_over_as_it_came_and_moved_aside(
    mail_server: Dovecot, server: ImapServer
) -> None:
    sent = [sample("postfix_hard"), sample("nonsense"), b"Subject: \xff\xfe no ASCII\n\n\x80\n"]
    for raw in sent:
        mail_server.deliver(raw)

    taken: list[bytes] = []
    assert read_imap(server, taken.append) == 3
    assert taken == [crlf(raw) for raw in sent]
    assert (mail_server.holds(), len(mail_server.holds(READ_FOLDER))) == ([], 3)
    assert read_imap(server, taken.append) == 0


def test_what_is_gone_meanwhile_is_passed_over_and_what_is_not_to_be_taken_yet_stays(
    mail_server: Dovecot, server: ImapServer
) -> None:
    sent = [sample(name) for name in ("postfix_hard", "exim_soft", "gmail_quota", "nonsense")]
    for raw in sent:
        mail_server.deliver(raw)
    first, _, third, fourth = map(crlf, sent)
    taken: list[bytes] = []

    def take(raw: bytes) -> None:
        if raw == first:
            with _inbox(server) as elsewhere:
                elsewhere.store("2", "+FLAGS", r"(\Deleted)")
                elsewhere.expunge()
        if raw == third:
            raise NotYet
        taken.append(raw)

    assert read_imap(server, take) == 2
    assert (taken, [crlf(raw) for raw in mail_server.holds()]) == ([first, fourth], [third])


def test_what_interrupts_the_reading_loses_nothing_and_repeats_nothing(
    mail_server: Dovecot, server: ImapServer
) -> None:
    for name in ("postfix_hard", "exim_soft", "gmail_quota"):
        mail_server.deliver(sample(name))
    taken: list[bytes] = []

    def full_disk(raw: bytes) -> None:
        if len(taken) == 1:
            raise OSError("no space left")
        taken.append(raw)

    with pytest.raises(OSError, match=r"^no space left$"):
        read_imap(server, full_disk)
    assert read_imap(server, taken.append) == 2
    assert len(taken) == len(set(taken)) == 3
    assert len(mail_server.holds(READ_FOLDER)) == 3


def test_a_wrong_password_is_the_servers_own_words(server: ImapServer) -> None:
    with pytest.raises(OSError, match=r"^the mail server 127.0.0.1 said: .*Authentication failed\.$"):
        read_imap(replace(server, password="guess"), pytest.fail)


def test_a_server_nobody_vouches_for_gets_no_password(server: ImapServer) -> None:
    with pytest.raises(OSError, match=r"cannot be trusted: self.signed certificate"):
        read_imap(replace(server, tls=None), pytest.fail)


def test_a_certificate_of_another_machine_is_not_accepted(server: ImapServer) -> None:
    with pytest.raises(OSError, match="cannot be trusted: Hostname mismatch"):
        read_imap(replace(server, host="localhost"), pytest.fail)


def test_a_server_that_is_not_there_is_named(server: ImapServer) -> None:
    with pytest.raises(OSError, match=r"^the mail server 127.0.0.1, port 1: Connection refused$"):
        read_imap(replace(server, port=1), pytest.fail)


def test_logging_in_reads_and_makes_nothing(mail_server: Dovecot, server: ImapServer) -> None:
    mail_server.deliver(sample("postfix_hard"))
    log_in(server)
    assert len(mail_server.holds()) == 1


@pytest.fixture
def app(sqlite_database, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> App:
    """Ann has had her first letter; the settings name the mailbox that letters come back to."""
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(mail_server.certificate))
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    mail = Mail.model_validate(
        {
            "imap_host": "127.0.0.1",
            "imap_port": mail_server.port,
            "imap_user": USER,
            "imap_password": PASSWORD,
        }
    )
    app.settings = app.settings.model_copy(update={"mail": mail})
    return app


def test_a_bounce_in_the_mailbox_gives_an_address_up_as_one_in_a_file_does(
    app: App, mail_server: Dovecot
) -> None:
    for name in ("postfix_hard", "out_of_office"):
        mail_server.deliver(about(app, name))
    mail_server.deliver(sample("exim_hard"))  # of another installation's letter

    assert read_imap_bounces(app) == BounceReport(hard=1, replies=1, unmatched=1)
    assert [letter.recipient for letter in list_outbox(app, KEY, [OutboxStatus.BOUNCED])] == [ANN.email]
    assert "User unknown" in contact_of(app, "ann").undeliverable
    assert [task.kind for task in list_tasks(app, "KY")] == ["bad_address"]
    assert read_imap_bounces(app) == BounceReport()
