"""What came back: read in each server's own way, matched to its letter, followed by what has to be done."""

import re
from datetime import date
from functools import partial
from pathlib import Path
from time import process_time

import pytest

from tests.apps import (
    ANN,
    ASH,
    KEY,
    PEOPLE,
    begun,
    ledger,
    logged,
    person,
    roster_of,
    round_at,
    set_clock,
    with_mail,
)
from tests.fakes import FakeMailer
from yearwheel.notifications.bounces import Bounce, BounceKind, read_bounce
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.mailboxes import read_folder
from yearwheel.notifications.verp import sender_for
from yearwheel.roster.people import Role
from yearwheel.services.app import App, Refused
from yearwheel.services.contacts import name_deputy, read_gaps, set_away
from yearwheel.services.explain import explain
from yearwheel.services.outbox_desk import list_outbox, open_message
from yearwheel.services.prove import prove
from yearwheel.services.read_bounces import BounceReport, read_bounces, take_bounce
from yearwheel.services.tasks import close_task, list_tasks
from yearwheel.store import rosters

SAMPLES = Path(__file__).parent.parent / "bounces"
DIGEST = "0123456789abcdef0123456789abcdef01234567"
HARD, SOFT, REPLY, NOT_UNDERSTOOD = BounceKind


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("postfix_hard", HARD, "550 5.1.1 <ann@mail.example>: Recipient address rejected: User unknown"),
        ("exim_hard", HARD, "Unrouteable address"),
        ("exim_soft", SOFT, "mailbox is full: retry timeout exceeded"),
        (
            "exchange_hard",
            HARD,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        ),
        ("gmail_quota", SOFT, "552-5.2.2 The email account that you tried to reach is over quota."),
        ("qmail_hard", HARD, "Sorry, no mailbox here by that name. (#5.1.1)"),
        ("policy", SOFT, "550 5.7.1 Message rejected as spam by content filtering"),
        ("exchange_prose", HARD, "ann wasn't found at mail.example."),
        ("exchange_unknown", HARD, "Unknown To address"),
        (
            "exchange_groups",
            HARD,
            "The email address you entered couldn't be found. Please check the recipient's email address and "
            "send the message again. If it goes on, write to the helpdesk.",
        ),
        (
            "exchange_page",
            HARD,
            "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@mail.example "
            "not found by SMTP address lookup'",
        ),
        ("exchange_page_full", SOFT, "The recipient's mailbox is full and takes in nothing at the moment."),
        (
            "exchange_page_report",
            SOFT,
            "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; sender not authenticated",
        ),
        (
            "exchange_restricted",
            SOFT,
            "Your message to ann@mail.example couldn't be delivered because delivery to this address is "
            "restricted.",
        ),
        (
            "exchange_rejected",
            SOFT,
            "The message wasn't taken in since the recipient's email provider rejected it.",
        ),
    ],
)
def test_each_server_is_understood_in_its_own_format(name: str, kind: BounceKind, words: str) -> None:
    assert read_bounce(sample(name)) == Bounce(kind, DIGEST, "ann@mail.example", words)


def test_a_report_that_passed_a_letter_on_and_then_tells_of_a_failure_tells_of_a_failure() -> None:
    passed_on = b"Final-Recipient: rfc822; list@mail.example\nAction: relayed\nStatus: 2.0.0\n\n"
    raw = sample("postfix_hard").replace(b"Final-Recipient:", passed_on + b"Final-Recipient:", 1)
    bounce = read_bounce(raw)
    assert (bounce.kind, bounce.recipient) == (BounceKind.HARD, "ann@mail.example")


@pytest.mark.parametrize("name", ["out_of_office", "person", "postfix_delayed", "postmaster_away"])
def test_answers_and_delays_are_no_bounces(name: str) -> None:
    assert read_bounce(sample(name)) == Bounce(REPLY)


@pytest.mark.parametrize(
    "words", ["Automatic reply:", "AUTO: away.", "Auto-Reply:", "Out of office:", "Out-of-Office"]
)
def test_a_subject_may_be_all_that_tells_an_answering_machine(words: str) -> None:
    raw = sample("postmaster_away").replace(b"Automatic reply:", words.encode())
    assert read_bounce(raw) == Bounce(REPLY)


@pytest.mark.parametrize(
    "raw",
    [
        re.sub(rb"(?m)^Subject: Und.*$", b"Subject: Automatic reply", sample("postfix_hard")),
        b"X-Failed-Recipients: ann@mail.example\n" + sample("postmaster_away"),
        sample("postmaster_away").replace(b"Automatic reply:", b"Automatic shutdown:"),
    ],
    ids=["a report for programs", "failed recipients", "another subject"],
)
def test_a_bounce_is_no_answering_machine_whatever_its_subject(raw: bytes) -> None:
    assert read_bounce(raw).kind is HARD


