"""The reasons people give for what they do: there where one is needed, and short enough to be read."""

from yearwheel.services.app import Refused

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
