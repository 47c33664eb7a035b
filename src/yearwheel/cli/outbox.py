"""`yearwheel outbox`: the letters, what became of them, and what only a person can decide."""

from collections.abc import Iterable
from contextlib import ExitStack
from email import message_from_bytes, policy
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.calendar.counted import counted
from yearwheel.calendar.day_words import hour_words
from yearwheel.cli.desk import AsJson, At, By, CycleKey, Unclear, Why, cycle_desk
from yearwheel.cli.show import print_json, say, table, weekday
from yearwheel.notifications.commands import command

if TYPE_CHECKING:
    from yearwheel.services.outbox_desk import Approval, Desk

outbox = typer.Typer(
    no_args_is_help=True, help="See letters; approve, change, hold, discard or retry them, or settle a doubt."
)
Numbers = Annotated[list[int], typer.Argument(metavar="NUMBER", help="Messages, as `outbox list` has them.")]


SHOWN = 10  # numbers named in a sentence


class Verdict(StrEnum):
    """What became of a message whose sender died in the middle."""

    SENT = "sent"
    AGAIN = "again"


@outbox.command("list", epilog="Example: yearwheel outbox list --status uncertain")
def list_all(
    status: Annotated[list[str] | None, typer.Option("--status", metavar="WORD", help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="The newest so many.")] = 50,
    cycle: CycleKey = "",
    as_json: AsJson = False,
) -> None:
    """List letters, newest first."""
    from yearwheel.notifications.ledger import OutboxStatus
    from yearwheel.services.lookup import did_you_mean
    from yearwheel.services.outbox_desk import list_outbox

    known = [str(word) for word in OutboxStatus]
    for word in status or ():
        if word not in known:
            near = did_you_mean(word, known)
            raise Unclear(f"{word!r} is no status of a letter{near}; there are {', '.join(known)}")
    with cycle_desk(cycle) as (app, active):
        found = list_outbox(app, active.key, [OutboxStatus(word) for word in status or ()], limit)
    if as_json:
        print_json(found)
        return
    rows = (
        (
            str(m.id),
            f"{m.status}: {m.held_because}" if m.held_because else m.status,
            m.send_on.isoformat(),
            str(m.attempts),
            f"{m.recipient}\n{m.subject}",  # one above the other: an address that is broken cannot be copied
        )
        for m in found
    )
    table(("number", "status", "day", "attempts", "to, and subject"), rows)
    say(
        f"\n{counted(len(found), 'letter')}{', the newest; more with --limit' if len(found) == limit else ''}"
    )


@outbox.command(epilog="Example: yearwheel outbox show 17")
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The message.")],
    cycle: CycleKey = "",
    as_json: AsJson = False,
) -> None:
    """Show one letter exactly as it was written, and every attempt to send it."""
    from yearwheel.services.outbox_desk import open_message

    with cycle_desk(cycle) as (app, _):
        opened = open_message(app, number)
    letter = message_from_bytes(opened.raw, policy=policy.default)
    body = letter.get_body(("plain",))
    words = body.get_content() if body else ""
    if as_json:
        print_json(
            {
                "message": opened.message,
                "message_id": opened.message.message_id,
                "queued_at": opened.queued_at,
                "settled_at": opened.settled_at,
                "attempts": opened.attempts,
                "text": words,
            }
        )
        return
    say(f"message {number}, {opened.message.status}, {opened.message.message_id}")
    for name in ("From", "To", "Subject", "Date"):
        say(f"{name}: {letter[name]}")
    say(f"\n{words}")
    for attempt in opened.attempts:
        said = f"{attempt['code']} {attempt['detail']}".strip()
        say(
            f"attempt {attempt['attempt']}, {attempt['at'].isoformat()}: {attempt['outcome']} {said}".rstrip()
        )


