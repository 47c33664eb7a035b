"""From a rendered letter to the bytes that are sent. The same letter always gives the same bytes."""

import re
from binascii import b2a_qp
from datetime import UTC, date, datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache
from hashlib import sha256

from yearwheel.notifications.invitation import Method
from yearwheel.notifications.letter import Letter
from yearwheel.notifications.render import Rendered

_CRLF = "\r\n"
_BROKEN = re.compile(r"[\r\n\0]")
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")  # visible ASCII, RFC 5321 4.1.2 without SMTPUTF8
_SPECIAL = frozenset('<>(),;:"\\[]')
_FOLD_AT = 76
_LONGEST_LINE = 990  # RFC 5322 2.1.1 allows 998; some relays fold a little earlier
_LINK = re.compile(r"https?://[!-;=?-~]+")  # visible ASCII but for the angle brackets around it


class HeaderInjection(ValueError):
    """A value of `header` that would break out of its line, or an address that is not one."""

    def __init__(self, header: str, problem: str) -> None:
        super().__init__(f"{header}: {problem}")
        self.header = header
        self.problem = problem


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a natural key: always the same, so that a resend is recognisable (RFC 5322 3.6.4)."""
    return f"<{sha256(key.encode()).hexdigest()[:40]}@{_checked('Message-ID', domain)}>"


def letter_id(cycle_key: str, contact_key: str, on: date, nth: int, domain: str) -> str:
    """The Message-ID of the `nth` letter of a cycle to this reader on that day."""
    return message_id(f"{cycle_key}/{contact_key}/{on.isoformat()}/{nth}", domain)


def to_bytes(letter: Letter, rendered: Rendered) -> bytes:
    """The message with CRLF line ends, 7-bit throughout, so that any server carries it unchanged.

    Raises HeaderInjection when a name, address or subject could start a header of its own.
    """
    boundary = "=_" + sha256(letter.message_id.encode()).hexdigest()[:32]
    head = _CRLF.join(
        [
            f"From: {_mailbox('From', letter.office, letter.sender)}",
            f"To: {_mailbox('To', letter.to_name, letter.to_address)}",
            f"Reply-To: {_mailbox('Reply-To', letter.office, letter.help_address)}",
            f"Subject: {_text('Subject', rendered.subject)}",
            f"Date: {_date(letter.sent_at)}",
            f"Message-ID: {_checked('Message-ID', letter.message_id)}",
            "Auto-Submitted: auto-generated",  # RFC 3834
            "X-Auto-Response-Suppress: OOF, AutoReply",  # Exchange does not read the line above
            *_unsubscribe(letter.unsubscribe),
            "MIME-Version: 1.0",
            "",
        ]
    )
    return head.encode("ascii") + _body(boundary, letter, rendered)


def _body(boundary: str, letter: Letter, rendered: Rendered) -> bytes:
    """The text, the HTML, and last, as the alternative that a calendar program prefers, the dates.

    Such a program takes one alternative (RFC 2046 5.1.4): where days both come and go, those that go lie
    beside them all.
    """
    calendars = [(letter.dates, Method.PUBLISH)] if letter.dates else []
    if letter.withdrawn and not letter.dates:
        calendars = [(letter.withdrawn, Method.CANCEL)]
    alternatives = b"".join(
        [
            f'Content-Type: multipart/alternative;{_CRLF} boundary="{boundary}"{_CRLF}{_CRLF}'.encode(
                "ascii"
            ),
            _part(boundary, "plain", rendered.text),
            _part(boundary, "html", rendered.html),
            *(_calendar(boundary, dates, method) for dates, method in calendars),
            f"--{boundary}--{_CRLF}".encode("ascii"),
        ]
    )
    if not (letter.withdrawn and letter.dates):
        return alternatives
    outer = boundary.replace("=_", "=+")  # neither may begin like the other
    return b"".join(
        [
            f'Content-Type: multipart/mixed;{_CRLF} boundary="{outer}"{_CRLF}{_CRLF}'.encode("ascii"),
            f"--{outer}{_CRLF}".encode("ascii") + alternatives,
            _calendar(outer, letter.withdrawn, Method.CANCEL),
            f"--{outer}--{_CRLF}".encode("ascii"),
        ]
    )


@lru_cache(maxsize=8)  # a round's letters share it
def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


def _unsubscribe(link: str) -> list[str]:
    """One click for a mail program, and for nothing that merely follows links (RFC 8058)."""
    if not link:
        return []
    if not link.isascii() or not _LINK.fullmatch(_checked("List-Unsubscribe", link)):
        raise HeaderInjection("List-Unsubscribe", f"{link!r} is not a link; write for example https://...")
    return [
        f"List-Unsubscribe: <{link}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ]


def _calendar(boundary: str, dates: bytes, method: Method) -> bytes:
    return f"--{boundary}{_CRLF}".encode("ascii") + _calendar_body(dates, method)


@lru_cache(maxsize=512)  # a round tells hundreds of readers the same dates
def _calendar_body(dates: bytes, method: Method) -> bytes:
    name = "dates.ics" if method is Method.PUBLISH else "withdrawn.ics"
    head = (
        f'Content-Type: text/calendar; charset=utf-8; method={method}; name="{name}"{_CRLF}'
        f"Content-Transfer-Encoding: quoted-printable{_CRLF}{_CRLF}"
    )
    return head.encode("ascii") + b2a_qp(dates, istext=True) + _CRLF.encode("ascii")


def _part(boundary: str, subtype: str, content: str) -> bytes:
    """As it is where every server carries it so (RFC 5322 2.1.1), which is quick; else quoted-printable."""
    if "\r" in content:
        content = content.replace(_CRLF, "\n").replace("\r", "\n")
    lines = content.encode()
    # The last CRLF is the boundary's (RFC 2046 5.1.1); b2a_qp sees it too, and then ends its lines likewise.
    body = (lines + b"\n").replace(b"\n", b"\r\n")
    if lines.isascii() and boundary not in content and not _is_long(lines):
        return _head(boundary, subtype, "7bit") + body
    # Quoted-printable writes every "=" as "=3D", so the boundary's "=_" cannot occur in it.
    return _head(boundary, subtype, "quoted-printable") + b2a_qp(body, istext=True)


def _is_long(lines: bytes) -> bool:
    """Whether any line is longer than every server carries. Looks at few of the line ends."""
    begun = 0
    while len(lines) - begun > _LONGEST_LINE:
        ended = lines.rfind(b"\n", begun, begun + _LONGEST_LINE + 1)
        if ended < 0:
            return True
        begun = ended + 1
    return False


def _head(boundary: str, subtype: str, encoding: str) -> bytes:
    return (
        f"--{boundary}{_CRLF}Content-Type: text/{subtype}; charset=utf-8{_CRLF}"
        f"Content-Transfer-Encoding: {encoding}{_CRLF}{_CRLF}"
    ).encode("ascii")


def is_address(text: str) -> bool:
    """Whether a message can name this as somebody's address; not whether anybody has it."""
    return _ADDRESS.fullmatch(text) is not None and _SPECIAL.isdisjoint(text)


