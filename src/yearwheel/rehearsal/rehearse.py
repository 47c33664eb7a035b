"""Rehearse a whole cycle: every e-mail, every answer, and the proof at the end, in a folder to look at."""

import asyncio
import gc
import json
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Literal

from pydantic import SecretStr

from yearwheel.bootstrap import build_app, use_app
from yearwheel.calendar.cycle import Cycle
from yearwheel.calendar.ics import cycle_ics
from yearwheel.clock import VirtualClock
from yearwheel.config.cycle_file import load_cycle
from yearwheel.config.settings import Mail, Settings
from yearwheel.engine import PrefectServer, count_flow_runs
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.rehearsal.behaviour import People
from yearwheel.rehearsal.brake import Brake
from yearwheel.rehearsal.gather import gather_story
from yearwheel.rehearsal.inboxes import RehearsalMailer
from yearwheel.rehearsal.report import write_report
from yearwheel.rehearsal.story import LedgerFigures
from yearwheel.rehearsal.year import Round, Year, morning, run_year
from yearwheel.roster.people import Roster
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.advance import advance
from yearwheel.services.app import App, Refused
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.ledger_digest import ledger_digest
from yearwheel.services.prove import prove
from yearwheel.services.upkeep import settle_doubts, sweep_leases
from yearwheel.store import cycles, outbox, reminders, rosters

STAGE_MANAGER = "rehearsal"
MARK = ".rehearsal"  # a folder with this file in it is ours to empty
SUMMARY = "summary.json"  # written last
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to rehearse, with whom, and where to put it."""

    cycle_source: str
    out: Path
    seed: int = 1
    through: Literal["direct", "prefect"] = "direct"
    roster: Roster | None = None  # None is the shipped one
    database_url: str = ""  # empty is SQLite in `out`
    resume: bool = False
    start_over: bool = False  # even where a rehearsal was cut off
    command: str = "yearwheel rehearse"
    cycle_name: str = "cycle.yaml"  # what messages call the calendar


@dataclass(frozen=True, slots=True)
class Summary:
    """What `summary.json` says."""

    cycle: str
    districts: int
    stages: int
    planned: int  # rows of the ledger = sent + all reasons
    sent: int  # of them, those that left in a message
    messages: int  # a digest carries several
    reasons: dict[str, int]  # why the others did not go
    missed: int
    duplicates: int
    uncertain: int
    proof: str
    ledger_digest: str
    seconds: float
    flow_runs: int
    seed: int = 1
    through: str = "direct"


def rehearse(plan: Plan, on_progress: OnProgress) -> Summary:
    """Run the year and write the folder. Refused when the folder holds something else, or a year cut off.

    Ctrl-C while the year is walked raises Stopped at the end of that day, and KeyboardInterrupt when pressed
    again or at another time. With `resume` an interrupted rehearsal goes on where it stopped: what was being
    sent is first called uncertain, then settled from what the inboxes hold.
    """
    began = perf_counter()
    plan = replace(plan, roster=plan.roster or shipped_roster())
    cycle = load_cycle(plan.cycle_source, plan.cycle_name)
    _prepare_folder(plan)
    clock = VirtualClock(morning(cycle, Year.of(cycle).first))
    brake = Brake()

    def on_day(day: date, number: int, days: int) -> None:
        on_progress(f"{day:%B %Y}", number, days)
        brake.day_is_over(day)

    with ExitStack() as stack:
        server = stack.enter_context(_server(plan))  # comes up while the year is planned
        app = _build(plan, cycle, clock)
        stack.callback(app.database.close)
        on_progress("planning the year", 0, 1)
        _set_up(app, plan, cycle)
        if plan.resume:
            settle_after_crash(app)

        async def year(run_round: Round) -> None:
            await run_year(
                app,
                cycle.key,
                seed=plan.seed,
                run_round=run_round,
                on_day=on_day,
                clock=clock,
            )

        with _settled_memory():
            flow_runs = _walk(app, server, year, brake, on_progress)
        on_progress("proving and writing the report", 0, 1)
        figures = _figures(app, cycle.key, flow_runs, perf_counter() - began)
        story = gather_story(
            app, cycle, plan.seed, told_by=_told_by(plan), command=plan.command, ledger=figures
        )
    write_report(story, plan.out / "report.html")
    (plan.out / "year.ics").write_bytes(cycle_ics(cycle, stamp=clock.now()))
    summary = _summary(plan, cycle, len(story.districts), figures)
    (plan.out / SUMMARY).write_text(json.dumps(asdict(summary), indent=2) + "\n", "utf-8")
    return summary


@contextmanager
def _settled_memory() -> Iterator[None]:
    """Calendar, roster and templates stay all year; searching them for garbage took a tenth of the time."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _prepare_folder(plan: Plan) -> None:
    """An empty folder of ours; with `resume`, the one an earlier one left. Finished ones are put aside."""
    mark = plan.out / MARK
    if plan.resume:
        if not mark.exists():
            raise Refused(f"there is no rehearsal to resume in {plan.out}")
        if (begun := mark.read_text("utf-8")) != _terms(plan):
            raise Refused(
                f"{plan.out} was begun as {begun}, not as {_terms(plan)}; resume it with the same words"
            )
        return
    if plan.out.exists() and any(plan.out.iterdir()):
        if not mark.exists():
            raise Refused(f"{plan.out} holds something that is no rehearsal; give another folder with --out")
        if not (plan.start_over or (plan.out / SUMMARY).exists()):
            raise Refused(
                f"{plan.out} holds a rehearsal that was cut off; go on with --resume and the same words, "
                "or begin anew with --start-over"
            )
        _clear(plan.out)
    plan.out.mkdir(parents=True, exist_ok=True)
    mark.write_text(_terms(plan), "utf-8")


