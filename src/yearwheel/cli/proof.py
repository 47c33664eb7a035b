"""`yearwheel prove` and `yearwheel explain`: is everything accounted for; why this letter, or silence."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.cli.desk import AsJson, At, CycleKey, cycle_desk, read_day
from yearwheel.cli.district import Code
from yearwheel.cli.show import print_json, say

if TYPE_CHECKING:
    from yearwheel.notifications.proof import Proof

SHOWN = 50  # breaches that are printed; --json has them all
WAITING = "wait for their reader's hours or a person's word, or are on their way"
NOT_SENT = "were not sent before the cycle was closed"


def prove(cycle: CycleKey = "", at: At = "", as_json: AsJson = False) -> None:
    """Prove that nobody was forgotten and nobody was told twice, or name every message that breaks it.

    It counts what was owed: not what the ledger plans for later, nor what was
    cancelled, or got another date, before its moment came.
    """
    from yearwheel.services.prove import prove as check

    with cycle_desk(cycle, at) as (app, active):
        proof = check(app, active.key)
    if as_json:
        print_json({"holds": proof.holds, **asdict(proof)})
    else:
        _print(active.key, proof, closed=active.stored.closed_at is not None)
    if not proof.holds:
        raise typer.Exit(1)


def explain(
    code: Code,
    day: Annotated[str, typer.Argument(metavar="DATE", help="The district's local day.")],
    cycle: CycleKey = "",
    as_json: AsJson = False,
) -> None:
    """Explain a district's day: why each letter went, or why there was silence."""
    from yearwheel.services.explain import explain as account_for
    from yearwheel.services.lookup import find_district

    with cycle_desk(cycle) as (app, active):
        find_district(app, active, code)
        explanation = account_for(app, active.key, code, read_day(day))
    if as_json:
        print_json(explanation.as_dict())
    else:
        say("\n".join(explanation.lines()))


def _print(cycle_key: str, proof: "Proof", *, closed: bool) -> None:
    say(f"{cycle_key}: the proof {_verdict(proof)}\n")
    unaccounted = proof.expected - proof.sent - proof.reasoned - proof.waiting - proof.uncertain
    _line(proof.expected, "were owed: reminders and notices whose moment has come")
    _line(proof.sent, "were sent")
    if proof.returned:
        _line(len(proof.returned), "of the letters they were in came back undelivered", indent=10)
    _line(proof.reasoned, "were not, for a reason that held" + ":" * bool(proof.reasons))
    for reason, count in sorted(proof.reasons.items()):
        _line(count, reason.replace("_", " "), indent=10)
    _line(proof.waiting, NOT_SENT if closed else WAITING)
    _line(proof.uncertain, "are in doubt: they may have left")
    _line(unaccounted, "are not accounted for")
    kinds = Counter(breach.kind for breach in proof.breaches)
    found = [f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items())]
    say(f"\npromises broken: {', '.join(found) or 'none'}")
    for doubt in proof.doubts[:SHOWN]:
        say(f"\nin doubt: {doubt}")
    for letter in proof.returned[:SHOWN]:
        say(f"\ncame back: {letter}")
    for breach in proof.breaches[:SHOWN]:
        place = " ".join(filter(None, (breach.stage_key, breach.district_code, breach.contact_key)))
        say(f"\n{breach.kind.replace('_', ' ')}: {place}\n  {breach.words}")
    if len(proof.breaches) > SHOWN:
        say(f"\nand {len(proof.breaches) - SHOWN:,} more; --json has them all")


def _verdict(proof: "Proof") -> str:
    if proof.holds:
        return "holds"
    return "is broken" if proof.breaches else "is open: a person has to settle what is in doubt"


def _line(count: int, meaning: str, indent: int = 0) -> None:
    say(f"{' ' * indent}{count:>8,}  {meaning}")