def test_no_charset_and_no_part_of_a_page_is_an_error() -> None:
    for charset in (b"no-such-charset", b"undefined", b"hex", b"a\0b"):
        raw = sample("exchange_page_full").replace(b'"utf-8"', charset).replace(b"</body>", b"<p <")
        assert read_bounce(raw).kind is SOFT


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report\r\n\r\n", sample("nonsense")],
    ids=["nothing", "bytes", "no parts", "a server's nonsense"],
)
def test_garbage_is_not_called_an_answer(raw: bytes) -> None:
    assert read_bounce(raw) == Bounce(NOT_UNDERSTOOD)


@pytest.mark.parametrize("piece", [b"a", b"-", b"<", b"<style>", b"&", b"4.1."])
def test_a_line_without_an_end_takes_no_time_to_read(piece: bytes) -> None:
    for kind in (b"plain", b"html"):
        raw = b"From: postmaster@mail.example\nContent-Type: text/" + kind + b"\n\nuser unknown\n"
        before = process_time()
        read_bounce(raw + piece * 100_000)
        assert process_time() - before < 5


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer) -> App:
    """Ann has had her first letter about the budget."""
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    return app


def digest_of(app: App, contact=ANN, back: int = 0) -> str:
    """The digest of the newest letter to somebody, or of one before it."""
    letters = [m for m in list_outbox(app, KEY) if m.recipient == contact.email]
    return letters[back].message_id[1:41]


def about(app: App, name: str, contact=ANN, back: int = 0) -> bytes:
    return sample(name).replace(DIGEST.encode(), digest_of(app, contact, back).encode())


def bring(app: App, *raws: bytes) -> BounceReport:
    report = BounceReport()
    for raw in raws:
        take_bounce(app, raw, report)
    return report


def contact_of(app: App, key: str):
    with app.database.reading() as connection:
        return rosters.load(connection, "KY").contacts[key]


@pytest.mark.parametrize("form", ["message/rfc822", "text/rfc822-headers"])
def test_a_shortened_original_is_known_by_its_reader_and_its_subject(app: App, form: str) -> None:
    (newest, *_) = [m for m in list_outbox(app, KEY) if m.recipient == ANN.email]
    raw = re.sub(rb"bounce\+[0-9a-f]+@", b"planning@", sample("postfix_hard"))
    raw = re.sub(rb"(?m)^Message-ID: <[0-9a-f]+@.*\n", b"", raw)
    raw = raw.replace(b"Content-Type: message/rfc822", f"Content-Type: {form}".encode())
    assert bring(app, raw) == BounceReport(unmatched=1)  # about another subject

    ours = raw.replace(b"Budget: 14 days left", newest.subject.encode())
    with_mail(app, bounce_domain="back.state.example")  # then every letter has a return address of its own
    assert bring(app, ours) == BounceReport(unmatched=1)
    with_mail(app, bounce_domain="")
    assert bring(app, ours) == BounceReport(hard=1)
    assert open_message(app, newest.id).message.status is OutboxStatus.BOUNCED
    assert bring(app, ours) == BounceReport(known=1)


def test_a_bounce_of_an_address_that_mail_was_sent_on_to_is_said_to_be_of_that_one(app: App) -> None:
    elsewhere = b"Final-Recipient: rfc822; old@else.example"
    raw = re.sub(rb"(?m)^Final-Recipient:.*$", elsewhere, about(app, "postfix_hard"))
    assert bring(app, raw) == BounceReport(hard=1)
    (task,) = list_tasks(app, "KY")
    assert "said of old@else.example, to whom it was sent on" in task.what


def test_a_hard_bounce_gives_the_address_up_and_asks_for_another(app: App) -> None:
    assert bring(app, about(app, "postfix_hard")) == BounceReport(hard=1)

    assert list_outbox(app, KEY, [OutboxStatus.BOUNCED])[0].recipient == ANN.email
    assert "User unknown" in contact_of(app, "ann").undeliverable
    (task,) = list_tasks(app, "KY")
    assert (task.kind, task.district_code, task.subject) == ("bad_address", "001", "ann")
    assert [gap.role for gap in read_gaps(app, KEY) if gap.district_code == "001"] == [
        Role.TECHNOLOGY_COORDINATOR
    ]
    (event,) = logged(app, "bounced")
    assert event.detail["contact"] == "ann"

    round_at(app, "2027-02-15")
    assert ("14-days-before", "ann", "no_address", "unreachable") in ledger(app, contact_key="ann")
    assert prove(app, KEY).breaches == ()


def test_the_same_bounce_again_changes_nothing(app: App) -> None:
    bring(app, about(app, "exim_hard"))

    assert bring(app, about(app, "exim_hard"), about(app, "qmail_hard")) == BounceReport(known=2)
    assert len(logged(app, "bounced")) == len(list_tasks(app, "KY")) == 1