def _terms(plan: Plan) -> str:
    """What makes a rehearsal the one it is: with anything else it would go on as another year."""
    roster = _roster(plan)
    people = [(replace(c, roles=frozenset()), sorted(c.roles)) for _, c in sorted(roster.contacts.items())]
    everyone = repr((sorted(roster.districts.items()), people, sorted(roster.reviewers.items())))
    districts = sum(not district.is_state_office for district in roster.districts.values())
    return (
        f"--cycle {load_cycle(plan.cycle_source).key} --through {plan.through} --seed {plan.seed}, "
        f"calendar {_fingerprint(plan.cycle_source)}, "
        f"{districts} {'district' if districts == 1 else 'districts'}, roster {_fingerprint(everyone)}"
    )


def _fingerprint(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _clear(folder: Path) -> None:
    """Put an old rehearsal aside at once; its thousands of small files are removed meanwhile."""
    aside = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    threading.Thread(target=shutil.rmtree, args=(aside,), kwargs={"ignore_errors": True}).start()


def _build(plan: Plan, cycle: Cycle, clock: VirtualClock) -> App:
    # Given one by one: a rehearsal must not depend on this machine's settings.
    settings = Settings(
        data_dir=plan.out,
        database_url=plan.database_url,
        base_url="https://yearwheel.example",
        secret=SecretStr(STAGE_MANAGER),
        mail=Mail(),
    )
    app = build_app(settings, clock, durable=False)
    dead = People(cycle, plan.seed).dead_addresses(_roster(plan))
    app.open_mailer = lambda: RehearsalMailer(settings.inboxes, dead)
    return app


def _roster(plan: Plan) -> Roster:
    assert plan.roster is not None
    return plan.roster


def _set_up(app: App, plan: Plan, cycle: Cycle) -> None:
    """Roster, cycle and publication, each only if an earlier try did not get that far."""
    with app.database.writing() as work:
        if not rosters.load(work.connection, cycle.state).districts:
            rosters.save(work.connection, cycle.state, _roster(plan))
        stored = cycles.find(work.connection, cycle.key)
        work.commit()
    if stored is None:
        create_cycle(app, plan.cycle_source, by=STAGE_MANAGER)
    if stored is None or stored.published_at is None:
        approve_kinds(app, cycle.key, by=STAGE_MANAGER)
        publish_cycle(app, cycle.key, by=STAGE_MANAGER)


def settle_after_crash(app: App) -> tuple[int, int]:
    """Call everything that was being sent uncertain, then settle it from what the inboxes hold."""
    sweep_leases(app, holders_are_dead=True)
    with app.open_mailer() as mailer:
        assert isinstance(mailer, RehearsalMailer)
        return settle_doubts(
            app,
            lambda doubt: mailer.has(doubt.message_id, doubt.recipient),
            by=STAGE_MANAGER,
            why="read from the inboxes after the sender was stopped",
        )


@contextmanager
def _server(plan: Plan) -> Iterator[PrefectServer | None]:
    """A Prefect server of the rehearsal's own, launched but not waited for; None when it goes without."""
    if plan.through == "direct":
        yield None
        return
    with PrefectServer(plan.out / "prefect", ui=False).launched() as server:
        yield server


def _walk(
    app: App,
    server: PrefectServer | None,
    year: Callable[[Round], Coroutine[None, None, None]],
    brake: Brake,
    on_progress: OnProgress,
) -> int:
    """Walk the year by the services alone or, given a server, by real flow runs on it.

    Returns how many flow runs the server holds as completed.
    """
    if server is None:
        with brake:
            asyncio.run(year(_directly(app)))
        return 0
    on_progress("waiting for the Prefect server", 0, 1)
    server.wait_ready()
    with use_app(app), brake:
        asyncio.run(_through_prefect(server.api_url, year))
    return count_flow_runs(server.api_url)


async def _through_prefect(api_url: str, year: Callable[[Round], Coroutine[None, None, None]]) -> None:
    # Imported late: Prefect takes two seconds to import, and reads its settings while it is.
    from yearwheel.flows.advance import advance_side_by_side
    from yearwheel.flows.runs import session

    async def run_round(cycle_key: str, as_of: datetime) -> None:
        await advance_side_by_side(cycle_key, f"{as_of:%Y-%m-%d}")

    async with session(api_url):
        await year(run_round)


def _directly(app: App) -> Round:
    async def run_round(cycle_key: str, _as_of: datetime) -> None:
        advance(app, cycle_key)

    return run_round


def _figures(app: App, cycle_key: str, flow_runs: int, seconds: float) -> LedgerFigures:
    proof = prove(app, cycle_key)
    with app.database.reading() as connection:
        outcomes = reminders.tally(connection, cycle_key)
        messages = outbox.count_by_status(connection, cycle_key)
    return LedgerFigures(
        planned=outcomes.total(),
        sent=outcomes.pop(OutboxStatus.SENT, 0),
        messages=messages.get(OutboxStatus.SENT, 0),
        reasons=dict(sorted(outcomes.items())),
        missed=proof.missed,
        duplicates=proof.duplicates,
        uncertain=proof.uncertain,
        proof="holds" if proof.holds else "broken",
        ledger_digest=ledger_digest(app, cycle_key),
        seconds=seconds,
        flow_runs=flow_runs,
    )


def _told_by(plan: Plan) -> str:
    way = "through Prefect" if plan.through == "prefect" else "run directly"
    return f"rehearsal, seed {plan.seed}, {way}"


def _summary(plan: Plan, cycle: Cycle, districts: int, figures: LedgerFigures) -> Summary:
    return Summary(
        cycle=cycle.key,
        districts=districts,
        stages=len(cycle.stages),
        planned=figures.planned,
        sent=figures.sent,
        messages=figures.messages,
        reasons=dict(figures.reasons),
        missed=figures.missed,
        duplicates=figures.duplicates,
        uncertain=figures.uncertain,
        proof=figures.proof,
        ledger_digest=figures.ledger_digest,
        seconds=round(figures.seconds, 1),  # as in the report, which has to be written with it
        flow_runs=figures.flow_runs,
        seed=plan.seed,
        through=plan.through,
    )
