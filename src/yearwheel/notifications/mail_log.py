"""Which of our letters a mail server's log says it took. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable

_OURS = r"[0-9a-f]{40}@[A-Za-z0-9.-]+"  # see `mime.message_id`
_TAKEN = re.compile(
    rf" <= .* id=<?({_OURS})"  # Exim: arrived
    rf"|^\s*<?({_OURS})>?(?:\s|$)"  # a list made by hand: first in its line
)
_BEGUN = re.compile(
    rf"/cleanup\[\d+\]: (\w+): (?:resent-)?message-id=<({_OURS})>"  # Postfix
    rf"|: (\w+): from=.*, msgid=<({_OURS})>"  # Sendmail
)
_QUEUED = re.compile(r"/qmgr\[\d+\]: (\w+): from=|: (\w+): from=.*, msgid=")
_REFUSED = re.compile(r": (\w+): Milter: .*\breject")  # Sendmail's filters, after its sender's line


def taken_letters(lines: Iterable[str]) -> set[str]:
    """The Message-IDs, with their angle brackets, of the letters that a log says were taken.

    Postfix's cleanup names a letter before all of it has come: it counts once the queue manager has it. What
    else names a letter, such as a refusal or a filter that looked at it, proves nothing. ValueError for a log
    of Postfix's that was made without the queue manager's lines: all its letters would seem not to be taken.
    """
    taken: set[str] = set()
    begun: dict[str, set[str]] = defaultdict(set)  # queue id -> Message-IDs: such an id may come again
    queued: set[str] = set()
    refused: set[str] = set()
    for line in lines:
        if found := _BEGUN.search(line):
            begun[found[1] or found[3]].add(found[2] or found[4])
        if found := _QUEUED.search(line):
            queued.add(found[1] or found[2])
        elif found := _REFUSED.search(line):
            refused.add(found[1])
        elif found := _TAKEN.search(line):
            taken.add(found[1] or found[2])
    if begun and not queued and not taken:
        raise ValueError(
            "the log lacks the lines of Postfix's queue manager (postfix/qmgr[...]: ID: from=<...>), and its "
            "cleanup lines alone do not prove that a letter was taken whole; give the log with both"
        )
    taken.update(*(begun[queue_id] for queue_id in begun.keys() & queued - refused))
    return {f"<{message_id}>" for message_id in taken}
