"""`yearwheel advance`: one round by hand."""

from typing import TYPE_CHECKING

from yearwheel.cli.desk import AsJson, At, CycleKey, cycle_desk
from yearwheel.cli.show import print_json, say, table

if TYPE_CHECKING:
    from yearwheel.services.advance import RoundReport


GAVE_UP = (
    "stopped: the mail server took letter after letter without a word; the rest waits for the next round\n"
    "look at the server, then: yearwheel outbox list --status uncertain"
)


def advance(cycle: CycleKey = "", at: At = "", as_json: AsJson = False) -> None:
    """Run one round: open what may open, call what is due, write the letters, send them. Safe to repeat."""
    from yearwheel.services.advance import advance as run_round
    from yearwheel.services.pause import find_pause

    with cycle_desk(cycle, at) as (app, active):
        report = run_round(app, active.key)
        moment = app.clock.now().astimezone(active.cycle.zone)
        pause = find_pause(app, active.key)
    if as_json:
        paused = pause._asdict() if pause else None
        print_json({"cycle": active.key, "as_of": moment, "paused": paused, "report": report})
        return
    say(f"{active.key}, {moment:%a %Y-%m-%d %H:%M %Z}\n")
    if pause:
        since = pause.since.astimezone(active.cycle.zone)
        say(
            f"paused since {since:%a %Y-%m-%d} by {pause.by}: {pause.why}; "
            f"nothing is queued or delivered until: yearwheel cycle resume {active.key}\n"
        )
    _print(report)


def _print(report: "RoundReport") -> None:
    if report.stages:
        headings = ("stage", "opened", "taken in", "called", "collapsed", "no address", "missed")
        table(headings, ([s.title, *map(str, _figures(s))] for s in report.stages))
    else:
        say("no stage has anything to do")
    mail, sent = report.queued, report.delivered
    say(f"\nletters written   {mail.letters:,} for {mail.reminders:,} reminders; {mail.deferred:,} wait")
    say(f"letters rewritten {mail.rewritten:,} that had not left on their day")
    say(
        f"letters sent      {sent.sent:,}; refused {sent.refused:,}, put off {sent.deferred:,}, "
        f"uncertain {sent.uncertain:,}"
    )
    if sent.gave_up:
        say(GAVE_UP)


def _figures(stage: object) -> list[int]:
    names = ("opened", "taken_in", "called", "collapsed", "no_address", "missed")
    return [getattr(stage, name) for name in names]
