"""Variable envelope return paths: a bounce names its message by the address it comes back to."""

import re

_PREFIX = "bounce+"
_DIGEST = re.compile(r"[0-9a-f]{40}")


def sender_for(message_id: str, domain: str) -> str:
    """The envelope sender of a message: its Message-ID's own digest at the domain that takes bounces.

    ValueError for a Message-ID that `mime.message_id` did not make.
    """
    digest = message_id.removeprefix("<").partition("@")[0]
    if not _DIGEST.fullmatch(digest):
        raise ValueError(
            f"{message_id!r} is not a Message-ID of ours; its left part is 40 hexadecimal digits"
        )
    return f"{_PREFIX}{digest}@{domain}"


def parse(address: str) -> str | None:
    """The digest in an address that `sender_for` made, or None. Servers may have changed its case."""
    local = address.strip().removeprefix("<").partition("@")[0].lower()
    digest = local.removeprefix(_PREFIX)
    return digest if local != digest and _DIGEST.fullmatch(digest) else None
