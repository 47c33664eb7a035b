"""What a letter is as bytes: valid, the same each time, and closed to headers smuggled in by names."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.letters import letter
from yearwheel.notifications.mime import HeaderInjection, message_id, to_bytes
from yearwheel.notifications.render import Rendered

RENDERED = Rendered(
    subject="Due Friday: Budget preparation - Adair County",
    text="Hello,\n\n.\nFrom here = ü 5 – done \n" + "long " * 400 + "\n",
    html='<!DOCTYPE html><html lang="en"><body><p title="a=b">é&nbsp;' + "x" * 3000 + "</p></body></html>",
    template_version="0123456789ab",
)


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_parts_read_back_as_they_were_written() -> None:
    message = parsed(to_bytes(letter(), RENDERED))
    assert content(message, "plain") == RENDERED.text
    assert content(message, "html") == RENDERED.html
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_headers_say_who_when_and_that_no_answer_by_machine_is_wanted() -> None:
    message = parsed(to_bytes(letter(), RENDERED))
    assert dict(message.items()) == {
        "From": "Office of Education Technology <planning@oet.example>",
        "To": "Pat Morgan <pat.morgan@adair.example>",
        "Reply-To": "Office of Education Technology <help@oet.example>",
        "Subject": "Due Friday: Budget preparation - Adair County",
        "Date": "Sun, 24 Jan 2027 13:00:00 +0000",
        "Message-ID": letter().message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }


def test_every_line_is_seven_bit_ends_in_crlf_and_is_short_enough_for_any_server() -> None:
    raw = to_bytes(letter(to_name="Zoë " * 30, office="Büro für Bildung " * 10), RENDERED)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_the_same_letter_is_the_same_bytes() -> None:
    assert to_bytes(letter(), RENDERED) == to_bytes(letter(), RENDERED)


def test_the_moment_comes_from_the_letter_in_whatever_zone_it_is_given() -> None:
    moment = datetime.fromisoformat("2027-01-24T08:00:00-05:00")
    assert to_bytes(letter(sent_at=moment), RENDERED) == to_bytes(
        letter(sent_at=datetime(2027, 1, 24, 13, tzinfo=UTC)), RENDERED
    )


def test_a_message_id_is_fixed_by_its_key() -> None:
    assert message_id("a key", "oet.example") == message_id("a key", "oet.example")
    assert message_id("a key", "oet.example") != message_id("another key", "oet.example")
    assert message_id("a key", "oet.example").endswith("@oet.example>")


@pytest.mark.parametrize(
    "name",
    [
        "O'Neil, Pat",
        'Pat "the plan" Morgan',
        "Zoë Müller",
        "Pat <boss@evil.example>",
        "=?utf-8?b?QmNjOiB4QGV2aWwuZXhhbXBsZQ==?=",
        "a back\\slash",
        "Ж" * 15,
        "",
    ],
)
def test_a_name_reads_back_as_itself_and_never_as_an_address(name: str) -> None:
    to = parsed(to_bytes(letter(to_name=name), RENDERED))["To"].addresses
    assert [(a.display_name, a.addr_spec) for a in to] == [(name, "pat.morgan@adair.example")]


@pytest.mark.parametrize(
    "subject",
    [
        "Due Friday: Budget – Zoë's district",
        "Due Friday: " + "Budget preparation " * 12,
        "=?utf-8?q?not_encoded?=",
        "plain =? not a word",
        "Open now: Budget - " + "x" * 3000,
    ],
)
def test_a_subject_reads_back_as_itself(subject: str) -> None:
    raw = to_bytes(letter(), replace(RENDERED, subject=subject.strip()))
    assert parsed(raw)["Subject"] == subject.strip()
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322 2.1.1


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\0"])
@pytest.mark.parametrize("place", ["to_name", "to_address", "office", "help_address", "sender", "message_id"])
def test_a_line_break_in_a_header_is_refused(place: str, ending: str) -> None:
    good = getattr(letter(), place)
    with pytest.raises(HeaderInjection):
        to_bytes(letter(**{place: f"{good}{ending}Bcc: x@evil.example"}), RENDERED)


def test_a_line_break_in_a_subject_is_refused() -> None:
    with pytest.raises(HeaderInjection, match="headers are one line"):
        to_bytes(letter(), replace(RENDERED, subject="Due\r\nBcc: x@evil.example"))


@pytest.mark.parametrize(
    "address", ["", "pat", "a@b.example, c@d.example", "<a@b.example>", "pat @b.example", "é@b.c"]
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(HeaderInjection, match="not an e-mail address"):
        to_bytes(letter(to_address=address), RENDERED)


CLICK = "https://planning.example/u/" + "a" * 120
ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-A:a=b \xc3\xbc\r\nEND:VCALENDAR\r\n"


def test_mail_that_may_be_declined_can_be_with_one_click() -> None:
    message = parsed(to_bytes(letter(unsubscribe=CLICK), RENDERED))
    assert message["List-Unsubscribe"] == f"<{CLICK}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_other_mail_offers_no_such_thing() -> None:
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & set(
        parsed(to_bytes(letter(), RENDERED)).keys()
    )


@pytest.mark.parametrize(
    "link",
    ["https://x.example/\r\nBcc: a@b.example", "https://x>,<mailto:a@b.example", "javascript:x", "https://ü"],
)
def test_a_link_cannot_bring_a_header_or_a_second_link_of_its_own(link: str) -> None:
    with pytest.raises(HeaderInjection, match="List-Unsubscribe"):
        to_bytes(letter(unsubscribe=link), RENDERED)


def test_dates_are_the_last_alternative_and_read_back_as_they_were_written() -> None:
    message = parsed(to_bytes(letter(dates=ICS), RENDERED))
    *_, last = message.iter_parts()
    assert last.get_content_type() == "text/calendar"
    assert (last.get_param("method"), last.get_param("name")) == ("PUBLISH", "dates.ics")
    assert last.get_payload(decode=True) == ICS
    assert content(message, "plain") == RENDERED.text


def encodings(rendered: Rendered) -> list[str]:
    message = parsed(to_bytes(letter(), rendered))
    return [str(part["Content-Transfer-Encoding"]) for part in message.iter_parts()]


def test_plain_ascii_goes_as_it_is_and_anything_else_as_quoted_printable() -> None:
    plain = replace(RENDERED, text="All is well.\n", html="<p>All is well.</p>\n")

    assert encodings(plain) == ["7bit", "7bit"]
    assert encodings(replace(plain, text="Señor García\n")) == ["quoted-printable", "7bit"]
    assert encodings(replace(plain, html="<p>" + "x" * 2000 + "</p>\n")) == ["7bit", "quoted-printable"]


@given(st.lists(st.sampled_from([0, 1, 80, 495, 989, 990, 991, 1981, 3000]), max_size=8), st.booleans())
def test_only_a_line_too_long_for_some_server_makes_a_part_quoted_printable(
    lengths: list[int], ended: bool
) -> None:
    text = "\n".join("x" * length for length in lengths) + ("\n" if ended else "")

    plain, _ = encodings(replace(RENDERED, text=text, html="<p>All is well.</p>\n"))

    assert plain == ("quoted-printable" if max(lengths, default=0) > 990 else "7bit")


def test_a_note_that_guesses_the_boundary_cannot_start_a_part_of_its_own() -> None:
    boundary = parsed(to_bytes(letter(), RENDERED)).get_boundary()
    forged = f"--{boundary}\nContent-Type: text/html\n\n<a href='https://evil.example'>here</a>\n"

    message = parsed(to_bytes(letter(), replace(RENDERED, text=forged)))

    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert content(message, "plain") == forged
