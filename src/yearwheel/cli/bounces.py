"""`yearwheel bounces` and `yearwheel tasks`: what came back, and what only a person can do."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from yearwheel.cli.desk import AsJson, At, By, CycleKey, Unclear, cycle_desk, installation_at
from yearwheel.cli.show import print_json, say, table
from yearwheel.notifications.commands import command

bounces = typer.Typer(no_args_is_help=True, help="Take in mail that came back undelivered.")
tasks = typer.Typer(no_args_is_help=True, help="What only a person can do.")


@bounces.command(epilog="Example: yearwheel bounces read /var/mail/bounces")
def read(
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A Maildir or an mbox file.", show_default=False)
    ] = None,
    imap: Annotated[bool, typer.Option("--imap", help="The mailbox that the settings name.")] = False,
    cycle: CycleKey = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Read bounces and move them aside. Reading the same one twice changes nothing."""
    from yearwheel.notifications.mailboxes import read_folder
    from yearwheel.services.lookup import newest_running
    from yearwheel.services.read_bounces import BounceReport, read_bounces, read_imap_bounces

    if (path is None) != imap:
        raise Unclear("say where bounces are: a path, or --imap")
    with installation_at(cycle, at) as app:
        try:
            if path is not None:
                report: BounceReport | None = read_bounces(app, partial(read_folder, path))
            else:
                report = read_imap_bounces(app)
        except OSError as fault:
            raise Unclear(str(fault)) from None
        running = newest_running(app)
    if report is None:
        raise Unclear("no mailbox is set; give imap_host, imap_user and imap_password below [mail]")
    if as_json:
        print_json(report)
        return
    say(
        f"{report.hard} did not arrive because of the address, {report.soft} for another reason, "
        f"{report.replies} were answers or news of delays, {report.known} were known, "
        f"{report.unmatched} are about no letter of ours, {report.not_understood} were not understood"
    )
    if report.not_understood:
        say("what was not understood lies with the others that were read; have a look at it")
    if report.hard:
        for key in running:
            say(f"next: {command('tasks list', key)}")
    if report == BounceReport():
        say("there was nothing to read")


@tasks.command("list", epilog="Example: yearwheel tasks list")
def list_open(cycle: CycleKey = "", as_json: AsJson = False) -> None:
    """List what is open, oldest first, and the roles in which nobody can be told."""
    from yearwheel.services.contacts import read_gaps
    from yearwheel.services.tasks import list_tasks

    with cycle_desk(cycle) as (app, active):
        found, gaps = list_tasks(app, active.state), read_gaps(app, active.key)
    if as_json:
        print_json({"tasks": found, "gaps": gaps})
        return
    rows = [(str(t.id), t.opened_at.date().isoformat(), t.district_code, t.what) for t in found]
    table(("number", "since", "district", "what"), [*rows, *(("", "", g.district_code, g.why) for g in gaps)])


@tasks.command(epilog="Example: yearwheel tasks close 3")
def close(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The task, as `tasks list` has it.")],
    by: By,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Say that a task is done."""
    from yearwheel.services.tasks import close_task

    with cycle_desk(cycle, at) as (app, active):
        close_task(app, active.state, number, by=by)
    say(f"task {number} is done\nto undo: it opens again by itself when there is cause")