@outbox.command(epilog="Example: yearwheel outbox approve --all")
def approve(
    by: By,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER", help="Messages, as `outbox list` has them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All but those that a person holds.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Let held letters go; later letters in the same words then go without asking."""
    from yearwheel.services import outbox_desk

    if bool(numbers) == everything:
        raise Unclear("say which letters: their numbers, or --all")
    with cycle_desk(cycle, at) as (app, active):
        chosen = None if everything else numbers
        weighed = outbox_desk.weigh_approval(app, active.key, chosen)
        say(_restated(weighed))
        if not (weighed.letters or weighed.others):
            return
        if not (yes or typer.confirm("Let them go?")):
            raise typer.Abort()
        outbox_desk.approve(app, active.key, chosen, by=by, why=why)
    say("approved")
    if weighed.first_from is not None:
        local = weighed.first_from.astimezone(active.cycle.zone)
        when = f"{weekday(local.date())}, {hour_words(local)}"
        say(f"no mail leaves at this hour; the next round sends them from {when} on")
    say(f"to undo, until they leave: {command('outbox hold NUMBER...', active.key)}")


@outbox.command(epilog="Example: yearwheel outbox hold 17 --why 'wrong attachment'")
def hold(numbers: Numbers, by: By, why: Why = "", cycle: CycleKey = "", at: At = "") -> None:
    """Keep letters back that have not left."""
    from yearwheel.services.outbox_desk import Desk

    key = _move(numbers, Desk.HOLD, by, why, cycle, at)
    say(f"they stay until they are named: {command('outbox approve NUMBER...', key)}")


@outbox.command(epilog="Example: yearwheel outbox discard 17 --why 'told them by telephone'")
def discard(numbers: Numbers, by: By, why: Why = "", cycle: CycleKey = "", at: At = "") -> None:
    """Decide that letters do not go. What they said is not said again; the proof counts your reason."""
    from yearwheel.services.outbox_desk import Desk

    if not why.strip():
        raise Unclear("to discard a letter needs a reason: --why '...'")
    _move(numbers, Desk.DISCARD, by, why, cycle, at)
    say("to undo: nothing; a discarded letter stays as it is")


@outbox.command(epilog="Example: yearwheel outbox edit 17 --add 'The portal is closed on Friday.'")
def edit(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="A held message.")],
    by: By,
    subject: Annotated[str, typer.Option("--subject", metavar="TEXT", help="Another subject.")] = "",
    line: Annotated[str, typer.Option("--add", metavar="TEXT", help="A line below the greeting.")] = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Change a held letter: a copy takes its place, and both are kept."""
    from yearwheel.notifications.edit import Change
    from yearwheel.notifications.untrusted import one_line
    from yearwheel.services import outbox_desk

    if not (subject.strip() or line.strip()):
        raise Unclear("say what to change: --subject '...' or --add '...'")
    try:
        change = Change(subject.strip(), line.strip())
    except ValueError as fault:
        raise Unclear(str(fault)) from None
    with cycle_desk(cycle, at) as (app, active):
        copy = outbox_desk.edit(app, active.key, number, change, by=by)
    if one_line(line) != " ".join(line.split()):
        say("what you added stays readable, but an address in it is no link: nobody can click or copy it")
    say(
        f"letter {copy} is held in the place of {number}\n"
        f"next: {command(f'outbox show {copy}', active.key)}\n"
        f"then: {command(f'outbox approve {copy}', active.key)}\n"
        f"to undo: edit {copy} again; to discard it would leave its reader without either letter"
    )


@outbox.command(epilog="Example: yearwheel outbox retry 17 --why 'their server is repaired'")
def retry(
    by: By,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER", help="Messages, as `outbox list` has them.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that can go: no address given up, no later letter had.")
    ] = False,
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Send letters again that the mail server refused or put off; rounds rewrite those of earlier days."""
    from yearwheel.services import outbox_desk

    if bool(numbers) == everything:
        raise Unclear("say which letters: their numbers, or --all")
    with cycle_desk(cycle, at) as (app, active):
        chosen = numbers or outbox_desk.list_refused(app, active.key)
        if not chosen:
            say("no letter waits to be tried again")
            return
        retried = outbox_desk.retry(app, active.key, chosen, by=by, why=why)
    if retried.afresh:
        say(
            f"not true any more, so taken back: {_named(retried.afresh)}; the next round tells what is so now"
        )
    if retried.again:
        undo = command("outbox hold NUMBER...", active.key)
        say(f"retried: {_named(retried.again)}\nto undo, until they leave: {undo}")


@outbox.command(
    epilog="Example: yearwheel outbox resolve --as sent --log /var/log/mail.log --why 'the server has them'"
)
def resolve(
    by: By,
    verdict: Annotated[
        Verdict, typer.Option("--as", metavar="sent|again", help="It was sent, or it shall go again.")
    ],
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER", help="Messages, as `outbox list` has them.")
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(
            "--log",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Instead of numbers: the mail server's log. What it took was sent; the others may go again.",
        ),
    ] = None,
    why: Why = "",
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Settle letters whose sender died in the middle: nobody is written to twice unless you say so."""
    from yearwheel.notifications.ledger import OutboxStatus
    from yearwheel.services.upkeep import resolve as settle
    from yearwheel.services.upkeep import split_doubts

    if bool(numbers) == bool(log):
        raise Unclear("say which letters: their numbers, or --log FILE")
    if not why.strip():
        raise Unclear("to settle a doubt needs a reason: --why '...'")
    ending = OutboxStatus.SENT if verdict is Verdict.SENT else OutboxStatus.QUEUED
    with cycle_desk(cycle, at) as (app, active):
        chosen = numbers or []
        if log:
            again = verdict is not Verdict.SENT
            named, others = split_doubts(app, active.key, _taken(log), send_others=again)
            say(f"of {counted(len(named) + len(others), 'letter')} in doubt the log names {len(named):,}")
            chosen = named if verdict is Verdict.SENT else others
        moved = settle(app, chosen, ending, by=by, why=why)
    if other := sorted(set(chosen) - set(moved)):
        raise Unclear(f"not uncertain, so left as they are: {', '.join(map(str, other))}")
    settled = ", ".join(map(str, moved)) or "none"
    say(f"settled as {verdict}: {settled}")
    if moved and verdict is Verdict.AGAIN:
        say("what is not true any more does not go: the next round tells what is so now")
    say("to undo: this is kept as it was said")


def _taken(logs: list[Path]) -> set[str]:
    """The letters that the mail server took, by its logs together: one may begin what another ends."""
    from yearwheel.notifications.mail_log import taken_letters

    with ExitStack() as stack:
        opened = [stack.enter_context(log.open(encoding="utf-8", errors="replace")) for log in logs]
        try:
            return taken_letters(chain.from_iterable(opened))
        except ValueError as fault:
            raise Unclear(str(fault)) from None


def _restated(approval: "Approval") -> str:
    """How many letters go, to how many people, and what is automatic from then on."""
    count = len(approval.letters) + len(approval.others)
    letters = "1 letter" if count == 1 else f"{count:,} letters"
    people = "1 person" if approval.people == 1 else f"{approval.people:,} people"
    words = [f"{letters} to {people} will leave" if count else "no letter waits"]
    if approval.others:
        words.append(f"{len(approval.others):,} of them waited for the same words")
    if approval.kinds:
        words.append(f"later letters of these kinds will not wait: {', '.join(approval.kinds)}")
    if approval.afresh:
        words.append(
            f"{approval.afresh:,} of an earlier day: written afresh in the next round, as things stand then"
        )
    if approval.as_changed:
        words.append(
            f"{approval.as_changed:,} of an earlier day, changed by hand: sent as approved, "
            "with the days left that were counted then"
        )
    if approval.kept:
        words.append(
            f"{len(approval.kept):,} that a person holds or has changed stay; "
            f"to let them go, name them: {', '.join(map(str, approval.kept[:SHOWN]))}"
            + (" ..." if len(approval.kept) > SHOWN else "")
        )
    return "\n".join(words)


def _named(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _move(numbers: list[int], act: "Desk", by: str, why: str, cycle: str, at: str) -> str:
    """Move letters and say so; the key of their cycle."""
    from yearwheel.services.outbox_desk import PAST, move_messages

    with cycle_desk(cycle, at) as (app, active):
        moved = move_messages(app, active.key, numbers, act, by=by, why=why)
    say(f"{PAST[act]}: {_named(moved)}")
    return active.key
