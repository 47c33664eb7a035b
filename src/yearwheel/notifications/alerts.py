"""What an operator has to hear: things that went wrong and that no later round sets right. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from yearwheel.calendar.counted import counted
from yearwheel.calendar.day_words import day_words
from yearwheel.notifications.commands import command
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.whole_cycle import Table
from yearwheel.roster.people import ROLE_LABELS, Role

NAMES_SHOWN, WORDS_SHOWN = 5, 200


class AlertKind(StrEnum):
    """What can go wrong; at most one alert of each a day."""

    NO_ROUND = "no_round"  # messages were due, and no round ran for a whole working day
    UNCERTAIN = "uncertain"  # nobody knows whether a message left
    ROLE_EMPTY = "role_empty"  # a reminder had no reader
    REFUSED = "refused"  # a mail server refused a message for good, or never came to take it
    CAME_BACK = "came_back"  # an address was given up for a message that came back


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the alerts are raised from; lists hold what came since the last alert of their kind."""

    cycle_key: str
    on: date
    previous_workday: date
    last_round_on: date | None  # before this one
    waiting_since: date | None  # the day on which the oldest message that waits fell due
    uncertain: int = 0
    empty_roles: Mapping[str, list[str]] = field(default_factory=dict)  # role -> names of districts
    refused: tuple[str, ...] = ()  # recipients whose address is to blame
    not_taken: tuple[str, ...] = ()  # the server's words on each letter where none is; untrusted
    came_back: tuple[tuple[str, str], ...] = ()  # recipients, each with the name of their district


def rung_of(kind: AlertKind, on: date) -> str:
    """The rung of a day's alert of a kind."""
    return f"{NoticeKind.ALERT}:{kind}:{on.isoformat()}"


def raise_alerts(trouble: Trouble) -> dict[AlertKind, Table]:
    """The alerts these troubles call for, each with its lines."""
    found = {
        AlertKind.NO_ROUND: _no_round(trouble),
        AlertKind.UNCERTAIN: _uncertain(trouble),
        AlertKind.ROLE_EMPTY: _empty_roles(trouble),
        AlertKind.REFUSED: (*_not_taken(trouble), *_refused(trouble)),
        AlertKind.CAME_BACK: _came_back(trouble),
    }
    return {kind: table for kind, table in found.items() if table}


def _no_round(trouble: Trouble) -> Table:
    last, since = trouble.last_round_on, trouble.waiting_since
    if last is None or since is None or max(last, since) >= trouble.previous_workday:
        return ()
    between = f"between {day_words(last, trouble.on)} and {day_words(trouble.on, trouble.on)}"
    words = f"None ran {between}, although messages were waiting. Look at what runs them: yearwheel doctor"
    return (("The daily rounds", words),)


def _uncertain(trouble: Trouble) -> Table:
    if not trouble.uncertain:
        return ()
    what = "1 letter" if trouble.uncertain == 1 else f"{trouble.uncertain} letters"
    words = "May have arrived, or not. Look in the mail server's log, then: yearwheel outbox resolve --help"
    return ((what, words),)


def _empty_roles(trouble: Trouble) -> Table:
    return tuple(
        (
            f"{ROLE_LABELS[Role(role)].capitalize()} of {_some(names)}",
            "Nobody holds this role, so nobody was told. Name somebody: yearwheel roster import --help",
        )
        for role, names in sorted(trouble.empty_roles.items())
    )


def _not_taken(trouble: Trouble) -> Table:
    """One line for all: behind it may be everybody's mail, and to correct addresses would be in vain."""
    if not trouble.not_taken:
        return ()
    ((words, _),) = Counter(trouble.not_taken).most_common(1)
    todo = (
        f"No address is to blame. The mail server says: '{words[:WORDS_SHOWN]}'. Settle it with who runs "
        f"that. To see them: {_failed(trouble)}; to send them again: "
        + command("outbox retry --all", trouble.cycle_key)
    )
    return ((f"{counted(len(trouble.not_taken), 'letter')} not taken", todo),)


def _refused(trouble: Trouble) -> Table:
    """A line for each address, which stands alone so that it can be copied."""
    shown, rest = trouble.refused[:NAMES_SHOWN], len(trouble.refused) - NAMES_SHOWN
    lines = [
        (
            address,
            "The mail server takes no letters for it. Correct it in the roster",
        )
        for address in shown
    ]
    more = [(f"{rest} more addresses", f"Were refused, too. See them: {_failed(trouble)}")]
    return (*lines, *(more if rest > 0 else ()))


def _came_back(trouble: Trouble) -> Table:
    shown, rest = trouble.came_back[:NAMES_SHOWN], len(trouble.came_back) - NAMES_SHOWN
    lines = [
        (address, f"Mail to it came back, and it is written to no more ({district}). Find the right address")
        for address, district in shown
    ]
    see = command("tasks list", trouble.cycle_key)
    more = [(f"{rest} more addresses", f"Were given up, too. See them: {see}")]
    return (*lines, *(more if rest > 0 else ()))


def _failed(trouble: Trouble) -> str:
    """The command that lists what the mail server did not take."""
    return command("outbox list --status failed", trouble.cycle_key)


def _some(names: list[str]) -> str:
    shown = names[:NAMES_SHOWN]
    return ", ".join(shown) + (f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else "")
