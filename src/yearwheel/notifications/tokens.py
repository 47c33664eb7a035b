"""Links that act for a reader without a login. What they say is signed: nobody can make up another's."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import sha256

DECLINE = "decline"  # purpose of a link that stops a kind of message: cycle, contact, kinds
READER = "reader"  # purpose of a letter's own link: cycle, contact, the last day it works
_SIGNATURE = 16  # bytes: half of SHA-256, RFC 2104 5


class BadToken(ValueError):
    """A link that was cut off, changed, or made for something else."""


def sign(purpose: str, words: tuple[str, ...], secret: bytes) -> str:
    """A token fit for a path: the same words and secret always give the same one."""
    said = "\x1f".join(words).encode()
    return urlsafe_b64encode(_signature(purpose, said, secret) + said).decode("ascii").rstrip("=")


def read(purpose: str, token: str, secret: bytes) -> tuple[str, ...]:
    """The words a token was signed with; BadToken if it was not made by `sign` for this purpose."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        signature, said = raw[:_SIGNATURE], raw[_SIGNATURE:]
        words = tuple(said.decode().split("\x1f"))
    except (NotBase64, UnicodeError):
        raise BadToken("this link is not whole; copy it from the message again") from None
    if not hmac.compare_digest(signature, _signature(purpose, said, secret)):
        raise BadToken("this link was not made here or was changed; copy it from the message again")
    return words


def _signature(purpose: str, said: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\x1f" + said, sha256)[:_SIGNATURE]