def test_a_bounce_of_an_old_address_does_not_give_up_the_new_one(app: App) -> None:
    raw = about(app, "postfix_hard")
    with app.database.writing() as work:
        rosters.change_contact(work.connection, "KY", "ann", email="ann.new@mail.example")
        work.commit()
    bring(app, raw)

    assert contact_of(app, "ann").undeliverable is None


def test_a_bounce_of_no_letter_of_ours_is_counted_and_left(app: App) -> None:
    assert bring(app, sample("postfix_hard")) == BounceReport(unmatched=1)
    assert list_tasks(app, "KY") == []


def test_three_letters_in_a_row_that_come_back_for_now_ask_for_a_person(app: App) -> None:
    for day in ("2027-02-15", "2027-02-22"):
        bring(app, about(app, "gmail_quota"), about(app, "gmail_quota"))
        assert list_tasks(app, "KY") == []
        round_at(app, day)
    assert contact_of(app, "ann").undeliverable is None

    bring(app, about(app, "gmail_quota"))
    (task,) = list_tasks(app, "KY")
    assert (task.kind, "over quota" in task.what) == ("often_back", True)


def test_a_letter_that_came_back_for_another_reason_is_told_as_that_and_its_address_kept(app: App) -> None:
    bring(app, about(app, "policy"))
    (letter,) = list_outbox(app, KEY, [OutboxStatus.BOUNCED], 9)

    proof = prove(app, KEY)
    assert proof.breaches == ()
    assert proof.returned == (
        f"letter {letter.id} of {letter.send_on} to Ann (001): it could not be delivered then; "
        "their address is kept, and they are written to again",
    )
    told = "\n".join(explain(app, KEY, "001", letter.send_on).lines())
    assert "it left, and came back undelivered" in told
    assert "550 5.7.1 Message rejected as spam" in told
    assert bring(app, about(app, "policy")) == BounceReport(known=1)


def test_a_letter_that_arrived_between_breaks_the_row(app: App) -> None:
    bring(app, about(app, "gmail_quota"))
    round_at(app, "2027-02-15")
    round_at(app, "2027-02-22")
    bring(app, about(app, "gmail_quota"))

    assert list_tasks(app, "KY") == []


def test_a_task_is_closed_once(app: App) -> None:
    bring(app, about(app, "postfix_hard"))
    (task,) = list_tasks(app, "KY")
    close_task(app, "KY", task.id, by="ada")

    assert list_tasks(app, "KY") == []
    with pytest.raises(Refused, match=f"no open task has the number {task.id}"):
        close_task(app, "KY", task.id, by="ada")


def test_bounces_come_back_to_an_address_that_names_their_letter(app: App, mailer: FakeMailer) -> None:
    mail = app.settings.mail.model_copy(update={"bounce_domain": "bounces.state.example"})
    app.settings = app.settings.model_copy(update={"mail": mail})
    mailer.sent.clear()
    round_at(app, "2027-02-15")

    assert {e.sender for e in mailer.sent} == {
        sender_for(e.message_id, "bounces.state.example") for e in mailer.sent
    }


def test_a_maildir_is_read_once_and_what_was_read_moves_aside(app: App, tmp_path: Path) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(about(app, "postfix_hard"))
    read = partial(read_folder, tmp_path / "box")

    assert read_bounces(app, read) == BounceReport(hard=1)
    assert read_bounces(app, read) == BounceReport()
    assert [path.name for path in (tmp_path / "box" / "cur").iterdir()] == ["1:2,S"]


@pytest.mark.parametrize("box", ["maildir", "mbox"])
def test_what_came_back_waits_while_its_letter_is_being_sent(app: App, tmp_path: Path, box: str) -> None:
    place, raw = tmp_path / "box", about(app, "exim_hard")
    if box == "maildir":
        (place / "new").mkdir(parents=True)
        (place / "new" / "1").write_bytes(raw)
    else:
        place.write_bytes(b"From MAILER-DAEMON Mon Feb 15 10:00:00 2027\n" + raw + b"\n")
    read = partial(read_folder, place)
    put(app, OutboxStatus.SENDING)  # by a program that is dead now
    assert read_bounces(app, read) == BounceReport()
    put(app, OutboxStatus.UNCERTAIN)
    assert read_bounces(app, read) == BounceReport(hard=1)
    assert read_bounces(app, read) == BounceReport()


def put(app: App, status: OutboxStatus) -> None:
    """Let every letter stand so."""
    with app.database.writing() as work:
        work.connection.exec_driver_sql(f"UPDATE outbox SET status = '{status}'")
        work.commit()


