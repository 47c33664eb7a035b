"""`yearwheel notifications`: the words of every kind of message."""

from typing import Annotated

import typer

from yearwheel.cli.desk import At, By, CycleKey, Unclear, cycle_desk
from yearwheel.cli.show import say

notifications = typer.Typer(no_args_is_help=True, help="Approve the words of messages.")


@notifications.command(epilog="Example: yearwheel notifications approve --all --cycle kentucky-2027")
def approve(
    by: By,
    kinds: Annotated[
        list[str] | None, typer.Argument(metavar="KIND", help="Kinds of message, for example reminder.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every kind there is.")] = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Let letters of a kind go without asking. Until then the first of each kind is held."""
    from yearwheel.services.approve_kinds import KINDS, approve_kinds

    if bool(kinds) == everything:
        raise Unclear("say which kinds, or --all")
    with cycle_desk(cycle, at) as (app, active):
        new = approve_kinds(app, active.key, KINDS if everything else kinds or (), by=by)
    say(f"approved: {', '.join(new)}" if new else "they were approved before; nothing was changed")
    say("to undo, letter by letter: yearwheel outbox hold NUMBER...")
