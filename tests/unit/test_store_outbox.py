"""Claiming, recording and sweeping: what keeps a message from going twice."""

from collections import Counter
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from tests.apps import KEY, SOURCE, at, bare_app
from yearwheel.notifications.ledger import OPEN, OUTBOX_MOVES, Attempt, OutboxStatus
from yearwheel.services.cycles import create_cycle
from yearwheel.store import outbox, pauses, tables
from yearwheel.store.outbox import NewMessage, Settled

NOW = at("2027-02-01")
LEASE = timedelta(minutes=10)
EASTERN, CENTRAL = "America/New_York", "America/Chicago"


def message(number, **changes):
    values = {
        "cycle_key": KEY,
        "contact_key": f"c{number}",
        "send_on": date(2027, 2, 1),
        "nth": 1,
        "recipient": f"c{number}@mail.example",
        "zone": EASTERN,
        "subject": "s",
        "raw": b"Subject: s\r\n\r\n.\r\n",
        "template_version": "1",
        "message_id": f"<k{number}@x>",
        "status": OutboxStatus.QUEUED,
        "not_before": NOW,
        "queued_at": NOW,
    }
    return NewMessage(**values | changes)


@pytest.fixture
def stored(database):
    create_cycle(bare_app(database, "2027-01-04"), SOURCE, by="ada")
    return database


def add(database, *messages):
    with database.writing() as work:
        ids = outbox.add(work.connection, messages)
        work.commit()
    return ids


def claim(database, *, now=NOW, by="me", zones=(EASTERN, CENTRAL), limit=100, cycle_key=KEY):
    with database.writing() as work:
        found = outbox.claim(
            work.connection, cycle_key, now=now, until=now + LEASE, by=by, zones=zones, limit=limit
        )
        work.commit()
    return found


def record(database, *settled, by="me"):
    with database.writing() as work:
        outbox.record(work.connection, settled, by)
        work.commit()


def sweep(database, now):
    with database.writing() as work:
        swept = outbox.sweep(work.connection, now=now)
        work.commit()
    return swept


def read(database, outbox_id):
    with database.reading() as connection:
        return outbox.read(connection, outbox_id)


def status(database, outbox_id):
    return read(database, outbox_id)["status"]


def sent(claimed):
    return Settled(claimed.id, claimed.attempts, Attempt.ACCEPTED, "250", "ok", OutboxStatus.SENT, None, NOW)


def deferred(claimed, until):
    return Settled(
        claimed.id, claimed.attempts, Attempt.DEFERRED, "451", "later", OutboxStatus.QUEUED, until, NOW
    )


def test_ids_come_back_in_the_order_of_the_messages(stored):
    ids = add(stored, *(message(n) for n in (3, 1, 2)))

    assert [read(stored, i)["contact_key"] for i in ids] == ["c3", "c1", "c2"]


def test_a_claim_takes_the_oldest_first_and_no_more_than_asked_for(stored):
    ids = add(stored, *(message(n) for n in range(5)))

    assert [c.id for c in claim(stored, limit=2)] == ids[:2]
    assert [c.id for c in claim(stored, limit=2)] == ids[2:4]
    assert [c.id for c in claim(stored, limit=2)] == ids[4:]
    assert claim(stored) == []


def test_a_claim_carries_what_is_needed_to_send_and_counts_the_attempt(stored):
    (first,) = add(stored, message(1))
    (claimed,) = claim(stored, by="worker 7")

    raw = b"Subject: s\r\n\r\n.\r\n"
    assert claimed == outbox.Claimed(claimed.kept, first, KEY, "c1", "c1@mail.example", "<k1@x>", 1)
    assert claimed.raw == raw
    row = read(stored, first)
    assert (row["status"], row["lease_by"], row["lease_until"]) == (
        OutboxStatus.SENDING, "worker 7", NOW + LEASE,
    )  # fmt: skip


def test_only_what_may_leave_now_is_claimed(stored):
    create_cycle(bare_app(stored, "2027-01-04"), SOURCE.replace(KEY, "other-2027"), by="ada")
    ids = add(
        stored,
        message(0),
        message(1, status=OutboxStatus.HELD),
        message(2, not_before=NOW + timedelta(seconds=1)),
        message(3, zone=CENTRAL),
        message(4, cycle_key="other-2027"),
        *(message(9 + n, status=s) for n, s in enumerate(set(OutboxStatus) - {OutboxStatus.QUEUED})),
    )

    assert [c.id for c in claim(stored, zones=[EASTERN])] == ids[:1]


