"""`yearwheel notifications`: the words of every kind of message."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.cli.desk import (
    AsJson,
    At,
    By,
    CycleKey,
    Unclear,
    cycle_desk,
    find_calendar,
    has_database,
    installation,
)
from yearwheel.cli.show import print_json, say, table
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.calendar.cycle import Cycle
    from yearwheel.roster.people import Roster

notifications = typer.Typer(no_args_is_help=True, help="See and approve the words of messages.")
SHIPPED = "kentucky-2027"


@notifications.command(epilog="Example: yearwheel notifications catalog")
def catalog(as_json: AsJson = False) -> None:
    """List every kind of message: who gets it, when, and whether a reader may decline it."""
    from yearwheel.notifications.catalog import CATALOG

    if as_json:
        print_json(list(CATALOG.values()))
        return
    rows = ((e.kind, e.who, e.when, e.need, e.example) for e in CATALOG.values())
    table(("kind", "who gets it", "when", "need", "example"), rows)


@notifications.command(epilog="Example: yearwheel notifications preview returned --district 001")
def preview(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind of message, or all.")] = "all",
    code: Annotated[
        str,
        typer.Option("--district", metavar="CODE", help="Whose letters; the first district's if left out."),
    ] = "",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FOLDER", help="Write pages there instead of printing.")
    ] = None,
    cycle: CycleKey = "",
) -> None:
    """Show letters as a district would get them, of this installation or the shipped year. Sends nothing."""
    from yearwheel.config.settings import Settings
    from yearwheel.services.preview import preview as show
    from yearwheel.services.preview import write_previews

    year, roster = _year(cycle)
    district, previews = show(year, roster, kind, code, Settings().base_url)
    if html is not None:
        say(f"look at {write_previews(year, district, previews, html)}")
        return
    for shown in previews:
        say(
            f"== {shown.entry.kind}: to {shown.letter.to_name} <{shown.letter.to_address}>, {shown.letter.on}"
        )
        say(f"Subject: {shown.rendered.subject}\n\n{shown.rendered.text}")


def _year(key: str) -> "tuple[Cycle, Roster]":
    from yearwheel.services.preview import shipped_year, stored_year

    if has_database():
        with installation() as app:
            if found := stored_year(app, key):
                return found
    return shipped_year(*find_calendar(key or SHIPPED))


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
    say(f"to undo, letter by letter: {command('outbox hold NUMBER...', active.key)}")
