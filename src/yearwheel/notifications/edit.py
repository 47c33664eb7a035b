"""Changing a letter in hand: another subject, or a line of one's own above what it says."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from yearwheel.notifications.untrusted import one_line

_GREETING_TEXT = re.compile(r"^Hello .*\n", re.MULTILINE)
_GREETING_HTML = re.compile(r"<p[^>]*>Hello .*?</p>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """What a person changes; what is empty stays. The line is a person's text and never becomes a link.

    ValueError for a subject that is more than one line.
    """

    subject: str = ""
    line: str = ""

    def __post_init__(self) -> None:
        if not self.subject.isprintable():
            raise ValueError("a subject is one line of visible characters; say more with a line below it")


def edited(raw: bytes, change: Change, message_id: str, *, sent_at: datetime) -> bytes:
    """A copy of a letter with the change in both of its parts, and a Message-ID and Date of its own."""
    letter = message_from_bytes(raw, policy=policy.SMTP.clone(max_line_length=76, cte_type="7bit"))
    assert isinstance(letter, EmailMessage)
    _set(letter, "Message-ID", message_id)
    _set(letter, "Date", format_datetime(sent_at.astimezone(UTC)))
    if change.subject:
        _set(letter, "Subject", " ".join(change.subject.split()))
    if change.line:
        line = one_line(change.line)
        _put_after(letter, "plain", _GREETING_TEXT, f"\n{line}\n")
        _put_after(letter, "html", _GREETING_HTML, f'<p class="text">{escape(line)}</p>')
    return letter.as_bytes()


def _set(letter: EmailMessage, name: str, value: str) -> None:
    del letter[name]
    letter[name] = value


def _put_after(letter: EmailMessage, subtype: str, greeting: re.Pattern[str], words: str) -> None:
    part = letter.get_body((subtype,))
    if part is None:
        return
    assert isinstance(part, EmailMessage)
    text = part.get_content().replace("\r\n", "\n")
    place = greeting.search(text)
    at = place.end() if place else 0
    part.set_content(text[:at] + words + text[at:], subtype=subtype, cte="quoted-printable")
