"""`yearwheel deploy` against a real Prefect server that schedules, and a real worker that does the work."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.test_serve import fetch, free_port, serving
from tests.flow.test_flows import ask
from tests.terminal import Terminal
from yearwheel.engine import prefect_server

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
CALENDAR = ROOT / "tests" / "cycles" / "small.yaml"
PEOPLE = """\
code,name,kind,timezone
001,Ash County,county,America/New_York
OET,Office of Testing,state_office,America/New_York
"""
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


@contextmanager
def running(*command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | QUIET | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # a worker told to stop waits for a bell that rings just then
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server as its operators run it: with all its services, unlike the one inside `serve`."""
    port, home = free_port(), tmp_path_factory.mktemp("prefect")
    words = ("-m", "uvicorn", "--factory", "tests.flow.scheduling:create_app", "--port", str(port))
    address = f"http://127.0.0.1:{port}/api"
    settings = {"PREFECT_HOME": str(home), "PREFECT_API_URL": address, "PREFECT_SERVER_UI_ENABLED": "false"}
    with running(sys.executable, *words, **settings):
        fetch(f"{address}/health", seconds=120)
        yield address


@pytest.fixture
def terminal(tmp_path: Path, api_url: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", api_url)
    terminal = Terminal(tmp_path)
    terminal.writes("people.csv", PEOPLE)
    terminal.does("roster", "import", "people.csv", "--generate-contacts")
    publish(terminal, "small-2027")
    return terminal


def publish(terminal: Terminal, key: str) -> str:
    calendar = terminal.writes(f"{key}.yaml", CALENDAR.read_text("utf-8").replace("small-2027", key))
    terminal.does("cycle", "create", calendar, "--at", "2026-12-28T09:00")
    return terminal.does("cycle", "publish", key, "--yes", "--at", "2026-12-28T09:00")


def deploy(terminal: Terminal, *words: str) -> str:
    """What it says, on stdout or as a refusal."""
    done = terminal.type("deploy", *words)
    return done.stdout if done.exit_code == 0 else f"refused: {done.stderr.strip()}"


def deployed(api_url: str, pool: str) -> dict[str, dict[str, Any]]:
    found = ask(api_url, "deployments", work_pools={"name": {"any_": [pool]}})
    return {each["name"]: each for each in found}


def wait_for(look: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def test_the_bells_are_registered_scheduled_rung_by_a_worker_and_taken_away(
    terminal: Terminal, api_url: str, tmp_path: Path
) -> None:
    listed = deploy(terminal, "--dry-run")
    assert [line.split() for line in listed.splitlines()[2:5]] == [
        ["round", "small-2027", "advance", "5", "8-15", "*", "*", "*", "America/New_York"],
        ["postman", "deliver", "*/15", "*", "*", "*", "*", "UTC"],
        ["upkeep", "upkeep", "40", "4", "*", "*", "*", "UTC"],
    ]
    assert deployed(api_url, "yearwheel") == {}

    said = deploy(terminal)

    assert said.startswith(listed.split("\n\n")[0].rstrip()), said
    found = deployed(api_url, "yearwheel")
    assert {name: each["entrypoint"] for name, each in found.items()} == {
        "yearwheel round small-2027": "yearwheel.flows.advance.advance",
        "yearwheel postman": "yearwheel.flows.deliver.deliver",
        "yearwheel upkeep": "yearwheel.flows.upkeep.upkeep",
    }
    round_ = found["yearwheel round small-2027"]
    assert round_["parameters"] == {"cycle": "small-2027"}
    assert round_["job_variables"]["env"]["YEARWHEEL_DATA_DIR"] == str(tmp_path / "data")
    scheduled = ask(api_url, "flow_runs", deployments={"id": {"any_": [round_["id"]]}})
    moments = {datetime.fromisoformat(run["expected_start_time"]) for run in scheduled}
    local = {moment.astimezone(ZoneInfo("America/New_York")) for moment in moments}
    assert {moment.minute for moment in local} == {5}
    assert {moment.hour for moment in local} <= set(range(8, 16))

    due = ring_now(api_url, round_["id"])
    prefect = str(Path(sys.executable).with_name("prefect"))
    home = {"PREFECT_HOME": str(tmp_path / "worker"), "PREFECT_API_URL": api_url}
    with running(prefect, "worker", "start", "--pool", "yearwheel", **home):
        run = wait_for(lambda: ended(api_url, due["id"]))
    assert run["state_type"] == "COMPLETED"
    moment = datetime.fromisoformat(due["expected_start_time"]).astimezone(ZoneInfo("America/New_York"))
    assert run["name"] == f"small-2027 · advance · {moment:%Y-%m-%d %H:%M}"
    assert [line["cycle_key"] for line in rounds_of(tmp_path)] == ["small-2027"]

    assert "rings no longer" in deploy(terminal, "--remove")
    assert deployed(api_url, "yearwheel") == {}
    assert deploy(terminal, "--remove").startswith("refused: Prefect does not ring the bells of this ")


def test_a_cycle_published_later_is_told_of_until_prefect_knows_it(
    terminal: Terminal, api_url: str, tmp_path: Path
) -> None:
    deploy(terminal, "--pool", "later")
    assert "rung by Prefect" in terminal.does("doctor")

    assert f"Prefect on {api_url} rings the bells and has to be told: yearwheel deploy" in publish(
        terminal, "other-2027"
    )
    ill = terminal.type("doctor")
    assert ill.exit_code == 1
    assert "does not know: round other-2027: 5 8-15 * * * America/New_York" in " ".join(ill.stdout.split())

    deploy(terminal, "--pool", "later")
    assert "later round other-2027" in deployed(api_url, "later")
    terminal.does("doctor")
    terminal.does("cycle", "close", "other-2027", "--why", "no longer", "--yes", "--at", "2026-12-29T09:00")
    deploy(terminal, "--pool", "later")
    assert sorted(deployed(api_url, "later")) == ["later postman", "later round small-2027", "later upkeep"]
    assert f"Prefect on {api_url} rings the bells and has to be told: yearwheel deploy" in terminal.does(
        "cycle", "reopen", "other-2027", "--why", "after all", "--at", "2026-12-30T09:00"
    )


def test_two_installations_do_not_share_a_work_pool(
    terminal: Terminal, api_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    deploy(terminal, "--pool", "shared")
    other = Terminal(tmp_path_factory.mktemp("other"))
    other.does("db", "upgrade")

    assert deploy(other, "--pool", "shared").startswith(
        "refused: the work pool shared rings for another installation already"
    )
    assert "shared round small-2027" in deployed(api_url, "shared")
    assert deploy(other, "--remove").startswith("refused: Prefect does not ring")


def test_a_server_that_schedules_nothing_is_not_trusted_with_the_bells(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yearwheel.flows import deployments

    monkeypatch.setattr(deployments, "PATIENCE", 2)
    with prefect_server(tmp_path / "prefect") as without_scheduler:
        monkeypatch.setenv("PREFECT_API_URL", without_scheduler)
        refused = deploy(terminal)
        left = deployed(without_scheduler, "yearwheel")

    assert refused.startswith(f"refused: Prefect on {without_scheduler} took the bells and scheduled no run")
    assert left == {}
    assert "bells" not in terminal.does("doctor")


def test_serve_and_prefect_never_ring_the_same_bells(
    terminal: Terminal, api_url: str, tmp_path: Path
) -> None:
    data, port = tmp_path / "data", free_port()
    with serving(data, port) as process:
        fetch(f"http://127.0.0.1:{port}/healthz", seconds=60)
        refused = deploy(terminal, "--pool", "ours")
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    assert refused == (
        f"refused: yearwheel serve rings these bells already, on http://127.0.0.1:{port} (process "
        f"{process.pid}); stop it, deploy, and start it again: it then serves pages only"
    )
    assert deployed(api_url, "ours") == {}

    deploy(terminal, "--pool", "ours")
    with serving(data, port) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        fetch(f"http://127.0.0.1:{port}/healthz", seconds=60)
        assert Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() == ""
        again = deploy(terminal, "--pool", "ours")
    assert said.strip() == f"Yearwheel on http://127.0.0.1:{port}; Prefect on {api_url[:-4]} rings the bells"
    assert "rings these bells now" in again


def test_a_server_that_is_not_there_is_told_in_a_sentence_and_nothing_is_handed_over(
    terminal: Terminal, api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    refused = deploy(terminal)
    assert refused.startswith("refused: Prefect on http://127.0.0.1:")
    assert refused.endswith("check PREFECT_API_URL and that the server runs")
    monkeypatch.delenv("PREFECT_API_URL")
    assert deploy(terminal).startswith("refused: say which Prefect server: PREFECT_API_URL=")
    assert "bells" not in terminal.does("doctor")

    monkeypatch.setenv("PREFECT_API_URL", api_url)
    deploy(terminal, "--pool", "gone")
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    assert deploy(terminal, "--pool", "gone").startswith(
        f"refused: Prefect on {api_url}, work pool gone, rings"
    )
    assert "rings no longer" in deploy(terminal, "--remove", "--forget")


def ring_now(api_url: str, deployment: str) -> dict[str, Any]:
    """Schedule one run for this moment, as the schedule does for its own."""
    import json
    from urllib.request import Request, urlopen

    body = json.dumps({"state": {"type": "SCHEDULED"}}).encode()
    request = Request(
        f"{api_url}/deployments/{deployment}/create_flow_run", body, {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=10) as answer:
        made: dict[str, Any] = json.load(answer)
    return made


def ended(api_url: str, run_id: str) -> dict[str, Any] | None:
    (run,) = ask(api_url, "flow_runs", flow_runs={"id": {"any_": [run_id]}})
    return run if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


def rounds_of(folder: Path) -> list[dict[str, Any]]:
    from yearwheel.store import rounds
    from yearwheel.store.database import Database

    database = Database(f"sqlite:///{folder}/data/yearwheel.sqlite")
    with database.reading() as connection:
        found = rounds.list_newest(connection, 10)
    database.close()
    return found
