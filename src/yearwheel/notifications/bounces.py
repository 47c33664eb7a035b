"""Reading what mail servers send back: which message did not arrive, and whether trying again helps. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from enum import StrEnum
from html import unescape

from yearwheel.notifications import verp


class BounceKind(StrEnum):
    """What came back."""

    HARD = "hard"  # the address does not work
    SOFT = "soft"  # not for the address: a full mailbox, a policy, a server that does not answer
    REPLY = "reply"  # an answer by a program or a person; no bounce
    NOT_UNDERSTOOD = "not_understood"  # no mail, or a server's words that say nothing we know


@dataclass(frozen=True, slots=True)
class Bounce:
    """One message from a mail server. `digest` is the left part of our Message-ID, where it names one."""

    kind: BounceKind
    digest: str | None = None
    recipient: str = ""
    words: str = ""  # why, in the server's words; untrusted
    subject: str = ""  # of our message, where its headers came back without its Message-ID


def read_bounce(raw: bytes) -> Bounce:
    """What a message that came to the bounce address says. Anything is answered, nothing is an error."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    report = _read_report(mail)
    if report is None and _is_reply(mail):
        return Bounce(BounceKind.REPLY)
    kind, recipient, words = report or _read_prose(mail)
    if kind in (BounceKind.REPLY, BounceKind.NOT_UNDERSTOOD):
        return Bounce(kind)
    digest = _digest(mail)
    return Bounce(kind, digest, recipient, words, "" if digest else _subject(mail))


# RFC 3464: multipart/report with a part for programs


def _read_report(mail: EmailMessage) -> tuple[BounceKind, str, str] | None:
    """What the first recipient came to who failed; else whether the report tells of no end yet."""
    goes_on = None
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in _recipients(part):
            action = _first_word(fields.get("Action", ""))
            status = _STATUS.search(str(fields.get("Status", "")))
            recipient = str(fields.get("Final-Recipient") or fields.get("Original-Recipient") or "")
            said = str(fields.get("Diagnostic-Code", "")).partition(";")
            words = _clean(said[2] or said[0]) or (status[0] if status else action)
            if action == "failed" or (not action and status):
                return kind_of(status[0] if status else "", words), _address(recipient), words
            if action in {"delayed", "delivered", "relayed", "expanded"}:
                # A delay is no end: the server goes on trying and says so again when it gives up.
                goes_on = (BounceKind.REPLY, "", "")
    return goes_on


def _recipients(part: Message) -> Iterator[Message]:
    """The groups of fields, one for each recipient; the first group is about the message itself."""
    groups = part.get_payload()
    if isinstance(groups, list):
        yield from (group for group in groups if isinstance(group, Message) and group["Final-Recipient"])
        yield from (group for group in groups if isinstance(group, Message) and not group["Final-Recipient"])


# Formats of their own: the usual words


def _read_prose(mail: EmailMessage) -> tuple[BounceKind, str, str]:
    """A bounce for people: its words, its recipient, and how it sounds."""
    text = _text(mail)
    own = _OWN_WORDS.split(text, 1)[0]
    sender = str(mail.get("From", ""))
    if not (_SENDER.search(sender) or mail["X-Failed-Recipients"]):
        return BounceKind.REPLY if _address(sender) else BounceKind.NOT_UNDERSTOOD, "", ""
    line = next((line for line in own.splitlines() if _says_why(line)), "")
    status = _STATUS.search(line) or _STATUS.search(own)
    if not line and not status:
        return BounceKind.NOT_UNDERSTOOD, "", ""
    failed = str(mail.get("X-Failed-Recipients", "")) or own
    words = _clean(line or own)
    return kind_of(status[0] if status else "", line or own), _address(failed), words


def _says_why(line: str) -> bool:
    return bool(_HARD.search(line) or _SOFT.search(line) or _STATUS.search(line))


def kind_of(status: str, words: str) -> BounceKind:
    """5.1.x and 5.2.1 are about the address (RFC 3463); a full mailbox is 5.2.2 and may empty.

    5.7.x and the like speak of our message or our server, in whatever words: no address is given up for that.
    """
    if status == "5.2.2" or status.startswith("5.7.") or _SOFT.search(words):
        return BounceKind.SOFT
    if status.startswith(("5.1.", "5.2.1")) or _HARD.search(words):
        return BounceKind.HARD
    return BounceKind.SOFT


def speaks_of_mailbox(words: str) -> bool:
    """Whether a server says that there is no such mailbox, or that it is full: in whatever code."""
    return bool(_UNKNOWN.search(words) or _FULL.search(words))


def _is_reply(mail: EmailMessage) -> bool:
    """An answering machine: marked as such (RFC 3834), or its subject says so.

    Some servers mark their bounces the same way, and some machines answer as a server's own mailbox.
    """
    if mail["X-Failed-Recipients"]:
        return False
    if _AUTOMATIC.match(str(mail.get("Subject", ""))):
        return all(part.get_content_type() != "message/delivery-status" for part in mail.walk())
    answers = _first_word(mail.get("Auto-Submitted", "no")) == "auto-replied"
    in_bulk = _first_word(mail.get("Precedence", "")) in {"auto_reply", "bulk", "list"}
    marked = answers or in_bulk or mail["X-Autoreply"] or mail["X-Autorespond"]
    return bool(marked) and not _is_undelivered(mail)


def _is_undelivered(mail: EmailMessage) -> bool:
    return bool(_SUBJECT.search(str(mail.get("Subject", ""))) and _SENDER.search(str(mail.get("From", ""))))


