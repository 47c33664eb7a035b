"""The flows against one real Prefect server: what they run, in which order, under which names."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.apps import KEY, make_app, set_clock
from yearwheel.bootstrap import use_app
from yearwheel.engine import EngineFailed, PrefectServer, count_flow_runs, prefect_server
from yearwheel.services.advance import RoundReport
from yearwheel.services.app import App
from yearwheel.store.database import Database

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        yield url


def ask(api_url: str, what: str, **filters: Any) -> list[dict[str, Any]]:
    body = json.dumps(filters).encode()
    request = Request(f"{api_url}/{what}/filter", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def run_round(app: App, api_url: str, as_of: str) -> RoundReport:
    from yearwheel.flows.advance import advance
    from yearwheel.flows.runs import session

    async def once() -> RoundReport:
        async with session(api_url):
            return await advance(KEY, as_of)

    with use_app(app):
        return asyncio.run(once())


def test_a_round_runs_each_stage_with_work_and_leaves_what_it_did_to_read(
    api_url: str, sqlite_database: Database
) -> None:
    app = make_app(sqlite_database)
    set_clock(app, "2027-02-01")
    before = count_flow_runs(api_url)

    report = run_round(app, api_url, "2027-02-01")

    worked = [stage.stage_key for stage in report.stages]
    assert worked == ["setup", "budget", "plan"]
    assert count_flow_runs(api_url) - before == 1 + len(worked)
    runs = ask(api_url, "flow_runs", sort="START_TIME_ASC", flow_runs={"name": {"like_": "2027-02-01"}})
    assert [run["name"] for run in runs] == [
        "small-2027 · advance · 2027-02-01",
        "small-2027 · setup · 2027-02-01",
        "small-2027 · budget · 2027-02-01",
        "small-2027 · plan · 2027-02-01",
    ]
    assert {artifact["key"] for artifact in ask(api_url, "artifacts")} == {
        "small-2027-setup",
        "small-2027-budget",
        "small-2027-plan",
        "small-2027-progress",
    }


def test_a_round_run_again_finds_nothing_left(api_url: str, sqlite_database: Database) -> None:
    app = make_app(sqlite_database)
    set_clock(app, "2027-02-01")
    run_round(app, api_url, "once")
    again = run_round(app, api_url, "twice")
    assert (again.stages, again.queued.letters, again.delivered.sent) == ([], 0, 0)


def test_steps_that_may_be_repeated_are_and_sending_is_not() -> None:
    from yearwheel.tasks import mail, rounds, upkeep

    steps = (rounds.work_stage, rounds.queue_mail, mail.send, upkeep.sweep_leases, upkeep.backup)
    assert {step.name: step.retries for step in steps} == {
        "work_stage": 2,
        "queue_mail": 2,
        "send": 0,
        "sweep_leases": 1,
        "backup": 1,
    }


def test_a_server_that_cannot_start_says_what_it_wrote_last(
    tmp_path: Path,
) -> None:
    (tmp_path / "prefect.db").mkdir()  # where its database should be
    before = dict(os.environ)
    with pytest.raises(EngineFailed, match="ended while starting") as failure, prefect_server(tmp_path):
        pass
    assert str(failure.value).endswith(f"The whole log: {tmp_path / 'server.log'}")
    assert dict(os.environ) == before


def test_a_server_runs_only_inside_its_block(tmp_path: Path) -> None:
    server = PrefectServer(tmp_path, ui=False)
    with server.launched():
        assert server.is_running()
    assert not server.is_running()
