"""A letter of each kind, laid open: the HTML of a real message of the year, ready for a browser."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from yearwheel.calendar.cycle import RungKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.rehearsal.story import SampleMail
from yearwheel.store import Connection, outbox, reminders

FOLDER = "letters"


def write_samples(connection: Connection, cycle_key: str, out: Path) -> Iterator[SampleMail]:
    """Write one sent message of each kind below `out`; kinds of which none was sent are left out."""
    (out / FOLDER).mkdir(exist_ok=True)
    for kind in (*RungKind, *NoticeKind):
        outbox_id = reminders.find_sent_example(connection, cycle_key, kind)
        row = None if outbox_id is None else outbox.read(connection, outbox_id)
        if row is None:
            continue
        body = message_from_bytes(row["raw"], policy=default).get_body(("html",))
        assert body is not None
        path = f"{FOLDER}/{kind}.html"
        (out / path).write_text(body.get_content(), "utf-8")
        yield SampleMail(row["subject"], row["recipient"], path)