@lru_cache(maxsize=1024)
def _mailbox(header: str, name: str, address: str) -> str:
    if not is_address(address):
        raise HeaderInjection(
            header, f"{address!r} is not an e-mail address; write for example pat@district.example"
        )
    if _is_plain(_checked(header, name)) and len(name) + len(address) < _FOLD_AT:
        return formataddr((name, address))
    return f"{_text(header, name)}{_CRLF} <{address}>"


def _text(header: str, value: str) -> str:
    """Unstructured text, folded; in RFC 2047 words where it is not plain ASCII."""
    plain = _is_plain(_checked(header, value))
    if plain and len(header) + len(value) < _FOLD_AT:
        return value
    # Plain text is folded at its spaces only; an encoded word may be cut anywhere.
    folds = plain and header == "Subject" and max(map(len, value.split(" "))) < _FOLD_AT
    charset = "us-ascii" if folds else "utf-8"
    return Header(value, charset, maxlinelen=_FOLD_AT, header_name=header).encode(linesep=_CRLF)


def _is_plain(value: str) -> bool:
    return value.isascii() and "=?" not in value  # "=?" begins an encoded word


def _checked(header: str, value: str) -> str:
    if _BROKEN.search(value):
        raise HeaderInjection(header, f"{value!r} has a line break in it; headers are one line")
    return value
