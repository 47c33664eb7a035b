"""Which of our letters a mail server's log says it took. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable

_OURS = re.compile(r"[0-9a-f]{40}@[A-Za-z0-9.-]+")  # see `mime.message_id`
_CLEANUP = re.compile(r"/cleanup\[\d+\]: (\w+): (?:resent-)?message-id=<([^>]+)>")
_QUEUED = re.compile(r"/qmgr\[\d+\]: (\w+): from=")


def taken_letters(lines: Iterable[str]) -> set[str]:
    """The Message-IDs, with their angle brackets, of the letters that the lines name.

    Postfix's cleanup names a letter before all of it has come; there it counts once its queue manager has
    it. In the log of any other server a letter counts where it is named at all.
    """
    named: set[str] = set()
    begun: dict[str, set[str]] = defaultdict(set)  # queue id -> Message-IDs: such an id may come again
    queued: set[str] = set()
    for line in lines:
        if found := _CLEANUP.search(line):
            begun[found[1]].add(found[2])
        elif found := _QUEUED.search(line):
            queued.add(found[1])
        else:
            named.update(_OURS.findall(line))
    named.update(*(begun[queue_id] for queue_id in begun.keys() & queued))
    return {f"<{message_id}>" for message_id in named}
