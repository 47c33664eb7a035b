"""Text that people typed, made fit for a letter: no control characters, nothing that becomes a link."""

import re
import unicodedata
from functools import lru_cache

# Has no width: it parts "evil.example" for programs that look for links, not for the reader.
WORD_JOINER = "\u2060"

_DOTS = re.compile(r"(?<=\w)([.\u3002\uff0e\uff61])(?=\w*[^\W\d_])")  # also the dots that IDNA reads as "."
_QUAD = re.compile(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b")
_SCHEME = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,30}:(?=/{2,})/*|\b(?:mailto|javascript|tel|sms):(?=\S)", re.IGNORECASE
)
_FORMATTING = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # controls, direction overrides, separators


class Address(str):
    """An e-mail address of our own roster: it stays as it is in a letter, so that it can be copied."""


@lru_cache(maxsize=4096, typed=True)  # the same titles and names come again and again
def one_line(text: str) -> str:
    """The text on one line, with nothing in it that a mail reader would make a link, but for an Address."""
    if isinstance(text, Address):
        return text
    return _unlinked(_visible(" ".join(text.split())))


def lines(text: str) -> tuple[str, ...]:
    """The same, keeping the writer's own lines; empty ones are dropped."""
    return tuple(line for line in map(one_line, text.splitlines()) if line)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in _FORMATTING)


def _unlinked(text: str) -> str:
    # A scheme leaves a joiner behind: cut out, "x://" in "http:x:////evil" would put "http://evil" together.
    text = _SCHEME.sub(WORD_JOINER, text)
    text = _QUAD.sub(rf"\1{WORD_JOINER}.\2{WORD_JOINER}.\3{WORD_JOINER}.\4", text)
    text = _DOTS.sub(rf"\1{WORD_JOINER}", text)
    return text.replace("@", f"{WORD_JOINER}@{WORD_JOINER}")
