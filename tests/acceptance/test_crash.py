"""Killed twenty times while it delivers, the year ends as it would have: nothing lost, nothing twice."""

import json
import random
import signal
from collections import Counter
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.acceptance.dying_year import DELIVERED, POINTS, run_year
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.services.deliver import BATCH
from yearwheel.store.database import Database
from yearwheel.store.tables import events, outbox

SEED = 2027
KILLS = 20
PROCESSES = get_context("forkserver")  # each life starts without importing everything anew
PROCESSES.set_forkserver_preload(["tests.acceptance.dying_year"])
IN_DOUBT = POINTS[1:5]  # between the claim's commit and the record's


@dataclass(frozen=True, slots=True)
class Kill:
    """Where one life of the process ended, and what it left behind."""

    point: str
    delivered: int  # messages in inboxes so far
    held: list[int]  # outbox rows that were being sent


@dataclass(frozen=True, slots=True)
class Ended:
    """A year that came to its end, in one life or in many."""

    out: Path
    summary: dict[str, Any]
    kills: list[Kill]


def live(out: Path, *fate: str | int) -> int | None:
    """Run or resume the year in a process of its own, until it ends or dies; gives its exit code."""
    life = PROCESSES.Process(target=run_year, args=(out, *fate))
    life.start()
    life.join(120)
    return life.exitcode


def being_sent(out: Path) -> list[int]:
    database = Database(f"sqlite:///{out / 'yearwheel.sqlite'}")
    with database.reading() as connection:
        query = select(outbox.c.id).where(outbox.c.status == OutboxStatus.SENDING).order_by(outbox.c.id)
        found = list(connection.scalars(query))
    database.close()
    return found


def delivered(out: Path) -> list[str]:
    log = out / DELIVERED
    return log.read_text().splitlines() if log.exists() else []


def read_summary(out: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return summary


def inboxes(out: Path) -> dict[str, bytes]:
    """Every message of every inbox by its place, as bytes."""
    folder = out / "inboxes"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/new/*")}


@pytest.fixture(scope="module")
def smooth(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    out = tmp_path_factory.mktemp("smooth")
    assert live(out) == 0
    return Ended(out, read_summary(out), [])


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    out = tmp_path_factory.mktemp("crashed")
    chance = random.Random(SEED)
    points = [*POINTS] * (KILLS // len(POINTS) + 1)
    chance.shuffle(points)
    kills = []
    for point in points[:KILLS]:
        code = live(out, point, chance.randint(1, 8), chance.randint(1, 6))
        assert code == -signal.SIGKILL, f"the year ended before kill {len(kills) + 1} of {KILLS}"
        kills.append(Kill(point, len(delivered(out)), being_sent(out)))
    assert live(out) == 0
    return Ended(out, read_summary(out), kills)


@pytest.mark.slow
def test_killed_twenty_times_the_year_has_the_digest_of_a_smooth_one(smooth, crashed):
    print(f"\n{'kill':>4}  {'delivered':>9}  {'in doubt':>8}  point")
    for number, kill in enumerate(crashed.kills, 1):
        print(f"{number:>4}  {kill.delivered:>9}  {len(kill.held):>8}  {kill.point}")

    figures = ("ledger_digest", "messages", "duplicates", "missed", "uncertain", "proof")
    assert {name: crashed.summary[name] for name in figures} == {
        name: smooth.summary[name] for name in figures
    }
    assert (crashed.summary["duplicates"], crashed.summary["proof"]) == (0, "holds")


@pytest.mark.slow
def test_every_inbox_holds_the_same_bytes_as_after_a_smooth_year(smooth, crashed):
    assert inboxes(crashed.out) == inboxes(smooth.out)
    assert len(inboxes(crashed.out)) == smooth.summary["messages"]


@pytest.mark.slow
def test_no_message_reached_an_inbox_twice(crashed):
    log = delivered(crashed.out)

    assert [line for line, count in Counter(log).items() if count > 1] == []
    assert len(log) == len(inboxes(crashed.out))


@pytest.mark.slow
def test_a_kill_leaves_messages_in_doubt_only_between_the_claim_and_the_record(crashed):
    assert {kill.point for kill in crashed.kills} == set(POINTS)
    for kill in crashed.kills:
        assert bool(kill.held) is (kill.point in IN_DOUBT), kill
        assert len(kill.held) <= BATCH


@pytest.mark.slow
def test_exactly_what_was_being_sent_was_called_uncertain_and_then_settled(crashed):
    database = Database(f"sqlite:///{crashed.out / 'yearwheel.sqlite'}")
    with database.reading() as connection:
        swept = connection.execute(select(events.c.kind, events.c.detail).order_by(events.c.id)).all()
    database.close()

    in_doubt = [kill.held for kill in crashed.kills if kill.held]
    assert [detail["outbox"] for kind, detail in swept if kind == "leases_swept"] == in_doubt
    settled = [i for kind, detail in swept if kind == "doubts_settled" for i in detail["outbox"]]
    assert sorted(settled) == sorted(i for held in in_doubt for i in held)