def test_concurrent_deliverers_never_get_the_same_message(stored):
    ids = add(stored, *(message(n) for n in range(1000)))
    start, taken = Barrier(4), [[] for _ in range(4)]

    def work(number):
        start.wait()
        while batch := claim(stored, by=str(number), limit=20):
            taken[number] += [claimed.id for claimed in batch]

    threads = [Thread(target=work, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    counts = Counter(i for part in taken for i in part)
    assert counts == Counter(ids)
    for number, part in enumerate(taken):
        assert {read(stored, i)["lease_by"] for i in part[:3]} <= {str(number)}


def test_nothing_is_claimed_while_the_cycle_is_paused(stored):
    ids = add(stored, message(1))
    with stored.writing() as work:
        pauses.begin(work.connection, KEY, "ada", "flood", NOW)
        work.commit()
    assert claim(stored) == []

    with stored.writing() as work:
        pauses.end(work.connection, KEY, "ada", NOW)
        work.commit()
    assert [c.id for c in claim(stored)] == ids


def test_what_was_claimed_and_not_offered_is_put_back_as_if_it_had_not_been_claimed(stored):
    first, second, third = add(stored, message(1), message(2), message(3))
    before = dict(read(stored, first))
    claim(stored, by="me", limit=2)
    claim(stored, by="another", limit=1)
    with stored.writing() as work:
        outbox.put_back(work.connection, [first, third], "me")
        work.commit()

    assert dict(read(stored, first)) == before
    assert [status(stored, i) for i in (second, third)] == [OutboxStatus.SENDING] * 2  # not said, not mine
    assert [(c.id, c.attempts) for c in claim(stored)] == [(first, 1)]


def test_what_was_swept_and_never_offered_is_put_back_by_its_holder_alone(stored):
    (first,) = add(stored, message(1))
    claim(stored, by="me")
    sweep(stored, None)
    with stored.writing() as work:
        outbox.put_back(work.connection, [first], "another")
        work.commit()
    left = status(stored, first)
    with stored.writing() as work:
        outbox.put_back(work.connection, [first], "me")
        work.commit()

    assert (left, status(stored, first)) == (OutboxStatus.UNCERTAIN, OutboxStatus.QUEUED)


def test_attempts_that_ended_differently_are_recorded_together(stored):
    ids = add(stored, *(message(n) for n in range(4)))
    one, two, three, four = claim(stored)
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=5)
    record(stored, sent(one), deferred(two, soon), deferred(three, later), sent(four))

    rows = [read(stored, i) for i in ids]
    assert [(r["status"], r["not_before"], r["settled_at"]) for r in rows] == [
        (OutboxStatus.SENT, NOW, NOW),
        (OutboxStatus.QUEUED, soon, None),
        (OutboxStatus.QUEUED, later, None),
        (OutboxStatus.SENT, NOW, NOW),
    ]


def test_a_recorded_message_ends_without_a_lease_and_with_its_attempt(stored):
    (first,) = add(stored, message(1))
    record(stored, *map(sent, claim(stored)))

    row = read(stored, first)
    assert (row["status"], row["lease_by"], row["lease_until"], row["settled_at"]) == (
        OutboxStatus.SENT, None, None, NOW,
    )  # fmt: skip
    with stored.reading() as connection:
        attempts = outbox.list_attempts(connection, first)
    assert [(a["attempt"], a["outcome"], a["code"], a["detail"]) for a in attempts] == [
        (1, Attempt.ACCEPTED, "250", "ok")
    ]


def test_a_deferred_message_waits_and_its_next_attempt_has_the_next_number(stored):
    (first,) = add(stored, message(1))
    later = NOW + timedelta(minutes=5)
    record(stored, *(deferred(c, later) for c in claim(stored)))

    assert (status(stored, first), claim(stored)) == (OutboxStatus.QUEUED, [])
    (again,) = claim(stored, now=later)
    record(stored, sent(again))
    with stored.reading() as connection:
        attempts = outbox.list_attempts(connection, first)
    assert [(a["attempt"], a["outcome"]) for a in attempts] == [(1, Attempt.DEFERRED), (2, Attempt.ACCEPTED)]


def test_only_leases_that_ran_out_are_swept(stored):
    early, late, waiting = add(stored, message(1), message(2), message(3))
    claim(stored, limit=1)
    claim(stored, limit=1, now=NOW + timedelta(minutes=5))

    assert sweep(stored, NOW + LEASE) == []
    assert sweep(stored, NOW + LEASE + timedelta(seconds=1)) == [early]
    assert [status(stored, i) for i in (early, late, waiting)] == [
        OutboxStatus.UNCERTAIN, OutboxStatus.SENDING, OutboxStatus.QUEUED,
    ]  # fmt: skip


def test_all_leases_are_swept_when_their_holders_are_known_to_be_dead(stored):
    ids = add(stored, message(1), message(2), message(3))
    claim(stored, limit=2)

    assert sweep(stored, None) == ids[:2]


def test_a_swept_message_is_not_claimed_again(stored):
    add(stored, message(1))
    claim(stored)
    sweep(stored, None)

    assert claim(stored, now=NOW + timedelta(days=30)) == []


@pytest.mark.parametrize(
    ("answer", "after"), [(sent, OutboxStatus.SENT), (lambda c: deferred(c, NOW), OutboxStatus.QUEUED)]
)
def test_an_answer_that_comes_after_the_sweep_ends_the_doubt(stored, answer, after):
    """Of a deliverer that was stopped for longer than its lease, and then went on."""
    (first,) = add(stored, message(1))
    (claimed,) = claim(stored)
    sweep(stored, None)
    record(stored, answer(claimed))

    assert status(stored, first) is after
    with stored.reading() as connection:
        assert [a["attempt"] for a in outbox.list_attempts(connection, first)] == [1]


def test_an_answer_that_comes_after_a_persons_word_is_kept_and_changes_nothing(stored):
    (first,) = add(stored, message(1))
    (claimed,) = claim(stored)
    sweep(stored, None)
    with stored.writing() as work:
        outbox.move(work.connection, [first], [OutboxStatus.UNCERTAIN], OutboxStatus.QUEUED, NOW)
        work.commit()
    claim(stored, by="another")
    record(stored, sent(claimed))

    assert status(stored, first) is OutboxStatus.SENDING
    with stored.reading() as connection:
        assert [a["outcome"] for a in outbox.list_attempts(connection, first)] == [Attempt.ACCEPTED]


def test_messages_move_only_from_where_they_are_said_to_stand(stored):
    queued, held = add(stored, message(1), message(2, status=OutboxStatus.HELD))
    with stored.writing() as work:
        moved = outbox.move(
            work.connection, [queued, held], [OutboxStatus.QUEUED], OutboxStatus.SUPPRESSED, NOW
        )
        work.commit()

    assert moved == [queued]
    assert (status(stored, queued), status(stored, held)) == (OutboxStatus.SUPPRESSED, OutboxStatus.HELD)


@pytest.mark.parametrize(
    ("before", "after"), [(a, b) for a, moves in OUTBOX_MOVES.items() for b in sorted(moves)]
)
def test_a_message_has_an_end_just_while_it_is_not_open(stored, before, after):
    (row,) = add(stored, message(1))
    with stored.writing() as work:
        outbox.move(work.connection, [row], [OutboxStatus.QUEUED], before, NOW)
        outbox.move(work.connection, [row], [before], after, NOW + LEASE)
        (found,) = outbox.list_messages(work.connection)

    first, last = (None if status in OPEN else at for status, at in ((before, NOW), (after, NOW + LEASE)))
    assert (found["status"], found["settled_at"]) == (after, first if after == "bounced" and first else last)


def test_of_a_years_messages_the_few_that_are_open_are_found_by_their_index(stored):
    few = [s for s in OutboxStatus if s in OPEN]
    with stored.reading() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")  # of an empty table it would read all
        query = select(tables.outbox.c.id).where(outbox.stands_in(few), tables.outbox.c.cycle_key == KEY)
        words = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{words}").all()

    assert "ix_outbox_waiting" in str(plan)


def test_waiting_messages_are_those_held_or_queued_in_the_cycle(stored):
    ids = add(stored, *(message(n, status=s) for n, s in enumerate(OutboxStatus)))
    waiting = [i for i, s in zip(ids, OutboxStatus, strict=True) if s in outbox.NOT_LEFT]
    with stored.reading() as connection:
        assert [row for row, _, _ in outbox.list_waiting(connection, KEY)] == waiting
        assert outbox.list_waiting(connection, "other-2027") == []


def test_letters_of_a_day_are_counted_with_how_many_may_still_reach_the_reader(stored):
    same = {"contact_key": "ann"}
    add(
        stored,
        message(1, **same),
        message(2, **same, nth=2, status=OutboxStatus.SUPPRESSED),
        message(3, **same, send_on=date(2027, 2, 2)),
        message(4, contact_key="bob", status=OutboxStatus.SUPPRESSED),
    )
    with stored.reading() as connection:
        found = outbox.letters_that_day(connection, KEY, [date(2027, 2, 1)])

    assert found == {("ann", date(2027, 2, 1)): (2, 1), ("bob", date(2027, 2, 1)): (1, 0)}


def test_sent_and_bounced_messages_are_counted_by_the_readers_day(stored):
    statuses = [OutboxStatus.SENT, OutboxStatus.BOUNCED, OutboxStatus.UNCERTAIN, OutboxStatus.QUEUED]
    add(stored, *(message(n, status=s) for n, s in enumerate(statuses)))
    with stored.reading() as connection:
        assert outbox.count_sent_by_day(connection, KEY) == {date(2027, 2, 1): 2}
        assert outbox.count_by_status(connection, KEY) == dict.fromkeys(statuses, 1)


def test_the_table_of_moves_names_every_status_and_never_leads_out_of_an_ending():
    assert OUTBOX_MOVES.keys() == set(OutboxStatus)
    assert OUTBOX_MOVES[OutboxStatus.SUPPRESSED] == OUTBOX_MOVES[OutboxStatus.BOUNCED] == frozenset()
    assert OutboxStatus.QUEUED not in OUTBOX_MOVES[OutboxStatus.SENT]
