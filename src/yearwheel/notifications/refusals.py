"""What a mail server's refusal is about: the reader's address, or our message and our server. Pure."""

import re

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Result

OF_ADDRESS = {"", "550", "551", "553"}  # without an enhanced status; empty when we could not even ask
OF_SENDER = {"5.1.7", "5.1.8"}
DISABLED = "5.2.1"
_ENHANCED = re.compile(r"[45]\.(\d{1,3})\.\d{1,3}\b")


def said(answer: Result) -> str:
    """The server's code and words, as far as there are any; untrusted."""
    return f"{answer.code} {answer.detail}".strip()


def blames_address(answer: Result) -> bool:
    """Whether a final refusal says that the reader's address does not work (RFC 3463 5.1.x, 5.2.1).

    A full mailbox (5.2.2) may empty, and a letter too long for it (5.2.3) is the letter's fault.
    """
    if answer.outcome is not Attempt.REFUSED:
        return False
    if status := _ENHANCED.match(answer.detail):
        return status[0] == DISABLED or (status[1] == "1" and status[0] not in OF_SENDER)
    return answer.code in OF_ADDRESS


def concerns_reader(answer: Result) -> bool:
    """Whether a refusal is about this one reader's address or mailbox, be it for now: a full one, say."""
    if status := _ENHANCED.match(answer.detail):
        return status[1] in {"1", "2"} and status[0] not in OF_SENDER
    return blames_address(answer)
