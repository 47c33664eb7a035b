"""`yearwheel feed`: due days in anybody's own calendar program."""

from typing import Annotated

import typer

from yearwheel.cli.desk import AsJson, At, By, CycleKey, Unclear, cycle_desk
from yearwheel.cli.show import print_json, say, table
from yearwheel.notifications.commands import command

feed = typer.Typer(no_args_is_help=True, help="Make, revoke and list calendar feeds.")


@feed.command(epilog="Example: yearwheel feed create --district 001")
def create(
    by: By,
    district: Annotated[str, typer.Option("--district", metavar="CODE", help="A district's own days.")] = "",
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="What one contact is told of.")] = "",
    state: Annotated[bool, typer.Option("--state", help="The calendar of the whole state.")] = False,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Make a feed; its secret address is shown once."""
    from yearwheel.calendar.feed import FeedScope
    from yearwheel.services.feeds import create_feed

    given = {
        FeedScope.DISTRICT: district,
        FeedScope.PERSON: person,
        FeedScope.STATE: "state" if state else "",
    }
    named = [scope for scope, subject in given.items() if subject]
    if len(named) != 1:
        raise Unclear("say whose days: --district CODE, --person KEY or --state")
    subject = "" if state else given[named[0]]
    with cycle_desk(cycle, at) as (app, active):
        made = create_feed(app, active.key, named[0], subject, by=by)
    say(f"{made.url}\nwho has this address can read the feed; it is not shown again")
    say(f"to undo: {command(f'feed revoke {made.id}', active.key)}")


@feed.command(epilog="Example: yearwheel feed revoke 3")
def revoke(
    number: Annotated[int, typer.Argument(metavar="FEED", help="Its number, see feed list.")],
    by: By,
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Make a feed's address worthless."""
    from yearwheel.services.feeds import revoke_feed

    with cycle_desk(cycle, at) as (app, active):
        revoke_feed(app, active.key, number, by=by)
    say(f"feed {number} is gone\nto undo: make a new one; its address will be another")


@feed.command("list", epilog="Example: yearwheel feed list --json")
def list_all(cycle: CycleKey = "", as_json: AsJson = False) -> None:
    """List the feeds of a cycle, revoked ones included."""
    from yearwheel.services.feeds import list_feeds

    with cycle_desk(cycle) as (app, active):
        found = list_feeds(app, active.key)
    if as_json:
        print_json(found)
        return
    rows = [
        [str(f.id), f.scope, f.subject, f.made_by, f"{f.made_at:%Y-%m-%d}", "revoked" if f.revoked_at else ""]
        for f in found
    ]
    table(("feed", "scope", "of", "by", "made", ""), rows)
