"""Leases that ran out, doubts that are settled, and backups one can open."""

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.apps import KEY, begun, hand_in, ledger, logged, set_clock
from tests.fakes import BROKEN_OFF, FakeMailer
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.services.app import Refused
from yearwheel.services.deliver import deliver
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.upkeep import (
    BACKUPS_KEPT,
    backup,
    list_doubts,
    resolve,
    settle_doubts,
    split_doubts,
    sweep_leases,
)
from yearwheel.store.tables import events


@pytest.fixture
def mailer():
    return FakeMailer()


@pytest.fixture
def app(database, mailer, tmp_path):
    """Of four letters two are in doubt: Ann's and Bob's."""
    app = begun(database, mailer, data_dir=tmp_path)
    mailer.tried.clear()
    set_clock(app, "2027-02-15")
    queue_mail(app, KEY)
    mailer.answers = {"ann@mail.example": BROKEN_OFF, "bob@mail.example": BROKEN_OFF}
    deliver(app)
    mailer.answers.clear()
    return app


def test_every_doubt_is_listed_with_what_identifies_it_oldest_first(app, mailer):
    assert [(d.recipient, d.message_id) for d in list_doubts(app)] == [
        (e.recipient, e.message_id) for e in mailer.tried if "ann@" in e.recipient or "bob@" in e.recipient
    ]


def test_doubts_are_settled_from_what_the_mail_server_says_it_accepted(app, mailer):
    sent_before = len(mailer.sent)
    settled = settle_doubts(app, lambda d: d.recipient.startswith("ann"), by="ada", why="the server's log")
    assert settled == (1, 1)
    deliver(app)

    assert mailer.recipients()[sent_before:] == ["bob@mail.example"]
    assert {row[2] for row in ledger(app, rung="14-days-before") if row[1] in ("ann", "bob")} == {"sent"}
    assert [(e.actor, e.after, e.why) for e in all_logged(app, "doubts_settled")] == [
        ("ada", "sent", "the server's log"),
        ("ada", "queued", "the server's log"),
    ]


def test_doubts_are_told_apart_by_the_mail_servers_log(app, mailer):
    ann, bob = list_doubts(app)
    assert split_doubts(app, KEY, {ann.message_id}) == ([ann.outbox_id], [bob.outbox_id])
    others = {envelope.message_id for envelope in mailer.sent}
    assert split_doubts(app, KEY, others) == ([], [ann.outbox_id, bob.outbox_id])


def test_nothing_goes_again_by_a_log_that_lacks_letters_the_server_took(app, mailer):
    ann, bob = list_doubts(app)
    sent = [envelope.message_id for envelope in mailer.sent]
    whole = {ann.message_id, *sent}
    assert split_doubts(app, KEY, whole, send_others=True) == ([ann.outbox_id], [bob.outbox_id])
    newest = sent[-1]
    with pytest.raises(Refused, match=r"the log is not whole: of . letters of these days .* lacks 1; give"):
        split_doubts(app, KEY, whole - {newest}, send_others=True)
    assert split_doubts(app, KEY, whole - {newest}) == ([ann.outbox_id], [bob.outbox_id])


def test_a_log_that_names_no_letter_of_that_day_settles_nothing(app, mailer):
    yesterday = {envelope.message_id for envelope in mailer.sent[:1]}  # of January
    for taken in (set(), yesterday):
        with pytest.raises(Refused, match="the log names no letter of 2027-02-15; is it of that day"):
            split_doubts(app, KEY, taken)
    settle_doubts(app, lambda doubt: True, by="ada", why="seen")
    assert split_doubts(app, KEY, set()) == ([], [])


def all_logged(app, kind):
    """Events of the installation, which belong to no cycle."""
    with app.database.reading() as connection:
        return list(connection.execute(select(events).where(events.c.kind == kind).order_by(events.c.id)))


def test_only_what_is_in_doubt_can_be_resolved(app):
    doubts = [doubt.outbox_id for doubt in list_doubts(app)]
    assert resolve(app, [*doubts, 1], OutboxStatus.SENT, by="ada", why="seen") == doubts
    assert resolve(app, doubts, OutboxStatus.QUEUED, by="ada", why="again") == []


def test_what_is_not_true_any_more_does_not_go_again(app, mailer):
    ann, bob = list_doubts(app)
    set_clock(app, "2027-02-15 11:00")
    hand_in(app, "budget", "001")
    mailer.tried.clear()
    both = [ann.outbox_id, bob.outbox_id]
    assert resolve(app, both, OutboxStatus.QUEUED, by="ada", why="the server has neither") == both
    deliver(app)

    assert [e.message_id for e in mailer.tried] == [bob.message_id]
    assert ledger(app, rung="14-days-before", contact_key="ann") == [
        ("14-days-before", "ann", "cancelled", "work_in")
    ]
    assert [breach for breach in prove(app, KEY).breaches if breach.rung == "14-days-before"] == []


def test_a_doubt_is_settled_as_sent_or_as_queued_and_as_nothing_else(app):
    with pytest.raises(Refused, match="a doubt is settled as `sent` or as `queued`"):
        resolve(app, [1], OutboxStatus.FAILED, by="ada", why="?")


def test_a_sweep_that_finds_nothing_leaves_no_event(app):
    app.clock.set(app.clock.now() + timedelta(days=1))

    assert sweep_leases(app) == 0
    assert all_logged(app, "leases_swept") == []


def test_a_backup_is_a_database_of_its_own_with_everything_in_it(sqlite_database, tmp_path):
    app = begun(sqlite_database, data_dir=tmp_path)
    copy = sqlite3.connect(backup(app))
    kept = copy.execute("SELECT count(*) FROM reminder").fetchone()
    copy.close()

    assert kept == (len(ledger(app)),)
    assert logged(app, "cycle_published")


def test_only_the_newest_backups_are_kept(sqlite_database, tmp_path):
    app = begun(sqlite_database, data_dir=tmp_path)
    made = []
    for _ in range(BACKUPS_KEPT + 2):
        app.clock.set(app.clock.now() + timedelta(days=1))
        made.append(backup(app))

    assert sorted((tmp_path / "backups").iterdir()) == made[2:]


def test_postgresql_is_backed_up_by_its_own_tools(postgresql_database, tmp_path):
    app = begun(postgresql_database, data_dir=tmp_path)

    assert backup(app) is None
    assert not (tmp_path / "backups").exists()
