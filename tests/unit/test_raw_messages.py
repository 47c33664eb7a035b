"""The exact bytes of messages come back as they were, whichever other message they were packed against."""

import zlib
from email import message_from_bytes

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from tests.apps import KEY, at, make_app, round_at
from tests.unit.test_store_outbox import message
from yearwheel.store import outbox, raw_messages
from yearwheel.store.raw_messages import Kept, packer
from yearwheel.store.tables import raw_messages as table

RAWS = [b"", b"\x00\xff\r\n.\r\n", b"Subject: words\r\n" * 5000, b"Subject: words\r\n" * 5000 + b"and more"]


@given(raw=st.binary(), like=st.binary(), same=st.binary())
def test_what_is_packed_against_another_comes_back_exactly(raw, like, same):
    for whole in (raw, raw + like + same, like[:10] + raw):
        assert Kept(packer(like)(whole), packer()(like)).unpack() == whole


def test_one_packer_packs_many_and_the_order_does_not_matter():
    pack = packer(RAWS[2])

    there, back = [pack(raw) for raw in RAWS], [pack(raw) for raw in reversed(RAWS)]

    assert there == back[::-1]
    assert [Kept(packed, packer()(RAWS[2])).unpack() for packed in there] == RAWS


def test_what_was_cut_off_or_has_a_wrong_original_is_not_taken_for_a_message():
    original, packed = packer()(RAWS[2]), packer(RAWS[2])(RAWS[3])

    for kept in (
        Kept(packed[:-1], original),
        Kept(packed, packer()(RAWS[2][1:])),
        Kept(packed, original[:-1]),
        Kept(packed),
    ):
        with pytest.raises(zlib.error):
            kept.unpack()


def put_in(database, *messages):
    make_app(database)
    with database.writing() as work:
        ids = outbox.add(work.connection, messages)
        work.commit()
    return ids


def test_messages_of_one_kind_lean_on_the_first_of_them_and_each_comes_back(database):
    kinds = ["a", "b", "a", "a", "b", "c"]
    letters = [
        message(n, raw=b"Subject: %s\r\n" % kind.encode() * 99 + b"%d" % n, template_version=kind)
        for n, kind in enumerate(kinds)
    ]
    ids = put_in(database, *letters)

    with database.reading() as connection:
        found = raw_messages.read(connection, ids)
        leans = connection.scalars(select(table.c.like_id).order_by(table.c.outbox_id)).all()
        assert leans == [None, None, ids[0], ids[0], ids[1], None]
        assert {row: kept.unpack() for row, kept in found.items()} == {
            row: letter.raw for row, letter in zip(ids, letters, strict=True)
        }
        alone = raw_messages.read(connection, ids[3:4])  # without its original among those asked for
        assert [kept.unpack() for kept in alone.values()] == [letters[3].raw]


def test_no_message_that_another_leans_on_can_be_taken_away(database):
    first, _ = put_in(database, message(1), message(2))
    with database.writing() as work, pytest.raises(IntegrityError):
        work.connection.execute(table.delete().where(table.c.outbox_id == first))


def test_a_claim_brings_every_message_whole(database):
    letters = [message(n, raw=b"Subject: alike\r\n" * 50 + b"%d" % n) for n in range(5)]
    ids = put_in(database, *letters)
    with database.writing() as work:
        claimed = outbox.claim(
            work.connection, KEY, now=at("2027-02-01"), until=at("2027-02-01"), by="me",
            zones=["America/New_York"], limit=9,
        )  # fmt: skip

    assert [(c.id, c.raw) for c in claimed] == [
        (row, letter.raw) for row, letter in zip(ids, letters, strict=True)
    ]


def test_a_real_rounds_letters_are_kept_small_and_read_as_they_were_sent(database):
    app = make_app(database)
    round_at(app, "2027-01-04")
    with database.reading() as connection:
        ids = list(connection.scalars(select(table.c.outbox_id)))
        leaning = connection.scalar(select(func.count()).where(table.c.like_id.is_not(None)))
        read = [outbox.read(connection, row) for row in ids]

    assert 0 < leaning < len(ids)
    for row in read:
        assert message_from_bytes(row["raw"])["Message-ID"] == row["message_id"]


def test_messages_go_down_a_version_and_up_again_unchanged(database):
    ids = put_in(database, *(message(n, raw=raw) for n, raw in enumerate(RAWS)))
    database.migrate(command.downgrade, "0001")
    with database.reading() as connection:
        packed = connection.execute(text("SELECT raw FROM raw_message ORDER BY outbox_id")).all()
    assert [zlib.decompress(raw) for (raw,) in packed] == RAWS

    database.upgrade()
    with database.reading() as connection:
        found = raw_messages.read(connection, ids)
    assert [found[row].unpack() for row in ids] == RAWS


def test_damage_in_the_database_is_told_and_not_sent(database):
    (row,) = put_in(database, message(1))
    with database.writing() as work:
        work.connection.execute(update(table).values(packed=b"no message"))
        with pytest.raises(zlib.error):
            outbox.read(work.connection, row)
