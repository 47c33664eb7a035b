"""The command that shows a state's roster, as it can be typed: of the usual state it needs no name."""

USUAL = "KY"  # whose roster commands mean where no --state is given


def see_roster(state: str, *, contacts: bool = False) -> str:
    """Where to look up a state's districts, or its people, as the end of a refusal."""
    return f"see: yearwheel roster list{' --contacts' if contacts else ''}{of_state(state)}"


def of_state(state: str) -> str:
    """The option that names a state, where one is needed."""
    return "" if state == USUAL else f" --state {state}"
