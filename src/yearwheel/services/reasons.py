"""The names and reasons people give for what they do: there where one is needed, short enough to be read."""

from yearwheel.roster.names import parse_name
from yearwheel.services.app import Refused

LONGEST_NAME = 200  # characters
LONGEST_REASON = 2_000  # characters; reasons stand in letters, lists and tables


def need_reason(why: str, refusal: str) -> None:
    """Refuse an act without a reason, in these words, and a reason that is too long."""
    if not why.strip():
        raise Refused(f"{refusal}: --why '...'")
    check_reason(why)


def check_reason(why: str) -> None:
    """Refuse a reason that nobody would read to its end."""
    if len(why) > LONGEST_REASON:
        raise Refused(
            f"a reason may have {LONGEST_REASON:,} characters, and this one has {len(why):,}; "
            "say it shorter, and keep the rest where it can be looked up"
        )


def check_name(by: str) -> str:
    """Who does something, with single blanks. Refused for nobody and for what is no name."""
    try:
        name = parse_name(by)
    except ValueError as fault:
        raise Refused(f"{fault}: --by '...'") from None
    if not name:
        raise Refused("a change is kept with the name of who made it: --by 'Your Name'")
    if len(name) > LONGEST_NAME:
        raise Refused(
            f"a name may have {LONGEST_NAME} characters, and this one has {len(name):,}: --by '...'"
        )
    return name
