"""What can be a person's name: something that can be read, and does not lead anywhere."""

import re

# Degrees are no addresses: "Ed.D." and "M.Ed" have no small word of two letters after two of them.
_WEB = re.compile(r"://|@|\bwww\.|\w{2,}\.[a-z]{2,}\b", re.ASCII)
_UNREADABLE = "\ufffd"  # what stands for bytes that are no text


def parse_name(text: str) -> str:
    """The name with single blanks. ValueError for what is no name: unreadable, or an address."""
    name = " ".join(text.split())
    if not name.isprintable() or _UNREADABLE in name:
        raise ValueError("the name holds a character that cannot be read; type it again")
    if _WEB.search(name):
        raise ValueError("the name looks like a web or mail address; give the name alone")
    return name
