"""What a mail server's refusal is about: the reader's address, or our message and our server. Pure."""

import re

from yearwheel.notifications.bounces import BounceKind, kind_of, speaks_of_mailbox
from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Result

OF_ADDRESS = {"", "550", "551", "553"}  # without an enhanced status; empty when we could not even ask
BUSY = "450"  # without one: the mailbox cannot be had now (RFC 5321 4.2.3)
OF_SENDER = {"5.1.7", "5.1.8"}
DISABLED = "5.2.1"
_ENHANCED = re.compile(r"[45]\.(\d{1,3})\.\d{1,3}\b")
_OF_US = re.compile(
    r"sender|client host|\bhelo\b|your (?:ip|server|host|domain|message|mail)|relay|spam|advertis|content"
    r"|block(?:ed|list)|blacklist|policy|reputation|\b(?:spf|dkim|dmarc)\b|greylist|authenticat",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+")


def said(answer: Result) -> str:
    """The server's code and words, as far as there are any; untrusted."""
    return f"{answer.code} {answer.detail}".strip()


def blames_address(answer: Result) -> bool:
    """Whether a final refusal says that the reader's address does not work (RFC 3463 5.1.x, 5.2.1).

    Other codes may say it in words, as bounces do: of an unknown mailbox Office 365 says 5.4.1. A full
    mailbox (5.2.2) may empty, and a letter too long for it (5.2.3) is the letter's fault.
    """
    if answer.outcome is not Attempt.REFUSED:
        return False
    if status := _ENHANCED.match(answer.detail):
        if status[1] in {"1", "2"}:
            return status[0] == DISABLED or (status[1] == "1" and status[0] not in OF_SENDER)
        return kind_of(status[0], answer.detail) is BounceKind.HARD and not _speaks_of_us(answer)
    return answer.code in OF_ADDRESS and not _speaks_of_us(answer)


def concerns_reader(answer: Result) -> bool:
    """Whether a refusal is about this one reader's address or mailbox, be it for now: a full one, say.

    Some servers refuse an unknown mailbox as a policy (5.7.1). That is no reason to give up an address, but
    it is nothing that every letter would be told.
    """
    status = _ENHANCED.match(answer.detail)
    if status and status[1] in {"1", "2"}:
        return status[0] not in OF_SENDER
    if blames_address(answer):
        return True
    is_busy = not status and answer.code == BUSY
    return (is_busy or speaks_of_mailbox(answer.detail)) and not _speaks_of_us(answer)


def _speaks_of_us(answer: Result) -> bool:
    return bool(_OF_US.search(_ADDRESS.sub("", answer.detail)))
