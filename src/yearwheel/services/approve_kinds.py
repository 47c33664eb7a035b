"""Approving words: the first letter of each kind in a cycle waits for a person, later ones do not."""

from collections.abc import Collection
from datetime import datetime

from yearwheel.calendar.cycle import RungKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.words import Words, write_words
from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.store import Connection, approvals, events, outbox
from yearwheel.store.events import Event

KINDS = tuple(str(kind) for kind in (*RungKind, *NoticeKind))


def approve_kinds(app: App, cycle_key: str, kinds: Collection[str] = KINDS, *, by: str) -> list[str]:
    """Let letters of these kinds go without asking, in the words of today's templates.

    Held letters that waited for nothing else go too. Returns the kinds that were not approved before.
    """
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise Refused(
            f"there is no kind of message called {', '.join(unknown)}; there are {', '.join(KINDS)}"
        )
    now = app.clock.now()
    with app.database.writing() as work:
        read_active(work.connection, cycle_key)
        new = record_approval(work.connection, cycle_key, app.renderer.words(kinds), by, now)
        work.commit()
    return new


def record_approval(
    connection: Connection, cycle_key: str, words: Collection[Words], by: str, now: datetime
) -> list[str]:
    """Approve words and let go the letters that waited only for them. Returns the kinds that are new."""
    added = approvals.add(connection, cycle_key, words, by, now)
    if added:
        detail = {"kinds": [kind for kind, _ in added], "words": write_words(added)}
        events.append(connection, [Event(now, by, "kinds_approved", cycle_key, detail=detail)])
        approved = approvals.read(connection, cycle_key)
        waiting = outbox.first_uses(connection, cycle_key)
        outbox.release(connection, [row for row, used in waiting.items() if used <= approved], now)
    return [kind for kind, _ in added]
