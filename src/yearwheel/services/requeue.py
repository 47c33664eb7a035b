"""Letters that wait again, after a refusal, a doubt or a lost lease: what they say is looked at anew."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from yearwheel.notifications.ledger import SAID_BY_ANOTHER
from yearwheel.services.active import Active, read_active
from yearwheel.services.replan import find_unwanted, settle_taken_back, take_back_letters
from yearwheel.services.untold import retire_untold
from yearwheel.store import Connection, outbox, reminders, rosters, standings, versions
from yearwheel.store.outbox import Queued


def hold_to_facts(connection: Connection, ids: Collection[int], now: datetime) -> list[int]:
    """Take back those of the letters that wait again and are not true any more; says which.

    While a letter was with a mail server, refused or in doubt, no change of facts could take it back. What
    such a one carries waits to be told afresh, or ends if it is owed no more. A letter that still holds stays
    as it is to the byte: sent again, it has to be known as the same.
    """
    waiting = sorted(outbox.list_queued(connection, ids), key=attrgetter("cycle_key"))
    for cycle_key, letters in groupby(waiting, attrgetter("cycle_key")):
        _hold_to_facts(connection, read_active(connection, cycle_key), list(letters), now)
    kept = {letter.id for letter in outbox.list_queued(connection, ids)} if waiting else set()
    return [letter.id for letter in waiting if letter.id not in kept]


def _hold_to_facts(connection: Connection, active: Active, letters: Sequence[Queued], now: datetime) -> None:
    ids = [letter.id for letter in letters]
    carried = reminders.list_carried(connection, ids)
    untrue = {
        *_to_another_address(connection, active, letters),
        *_of_another_calendar(connection, active, letters),
        *reminders.find_overtaken(connection, ids),
        *(row.outbox_id for row in find_unwanted(connection, active, carried, now)),
    }
    take_back_letters(connection, untrue, now)
    settle_taken_back(connection, active, [row for row in carried if row.outbox_id in untrue], now)
    told = {row.key[:2] for row in carried if row.is_notice}
    if told:
        here = standings.find(
            connection, active.key, stage_keys={key for key, _ in told}, codes={code for _, code in told}
        )
        retire_untold(connection, active, [s for s in here if s.place in told], now)
    if untrue:  # since one of them was written a later rung may have been told
        outrun = reminders.list_outrun(connection, active.key)
        reminders.settle(connection, [(row, *SAID_BY_ANOTHER) for row in outrun], now)


def _to_another_address(connection: Connection, active: Active, letters: Sequence[Queued]) -> Iterator[int]:
    """Those whose reader has left, or has another address by now."""
    people = rosters.load(connection, active.state).contacts
    for letter in letters:
        reader = people.get(letter.contact_key)
        if reader is None or reader.email != letter.recipient:
            yield letter.id


def _of_another_calendar(connection: Connection, active: Active, letters: Sequence[Queued]) -> Iterator[int]:
    """Those written under a calendar that is not in force any more."""
    if active.version == 1:
        return
    made_at = versions.list_versions(connection, active.key)[-1].made_at
    yield from (letter.id for letter in letters if letter.queued_at < made_at)