# Which message it was


def _digest(mail: EmailMessage) -> str | None:
    """From the address it came back to, else from the Message-ID among the headers it returns."""
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        for value in mail.get_all(name, ()):
            for address in str(value).split(","):
                if digest := verp.parse(_address(address)):
                    return digest
    returned = _MESSAGE_ID.findall(_returned(mail))
    return returned[-1].lower() if returned else None


def _returned(mail: EmailMessage) -> str:
    """What came back of our own message, and whatever else the bounce says."""
    parts = [str(mail.get("References", "")), str(mail.get("In-Reply-To", ""))]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            parts.append(_readable(part))
        if part is not mail and part["Message-ID"]:
            parts.append(f"Message-ID: {part['Message-ID']}")
    return "\n".join(parts)


def _subject(mail: EmailMessage) -> str:
    """Of a shortened original it may be all that tells which of a person's letters it was."""
    for part in mail.walk():
        if part is not mail and part.get_content_type() == "text/rfc822-headers":
            part = message_from_bytes(_decoded(part).encode(), policy=policy.default)  # noqa: PLW2901
        if part is not mail and part["Subject"]:
            return " ".join(str(part["Subject"]).split())
    return ""


def _text(mail: EmailMessage) -> str:
    """The server's own text; that of its page where there is no other."""
    parts = list(_own_parts(mail))
    for kind in ("text/plain", "text/html"):
        text = "\n".join(_readable(part) for part in parts if part.get_content_type() == kind)
        if text.strip():
            return text.replace("\u2019", "'")
    return ""


def _own_parts(mail: Message) -> Iterator[Message]:
    """The parts for people, without those of a message that comes along: that one is ours."""
    inside = mail.get_payload()
    if mail.get_content_maintype() == "multipart" and isinstance(inside, list):
        for part in inside:
            if isinstance(part, Message):
                yield from _own_parts(part)
    elif mail.get_content_maintype() == "text":
        yield mail


def _readable(part: Message) -> str:
    text = _decoded(part)
    return _without_tags(text) if part.get_content_type() == "text/html" else text


def _without_tags(page: str) -> str:
    """A page's words, a line for each block of it."""
    _, *found = _TAG.split(f"<>{page}")
    words = []
    for tag, text in zip(found[::2], found[1::2], strict=True):
        if tag.lower() not in _UNSEEN:
            words += ["" if tag.lower().strip("/") in _IN_LINE else "\n", re.sub(r"\s+", " ", text)]
    return unescape("".join(words))


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # no charset that there is
        text = payload.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


def _first_word(value: object) -> str:
    return (str(value).replace(";", " ").split() or [""])[0].lower()


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found[0].lower() if found else ""


def _clean(words: str) -> str:
    return "".join(c for c in " ".join(words.split()) if c.isprintable())[:300]


# Bounded, as RFC 5321 4.5.3.1 bounds it: a line without an end must not take an hour to read.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+[A-Za-z0-9]")
_STATUS = re.compile(r"(?<![\w.])[45]\.\d{1,3}\.\d{1,3}\b(?!\.\d)")  # and no part of an IP address
_MESSAGE_ID = re.compile(r"<([0-9a-fA-F]{40})@")
_SENDER = re.compile(r"mailer-daemon|postmaster|mail delivery|microsoftexchange", re.IGNORECASE)
_SUBJECT = re.compile(
    r"undeliver|returned mail|delivery (status|failure|has failed)|failure notice|mail delivery failed",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"\s*(?:automatic reply|auto(?:[ -]?(?:reply|response))?:|out[ -]of[ -](?:the[ -])?office)", re.IGNORECASE
)
_TAG = re.compile(r"<(/?[A-Za-z0-9]*)[^<>]*>")
_UNSEEN = {"style", "script", "title"}
_IN_LINE = {"a", "b", "em", "font", "i", "span", "strong", "u"}
_OWN_WORDS = re.compile(  # after these words our own message begins
    r"^---.*(?:copy of|original message|headers|below this line).*$"
    r"|^-{3,} This is a copy|^Original message headers:?|^(?=Message-ID: )",
    re.IGNORECASE | re.MULTILINE,
)
_UNKNOWN = re.compile(
    r"no such (?:user|mailbox|address|person)|user unknown|unknown user|unknown recipient|recipient unknown"
    r"|unknown to address|(?:wasn't|was not) found at \S"
    r"|(?:user|recipient|address|mailbox|account)[^.\n]{0,40}(?:does not exist|doesn't exist|not found"
    r"|wasn't found|couldn't be found|could not be found)",
    re.IGNORECASE,
)
_HARD = re.compile(
    rf"{_UNKNOWN.pattern}"
    r"|(?:user|recipient|address|mailbox|account)[^.\n]{0,40}(?:unavailable|disabled|deactivated|rejected)"
    r"|invalid (?:recipient|mailbox|address)|no longer (?:works|employed|available|valid)"
    r"|unrouteable address|domain (?:not found|does not exist)|host or domain name not found",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"mailbox (?:is )?full|over ?quota|quota (?:exceeded|is full)|out of storage", re.IGNORECASE
)
_SOFT = re.compile(
    rf"{_FULL.pattern}|exceeded (?:its|the|their)"
    r"|temporar|try again|greylist|timed out|connection refused|deferred"
    r"|address is restricted|provider rejected",
    re.IGNORECASE,
)
