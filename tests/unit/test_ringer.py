"""Handing the bells to Prefect and taking them back: one rings, never two, and never nobody unnoticed."""

import asyncio
import fcntl
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from tests.apps import KEY, make_app
from yearwheel import serve
from yearwheel.engine import PrefectServer
from yearwheel.services.app import App, Refused
from yearwheel.services.bells import Hung
from yearwheel.services.ringer import find_ringer, hand_to_prefect, silent_bells, take_from_prefect
from yearwheel.store.database import Database
from yearwheel.store.tables import events

API = "http://127.0.0.1:4200/api"


def hand_over(app: App, pool: str = "yearwheel") -> list[tuple[str, list[str]]]:
    """What Prefect is told: our name there and the bells."""
    told: list[tuple[str, list[str]]] = []

    def register(installation: str, bells: Sequence[Hung]) -> None:
        told.append((installation, [bell.words for bell in bells]))

    hand_to_prefect(app, register, pool=pool, api_url=API, by="ada")
    return told


def test_prefect_is_told_every_bell_and_again_under_the_same_name(database: Database) -> None:
    app = make_app(database)
    ((name, bells),) = hand_over(app)

    assert bells == [
        f"round {KEY}: 5 8-15 * * * America/New_York",
        "postman: */15 * * * * UTC",
        "upkeep: 40 4 * * * UTC",
    ]
    assert hand_over(app) == [(name, bells)]
    found = find_ringer(app)
    assert found is not None
    assert (found.installation, found.pool, found.api_url, found.by) == (name, "yearwheel", API, "ada")
    assert list(found.bells) == bells


def test_the_bells_come_back_and_both_is_on_record(database: Database) -> None:
    app = make_app(database)
    hand_over(app)
    asked = []
    take_from_prefect(app, lambda ringer: asked.append(ringer.api_url), by="bob")

    assert (find_ringer(app), asked) == (None, [API])
    with pytest.raises(Refused, match="Prefect does not ring the bells of this installation"):
        take_from_prefect(app, lambda _: None, by="bob")
    with database.reading() as connection:
        moves = connection.execute(select(events.c.actor, events.c.kind).order_by(events.c.id)).all()
    assert [(who, what) for who, what in moves if what.startswith("bells_")] == [
        ("ada", "bells_handed_to_prefect"),
        ("bob", "bells_taken_from_prefect"),
    ]


def test_bells_that_prefect_did_not_take_stay_here(sqlite_database: Database) -> None:
    app = make_app(sqlite_database)

    def fails(_name: str, _bells: Sequence[Hung]) -> None:
        raise Refused("no answer")

    with pytest.raises(Refused, match="no answer"):
        hand_to_prefect(app, fails, pool="yearwheel", api_url=API, by="ada")
    assert find_ringer(app) is None

    hand_over(app)
    with pytest.raises(Refused, match="no answer"):
        hand_to_prefect(app, fails, pool="yearwheel", api_url=API, by="ada")
    with sqlite_database.reading() as connection:
        # Which of them are left there nobody knows, so all count as silent until somebody deploys again.
        assert len(silent_bells(connection, each_minute=False)) == 3


def test_a_rate_that_sends_the_postman_each_minute_has_to_be_told(sqlite_database: Database) -> None:
    hand_over(make_app(sqlite_database))

    with sqlite_database.reading() as connection:
        assert silent_bells(connection, each_minute=False) == []
        assert silent_bells(connection, each_minute=True) == ["postman: * * * * * UTC"]


def test_another_server_gets_them_only_when_the_first_gave_them_back(sqlite_database: Database) -> None:
    app = make_app(sqlite_database)
    hand_over(app, pool="first")

    with pytest.raises(Refused, match="work pool first, rings the bells; first take them away there"):
        hand_over(app, pool="second")


def test_several_machines_sign_links_with_one_secret(database: Database) -> None:
    app = make_app(database)
    app = replace(app, settings=app.settings.model_copy(update={"secret": SecretStr("")}))

    if database.is_sqlite:  # all workers are on this machine, where the secret is
        assert len(hand_over(app)) == 1
        return
    with pytest.raises(Refused, match="set YEARWHEEL_SECRET to the same words here and for every worker"):
        hand_over(app)


def test_while_serve_rings_they_are_not_handed_over(sqlite_database: Database, tmp_path: Path) -> None:
    app = make_app(sqlite_database, data_dir=tmp_path)
    with (tmp_path / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        json.dump({"pid": 17, "address": "http://127.0.0.1:8000", "rings": True}, lock)
        lock.flush()
        with pytest.raises(Refused, match=r"^yearwheel serve rings these bells already, on http://127"):
            hand_over(app)
    assert len(hand_over(app)) == 1  # nobody holds the lock any more


def test_a_serve_that_still_runs_elsewhere_rings_no_bell_that_was_handed_over(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(sqlite_database)
    rung: list[str] = []

    async def run(_server: PrefectServer, flow: str, *_: str) -> None:
        rung.append(flow)

    monkeypatch.setattr(serve, "_run", run)
    make_scheduler, rings = serve.make_scheduler, []

    def listening(cycles, ring, clock, **options):  # type: ignore[no-untyped-def]
        rings.append(ring)
        return make_scheduler(cycles, ring, clock, **options)

    monkeypatch.setattr(serve, "make_scheduler", listening)

    async def ring_before_and_after() -> None:
        async with serve._bells(app, PrefectServer(tmp_path, ui=False))(FastAPI()):
            await rings[0]("deliver", "", "before")
            await asyncio.to_thread(hand_over, app)
            await rings[0]("upkeep", "", "after")

    asyncio.run(ring_before_and_after())
    assert rung == ["deliver"]
