"""Trial mode: what lies in the inboxes."""

import mailbox
from pathlib import Path

import pytest

from tests.fakes import offer
from tests.letters import letter
from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.letter import Letter
from yearwheel.notifications.mailers import Envelope
from yearwheel.notifications.mailers.maildir import MaildirMailer
from yearwheel.notifications.mime import message_id, to_bytes
from yearwheel.notifications.render import Rendered

RENDERED = Rendered("Due Friday", "Hello\n", "<p>Hello</p>", "0123456789ab")


def envelope(words: Letter) -> Envelope:
    return Envelope(words.message_id, words.sender, words.to_address, to_bytes(words, RENDERED))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_message_lies_unread_in_its_recipients_own_inbox(tmp_path: Path) -> None:
    sent = envelope(letter())
    with MaildirMailer(tmp_path) as mailer:
        result = offer(mailer, sent)
    assert result.outcome is Attempt.ACCEPTED
    assert result.code == "250"
    assert list(files(tmp_path).values()) == [sent.raw]
    inbox = mailbox.Maildir(tmp_path / "pat.morgan@adair.example", create=False)
    assert [message["Subject"] for message in inbox] == ["Due Friday"]


def test_the_same_message_twice_is_one_file(tmp_path: Path) -> None:
    with MaildirMailer(tmp_path) as mailer:
        offer(mailer, envelope(letter()))
        offer(mailer, envelope(letter()))
    assert len(files(tmp_path)) == 1


def test_two_runs_leave_the_same_names_and_bytes(tmp_path: Path) -> None:
    for run in ("first", "second"):
        with MaildirMailer(tmp_path / run, durable=run == "second") as mailer:
            for number in range(5):
                offer(mailer, envelope(letter(message_id=message_id(str(number), "oet.example"))))
    assert files(tmp_path / "first") == files(tmp_path / "second")
    assert len(files(tmp_path / "first")) == 5


def test_a_doubt_is_settled_by_looking_for_the_message(tmp_path: Path) -> None:
    sent = envelope(letter())
    with MaildirMailer(tmp_path) as mailer:
        assert not mailer.has(sent.message_id, sent.recipient)
        offer(mailer, sent)
        assert mailer.has(sent.message_id, sent.recipient)
        assert not mailer.has(sent.message_id, "someone.else@adair.example")
        assert not mailer.has(message_id("another", "oet.example"), sent.recipient)


def test_a_message_that_was_read_is_still_found(tmp_path: Path) -> None:
    sent = envelope(letter())
    mailer = MaildirMailer(tmp_path)
    offer(mailer, sent)
    (new,) = (mailer.inbox(sent.recipient) / "new").iterdir()
    new.rename(mailer.inbox(sent.recipient) / "cur" / f"{new.name}:2,S")
    assert mailer.has(sent.message_id, sent.recipient)


@pytest.mark.parametrize(
    "address", ["../../etc/x@evil.example", "/etc/x@evil.example", "a/../b@evil.example"]
)
def test_no_address_leads_out_of_the_folder(tmp_path: Path, address: str) -> None:
    mailer = MaildirMailer(tmp_path / "inboxes")
    offer(mailer, Envelope("<1@oet.example>", "planning@oet.example", address, b"Subject: x\r\n\r\n"))
    assert [p.name for p in tmp_path.iterdir()] == ["inboxes"]
    assert mailer.inbox(address).parent == tmp_path / "inboxes"


def test_a_folder_that_cannot_be_written_defers_the_message(tmp_path: Path) -> None:
    (tmp_path / "inboxes").write_text("a file, where the folder should be")
    result = offer(MaildirMailer(tmp_path / "inboxes"), envelope(letter()))
    assert result.outcome is Attempt.DEFERRED
    assert "cannot write to" in result.detail
