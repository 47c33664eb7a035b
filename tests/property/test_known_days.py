"""What each reader knows of a deadline is the day in force, and a new day names the one that they knew."""

import re
import shutil
from datetime import date, datetime
from email import message_from_bytes, policy
from itertools import pairwise
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps import CYCLE, KEY, PEOPLE
from tests.property.test_any_order import Year
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.notifications.news import TOLD_THE_YEAR
from yearwheel.services.active import read_active
from yearwheel.stages.status import OWED
from yearwheel.store import outbox, pauses, standings
from yearwheel.store.database import Database

ACTS = ["extend", "take_back", "move_the_date", "move_the_date", "take_breaks", "hand_in", "send_back",
        "declare", "end_it", "excuse", "reinstate", "undo", "extend_all", "pause", "resume"]  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(["budget", "budget", "plan"]),
        st.sampled_from(["001", "002", "003"]),
        st.integers(1, 25),
        st.sampled_from([0, 0, 1, 2, 6]),
    ),
    min_size=2,
    max_size=10,
)
TITLES = {stage.title: stage.key for stage in CYCLE.stages}
_NEW_DAY = re.compile(r"^(.* has a new date|The date of .* moved)$", re.MULTILINE)
_DAY = re.compile(r"[A-Z][a-z]+day, ([A-Z][a-z]+ \d+)(?:, (\d{4}))?")


def read_day(words: str) -> date:
    found = _DAY.search(words)
    assert found, words
    return datetime.strptime(f"{found[1]} {found[2] or 2027}", "%B %d %Y").date()  # noqa: DTZ007


def read_blocks(text: str) -> list[tuple[str, date, date | None]]:
    """Of each thing a letter says: the stage, the day it gives, and the one it says that day replaces."""
    found: list[tuple[str, date, date | None]] = []
    parts = text.split("-" * 64 + "\n")
    for before, block in pairwise(parts):
        headline, body = before.rstrip("\n").rpartition("\n")[2], block.rpartition("\n\n")[0]
        if headline.startswith("The dates of the year"):
            of_year = re.findall(r"  - (\w+)\n    (\w+, \w+ \d+)", block)
            found += [(TITLES[title], read_day(day), None) for title, day in of_year]
        stage = next((key for title, key in TITLES.items() if title in headline), None)
        due, was = (re.search(rf"^{name}: (.*)", body, re.MULTILINE) for name in ("Due", "Instead of"))
        if stage and due:
            found.append((stage, read_day(due[1]), read_day(was[1]) if was else None))
    return found


@settings(max_examples=12)
@given(steps=STEPS)
def test_readers_know_the_day_in_force_and_a_new_one_replaces_what_they_knew(beginning, steps):
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{shutil.copy(beginning, folder)}", durable=False)
        year = Year(database)
        for word, stage, code, ahead, days in steps:
            year.do(word, stage, code, ahead)
            year.live(days)
        year.do("resume", "", "", 0)
        year.live(5)
        _hold_to_the_days_in_force(year, _follow(year))
        database.close()


def _follow(year: Year) -> dict[tuple[str, str], date]:
    """By reader and stage the day that letters told last, each new one held to the one before."""
    known: dict[tuple[str, str], date] = {}
    with year.app.database.reading() as connection:
        rows = outbox.list_messages(connection, cycle_key=KEY, statuses=[OutboxStatus.SENT])
        for row in sorted(rows, key=lambda row: row["id"]):
            raw = outbox.read(connection, row["id"])["raw"]
            text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
            blocks = read_blocks(text.replace("\r\n", "\n"))
            for stage, _, was in blocks:
                if was is not None:
                    assert was == known.get((row["contact_key"], stage)), (row["contact_key"], stage, text)
            for stage, due, was in blocks if _NEW_DAY.search(text) and len(blocks) == 1 else ():
                knew = known.get((row["contact_key"], stage), due)
                assert was == (knew if knew != due else None), (row["contact_key"], stage, text)
            for stage, due, _ in blocks:
                known[row["contact_key"], stage] = due
    return known


def _hold_to_the_days_in_force(year: Year, known: dict[tuple[str, str], date]) -> None:
    with year.app.database.reading() as connection:
        assert pauses.find_open(connection, KEY) is None
        active = read_active(connection, KEY)
        here = {s.place: s for s in standings.find(connection, KEY)}
    for (contact_key, stage_key), day in known.items():
        contact, stage = PEOPLE.contacts[contact_key], active.stages[stage_key]
        standing = here.get((stage_key, contact.district_code))
        if standing is None or stage.review is not None or standing.status not in OWED:
            continue
        if not contact.roles & {*stage.tell, *TOLD_THE_YEAR}:  # higher up they hear only that it is late
            continue
        assert day == (standing.due_on or stage.dates.due.on), (contact_key, stage_key)