def test_an_mbox_is_read_once_and_what_was_read_moves_aside(app: App, tmp_path: Path) -> None:
    box = tmp_path / "bounces"
    box.write_bytes(b"From MAILER-DAEMON Mon Feb 15 10:00:00 2027\n" + about(app, "exim_hard") + b"\n")
    read = partial(read_folder, box)

    assert read_bounces(app, read) == BounceReport(hard=1)
    assert read_bounces(app, read) == BounceReport()
    assert (box.read_bytes(), box.with_name("bounces.read").stat().st_size > 0) == (b"", True)


def test_what_is_no_mbox_is_refused_and_an_empty_one_leaves_nothing_behind(tmp_path: Path) -> None:
    letter, empty = tmp_path / "letter.eml", tmp_path / "bounces"
    letter.write_bytes(b"Subject: Undelivered\n\nFrom here on nothing is known.\n")
    with pytest.raises(OSError, match=r"letter\.eml is no mbox file, which begins with 'From '"):
        read_folder(letter, pytest.fail)
    with pytest.raises(FileNotFoundError, match="is neither a Maildir nor an mbox file"):
        read_folder(tmp_path, pytest.fail)
    empty.write_bytes(b"")
    assert read_folder(empty, pytest.fail) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bounces", "letter.eml"]


def test_a_message_that_could_not_be_recorded_is_not_moved_aside(tmp_path: Path) -> None:
    for part in ("new", "cur"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1").write_bytes(b"x")

    def fail(raw: bytes) -> None:
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        read_folder(tmp_path, fail)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["1"]


# Deputies


DAN = person("dan", ASH)


@pytest.fixture
def deputed(sqlite_database, mailer) -> App:
    """Dan holds no role; he stands in for Ann."""
    people = roster_of(*PEOPLE.contacts.values(), DAN)
    app = begun(sqlite_database, mailer, roster=people)
    round_at(app, "2027-02-01")
    name_deputy(app, KEY, "ann", "dan", by="sue")
    mailer.sent.clear()
    return app


def test_a_deputy_is_told_when_the_address_is_given_up(deputed: App, mailer: FakeMailer) -> None:
    round_at(deputed, "2027-02-15")
    assert (DAN.email in mailer.recipients(), ANN.email in mailer.recipients()) == (False, True)

    bring(deputed, about(deputed, "postfix_hard"))
    mailer.sent.clear()
    round_at(deputed, "2027-02-22")
    assert (DAN.email in mailer.recipients(), ANN.email in mailer.recipients()) == (True, False)
    assert [gap for gap in read_gaps(deputed, KEY) if gap.district_code == "001"] == []
    assert prove(deputed, KEY).breaches == ()


def test_the_proof_names_what_came_back_and_who_is_told_instead(deputed: App) -> None:
    assert prove(deputed, KEY).returned == ()
    number = max(m.id for m in list_outbox(deputed, KEY) if m.recipient == ANN.email)
    bring(deputed, about(deputed, "postfix_hard"))
    assert prove(deputed, KEY).returned == (
        f"letter {number} of 2027-02-01 to Ann (001): their address was given up, and task 1 asks for the "
        "right one; Dan is told as district technology coordinator",
    )

    close_task(deputed, "KY", 1, by="ada")
    name_deputy(deputed, KEY, "ann", None, by="sue")
    assert prove(deputed, KEY).returned == (
        f"letter {number} of 2027-02-01 to Ann (001): their address was given up, and no task is open about "
        "it any more; nobody else is told as district technology coordinator",
    )

    with deputed.database.writing() as work:
        rosters.change_contact(work.connection, "KY", "ann", email="a@mail.example", undeliverable=None)
        work.commit()
    proof = prove(deputed, KEY)
    assert (proof.returned, proof.breaches) == (
        (
            f"letter {number} of 2027-02-01 to Ann (001): their address was put right, and they are written "
            "to again",
        ),
        (),
    )


def test_a_deputy_is_told_while_the_contact_is_away_and_no_longer(deputed: App, mailer: FakeMailer) -> None:
    set_clock(deputed, "2027-02-12")
    set_away(deputed, KEY, "ann", date(2027, 2, 16), by="sue")
    round_at(deputed, "2027-02-15")
    assert (DAN.email in mailer.recipients(), ANN.email in mailer.recipients()) == (True, False)

    mailer.sent.clear()
    round_at(deputed, "2027-02-22")
    assert (DAN.email in mailer.recipients(), ANN.email in mailer.recipients()) == (False, True)
    assert prove(deputed, KEY).breaches == ()


def test_nobody_stands_in_for_themselves(deputed: App) -> None:
    with pytest.raises(Refused, match="Ann cannot be their own deputy"):
        name_deputy(deputed, KEY, "ann", "ann", by="sue")


def test_a_role_that_nobody_holds_is_shown(app: App) -> None:
    assert [(gap.district_code, gap.role) for gap in read_gaps(app, KEY)] == [("003", Role.FINANCE_OFFICER)]
