"""`yearwheel advance`: one round by hand."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

from yearwheel.cli.desk import AsJson, At, CycleKey, cycle_desk
from yearwheel.cli.errors import INTERRUPTED
from yearwheel.cli.show import complain, print_json, say, table
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.services.advance import RoundReport
    from yearwheel.services.app import App


GAVE_UP = (
    "stopped: the mail server took letter after letter without a word; the rest waits for the next round"
)
SAME_FOR_ALL = (
    "stopped: it would be the same with every letter; the rest waits for the next round or delivery"
)
ANSWERS_SHOWN = 3
STOPPING = "stopping with the letters that are in hand; once more stops at once"


@contextmanager
def _gently(app: "App") -> Iterator[None]:
    """Told to stop while mail is delivered, end with the letters in hand: none is left in doubt."""

    def stop(number: int, frame: FrameType | None) -> None:
        if app.stopping.is_set():
            signal.default_int_handler(number, frame)
        app.stopping.set()
        complain(STOPPING)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def advance(cycle: CycleKey = "", at: At = "", as_json: AsJson = False) -> None:
    """Run one round: open what may open, call what is due, write the letters, send them. Safe to repeat."""
    from yearwheel.services.advance import advance as run_round
    from yearwheel.services.lookup import list_running
    from yearwheel.services.pause import find_pause

    with cycle_desk(cycle, at) as (app, active):
        report = run_round(app, active.key, delivering=lambda: _gently(app))
        moment = app.clock.now().astimezone(active.cycle.zone)
        pause, running = find_pause(app, active.key), list_running(app)
    stopped = app.stopping.is_set()
    if as_json:
        paused = pause._asdict() if pause else None
        print_json({"cycle": active.key, "as_of": moment, "paused": paused, "report": report})
        raise typer.Exit(INTERRUPTED if stopped else int(is_in_vain(report)))
    say(f"{active.key}, {moment:%a %Y-%m-%d %H:%M %Z}\n")
    if pause:
        since = pause.since.astimezone(active.cycle.zone)
        say(
            f"paused since {since:%a %Y-%m-%d} by {pause.by}: {pause.why}; "
            f"nothing is queued or delivered until: yearwheel cycle resume {active.key}\n"
        )
    _print(report, active.key, running)
    if stopped:
        say("stopped: what is left goes with the next round or delivery")
        raise typer.Exit(INTERRUPTED)
    if is_in_vain(report):
        raise typer.Exit(1)


def is_in_vain(report: "RoundReport") -> bool:
    """Whether mail could not leave, so that whoever runs rounds has to be told."""
    return report.delivered.gave_up or bool(report.delivered.same_for_all)


def _print(report: "RoundReport", cycle_key: str, running: list[str]) -> None:
    """`running` are the cycles whose mail was delivered with that of the round's own."""
    if report.stages:
        headings = ("stage", "opened", "taken in", "called", "collapsed", "no address", "missed")
        table(headings, ([s.title, *map(str, _figures(s))] for s in report.stages))
    else:
        say("no stage has anything to do")
    mail, sent = report.queued, report.delivered
    say(f"\nletters written   {mail.letters:,} for {mail.reminders:,} reminders; {mail.deferred:,} wait")
    if mail.held:
        see = command("outbox list --status held", cycle_key)
        say(f"letters held      {mail.held:,} in words that nobody has approved yet; see: {see}")
    say(f"letters rewritten {mail.rewritten:,} that had not left on their day")
    say(
        f"letters sent      {sent.sent:,}; refused {sent.refused:,}, put off {sent.deferred:,}, "
        f"uncertain {sent.uncertain:,}"
    )
    often = sorted(sent.answers.items(), key=lambda answer: -answer[1])
    for words, times in often[:ANSWERS_SHOWN]:
        say(f"why               {words}" + (f" ({times:,} times)" if times > 1 else ""))
    if len(often) > ANSWERS_SHOWN:
        for key in running:
            say(f"                  and others; see: {command('outbox list', key)}")
    if sent.gave_up:
        say(GAVE_UP)
        for key in running:
            say(f"look at the server, then: {command('outbox list --status uncertain', key)}")
    elif sent.same_for_all:
        say(SAME_FOR_ALL)
        say("look at the mail server and at the settings: yearwheel doctor")
        for key in running:
            say(f"then: {command('outbox retry --all', key)}")


def _figures(stage: object) -> list[int]:
    names = ("opened", "taken_in", "called", "collapsed", "no_address", "missed")
    return [getattr(stage, name) for name in names]
