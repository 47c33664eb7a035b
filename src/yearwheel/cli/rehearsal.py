"""`yearwheel rehearse` and `yearwheel demo`: a whole year on a virtual clock."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from yearwheel.cli.desk import Unclear, find_calendar
from yearwheel.cli.show import complain, say, table, weekday
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.rehearsal.rehearse import Plan, Summary
    from yearwheel.roster.people import Roster

SHIPPED = "kentucky-2027"
DEMO = Path("out/demo")
INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
OnProgress = Callable[[str, int, int], None]


def rehearse(
    cycle: Annotated[
        str, typer.Option("--cycle", metavar="KEY|FILE", help="The calendar to rehearse.")
    ] = SHIPPED,
    through: Annotated[
        str, typer.Option("--through", metavar="direct|prefect", help="By plain calls, or as Prefect flows.")
    ] = "direct",
    direct: Annotated[bool, typer.Option("--direct", help="The same as --through direct.")] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed is the same year.")] = 1,
    districts: Annotated[
        str, typer.Option("--districts", metavar="N|FILE", help="The first N shipped ones, or a roster file.")
    ] = "",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.")] = Path(
        "out/rehearsal"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a rehearsal was cut off.")] = False,
    start_over: Annotated[
        bool, typer.Option("--start-over", help="Begin anew where a rehearsal was cut off.")
    ] = False,
) -> None:
    """Rehearse a year: every letter, every answer, and the proof at the end. Nothing leaves this machine."""
    ways: dict[str, Literal["direct", "prefect"]] = {"direct": "direct", "prefect": "prefect"}
    if through not in ways:
        raise Unclear(f"--through is direct or prefect, not {through!r}")
    if direct and through == "prefect":
        raise Unclear("--direct and --through prefect say two things; give one")
    if resume and start_over:
        raise Unclear("--resume and --start-over say two things; give one")
    _run(cycle, ways[through], seed, districts, out, resume=resume, start_over=start_over)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.")] = DEMO,
) -> None:
    """Run Kentucky's planning year through Prefect with everyone in it, and show what came of it."""
    _run(SHIPPED, "prefect", 1, "", out, start_over=True)


def _run(
    cycle: str,
    through: Literal["direct", "prefect"],
    seed: int,
    districts: str,
    out: Path,
    *,
    resume: bool = False,
    start_over: bool = False,
) -> None:
    from yearwheel.rehearsal.brake import Stopped
    from yearwheel.rehearsal.rehearse import Plan
    from yearwheel.rehearsal.rehearse import rehearse as run

    source, name = find_calendar(cycle)
    words = ["yearwheel", "rehearse", "--cycle", cycle, "--through", through, "--seed", str(seed)]
    words += ["--districts", districts] if districts else []
    plan = Plan(
        source,
        out,
        seed,
        through,
        _roster(districts),
        resume=resume,
        start_over=start_over,
        command=shlex.join(words),
        cycle_name=name,
    )
    to_go_on = f"to go on: {shlex.join([*words, '--out', str(out), '--resume'])}"
    try:
        with _progress() as on_progress:
            summary = run(plan, on_progress)
    except Stopped as stop:
        complain(f"stopped at the end of {weekday(stop.day)}; {to_go_on}")
        raise typer.Exit(INTERRUPTED) from None
    except KeyboardInterrupt:
        complain(f"stopped at once; {to_go_on}")
        raise typer.Exit(INTERRUPTED) from None
    _print(plan, summary)
    if summary.proof != "holds":
        raise typer.Exit(1)


def _roster(districts: str) -> "Roster | None":
    from yearwheel.roster.shipped import shipped_roster
    from yearwheel.services.import_roster import read_roster_files

    if not districts:
        return None
    if not districts.isdecimal():
        return read_roster_files(Path(districts), generate=True).roster
    if int(districts) == 0:
        raise Unclear("--districts 0 leaves nobody to plan for; give 1 or more")
    roster = shipped_roster(limit=int(districts))
    if (shipped := len(roster.districts) - 1) < int(districts):  # one of them is the office
        raise Unclear(f"--districts {districts}: {shipped} are shipped; for more give a roster file")
    return roster


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A bar on a terminal; elsewhere one line for each phase, so that a log stays readable."""
    if not sys.stderr.isatty():
        seen: set[str] = set()

        def note(phase: str, _done: int, _total: int) -> None:
            if phase.partition(":")[0] not in seen:
                seen.add(phase.partition(":")[0])
                typer.echo(phase, err=True)

        yield note
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda phase, done, total: bar.update(task, description=phase, completed=done, total=total)


def _print(plan: "Plan", summary: "Summary") -> None:
    proof = Text(summary.proof, style="bold green")
    if summary.proof != "holds":
        proof = Text("broken; to see where: ", style="bold red")
        proof.append(f"YEARWHEEL_DATA_DIR={shlex.quote(str(plan.out))} {command('prove', summary.cycle)}")
    figures: dict[str, str | Text] = {
        "districts": f"{summary.districts:,}",
        "stages": f"{summary.stages:,}",
        "messages": f"{summary.messages:,} sent",
        "reminders": f"{summary.sent:,} of {summary.planned:,} went in them; the others have a reason each",
        "missed": f"{summary.missed:,}",
        "twice": f"{summary.duplicates:,}",
        "uncertain": f"{summary.uncertain:,}",
        "proof": proof,
        "ledger digest": summary.ledger_digest,
        "took": f"{summary.seconds:.1f} s, {summary.flow_runs:,} flow runs",
        "look at": str(plan.out / "report.html"),
    }
    say("")
    table((summary.cycle, f"{plan.through}, seed {plan.seed}"), figures.items())
